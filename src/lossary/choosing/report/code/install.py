"""What a block of code has to have installed, as its first line."""

from __future__ import annotations

import re

EXTRAS = ("choose", "excel", "lightgbm", "sklearn", "torch", "xgboost")
"""Names of modules that are names of extras; ``choose`` has scikit-learn and LightGBM with it."""

IN_CHOOSE = ("lightgbm", "sklearn")
IMPORTED = re.compile(r"^\s*(?:import|from) (?:lossary\.)?(\w+)", re.MULTILINE)
WORKBOOKS = re.compile(r"read_table\(.*\.(?:xlsx|xlsb|xls|ods)['\"]", re.IGNORECASE)


def with_install(code: str) -> str:
    r"""Code after the command that installs what it imports, as a comment.

    Examples
    --------
    >>> print(with_install("import lossary\nimport lossary.xgboost\nfrom sklearn.compose import ColumnTransformer"))
    # pip install "lossary[sklearn,xgboost]"
    import lossary
    import lossary.xgboost
    from sklearn.compose import ColumnTransformer
    """
    wanted = {name for name in IMPORTED.findall(code) if name in EXTRAS}
    if "lossary.read_table" in code or "lossary.choosing" in code:
        wanted.add("choose")
    if WORKBOOKS.search(code):
        wanted.add("excel")
    if re.search(r"\bMLP(?:Regressor|Classifier)\b", code) and "lossary.sklearn" in code:
        wanted.add("torch")
    if "choose" in wanted:
        wanted.difference_update(IN_CHOOSE)
    extras = f"[{','.join(sorted(wanted))}]" if wanted else ""
    return f'# pip install "lossary{extras}"\n{code}'
