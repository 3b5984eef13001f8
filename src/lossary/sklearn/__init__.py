"""Linear models and networks under any loss as scikit-learn estimators, and every loss as a scorer.

>>> from lossary.sklearn import LinearRegressor
>>> model = LinearRegressor("absolute_error").fit([[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 30.0])
>>> model.predict([[10.0]])
array([10.])

``lossary.sklearn.hist_gradient_boosting`` gives scikit-learn's own boosted trees any loss. The networks need PyTorch.
``LossChooser`` is all of ``lossary.choose`` as an estimator; it needs ``lossary[choose]``.

Features, targets and a loss come in; fitted estimators, scorers and loss objects go out. It imports ``lossary.fit``,
``lossary.boosting`` and ``lossary.evaluate``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

try:
    import sklearn as _sklearn  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "sklearn":
        raise
    raise ModuleNotFoundError(
        "lossary.sklearn needs scikit-learn: pip install 'lossary[sklearn]'", name="sklearn"
    ) from error

from lossary.sklearn.linear import LinearClassifier, LinearRegressor
from lossary.sklearn.scoring import LossScorer, scorer

if TYPE_CHECKING:
    from lossary.sklearn.networks import MLPClassifier as MLPClassifier
    from lossary.sklearn.networks import MLPRegressor as MLPRegressor

__all__ = ["LinearClassifier", "LinearRegressor", "LossScorer", "scorer"]


def __getattr__(name: str) -> Any:
    if name in ("MLPClassifier", "MLPRegressor"):
        from lossary.sklearn import networks  # noqa: PLC0415  needs PyTorch, which the rest does not

        return getattr(networks, name)
    if name == "hist_gradient_boosting":
        return importlib.import_module("lossary.sklearn.hist_gradient_boosting")
    if name == "LossChooser":
        # Choosing stands on this package, so that it is known here by its name alone.
        return importlib.import_module("lossary.choosing.estimator").LossChooser
    raise AttributeError(f"lossary.sklearn has no {name!r}")
