"""The model that a choice leaves: the recommended candidate, or the average that pays, trained on all rows.

``model`` is the estimator, ``fitting`` trains it, ``tables`` reads new tables as the one of the training was read;
``archive`` is the file, ``document`` what stands in it. Whatever a model is made of is plain data, and a file is read
as data: nothing in it is run.
"""

from __future__ import annotations

try:
    import polars as _polars  # noqa: F401
    import sklearn as _sklearn  # noqa: F401
except ModuleNotFoundError as error:
    if error.name not in ("polars", "sklearn"):
        raise
    raise ModuleNotFoundError(
        f"a model of lossary.choose needs {error.name}: pip install 'lossary[choose]'", name=error.name
    ) from error
