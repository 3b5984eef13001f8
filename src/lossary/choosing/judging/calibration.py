"""How much of a score is miscalibration, which could be mended without another loss? The CORP approach.

Predictions are recalibrated by isotonic regression: to each the mean (or quantile) of the targets that came with
predictions like it, under the one assumption that more is more. The score then falls by its miscalibration MCB; by
DSC, discrimination, it is below that of the best constant, whose score is the uncertainty UNC: score = MCB - DSC + UNC
(Dimitriadis, Gneiting and Jordan 2021, doi:10.1073/pnas.2016191118).

The regression sees the rows that it mends, so MCB is never negative, and large in small samples. What recalibration is
worth on new rows is said by ``gain``: there it is learned from the other folds' rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import isotonic_regression

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.scores import by_fold, repeat_count, tested_rows
from lossary.choosing.comparison.study import Study, many_classes
from lossary.choosing.judging.significance import TTest, corrected_t_test
from lossary.evaluate.registry import pointwise

CURVE_POINTS = 200
"""Points of a reliability curve that are kept."""


@dataclass(frozen=True)
class Calibration:
    """The parts of a mean score, averaged over repeats, and the first repeat's reliability curve.

    ``gain`` is the score saved by recalibration learned on other rows, tested over folds.
    """

    what: str  # "mean", "probability", "quantile 0.9", "confidence in the likeliest class"
    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float
    gain: TTest
    prediction: np.ndarray
    recalibrated: np.ndarray


def calibrations(study: Study, label: str) -> tuple[Calibration, ...]:
    """The decomposition of a candidate's score: one, for an interval two; none for labels."""
    predictions, want = study.predictions[label], study.want
    if want.functional == "label":
        return ()
    if many_classes(study):
        is_right = (np.argmax(predictions, axis=-1) == study.y).astype(np.float64)
        measured = _Measured("confidence in the likeliest class", "brier", is_right, np.max(predictions, axis=-1))
        return (_calibration(study, measured),)
    if want.functional in ("mean", "probability"):
        loss = "squared_error" if want.functional == "mean" else "brier"
        return (_calibration(study, _Measured(want.functional, loss, study.y, predictions)),)
    if want.functional == "interval":
        ends = [(tau, predictions[..., end]) for end, tau in enumerate(interval_levels(want))]
    else:
        ends = [(quantile_level(want), predictions)]
    return tuple(
        _calibration(study, _Measured(f"quantile {tau:g}", f"quantile:{tau!r}", study.y, p, tau)) for tau, p in ends
    )


@dataclass(frozen=True)
class _Measured:
    """What is calibrated, by which loss: predictions of each repeat and row, targets of each row, or repeat and row.

    ``tau`` is the level of a quantile, None for a mean or a probability.
    """

    what: str
    loss: str
    y: np.ndarray
    predictions: np.ndarray
    tau: float | None = None

    @cached_property
    def targets(self) -> np.ndarray:
        """The targets of each repeat and row."""
        return np.broadcast_to(self.y, self.predictions.shape).astype(np.float64)


def _calibration(study: Study, measured: _Measured) -> Calibration:
    is_tested = tested_rows(study)
    loss = pointwise(measured.loss)
    weight = np.ones(study.y.size) if study.weight is None else study.weight.astype(np.float64)
    scores, curve = [], (np.empty(0), np.empty(0))
    for repeat in range(repeat_count(study)):
        rows = is_tested[repeat]
        y, p = measured.targets[repeat][rows], measured.predictions[repeat][rows]
        p_recalibrated = recalibrated(p, y, weight[rows], measured.tau)
        constant = recalibrated(np.zeros(p.size), y, weight[rows], measured.tau)
        scores.append([float(np.average(loss(y, f), weights=weight[rows])) for f in (p, p_recalibrated, constant)])
        if repeat == 0:
            curve = _thinned(p, p_recalibrated)
    score, recalibrated_score, constant_score = np.mean(scores, axis=0).tolist()
    return Calibration(
        measured.what,
        score,
        score - recalibrated_score,
        constant_score - recalibrated_score,
        constant_score,
        _out_of_fold_gain(study, measured, is_tested),
        *curve,
    )


def _out_of_fold_gain(study: Study, measured: _Measured, is_tested: np.ndarray) -> TTest:
    """The score that recalibration by other rows saves, tested over folds."""
    loss = pointwise(measured.loss)
    y = measured.targets[is_tested]
    learned = _recalibrated_out_of_fold(study, measured, is_tested)
    saved = np.full(is_tested.shape, np.nan)
    saved[is_tested] = loss(y, measured.predictions[is_tested]) - loss(y, learned[is_tested])
    ratio = float(np.mean([fold.test.size / fold.train.size for fold in study.folds]))
    return corrected_t_test(by_fold(study, saved), ratio)


def _recalibrated_out_of_fold(study: Study, measured: _Measured, is_tested: np.ndarray) -> np.ndarray:
    """Predictions recalibrated by the rows of the same repeat's other folds."""
    predictions, out_of_fold = measured.predictions, measured.predictions.copy()
    weight = np.ones(study.y.size) if study.weight is None else study.weight.astype(np.float64)
    for fold in study.folds:
        others = is_tested[fold.repeat].copy()
        others[fold.test] = False
        p = predictions[fold.repeat][others]
        if p.size:
            y = measured.targets[fold.repeat][others]
            learned = recalibrated(p, y, weight[others], measured.tau)
            distinct, first = np.unique(p, return_index=True)
            tested = predictions[fold.repeat, fold.test]
            out_of_fold[fold.repeat, fold.test] = np.interp(tested, distinct, learned[first])
    return out_of_fold


def _thinned(prediction: np.ndarray, recalibrated_prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(prediction, kind="stable")
    drawn = order[np.unique(np.linspace(0, order.size - 1, CURVE_POINTS).round().astype(int))]
    return prediction[drawn], recalibrated_prediction[drawn]


def recalibrated(prediction: np.ndarray, y: np.ndarray, weight: np.ndarray, tau: float | None = None) -> np.ndarray:
    """The isotonic regression of targets on predictions: of their mean, or of their tau-quantile.

    Examples
    --------
    >>> import numpy as np
    >>> recalibrated(np.array([1.0, 2.0, 3.0]), np.array([5.0, 1.0, 9.0]), np.ones(3))
    array([3., 3., 9.])
    >>> recalibrated(np.array([1.0, 2.0, 3.0]), np.array([5.0, 1.0, 9.0]), np.ones(3), tau=0.5)
    array([1., 1., 9.])
    """
    _, group = np.unique(prediction, return_inverse=True)
    if tau is not None:
        return _isotonic_quantile(group, y, weight, tau)[group]
    total = np.bincount(group, weight)
    means = np.bincount(group, weight * y) / total
    # A mean of ones must not round to more than one.
    return np.clip(isotonic_regression(means, weights=total).x, y.min(), y.max())[group]


def _isotonic_quantile(group: np.ndarray, y: np.ndarray, weight: np.ndarray, tau: float) -> np.ndarray:
    """The lower quantile of each group of equal predictions, by halving the range of targets.

    Whether a group's quantile is at most t is decided by an isotonic mean regression of 1{y <= t}; the groups on either
    side are independent of each other from then on (Stout 2013, doi:10.1007/s00453-012-9628-4).
    """
    order = np.argsort(group, kind="stable")
    y, weight = y[order], weight[order]
    levels = np.unique(y)
    starts = np.concatenate([np.flatnonzero(np.diff(group[order], prepend=-1)), [y.size]])
    quantiles = np.empty(starts.size - 1)
    # Each piece: groups from first to last (excluded), whose quantile is between two levels (included).
    pieces = [(0, quantiles.size, 0, levels.size - 1)]
    while pieces:
        first, last, low, high = pieces.pop()
        if low == high:
            quantiles[first:last] = levels[low]
            continue
        middle = (low + high) // 2
        rows, bounds = slice(starts[first], starts[last]), starts[first:last] - starts[first]
        total = np.add.reduceat(weight[rows], bounds)
        below = np.add.reduceat(weight[rows] * (y[rows] <= levels[middle]), bounds) / total
        share = isotonic_regression(below, weights=total, increasing=False).x
        split = first + int(np.count_nonzero(share >= tau - 1e-12))
        if split > first:
            pieces.append((first, split, low, middle))
        if split < last:
            pieces.append((split, last, middle + 1, high))
    return quantiles
