"""What a comparison expects of the model on new rows: what later rows are held against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """The first yardstick's mean score of rows that were left out, and its interval.

    ``yardstick`` is its name, ``shown`` as a column of numbers as people read them is headed, ``score`` the mean score
    (not its root). ``low`` and ``high`` hold the middle 95% of the scores of rows drawn anew, ``constant`` is the best
    constant's score. ``coverage`` is the share of targets covered and ``meant`` the share asked for, where a quantile
    or an interval is wanted. ``rows`` were compared. What is not known is None.
    """

    yardstick: str
    shown: str
    score: float
    low: float | None
    high: float | None
    constant: float | None
    coverage: float | None
    meant: float | None
    rows: int
