"""Does a candidate predict the functional that is wanted? Identification functions, and errors of labels.

An identification function has the expectation zero where, and only where, the functional itself is predicted: the
prediction minus the target for a mean or a probability, 1{y <= p} - tau for a quantile (Nolde and Ziegel 2017,
doi:10.1214/17-AOAS1041). Its mean over all rows, and over rows of similar prediction, is what a log-target or a
percentage loss is caught by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.scores import by_row, tested_rows
from lossary.choosing.comparison.study import Study, many_classes
from lossary.choosing.comparison.thresholds import decided_classes

BINS = 10
FEWEST = 10
"""Rows below which a bin is not worth a test."""


@dataclass(frozen=True)
class Bin:
    """Rows of similar prediction: their mean prediction and identification function, with its standard error and p."""

    prediction: float
    bias: float
    error: float
    p: float
    rows: int


@dataclass(frozen=True)
class Bias:
    """How far off a candidate is on average. ``what`` is "mean", "quantile 0.9", "probability of <class>" ..."""

    what: str
    bias: float
    error: float
    p: float
    relative: float  # to the mean target; NaN for levels and for a mean target of zero
    bins: tuple[Bin, ...]


def biases(study: Study, label: str) -> tuple[Bias, ...]:
    """The identification functions of one candidate: one, or one for each end or class; none for labels' decisions."""
    return tuple(
        _bias(study, what, prediction, identified)
        for what, prediction, identified in _identification_functions(study, label)
    )


def decision_errors(study: Study, label: str) -> dict[str, float] | None:
    """For two classes to decide between: the shares of missed ones, of false alarms, and the threshold in force."""
    if study.want.functional != "label" or many_classes(study):
        return None
    candidate = next(c for c in study.candidates if c.label == label)
    is_tested = tested_rows(study)
    decided_labels = decided_classes(study, study.predictions[label], candidate.threshold)
    y = np.broadcast_to(study.y, is_tested.shape)
    return {
        "missed": _mean(study, decided_labels == 0.0, is_tested & (y == 1.0)),
        "false alarms": _mean(study, decided_labels == 1.0, is_tested & (y == 0.0)),
    }


def _identification_functions(study: Study, label: str) -> Sequence[tuple[str, np.ndarray, np.ndarray]]:
    """What is identified, the predictions, and their identification functions: (repeats, n) each."""
    predictions, want = study.predictions[label], study.want
    y = study.y
    if want.functional == "label":
        return []
    if many_classes(study):
        columns = enumerate(study.classes)
        return [(f"probability of {c}", predictions[..., i], predictions[..., i] - (y == i)) for i, c in columns]
    if want.functional in ("mean", "probability"):
        return [(want.functional, predictions, predictions - y)]
    if want.functional == "interval":
        levels = interval_levels(want)
        ends = [(tau, predictions[..., i]) for i, tau in enumerate(levels)]
    else:
        ends = [(quantile_level(want), predictions)]
    return [(f"quantile {tau:g}", p, np.where(np.isnan(p), np.nan, (y <= p) - tau)) for tau, p in ends]


def _bias(study: Study, what: str, predictions: np.ndarray, identified: np.ndarray) -> Bias:
    is_tested = tested_rows(study)
    identified_by_row, prediction_by_row = (by_row(np.where(is_tested, a, np.nan)) for a in (identified, predictions))
    has_value = ~np.isnan(identified_by_row)
    weight = (np.ones(study.y.size) if study.weight is None else study.weight)[has_value]
    identified_by_row, prediction_by_row = identified_by_row[has_value], prediction_by_row[has_value]
    centre, error, p = t_test(identified_by_row, weight)
    level = float(np.average(study.y[has_value], weights=weight))
    relative = centre / abs(level) if what == "mean" and level != 0.0 else float("nan")
    return Bias(what, centre, error, p, relative, _bins(identified_by_row, prediction_by_row, weight))


def _bins(identified: np.ndarray, prediction: np.ndarray, weight: np.ndarray) -> tuple[Bin, ...]:
    """Up to ten bins of as many rows each; equal predictions are never parted."""
    edges = np.unique(np.quantile(prediction, np.linspace(0.0, 1.0, BINS + 1)[1:-1]))
    bin_of_row = np.searchsorted(edges, prediction, side="left")
    bins = []
    for index in np.unique(bin_of_row):
        in_bin = bin_of_row == index
        if np.count_nonzero(in_bin) >= FEWEST:
            centre, error, p = t_test(identified[in_bin], weight[in_bin])
            mean_prediction = float(np.average(prediction[in_bin], weights=weight[in_bin]))
            bins.append(Bin(mean_prediction, centre, error, p, int(np.count_nonzero(in_bin))))
    return tuple(bins)


def t_test(value: np.ndarray, weight: np.ndarray) -> tuple[float, float, float]:
    """The weighted mean, its standard error, and the p-value of its being zero."""
    centre = float(np.average(value, weights=weight))
    part = weight / weight.sum()
    rows = value.size
    if rows < 2:
        return centre, float("nan"), float("nan")
    error = float(np.sqrt(np.sum((part * (value - centre)) ** 2) * rows / (rows - 1)))
    if error == 0.0:
        return centre, 0.0, 1.0 if centre == 0.0 else 0.0
    return centre, error, float(2.0 * stats.t.sf(abs(centre) / error, rows - 1))


def _mean(study: Study, flags: np.ndarray, counting: np.ndarray) -> float:
    weight = np.broadcast_to(1.0 if study.weight is None else study.weight, counting.shape)[counting]
    return float(np.average(flags[counting], weights=weight)) if weight.size else float("nan")
