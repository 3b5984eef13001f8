"""The average of several candidates' predictions: its weights, what it scores, and whether it pays.

Where candidates err each in its own way their average errs less than the best of them. Weights come from greedy
selection (Caruana, Niculescu-Mizil, Crew and Ksikes 2004, doi:10.1145/1015330.1015432): a few times over the candidate
is added whose prediction betters the mean of those added before the most. They are non-negative, few are not zero, and
any yardstick will do. The score that is told is that of weights found without the fold that they are scored on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossary.choosing.comparison import scores as scoring
from lossary.choosing.comparison import yardsticks
from lossary.choosing.comparison.study import Candidate, Study, Want
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.judging.significance import TTest, corrected_t_test

MOST_IN_POOL = 10
STEPS = 20
MOST_MEMBERS = 4
LEAST_SAVED = 0.005
"""The share of the score below which an average is not worth its models."""

MOST_ROWS = 20_000
"""More rows than this say nothing more of weights: a part of them is taken."""

NEARLY = 1e-6
"""Probabilities of 0 and 1 have no log loss: where weights of labels are looked for they are moved by this."""

MeanScore = Callable[[np.ndarray], float]


@dataclass(frozen=True)
class Member:
    """A candidate and its weight in the average."""

    label: str
    weight: float
    name: str = ""


@dataclass(frozen=True)
class Average:
    """A weighted mean of predictions, against the single candidate that is recommended.

    ``score`` is the mean score by the first yardstick, ``gap`` that minus the single candidate's, tested over folds,
    ``saved`` the share that it saves of the score as people read it, and ``seconds`` its training time over that of
    the single candidate. ``pays`` says whether it is recommended.
    """

    members: tuple[Member, ...]
    instead_of: str
    score: float
    gap: TTest
    saved: float
    seconds: float
    pays: bool
    instead_of_name: str = ""

    def in_words(self) -> str:
        """What it is made of, what it saves and what it takes."""
        parts = "; ".join(f"{member.weight:.0%} {member.name or member.label}" for member in self.members)
        alone = self.instead_of_name or self.instead_of
        change = f"{abs(self.saved):.1%} {'better' if self.saved >= 0.0 else 'worse'} than {alone} alone"
        takes = f"It takes {len(self.members)} models"
        if np.isfinite(self.seconds):
            takes += f" and {self.seconds:.1f} times the training time"
        return f"A weighted average of {len(self.members)} candidates scores {change}: {parts}. {takes}."


def best_average(study: Study, board: Leaderboard, chosen: Entry) -> Average | None:
    """The average of the candidates that score best, or None where fewer than two have a weight."""
    pool = _pool(study, board)
    if len(pool) < 2:
        return None
    material = _Material.of(study, [entry.label for entry in pool])
    weights = material.weights(np.ones(material.rows.size, dtype=bool))
    members = tuple(Member(e.label, float(w), e.name) for e, w in zip(pool, weights, strict=True) if w > 0.0)
    if len(members) < 2:
        return None
    rows = _scores(study, board, _out_of_fold(study, pool, material))
    gap = corrected_t_test(scoring.by_fold(study, rows) - board.folds[chosen.label], board.ratio)
    score = scoring.mean_score(study, rows)
    read = board.primary.read
    saved = 1.0 - read(score) / read(chosen.value) if chosen.value > 0.0 else 0.0
    return Average(
        members=tuple(sorted(members, key=lambda member: -member.weight)),
        instead_of=chosen.label,
        score=score,
        gap=gap,
        saved=saved,
        seconds=_seconds(study, members, chosen.label),
        pays=saved >= LEAST_SAVED,
        instead_of_name=chosen.name,
    )


def _pool(study: Study, board: Leaderboard) -> list[Entry]:
    """The candidates that may be averaged: those that may be recommended, best first, of every model one at least."""
    able = [e for e in board.eligible if e.label in study.predictions]
    if study.want.functional == "label":  # labels alone cannot be averaged
        able = [e for e in able if e.candidate.threshold is None]
    best_of_model = {e.candidate.model: e for e in reversed(able)}.values()
    chosen = [*able[:MOST_IN_POOL], *(e for e in best_of_model if e not in able[:MOST_IN_POOL])]
    return chosen


@dataclass(frozen=True)
class _Material:
    """Out-of-fold predictions of the rows that weights are found on.

    ``predictions`` is (candidates, rows of all repeats, ...), ``rows`` their row numbers.
    """

    study: Study
    predictions: np.ndarray
    rows: np.ndarray
    yardstick: yardsticks.Yardstick

    @classmethod
    def of(cls, study: Study, labels: Sequence[str]) -> _Material:
        is_tested = scoring.tested_rows(study)
        rows = np.broadcast_to(np.arange(study.y.size), is_tested.shape)[is_tested]
        predictions = np.stack([np.asarray(study.predictions[label])[is_tested] for label in labels])
        judged = study
        if study.want.functional == "label":
            judged = replace(study, want=Want("probability"))
            predictions = np.clip(predictions, NEARLY, 1.0 - NEARLY)
            if predictions.ndim == 3:
                predictions /= predictions.sum(axis=-1, keepdims=True)
        if rows.size > MOST_ROWS:
            drawn = np.sort(np.random.default_rng(study.seed).choice(rows.size, MOST_ROWS, replace=False))
            rows, predictions = rows[drawn], np.ascontiguousarray(predictions[:, drawn])
        return cls(study, predictions, rows, yardsticks.panel(judged)[0])

    def weights(self, kept: np.ndarray) -> np.ndarray:
        """The weights of all candidates by the rows that are ``kept``."""
        rows, predictions = self.rows[kept], np.ascontiguousarray(self.predictions[:, kept])
        y = self.study.y[rows].astype(np.float64)
        weight = None if self.study.weight is None else self.study.weight[rows]

        def mean_score(p: np.ndarray) -> float:
            return float(np.average(self.yardstick.score(y, p), weights=weight))

        found = _greedy(predictions, mean_score, range(len(predictions)))
        kept_members = np.argsort(-found, kind="stable")[:MOST_MEMBERS]
        kept_members = kept_members[found[kept_members] > 0.0]
        return found if np.count_nonzero(found) <= MOST_MEMBERS else _greedy(predictions, mean_score, kept_members)


def _greedy(predictions: np.ndarray, mean_score: MeanScore, among: Sequence[int] | np.ndarray) -> np.ndarray:
    """How often each candidate is added, over the number of steps."""
    counts, total = np.zeros(len(predictions)), np.zeros(predictions.shape[1:])
    for step in range(1, STEPS + 1):
        best = min(among, key=lambda member: mean_score((total + predictions[member]) / step))
        counts[best] += 1.0
        total += predictions[best]
    return counts / STEPS


def _out_of_fold(study: Study, pool: Sequence[Entry], material: _Material) -> np.ndarray:
    """The average's predictions of each fold's test rows, with weights found on rows outside of it."""
    predictions = [np.asarray(study.predictions[entry.label]) for entry in pool]
    averaged = np.full(predictions[0].shape, np.nan)
    for fold in study.folds:
        weights = material.weights(~np.isin(material.rows, fold.test))
        averaged[fold.repeat, fold.test] = sum(
            weight * each[fold.repeat, fold.test]
            for weight, each in zip(weights, predictions, strict=True)
            if weight > 0.0
        )
    return averaged


def _scores(study: Study, board: Leaderboard, predictions: np.ndarray) -> np.ndarray:
    """The first yardstick's score of every row."""
    average = Candidate("average", "", {}, "average", "identity")
    alone = replace(study, candidates=(average,), predictions={"average": predictions}, failures={})
    return scoring.score_candidates(alone, board.primary).by_candidate["average"]


def _seconds(study: Study, members: Sequence[Member], chosen: str) -> float:
    """Training seconds of all members over those of the chosen candidate."""
    own = study.seconds.get(chosen, 0.0)
    total = sum(study.seconds.get(member.label, 0.0) for member in members)
    return total / own if own > 0.0 else float("nan")
