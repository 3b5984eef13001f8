"""The scores of out-of-fold predictions by a yardstick: of each row, each fold, and all rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.study import Candidate, Study
from lossary.choosing.comparison.thresholds import decided_classes
from lossary.choosing.comparison.yardsticks import Yardstick
from lossary.evaluate.arrays.refusals import inside
from lossary.formula import POSITIVE, Domain


@dataclass(frozen=True)
class Scores:
    """One yardstick's score of every row in every repeat: (repeats, n), NaN where no fold tested the row."""

    yardstick: Yardstick
    constant: np.ndarray
    by_candidate: Mapping[str, np.ndarray]
    undefined: Mapping[str, str]
    """Why a candidate has none: "9.6% of predictions are negative"."""


def score_candidates(study: Study, yardstick: Yardstick) -> Scores:
    """Every candidate's score of every row; a candidate without one has the reason among the undefined."""
    is_tested = tested_rows(study)
    by_candidate, undefined = {}, {}
    for candidate in study.candidates:
        scores = score_rows(study, yardstick, study.predictions.get(candidate.label), candidate)
        if isinstance(scores, str):
            undefined[candidate.label] = scores
        else:
            by_candidate[candidate.label] = scores
    constant = score_rows(study, yardstick, constant_predictions(study), None)
    if isinstance(constant, str):
        constant = np.full(is_tested.shape, np.nan)
    return Scores(yardstick, constant, by_candidate, undefined)


def tested_rows(study: Study) -> np.ndarray:
    """Which rows a fold of each repeat tests, and count: (repeats, n)."""
    is_tested = np.zeros((repeat_count(study), study.y.size), dtype=bool)
    for fold in study.folds:
        is_tested[fold.repeat, fold.test] = True
    return is_tested if study.weight is None else is_tested & (study.weight > 0.0)


def repeat_count(study: Study) -> int:
    """How often the rows were split into folds."""
    return 1 + max(fold.repeat for fold in study.folds)


def constant_predictions(study: Study) -> np.ndarray:
    """What the best constant of each training fold predicts for its test rows, in the shape of predictions."""
    constants = np.asarray(study.constants, dtype=np.float64)
    predictions = np.full((repeat_count(study), study.y.size, *constants.shape[1:]), np.nan)
    for fold, constant in zip(study.folds, constants, strict=True):
        predictions[fold.repeat, fold.test] = constant
    return predictions


def score_rows(
    study: Study, yardstick: Yardstick, predictions: np.ndarray | None, candidate: Candidate | None
) -> np.ndarray | str:
    """The score of every row that is tested, or the reason why there is none. The constant is no candidate."""
    label = "" if candidate is None else candidate.label
    if predictions is None or label in study.failures:
        return study.failures.get(label, "it gave no predictions")
    is_tested = tested_rows(study)
    p = np.ascontiguousarray(predictions[is_tested], dtype=np.float64)
    y = np.broadcast_to(study.y, is_tested.shape)[is_tested].astype(np.float64)
    if not np.isfinite(p).all():
        return f"{_share_in_words(~np.isfinite(p))} of predictions are not finite"
    if study.want.functional == "label":
        p = decided_classes(study, p, None if candidate is None else candidate.threshold)
    reason = _outside_domain(yardstick.prediction, p)
    if reason:
        return reason
    scores = yardstick.score(y, p)
    infinite = np.isinf(scores)
    if infinite.any():
        return f"{_share_in_words(infinite)} of rows were given no chance at all, and happened: the score is infinite"
    by_row = np.full(is_tested.shape, np.nan)
    by_row[is_tested] = scores
    return by_row


def _outside_domain(domain: Domain, predictions: np.ndarray) -> str:
    """How many predictions have no score, in words; "" if all have one."""
    wrong = ~inside(domain, predictions)
    if not wrong.any():
        return ""
    if domain == POSITIVE:
        negative = predictions < 0.0
        if negative.any():
            return f"{_share_in_words(negative)} of predictions are negative"
        return f"{_share_in_words(wrong)} are zero"
    return f"{_share_in_words(wrong)} of predictions are outside {domain}"


def _share_in_words(flags: np.ndarray) -> str:
    share = float(np.mean(flags))
    return f"{share:.1%}" if share >= 0.0005 else f"{int(np.count_nonzero(flags))} in {flags.size}"


def mean_score(study: Study, rows: np.ndarray) -> float:
    """The weighted mean of all rows tested, over the repeats."""
    return _mean(study, rows, np.arange(study.y.size))


def by_fold(study: Study, rows: np.ndarray) -> np.ndarray:
    """The weighted mean score of each fold's test rows, in the order of the folds."""
    return np.array([_mean(study, rows[f.repeat, f.test], f.test) for f in study.folds])


def by_row(rows: np.ndarray) -> np.ndarray:
    """Each row's score, averaged over the repeats that tested it; NaN where none did."""
    is_scored = ~np.isnan(rows)
    count = is_scored.sum(axis=0)
    total = np.where(is_scored, rows, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(rows.shape[1], np.nan), where=count > 0)


def skill(score: float, constant: float) -> float:
    """The part of the constant's score that a candidate saves: 1 is perfect, 0 no better than the constant."""
    return float("nan") if not constant > 0.0 else 1.0 - score / constant


def _mean(study: Study, scores: np.ndarray, rows: np.ndarray) -> float:
    weight = np.ones(rows.size) if study.weight is None else study.weight[rows]
    is_scored = ~np.isnan(scores)
    total_weight = float(np.sum(is_scored * weight))
    return float(np.sum(np.where(is_scored, scores, 0.0) * weight)) / total_weight if total_weight else float("nan")
