"""Formulas on NumPy arrays as they stand: the plainest way to run them, and the one to read in a debugger.

float32 is computed in float64 and rounded once at the end.
"""

from __future__ import annotations

import numpy as np

from lossary.formula import Formula


def evaluate(formula: Formula, y: np.ndarray, f: np.ndarray, *parameters: float | np.ndarray) -> np.ndarray:
    """The formula per element; NaN predictions give NaN. The result has the dtype of ``f``."""
    with np.errstate(all="ignore"):
        wide = np.asarray(f, dtype=np.float64)
        result = formula(np.asarray(y, dtype=np.float64), wide, *(np.asarray(p, np.float64) for p in parameters))
        guarded: np.ndarray = np.where(np.isnan(wide), np.nan, result)
        return guarded.astype(np.asarray(f).dtype)
