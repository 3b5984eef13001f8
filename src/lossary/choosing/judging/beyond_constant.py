"""Is anything predicted better than by one number for all? Random signs for what is saved, candidates taken together.

If features say nothing, predictions that differ from row to row do no better than their own mean: what is saved in one
row is as likely lost in another. So signs are drawn anew, the same ones for all candidates and yardsticks: the largest
of the sums that come of it is what luck does, that of having looked at many included. Large rows count in both, and can
neither feign a skill nor make luck unbounded. The candidate is held against its own mean, and not against the constant:
the mean of few rows with a long tail is so bad a constant that a robust one beats it, and no feature has said anything.

What is saved is taken as a share of the constant's score in its fold, so that folds unlike each other (moments, groups)
count alike. In order of time, levels are part of what is predicted: there whole folds are also held against the
constant, and have to save more than a margin.

The yardsticks are all those that are consistent for the question: where a few counts are large, squared error drowns in
them, and a deviance still sees the skill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.scores import Scores, by_row, score_rows
from lossary.choosing.comparison.study import Candidate, Study

DRAWS = 2000
MOST_UNITS = 2000
"""Units whose signs are drawn one by one; of more, as many sums of some."""

ALL_SIGNS = 10
"""Units up to which all signs are tried."""

FEWEST_UNITS = 8
"""Units that groups are cut into where there are fewer groups."""

MARGIN = 0.05
"""The share of the constant's score that whole folds in order of time have to save before it counts."""


@dataclass(frozen=True)
class Evidence:
    """How probable so large a saving is without skill: ``p``, for the yardstick in which it shows most."""

    p: float = 1.0
    yardstick: str = ""


NO_EVIDENCE = Evidence()


def evidence_of_skill(study: Study, scores: Sequence[Scores], labels: Sequence[str]) -> Evidence:
    """Whether any of the candidates named predicts better than one number for all, by any of the yardsticks.

    Rows are units of their own, groups (copies among them) are whole ones unless they are few, and rows in order of
    time are taken in blocks of neighbours within a fold, or fold by fold, whichever shows more.
    """
    candidates = [c for c in study.candidates if c.label in labels]
    pairs = [(each, c) for each in scores for c in candidates if _is_comparable(each, c.label)]
    if not pairs:
        return NO_EVIDENCE
    saved = np.column_stack([_saved(study, each, c, _level_scores(study, each, c)) for each, c in pairs])
    p, column = _sign_test(_summed(saved, _units(study)), study.seed)
    if study.ordered:
        saved = np.column_stack([_saved(study, each, c, each.constant, MARGIN) for each, c in pairs])
        p, column = min((p, column), _sign_test(_summed(saved, _blocks(study, whole_folds=True)), study.seed))
    return Evidence(p, pairs[column][0].yardstick.name)


def _is_comparable(scores: Scores, label: str) -> bool:
    """Whether both the candidate and the constant have a score in every row that is tested."""
    rows = scores.by_candidate.get(label)
    return rows is not None and bool(np.isfinite(scores.constant[~np.isnan(rows)]).all())


def _level_scores(study: Study, scores: Scores, candidate: Candidate) -> np.ndarray:
    """What the candidate would score if it predicted its mean of the fold for every row; of labels, the constant."""
    if study.want.functional == "label" or candidate.label not in study.predictions:
        return scores.constant
    levels = study.predictions[candidate.label].copy()
    for fold in study.folds:
        levels[fold.repeat, fold.test] = np.mean(levels[fold.repeat, fold.test], axis=0)
    rows = score_rows(study, scores.yardstick, levels, candidate)
    return scores.constant if isinstance(rows, str) else rows


def _saved(study: Study, scores: Scores, candidate: Candidate, level: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """What each row saves beside a level, in units of the constant's mean score in its fold, averaged over repeats."""
    rows = scores.by_candidate[candidate.label]
    saved = np.full(rows.shape, np.nan)
    weight = np.ones(study.y.size) if study.weight is None else study.weight
    for fold in study.folds:
        place = (fold.repeat, fold.test)
        counts = ~np.isnan(scores.constant[place])
        total = float(np.sum(weight[fold.test][counts]))
        mean = float(np.sum((scores.constant[place] * weight[fold.test])[counts])) / total if total else 0.0
        saved[place] = (level[place] - rows[place]) / mean - margin if mean > 0.0 else 0.0
    return np.nan_to_num(by_row(saved)) * weight


def _units(study: Study) -> np.ndarray:
    """For each row the number of the unit whose sign it shares; -1 where no fold tests it."""
    if study.ordered:
        return _blocks(study)
    if study.groups is not None:
        return _groups(study.groups)
    return np.arange(study.y.size)


def _groups(groups: np.ndarray) -> np.ndarray:
    """Whole groups; a few of them in pieces, as the signs of four groups can never be rare."""
    _, member, size = np.unique(groups, return_inverse=True, return_counts=True)
    pieces = -(-FEWEST_UNITS // size.size)
    if pieces == 1:
        return member
    order = np.argsort(member, kind="stable")
    place = np.empty(member.size, dtype=np.int64)
    place[order] = np.arange(member.size) - np.repeat(np.cumsum(size) - size, size)
    return member * pieces + np.minimum(place * pieces // size[member], pieces - 1)


def _blocks(study: Study, whole_folds: bool = False) -> np.ndarray:
    """Neighbours within a fold: as many as the root of the rows, which is longer than most dependence."""
    number, last = np.full(study.y.size, -1), 0
    length = max(1, round(float(np.sqrt(study.y.size))))
    for fold in study.folds:
        pieces = 1 if whole_folds else max(1, fold.test.size // length)
        for piece in np.array_split(np.sort(fold.test), pieces):
            number[piece] = last
            last += 1
    return number


def _summed(saved: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Savings summed by unit: (units, columns)."""
    tested = unit >= 0
    unit, saved = unit[tested] % MOST_UNITS, saved[tested]
    return np.column_stack([np.bincount(unit, column) for column in saved.T])


def _sign_test(saved: np.ndarray, seed: int) -> tuple[float, int]:
    """The p-value of the largest sum in units of its root of squares, by signs drawn anew; and whose it is."""
    size = np.sqrt((saved**2).sum(axis=0))
    scaled = np.divide(saved, size, out=np.zeros_like(saved), where=size > 0.0)
    found = scaled.sum(axis=0)
    signs = _signs(saved.shape[0], seed)
    largest = (signs @ scaled).max(axis=1)
    # Rounding must not part a pattern of signs from itself.
    as_large = int(np.count_nonzero(largest >= found.max() - 1e-12))
    is_all = saved.shape[0] <= ALL_SIGNS
    p = as_large / len(signs) if is_all else (1 + as_large) / (1 + len(signs))
    return float(p), int(np.argmax(found))


def _signs(units: int, seed: int) -> np.ndarray:
    if units <= ALL_SIGNS:
        return 1.0 - 2.0 * ((np.arange(2**units)[:, None] >> np.arange(units)) & 1)
    return np.random.default_rng(seed).choice([-1.0, 1.0], size=(DRAWS, units))
