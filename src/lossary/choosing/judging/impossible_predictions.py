"""Predictions that cannot be: below zero where no target is, or outside [0, 1] where all targets are inside."""

from __future__ import annotations

import numpy as np

from lossary.choosing.comparison.scores import tested_rows
from lossary.choosing.comparison.study import Study

NUMBERS = ("mean", "median", "quantile")


def impossible_share(study: Study, label: str) -> float:
    """The share of a candidate's predictions that cannot be; 0.0 where anything can."""
    if study.want.functional not in NUMBERS or label not in study.predictions or study.y.min() < 0.0:
        return 0.0
    p = study.predictions[label][tested_rows(study)]
    return float(np.mean((p < 0.0) | (p > 1.0) if is_share(study) else p < 0.0))


def is_share(study: Study) -> bool:
    """Whether all targets lie in [0, 1]."""
    return bool(study.y.min() >= 0.0 and study.y.max() <= 1.0)
