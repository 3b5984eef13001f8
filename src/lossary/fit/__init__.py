"""Linear models under any loss of the catalogue, or of your own, with a certificate of how good they are.

>>> import lossary
>>> fit = lossary.fit.linear([[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 30.0], loss="absolute")
>>> fit.intercept, fit.coef
(0.0, array([1.]))

``lossary.fit`` needs SciPy: ``pip install 'lossary[fit]'``.
"""

from __future__ import annotations

import importlib
from typing import Any

try:
    import scipy as _scipy  # noqa: F401
    import threadpoolctl as _threadpoolctl  # noqa: F401
except ModuleNotFoundError as error:
    if error.name not in ("scipy", "threadpoolctl"):
        raise
    raise ModuleNotFoundError(f"lossary.fit needs {error.name}: pip install 'lossary[fit]'", name=error.name) from error

from lossary.fit.entry import linear
from lossary.fit.problem.certificate import (
    Certificate,
    ConvergenceWarning,
    FitWarning,
    RankWarning,
    ScaleWarning,
    SeparationError,
)
from lossary.fit.results.linear_fit import LinearFit, Path

__all__ = [
    "Certificate",
    "ConvergenceWarning",
    "FitWarning",
    "LinearFit",
    "Path",
    "RankWarning",
    "ScaleWarning",
    "SeparationError",
    "linear",
]


def __getattr__(name: str) -> Any:
    if name == "mlp":
        return importlib.import_module("lossary.fit.mlp")  # needs PyTorch, which the rest does not
    raise AttributeError(f"lossary.fit has no {name!r}")
