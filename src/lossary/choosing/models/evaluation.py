"""What predictions of new rows are worth, beside what the comparison promised, and what changed in the rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Study
from lossary.choosing.comparison.thresholds import classes_at
from lossary.choosing.comparison.yardsticks import Yardstick, panel
from lossary.choosing.judging.coverage import SMALL
from lossary.choosing.models.content import Content
from lossary.choosing.models.drift import Drift, Drifts
from lossary.choosing.models.sums import Mean, Sums, differ, mean_of
from lossary.choosing.models.tables import notes_on
from lossary.choosing.models.targets import targets_of
from lossary.evaluate.arrays.refusals import inside

AS_PROMISED, WORSE, BETTER, UNKNOWN = "as promised", "worse than promised", "better than promised", "not comparable"
BALANCED = "balanced error rate"
NUMBERS = ("score", "low", "high", "promised", "promised_low", "promised_high")


@dataclass(frozen=True)
class Score:
    """A yardstick's mean score of the new rows as people read it (a root where they read roots), and the promised one.

    ``low`` and ``high`` hold the score of all such rows with 95%. Where the score is None ``reason`` says why; what was
    not promised is None. ``verdict`` is "as promised", "worse than promised", "better than promised", or "not
    comparable" where the promise has no interval.
    """

    yardstick: str
    shown: str
    score: float | None
    low: float | None
    high: float | None
    promised: float | None
    promised_low: float | None
    promised_high: float | None
    verdict: str
    reason: str = ""


@dataclass(frozen=True)
class Covered:
    """The share of targets that a quantile or an interval covers, the share asked for, and the one promised.

    ``agrees`` says whether the share is that asked for, but for luck and two percent that nobody minds.
    """

    share: float
    low: float
    high: float
    meant: float
    promised: float | None
    agrees: bool


@dataclass(frozen=True)
class Evaluation:
    """Scores by the question's yardsticks, the one that decides first; coverage; and which columns drifted.

    ``rows`` counted; rows without a target (``missing``) were left out. ``notes`` say what could not be read.
    """

    rows: int
    missing: int
    scores: tuple[Score, ...]
    coverage: Covered | None
    drift: tuple[Drift, ...]
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """What the first yardstick says: "as promised", "worse than promised" ..."""
        return self.scores[0].verdict

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {"verdict": self.verdict, **asdict(self)}


class Evaluator:
    """Takes rows in parts; the scores are those of all rows at once, to the bit."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._many = len(content.classes) > 2
        self._tallies = [Tally(each, content) for each in yardsticks_of(content)]
        self._covered = Sums(most=1.0)
        self._drifts = Drifts(content.schema.columns, content.summaries)
        self.rows = self.missing = self._before = 0
        self._unseen: dict[str, int] = {}
        self._unreadable: dict[str, int] = {}

    def add(self, X: Any, y: Any, weight: np.ndarray | None = None) -> None:
        """Add rows: a table, its column of targets, and weights (n,) of float64.

        Raises ValueError for cells, targets and weights that do not fit, with the row.
        """
        content = self._content
        cells = content.schema.cells(X, self._before)
        targets = targets_of(content, y, self._before)
        if targets.size != cells.rows:
            raise ValueError(f"there are {targets.size:,} targets, but {cells.rows:,} rows")
        counts = ~np.isnan(targets)
        self._refuse_weights(weight, counts)
        self._drifts.add(cells)
        for total, found in ((self._unseen, cells.unseen()), (self._unreadable, cells.unreadable())):
            for name, count in found.items():
                total[name] = total.get(name, 0) + count
        self._before += cells.rows
        self.missing += int(np.count_nonzero(~counts))
        self.rows += int(np.count_nonzero(counts))
        if counts.any():
            p = content.predictor.predict(content.schema.features(cells))[counts]
            self._score(targets[counts], p, None if weight is None else weight[counts])

    def _refuse_weights(self, weight: np.ndarray | None, counts: np.ndarray) -> None:
        if weight is None:
            return
        wrong = counts & ~(np.isfinite(weight) & (weight >= 0.0))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(f"the weight in row {self._before + row + 1} is {weight[row]:g}; weights are zero or more")

    def _score(self, y: np.ndarray, p: np.ndarray, weight: np.ndarray | None) -> None:
        want = self._content.want
        covered = None
        if want.functional == "interval":
            covered = (p[:, 0] <= y) & (y <= p[:, 1])
        elif want.functional in ("median", "quantile"):
            covered = y <= p
        elif want.functional == "label":
            p = classes_at(p, self._content.threshold, self._many)
        if covered is not None:
            self._covered.add(covered.astype(np.float64), weight)
        for tally in self._tallies:
            tally.add(y, np.ascontiguousarray(p), weight)

    def result(self) -> Evaluation:
        """What the rows so far amount to. Raises ValueError where none has a target."""
        if not self.rows:
            raise ValueError(f"no row has a target: every cell of {self._content.target.name!r} is empty")
        promise = self._content.promise
        scores = [tally.score() for tally in self._tallies]
        known = [s for s in scores if s.score is not None or s.yardstick in (promise.yardstick, *promise.scores)]
        notes = notes_on(self._unseen, self._unreadable)
        return Evaluation(self.rows, self.missing, tuple(known), self._coverage(), self._drifts.found(), notes)

    def _coverage(self) -> Covered | None:
        if not self._covered.rows:
            return None
        want, seen = self._content.want, self._covered.mean()
        if want.functional == "interval":
            low, high = interval_levels(want)
            meant = high - low
        else:
            meant = quantile_level(want)
        agrees = seen.low <= meant <= seen.high or abs(seen.value - meant) <= SMALL
        return Covered(seen.value, seen.low, seen.high, meant, self._content.promise.coverage, agrees)


def yardsticks_of(content: Content) -> tuple[Yardstick, ...]:
    """The question's yardsticks, the one that decided first."""
    # One target of each kind: which yardsticks new targets have numbers for is seen when they come.
    y = np.arange(len(content.classes), dtype=np.float64) if content.classes else np.ones(1)
    found = panel(Study(content.want, y, None, (), (), {}, np.empty(0), classes=tuple(map(str, content.classes))))
    return tuple(sorted(found, key=lambda each: each.name != content.promise.yardstick))


class Tally:
    """One yardstick's scores so far; of the balanced error rate those of each class apart."""

    def __init__(self, yardstick: Yardstick, content: Content) -> None:
        self.yardstick, self._content = yardstick, content
        self._is_balanced = yardstick.name == BALANCED
        self._sums = [Sums(most=_most(yardstick, content)) for _ in (content.classes if self._is_balanced else (None,))]
        self._without = 0
        self._reason = ""

    def add(self, y: np.ndarray, p: np.ndarray, weight: np.ndarray | None) -> None:
        """Add targets and predictions as yardsticks take them."""
        yardstick = self.yardstick
        defined = inside(yardstick.target, y) & _all_of_row(inside(yardstick.prediction, p))
        if not defined.all():
            row = int(np.argmin(defined))
            self._without += int(np.count_nonzero(~defined))
            self._reason = self._reason or f"there is none for a target of {y[row]:g} predicted as {_shown(p[row])}"
            return
        scores = yardstick.score(y, p)
        if np.isinf(scores).any():
            self._without += int(np.count_nonzero(np.isinf(scores)))
            self._reason = self._reason or "rows were given no chance at all, and happened: the score is infinite"
            return
        if not self._is_balanced:
            self._sums[0].add(scores, weight)
            return
        for place, sums in enumerate(self._sums):
            sums.add(scores[y == place], None if weight is None else weight[y == place])

    def score(self) -> Score:
        """The mean score and what was promised, as people read them."""
        yardstick, promise = self.yardstick, self._content.promise
        is_first = yardstick.name == promise.yardstick
        ends = (promise.low, promise.high) if is_first else (None, None)
        promised = promise.scores.get(yardstick.name, promise.score if is_first else None)
        old = tuple(None if each is None else yardstick.read(max(0.0, each)) for each in (promised, *ends))
        if self._without:
            new: tuple[float | None, ...] = (None, None, None)
            verdict = UNKNOWN
            reason = f"{self._reason} ({self._without:,} row{'s' * (self._without > 1)})"
        else:
            mean, reason = mean_of([sums.mean() for sums in self._sums if sums.rows]), ""
            new = tuple(_finite(yardstick, each) for each in (mean.value, mean.low, mean.high))
            verdict = _verdict(mean, *ends)
        numbers = dict(zip(NUMBERS, (*new, *old), strict=True))
        return Score(yardstick.name, yardstick.shown, **numbers, verdict=verdict, reason=reason)


def _finite(yardstick: Yardstick, score: float) -> float | None:
    return yardstick.read(score) if np.isfinite(score) else None


def _most(yardstick: Yardstick, content: Content) -> float | None:
    """The most that a row can cost by a yardstick; None where there is no such price."""
    if not yardstick.bounded:
        return None
    return max(content.want.cost_under, content.want.cost_over) if yardstick.unit == "cost" else 1.0


def _verdict(mean: Mean, low: float | None, high: float | None) -> str:
    """Whether a score is what was promised, but for the luck of the new rows and of those that it was promised by."""
    if low is None or high is None:
        return UNKNOWN
    expected = Mean(
        (low + high) / 2.0, low, high
    )  # the luck of having been picked is in the score, but not in the ends
    apart = differ(mean, expected)
    if apart is None:
        return UNKNOWN
    return AS_PROMISED if not apart else WORSE if mean.value > expected.value else BETTER


def _all_of_row(flags: np.ndarray) -> np.ndarray:
    return flags if flags.ndim == 1 else np.asarray(flags.all(axis=1))


def _shown(prediction: Any) -> str:
    return ", ".join(f"{each:g}" for each in np.atleast_1d(prediction))
