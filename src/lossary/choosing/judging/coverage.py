"""How many unseen targets a quantile or an interval covers, how many it was to cover, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.scores import by_row, tested_rows
from lossary.choosing.comparison.study import Study

CONFIDENCE = 0.95
SMALL = 0.02
"""Differences in coverage that nobody minds."""

SURE = 3.0
"""Standard errors from which a difference is said of one candidate among many."""


@dataclass(frozen=True)
class Coverage:
    """The share of targets at or below what was predicted (for an interval: inside), and the share asked for.

    ``low`` and ``high`` hold the true share with 95% (Wilson's interval); ``rows`` is how many independent rows of one
    weight would tell as much. ``crossing`` is the share of intervals with their ends crossed.
    """

    share: float
    meant: float
    crossing: float = 0.0
    low: float = float("nan")
    high: float = float("nan")
    rows: float = float("nan")

    @property
    def is_off(self) -> bool:
        """Whether the share differs from that asked for by more than luck, and by more than nobody minds."""
        return not self.low <= self.meant <= self.high and abs(self.share - self.meant) > SMALL

    @property
    def is_surely_off(self) -> bool:
        """The same, where many candidates were looked at."""
        error = float(np.sqrt(self.meant * (1.0 - self.meant) / self.rows))
        return abs(self.share - self.meant) > max(SMALL, SURE * error)

    def described(self) -> str:
        """In words: "71.2% of unseen targets (95% interval 68.0% to 74.2%); 80% were asked for"."""
        asked = f"{self.meant:.2%}".replace(".00%", "%")
        return (
            f"{self.share:.1%} of unseen targets ({CONFIDENCE:.0%} interval {self.low:.1%} to {self.high:.1%}); "
            f"{asked} were asked for"
        )


def coverage(study: Study, label: str) -> Coverage | None:
    """How many targets a candidate's quantile or interval covers; None where nothing of the kind is wanted."""
    predictions = study.predictions[label]
    y = np.broadcast_to(study.y, predictions.shape[:2])
    if study.want.functional == "interval":
        low, high = predictions[..., 0], predictions[..., 1]
        ends = interval_levels(study.want)
        return _coverage(study, (low <= y) & (y <= high), ends[1] - ends[0], low > high)
    if study.want.functional in ("median", "quantile"):
        return _coverage(study, y <= predictions, quantile_level(study.want))
    return None


def _coverage(study: Study, covered: np.ndarray, meant: float, crossed: np.ndarray | None = None) -> Coverage:
    is_tested = tested_rows(study)
    share = _mean(study, covered, is_tested)
    crossing = 0.0 if crossed is None else _mean(study, crossed, is_tested)
    rows = _independent_rows(study, by_row(np.where(is_tested, covered, np.nan)), share)
    return Coverage(share, meant, crossing, *wilson(share, rows), rows)


def _mean(study: Study, flags: np.ndarray, counting: np.ndarray) -> float:
    weight = np.broadcast_to(1.0 if study.weight is None else study.weight, counting.shape)[counting]
    return float(np.average(flags[counting], weights=weight)) if weight.size else float("nan")


def _independent_rows(study: Study, covered: np.ndarray, share: float) -> float:
    """How many independent rows would tell the share as surely as these, whose groups or neighbours may be alike."""
    has_value = ~np.isnan(covered)
    weight = (np.ones(study.y.size) if study.weight is None else study.weight)[has_value]
    part = weight / weight.sum()
    members = _members(study)[has_value]
    clusters = np.unique(members, return_inverse=True)[1]
    parts = np.bincount(clusters, part)
    variance = float(np.sum(np.bincount(clusters, part * (covered[has_value] - share)) ** 2))
    if parts.size < 2 or variance == 0.0:
        return float(1.0 / np.sum(parts**2))
    variance *= parts.size / (parts.size - 1)
    return min(share * (1.0 - share) / variance, float(has_value.sum()))


def _members(study: Study) -> np.ndarray:
    """What each row belongs to: its group; a block of neighbours, in order of time; or nothing but itself."""
    rows = np.arange(study.y.size)
    if study.groups is not None:
        return study.groups
    return rows // max(1, round(rows.size ** (1.0 / 3.0))) if study.ordered else rows


def wilson(share: float, rows: float) -> tuple[float, float]:
    """Wilson's interval of a share that was seen in so many independent rows.

    Examples
    --------
    >>> tuple(round(end, 4) for end in wilson(0.9, 10.0))
    (0.5958, 0.9821)
    """
    z = float(stats.norm.ppf(0.5 + CONFIDENCE / 2.0))
    centre = (share + z * z / (2.0 * rows)) / (1.0 + z * z / rows)
    half = z / (1.0 + z * z / rows) * float(np.sqrt(share * (1.0 - share) / rows + z * z / (4.0 * rows * rows)))
    return max(0.0, centre - half), min(1.0, centre + half)
