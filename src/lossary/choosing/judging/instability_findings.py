"""What the comparison found of candidates whose score hangs on one row, or that explode in a fold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossary.choosing.comparison.scores import by_row, score_candidates
from lossary.choosing.comparison.study import Study
from lossary.choosing.findings.finding import Finding, new_finding
from lossary.choosing.judging.leaderboard import Leaderboard
from lossary.choosing.judging.stability import TIMES

LONE_ROW_SHARE = 0.5


def lone_row_findings(study: Study, board: Leaderboard) -> Iterator[Finding]:
    """Scores that are mostly one row's."""
    if study.want.functional == "label":
        return
    weight = 1.0 if study.weight is None else study.weight
    by_candidate = score_candidates(study, board.primary).by_candidate
    heavy: dict[int, dict[str, float]] = {}
    for entry in board.rivals:
        cost = np.nan_to_num(by_row(by_candidate[entry.label]) * weight)
        row = int(np.argmax(cost))
        if cost[row] > LONE_ROW_SHARE * cost.sum():
            heavy.setdefault(row, {})[entry.name] = float(cost[row] / cost.sum())
    for row, shares in heavy.items():
        low, high = f"{min(shares.values()):.0%}", f"{max(shares.values()):.0%}"
        share = high if low == high else f"{low} to {high}"
        text = f"Row {study.row_number(row)} alone makes {share} of the {board.primary.name} of {'; '.join(shares)}."
        yield new_finding("lone_row", text, max(shares.values()), LONE_ROW_SHARE)


def unstable_findings(board: Leaderboard) -> Iterator[Finding]:
    """Candidates that are out because they explode in a fold."""
    for entry in board.rivals:
        if entry.unstable:
            text = f"One fold goes badly for {entry.name}: {entry.unstable}."
            yield new_finding("unstable", text, None, TIMES, about=entry.label)
