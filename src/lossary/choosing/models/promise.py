"""What a comparison expects of the model on new rows: what later rows are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lossary.choosing.judging.decide import Decision


@dataclass(frozen=True)
class Promise:
    """The first yardstick's mean score of rows that were left out, and its interval.

    ``yardstick`` is its name, ``shown`` the heading of a column of it as people read it, ``score`` the mean score (not
    its root). ``low`` and ``high`` hold the middle 95% of the scores of rows drawn anew, ``constant`` is the best
    constant's score, and ``scores`` are those by all of the question's yardsticks that were computed. ``coverage`` is
    the share of targets covered and ``meant`` the share asked for, where a quantile or an interval is wanted. ``rows``
    were compared. What is not known is None.
    """

    yardstick: str
    shown: str
    score: float | None
    low: float | None
    high: float | None
    constant: float | None
    scores: Mapping[str, float]
    coverage: float | None
    meant: float | None
    rows: int


def promise_of(decision: Decision, label: str, average: bool) -> Promise:
    """What a decision expects of a candidate, or of the ``average`` of several."""
    board = decision.leaderboard
    entry = board.entry(label)
    score, scores, coverage = entry.score, dict(entry.scores), entry.coverage
    if average and decision.average is not None:
        score, coverage = decision.average.score, None
        scores = {board.primary.name: score}
    low = high = None
    if board.optimism is not None and score is not None:
        # The spread is the best candidate's; this one is scored on the same rows.
        low, high = (score + end - board.optimism.apparent for end in (board.optimism.low, board.optimism.high))
    return Promise(
        board.primary.name,
        board.primary.shown,
        _finite(score),
        _finite(low),
        _finite(high),
        _finite(board.constant),
        {name: value for name, value in scores.items() if _finite(value) is not None},
        None if coverage is None else _finite(coverage.share),
        None if coverage is None else _finite(coverage.meant),
        int(decision.study.y.size),
    )


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and abs(value) < float("inf") else None
