"""The text of a rowwise kernel between reading a row and its formulas: options, domain checks, and loops that gather.

Written once for both layouts. A layout says how a loop looks, how a number is spread over the rows at work, and where
the numbers of a class are.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lossary.backends.cpu.rows.text import Text, indented, raised
from lossary.backends.cpu.specs.conventions import FLAGS
from lossary.rowwise import Statistic

MOST_STEPS = 200
"""Steps of an iteration at most; all known ones end after a few."""


class Gathered(NamedTuple):
    """What a loop gathers under a name: the vector it starts from, and what makes one number of that in the end."""

    start: str
    reduced: str


SUM = Gathered("spread_f64(0.0)", "lane_sum({})")


class InputText(Text):
    """Statistics by loops that gather, options on scores and targets, and the flags for what lies outside a domain."""

    no_row = ""
    """A condition that holds for none of the rows at work."""

    any_bad = ""
    """Whether ``bad`` holds for a row that counts."""

    targets_held = False
    """Whether rows of target weights have been copied to their buffer by the time they are checked."""

    # Statistics.

    def maximum(self, statistic: Statistic) -> list[str]:
        """The largest of a term over the scores; that of the scores themselves was taken while they were read."""
        kept = self.put(statistic.name, "float64(highest)")
        if statistic is self.first_maximum():
            return kept
        loads, call = self.at_score(statistic.term)
        body = [*loads, f"it = {call}", "highest = select(it > highest, it, highest)"]
        return [*self.gathering(body, {"highest": self.highest()}), *kept]

    def highest(self) -> Gathered:
        """A maximum over a row's scores."""
        return Gathered(f"spread_{self.element}(-INFINITY)", "highest_lane({})")

    def running(self, statistic: Statistic) -> list[str]:
        """A running sum, from one end or the other."""
        loads, call = self.at_score(statistic.term)
        places = "range(k)" if statistic.kind == "running" else "range(k - 1, -1, -1)"
        body = [*loads, f"run = run + float64({call})"]
        body.append(f"store_{self.kind}({self.buffer(statistic.name)}, i, {self.number}(run))")
        return [f"run = {self.same('0.0')}", *self.one_by_one(body, places)]

    def threshold(self, statistic: Statistic) -> list[str]:
        """An iteration that climbs, and ends when it no longer does."""
        assert statistic.step is not None
        body = self.summed([], [(name, formula, False) for name, formula in statistic.sums])
        body += [f"higher = {self.at_row(statistic.step)}", *self.climbed(statistic.name)]
        start = self.put(statistic.name, self.same(self.at_row(statistic.term)))
        return [*start, f"for step in range({MOST_STEPS}):", *indented(body)]

    # Scores.

    def transformed(self) -> list[str]:
        """The options on scores: soft cap, offsets of the classes, temperature."""
        spec, body = self.spec, [f"x = load_{self.kind}(f_at, i)"]
        if spec.capped:
            body += [f"store_{self.kind}(raw_at, i, x)", "x = cap_formula(x, soft_cap_a)"]
        if spec.adjusted:
            body.append(f"x = {self.number}((float64(x) + {self.of_class('offset')}) * cooling)")
        changed = spec.capped or spec.adjusted
        return self.over_scores([*body, f"store_{self.kind}(f_at, i, x)"]) if changed else []

    def checked_scores(self) -> list[str]:
        """Raise the flag where predictions may be none: Python then looks at every number."""
        loss, load = self.spec.loss, f"x = load_{self.kind}(f_at, i)"
        match loss.prediction:
            case "probabilities" | "independent_probabilities":
                good, term = "(x >= ZERO) & (x <= ONE)", "float64(x)"
            case "log_probabilities":
                good, term = "x <= tolerance_a", "float64(exp_formula(x))"
            case "increasing":
                left = f"load_{self.kind}(f_at, {self.neighbour(-1)})"
                body = [load, f"bad = bad | opposite({left} < x)"]
                return [*self.gathering(body, {"bad": self._bad()}, "1"), *self._flag("f")]
            case _:
                return []
        body = [load, f"bad = bad | opposite({good})", f"sum_of_p = sum_of_p + {term}"]
        lines = [f"tolerance_a = {self.number}(tolerance)"]
        lines += self.gathering(body, {"bad": self._bad(), "sum_of_p": SUM})
        if not loss.prediction.startswith("independent"):
            lines.append("bad = bad | opposite(magnitude(sum_of_p - 1.0) <= tolerance)")
        return [*lines, *self._flag("f")]

    def _bad(self) -> Gathered:
        """Whether some number lies outside its domain."""
        return Gathered(self.no_row, "any_lane({})")

    def _flag(self, name: str) -> list[str]:
        return [f"if {self.any_bad}:", f"    {raised(FLAGS[name])}"]

    # Targets.

    def targets(self) -> list[str]:
        """Target weights in their buffer, where formulas need all of them."""
        spec = self.spec
        if not spec.spread:
            return []
        lines = [*self.index_as_weights(), f"sum_of_t = {self.same('1.0')}"] if spec.y == "i8" else self._stated()
        lines.append(self.behind_targets())
        if spec.class_weighted:
            body = [f"x = {self.number}(float64(load_{self.kind}(t_at, i)) * share)", f"store_{self.kind}(t_at, i, x)"]
            lines += ["share = 1.0 / sum_of_t", *self.over_scores(body, "classes")]
            lines.append(f"sum_of_t = {self.same('1.0')}")
        return [*lines, *(self._smoothed() if spec.smoothed else [])]

    def _stated(self) -> list[str]:
        """Rows of target weights, and whether they may be any."""
        spec = self.spec
        good = {"labels": "(x >= ZERO) & (x <= ONE)", "scores": "x < INFINITY"}
        store = f"store_{self.kind}(t_at, i, x)"
        body = [f"x = {self.stated_target()}"]
        if spec.class_weighted:
            body.append(f"x = x * {self.number}({self.of_class('class_weight')})")
            body += [store] if self.targets_held else []
        body.append(f"bad = bad | opposite({good.get(spec.loss.targets, '(x >= ZERO) & (x < INFINITY)')})")
        body += [] if self.targets_held else [store]
        body.append("sum_of_t = sum_of_t + float64(x)")
        lines = self.gathering(body, {"bad": self._bad(), "sum_of_t": SUM}, "0", "classes")
        if spec.loss.targets == "distribution" and not spec.class_weighted:
            lines.append("bad = bad | opposite(magnitude(sum_of_t - 1.0) <= tolerance)")
        return [*lines, *self._flag("y")]

    def _smoothed(self) -> list[str]:
        """Part of the weight spread evenly over the classes that are not masked."""
        loss, lines = self.spec.loss, []
        masked = f"load_{self.kind}(f_at, i) == -INFINITY"
        share, rest = "smoothing * sum_of_t / open_classes", f"select({masked}, ZERO, even)"
        if loss.targets == "labels":
            share = self.same("0.5 * smoothing")
        elif loss.more_classes:
            share, rest = "smoothing * sum_of_t / float64(classes)", "even"
        else:
            body = [f"open_classes = open_classes + select({masked}, 0.0, 1.0)"]
            lines += self.gathering(body, {"open_classes": SUM})
        body = [f"x = kept_part * load_{self.kind}(t_at, i) + {rest}", f"store_{self.kind}(t_at, i, x)"]
        lines += [f"even = {self.number}({share})", f"kept_part = {self.number}(1.0 - smoothing)"]
        return [*lines, *self.over_scores(body, "classes")]

    # What a layout supplies.

    @abstractmethod
    def gathering(
        self, body: Sequence[str], gathered: Mapping[str, Gathered], start: str = "0", stop: str = "k"
    ) -> list[str]:
        """A loop over the scores from ``start`` to ``stop``; ``gathered`` are names that the body carries from one
        score to the next.
        """

    @abstractmethod
    def one_by_one(self, body: Sequence[str], places: str) -> list[str]:
        """A loop over the scores in a given order."""

    @abstractmethod
    def same(self, number: str) -> str:
        """A double that is the same for all rows at work."""

    @abstractmethod
    def of_class(self, array: str) -> str:
        """The number that one of the caller's arrays holds for the class at place ``i``."""

    @abstractmethod
    def climbed(self, name: str) -> list[str]:
        """Take ``higher`` for the number of that name, or leave the loop if it is not higher."""

    @abstractmethod
    def stated_target(self) -> str:
        """The target weight at place ``i`` as the caller states it."""

    @abstractmethod
    def index_as_weights(self) -> list[str]:
        """Write a class index out as target weights."""

    @abstractmethod
    def behind_targets(self) -> str:
        """Write a zero behind the last target weight, where a formula may look for the next."""
