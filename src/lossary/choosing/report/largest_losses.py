"""The rows that cost most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.scores import by_row, scored, tested
from lossary.choosing.judging.decide import Decision

WORST = 10
"""Rows listed."""


@dataclass(frozen=True)
class CostlyRow:
    """A row, numbered from 1, what is true of it and was predicted, and its share of the whole score."""

    row: int
    target: float | str
    predicted: tuple[float, ...]
    share: float


def judged(decision: Decision) -> str:
    """The label of the candidate whose rows are told: the recommended, or the best."""
    chosen = decision.verdict.recommended
    known = chosen is not None and chosen.label in decision.study.predictions
    return chosen.label if chosen is not None and known else decision.leaderboard.best.label


def costly(decision: Decision) -> tuple[CostlyRow, ...]:
    """The rows that cost that candidate most, by the yardstick that decides; none where labels are right or wrong."""
    study, label = decision.study, judged(decision)
    scores = by_row(scored(study, decision.leaderboard.primary).by_candidate[label])
    weight = 1.0 if study.weight is None else study.weight
    cost = np.where(np.isnan(scores), 0.0, scores * weight)
    whole = float(cost.sum())
    if study.want.functional == "label" or whole <= 0.0:
        return ()
    where, found = tested(study), []
    for row in np.argsort(-cost, kind="stable")[: min(WORST, cost.size)]:
        said = study.predictions[label][int(np.argmax(where[:, row])), row]
        truth = study.classes[int(study.y[row])] if study.classes else float(study.y[row])
        found.append(CostlyRow(int(row) + 1, truth, tuple(map(float, np.atleast_1d(said))), float(cost[row] / whole)))
    return tuple(found)
