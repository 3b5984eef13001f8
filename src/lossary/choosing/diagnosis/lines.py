"""Lines that a diagnosis fits to look at what they predict."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from lossary.fit import FitWarning, LinearFit, linear


def quiet_line(matrix: np.ndarray, y: np.ndarray, loss: str, **options: Any) -> LinearFit:
    """A linear model whose coefficients nobody reads: a warning of what they are worth would concern nobody."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        return linear(matrix, y, loss, **options)
