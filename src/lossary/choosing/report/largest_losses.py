"""The rows that cost the recommended candidate most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.scores import by_row, score_candidates, tested_rows
from lossary.choosing.judging.decide import Decision

LISTED = 10
"""Rows in the report."""


@dataclass(frozen=True)
class CostlyRow:
    """A row, numbered from 1, its target and its prediction, and its share of the total score."""

    row: int
    target: float | str
    predicted: tuple[float, ...]
    share: float


def largest_losses(decision: Decision) -> tuple[CostlyRow, ...]:
    """The rows that cost the shown candidate most, by the yardstick that decides; none for labels, right or wrong."""
    study, label = decision.study, decision.shown_label
    scores = by_row(score_candidates(study, decision.leaderboard.primary).by_candidate[label])
    weight = 1.0 if study.weight is None else study.weight
    cost = np.where(np.isnan(scores), 0.0, scores * weight)
    total = float(cost.sum())
    if study.want.functional == "label" or total <= 0.0:
        return ()
    is_tested, costly_rows = tested_rows(study), []
    for row in np.argsort(-cost, kind="stable")[: min(LISTED, cost.size)]:
        prediction = study.predictions[label][int(np.argmax(is_tested[:, row])), row]
        target = study.classes[int(study.y[row])] if study.classes else float(study.y[row])
        costly_rows.append(
            CostlyRow(
                study.row_number(int(row)),
                target,
                tuple(map(float, np.atleast_1d(prediction))),
                float(cost[row] / total),
            )
        )
    return tuple(costly_rows)
