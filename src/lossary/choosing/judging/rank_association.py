"""Whether predictions go with the targets at all, by ranks: few large targets, in which scores drown, do not matter."""

from __future__ import annotations

import numpy as np
from scipy import stats

from lossary.choosing.comparison.scores import tested_rows
from lossary.choosing.comparison.study import Study, many_classes


def association(study: Study, label: str) -> float:
    """The one-sided p-value of Spearman's correlation between out-of-fold predictions and targets (1904).

    Of an interval the middle is taken, of many classes each class's probability with its indicator, and the smallest
    p-value times their number. Of rows that belong together (groups, copies) the means are taken, one for each group.
    1.0 where rows are in order of time, and so not independent, or where a candidate predicts the same for all.
    """
    if study.ordered or label not in study.predictions:
        return 1.0
    is_tested = tested_rows(study)
    rows = is_tested.any(axis=0)
    predictions = np.where(_like(is_tested, study.predictions[label]), study.predictions[label], np.nan)
    mean_predictions = np.nanmean(predictions[:, rows], axis=0)
    y = study.y[rows]
    groups = None if study.groups is None else study.groups[rows]
    if not many_classes(study):
        return _p(mean_predictions if mean_predictions.ndim == 1 else mean_predictions.mean(axis=1), y, groups)
    p_values = [_p(mean_predictions[:, k], (y == k).astype(float), groups) for k in range(mean_predictions.shape[1])]
    return min(1.0, min(p_values) * len(p_values))


def _like(flags: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return flags.reshape(flags.shape + (1,) * (predictions.ndim - flags.ndim))


def _p(predictions: np.ndarray, y: np.ndarray, groups: np.ndarray | None) -> float:
    if groups is not None:
        predictions, y = _group_means(predictions, groups), _group_means(y, groups)
    if not np.isfinite(predictions).all() or np.ptp(predictions) == 0.0 or np.ptp(y) == 0.0 or y.size < 3:
        return 1.0
    return float(stats.spearmanr(predictions, y, alternative="greater").pvalue)


def _group_means(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    _, member, size = np.unique(groups, return_inverse=True, return_counts=True)
    return np.bincount(member, values) / size
