"""The scores of out-of-fold predictions by a yardstick: of each row, each fold, and all rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.study import Candidate, Study
from lossary.choosing.comparison.thresholds import decided
from lossary.choosing.comparison.yardsticks import Yardstick
from lossary.evaluate.refusals import inside
from lossary.formula import POSITIVE, Domain


@dataclass(frozen=True)
class Scores:
    """One yardstick's score of every row in every repeat: (repeats, n), NaN where no fold tested the row."""

    yardstick: Yardstick
    constant: np.ndarray
    by_candidate: Mapping[str, np.ndarray]
    undefined: Mapping[str, str]
    """Why a candidate has none: "9.6% of predictions are negative"."""


def scored(study: Study, yardstick: Yardstick) -> Scores:
    """Every candidate's score of every row; a candidate without one has the reason among the undefined."""
    where = tested(study)
    by_candidate, undefined = {}, {}
    for candidate in study.candidates:
        rows = _of(study, yardstick, study.predictions.get(candidate.label), candidate, where)
        if isinstance(rows, str):
            undefined[candidate.label] = rows
        else:
            by_candidate[candidate.label] = rows
    constant = _of(study, yardstick, constant_predictions(study), None, where)
    if isinstance(constant, str):
        constant = np.full(where.shape, np.nan)
    return Scores(yardstick, constant, by_candidate, undefined)


def tested(study: Study) -> np.ndarray:
    """Which rows a fold of each repeat tests, and count: (repeats, n)."""
    found = np.zeros((repeats(study), study.y.size), dtype=bool)
    for fold in study.folds:
        found[fold.repeat, fold.test] = True
    return found if study.weight is None else found & (study.weight > 0.0)


def repeats(study: Study) -> int:
    """How often the rows were split into folds."""
    return 1 + max(fold.repeat for fold in study.folds)


def constant_predictions(study: Study) -> np.ndarray:
    """What the best constant of each training fold predicts for its test rows, in the shape of predictions."""
    constants = np.asarray(study.constants, dtype=np.float64)
    found = np.full((repeats(study), study.y.size, *constants.shape[1:]), np.nan)
    for fold, constant in zip(study.folds, constants, strict=True):
        found[fold.repeat, fold.test] = constant
    return found


def _of(
    study: Study, yardstick: Yardstick, predictions: np.ndarray | None, candidate: Candidate | None, where: np.ndarray
) -> np.ndarray | str:
    label = "" if candidate is None else candidate.label
    if predictions is None or label in study.failures:
        return study.failures.get(label, "it gave no predictions")
    kept = np.ascontiguousarray(predictions[where], dtype=np.float64)
    y = np.broadcast_to(study.y, where.shape)[where].astype(np.float64)
    if not np.isfinite(kept).all():
        return f"{_share(~np.isfinite(kept))} of predictions are not finite"
    if study.want.functional == "label":
        kept = decided(study, kept, None if candidate is None else candidate.threshold)
    reason = _outside(yardstick.prediction, kept)
    if reason:
        return reason
    scores = yardstick.score(y, kept)
    endless = np.isinf(scores)
    if endless.any():
        return f"{_share(endless)} of rows were given no chance at all, and happened: the score is infinite"
    found = np.full(where.shape, np.nan)
    found[where] = scores
    return found


def _outside(domain: Domain, predictions: np.ndarray) -> str:
    """How many predictions have no score, in words; "" if all have one."""
    wrong = ~inside(domain, predictions)
    if not wrong.any():
        return ""
    if domain == POSITIVE:
        negative = predictions < 0.0
        return f"{_share(negative)} of predictions are negative" if negative.any() else f"{_share(wrong)} are zero"
    return f"{_share(wrong)} of predictions are outside {domain}"


def _share(flags: np.ndarray) -> str:
    share = float(np.mean(flags))
    return f"{share:.1%}" if share >= 0.0005 else f"{int(np.count_nonzero(flags))} in {flags.size}"


def overall(study: Study, rows: np.ndarray) -> float:
    """The weighted mean of all rows tested, over the repeats."""
    return _mean(study, rows, np.arange(study.y.size))


def by_fold(study: Study, rows: np.ndarray) -> np.ndarray:
    """The weighted mean score of each fold's test rows, in the order of the folds."""
    return np.array([_mean(study, rows[f.repeat, f.test], f.test) for f in study.folds])


def by_row(rows: np.ndarray) -> np.ndarray:
    """Each row's score, averaged over the repeats that tested it; NaN where none did."""
    known = ~np.isnan(rows)
    count = known.sum(axis=0)
    total = np.where(known, rows, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(rows.shape[1], np.nan), where=count > 0)


def skill(score: float, constant: float) -> float:
    """The part of the constant's score that a candidate saves: 1 is perfect, 0 no better than the constant."""
    return float("nan") if not constant > 0.0 else 1.0 - score / constant


def _mean(study: Study, scores: np.ndarray, rows: np.ndarray) -> float:
    weight = np.ones(rows.size) if study.weight is None else study.weight[rows]
    known = ~np.isnan(scores)
    counted = float(np.sum(known * weight))
    return float(np.sum(np.where(known, scores, 0.0) * weight)) / counted if counted else float("nan")
