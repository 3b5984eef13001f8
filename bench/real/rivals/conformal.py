"""Conformalised quantile regression: LightGBM's quantiles, moved until held-out rows are covered as was asked.

Intervals: Y. Romano, E. Patterson and E. Candes, Conformalized quantile regression, 2019. One quantile is moved by the
same rule, one-sided.
"""

from __future__ import annotations

import math

import numpy as np

from bench.real.asked import Trial
from bench.real.encoding import tidy
from bench.real.rivals.lightgbm_trees import quantiles, watched_rows

CALIBRATED_ON = 1.0 / 3.0


def conformalised(trial: Trial) -> np.ndarray:
    """Quantiles or an interval; the calibration rows are not trained on."""
    train, test = tidy(trial.train.features, trial.test)
    learned, watched = watched_rows(trial, CALIBRATED_ON)
    known, fresh = quantiles(trial, learned, [train, test])
    y, levels = trial.y[watched], trial.question.levels
    if len(levels) == 1:
        return fresh[:, 0] + _order_statistic(y - known[watched, 0], levels[0])
    low, high = known[watched].T
    margin = _order_statistic(np.maximum(low - y, y - high), levels[1] - levels[0])
    return np.sort(np.column_stack([fresh[:, 0] - margin, fresh[:, 1] + margin]), axis=1)


def _order_statistic(values: np.ndarray, level: float) -> float:
    """The value that a fresh one is below with at least this probability."""
    rank = min(math.ceil(level * (values.size + 1)), values.size)
    return float(np.sort(values)[rank - 1])
