"""What the adapters for boosters share: everything about a loss in a booster that no single booster decides.

In come a loss, labels, scores and weights; out come gradients and curvatures, starting scores, leaf values,
predictions, scikit-learn estimators and reports of a check. It imports the catalogue, ``lossary.evaluate`` and
``lossary.proof``, and knows no booster: ``lossary.lightgbm``, ``lossary.xgboost`` and ``lossary.catboost`` add only
what is their own.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any


def __getattr__(name: str) -> Any:
    """A module of this package when it is first named: ``lossary.boosting.curvature`` has the rules in full."""
    if name in {module.name for module in pkgutil.iter_modules(__path__)}:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"lossary.boosting has no {name!r}")
