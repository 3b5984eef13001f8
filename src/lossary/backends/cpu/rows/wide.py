"""The layout of wide rows: one row after another, each held in cache, its scores side by side in vectors.

A loop over scores is written for vectors (``cpu.lanes``); its end, of fewer scores than lanes, is the same text with
numbers in place of vectors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lossary.backends.cpu.rows.spec import COLUMNS, RowSpec
from lossary.backends.cpu.rows.text import KINDS, SIZES, TYPES, Text, indented
from lossary.backends.cpu.spec import BLOCK, EXTREME, FLAGS
from lossary.formula import Formula
from lossary.rowwise import Statistic

PART = 8
"""Vectors summed in the arithmetic before their sum is added to one of doubles."""


class Gathered(NamedTuple):
    """What a loop gathers under a name: the vector it starts from, and what makes one number of that in the end."""

    start: str
    reduced: str


SUM = Gathered("spread_f64(0.0)", "lane_sum({})")
BAD = Gathered("spread_f64(0.0) != 0.0", "any_lane({})")


def singly(lines: Sequence[str]) -> list[str]:
    """The text of a loop's body for one score."""
    single = (re.sub(r"(load|store)_lanes_", r"\1_", line) for line in lines)
    return [re.sub(r"steps_f\d\d\(\)", "ZERO", line) for line in single]


class Wide(Text):
    """A number a row is a number; loops run over scores, ``i``."""

    rank = "i + 1"

    def __init__(self, spec: RowSpec) -> None:
        super().__init__(spec)
        self.element = KINDS[spec.arithmetic]
        self.kind = f"lanes_{self.element}"

    def score_number(self, name: str) -> str:
        found = super().score_number(name)
        return f"{found} + steps_{self.element}()" if name == "rank" else found

    def neighbour(self, shift: int) -> str:
        return f"i + {shift}" if shift else "i"

    def unspread_target(self) -> str:
        return "ZERO"

    # Loops over scores.

    def over_scores(self, body: Sequence[str], places: str = "k") -> list[str]:
        return self.gathering(body, {}, "0", places)

    def gathering(
        self, body: Sequence[str], gathered: Mapping[str, Gathered], start: str = "0", count: str = "k"
    ) -> list[str]:
        """A loop over ``count`` scores from ``start`` on: vectors of them, and then the rest; ``gathered`` are names
        that the body carries from one score to the next.
        """
        lines = [f"wide_{name} = {each.start}" for name, each in gathered.items()]
        wide = list(body)
        for name in gathered:
            wide = [re.sub(rf"\b{name}\b", f"wide_{name}", line) for line in wide]
        lines += [f"for i in range({start}, {start} + ({count} & -WIDTH), WIDTH):", *indented(wide)]
        lines += [f"{name} = {each.reduced.format(f'wide_{name}')}" for name, each in gathered.items()]
        return [*lines, *self._ends(body, start, count)]

    def _ends(self, body: Sequence[str], start: str, count: str) -> list[str]:
        # So LLVM sees that they are few, and makes no vectors of them.
        place = f"i = {start} + ({count} & -WIDTH) + end"
        return [f"for end in range({count} & (WIDTH - 1)):", *indented([place, *singly(body)])]

    def summed(self, keeps: Sequence[Statistic], terms: Sequence[tuple[str, Formula, bool]]) -> list[str]:
        body = [line for each in keeps for line in self.kept(each)]
        if not terms:
            return self.over_scores(body)
        lines, wide, parts, ends, after = [], list(body), [], [], []
        exact = self.spec.arithmetic == "f8"
        for name, term, weighted in terms:
            loads, summand = self.summand(term, weighted, [each.name for each in keeps])
            new = [line for line in loads if line not in wide]
            wide += [*new, f"part_{name} = part_{name} + {summand}"]
            lines += [f"wide_{name} = spread_f64(0.0)", *([f"wide_lost_{name} = spread_f64(0.0)"] if exact else [])]
            parts.append(f"part_{name} = spread_{self.element}(ZERO)")
            after += self._added(f"wide_{name}", f"part_{name}", f"wide_lost_{name}")
            ends += [*new, f"its_{name} = {summand}", *self._added(f"row_{name}", f"its_{name}", f"lost_{name}")]
        step = f"{PART} * WIDTH"
        inner = [f"for i in range(part, min(part + {step}, whole), WIDTH):", *indented(wide)]
        lines += ["whole = k & -WIDTH", f"for part in range(0, whole, {step}):", *indented([*parts, *inner, *after])]
        for name, _, _ in terms:
            lines += self._united(name)
        lines += self._ends([*body, *ends], "0", "k")
        for name, _, _ in terms:
            lines += self.put(name, f"row_{name} + lost_{name}" if exact else f"row_{name}")
        return lines

    def _added(self, total: str, x: str, lost: str) -> list[str]:
        """Add to a sum of doubles, which of doubles keeps what is rounded off."""
        if self.spec.arithmetic == "f4":
            return [f"{total} = {total} + float64({x})"]
        return [f"{total}, {lost} = kept_sum({total}, {x}, {lost})"]

    def _united(self, name: str) -> list[str]:
        """The sum of a sum's lanes."""
        if self.spec.arithmetic == "f4":
            return [f"row_{name} = lane_sum(wide_{name})"]
        lane = f"row_{name}, lost_{name} = kept_sum(row_{name}, lane_of(wide_{name}, lane), lost_{name})"
        lines = [f"row_{name} = 0.0", f"lost_{name} = lane_sum(wide_lost_{name})"]
        return [*lines, "for lane in range(WIDTH):", f"    {lane}"]

    def maximum(self, statistic: Statistic) -> list[str]:
        if statistic is self.first_maximum():
            return self.put(statistic.name, "float64(highest)")
        loads, call = self.at_score(statistic.term)
        body = [*loads, f"it = {call}", "highest = select(it > highest, it, highest)"]
        return [*self.gathering(body, {"highest": self._highest()}), *self.put(statistic.name, "float64(highest)")]

    def _highest(self) -> Gathered:
        return Gathered(f"spread_{self.element}(-INFINITY)", "highest_lane({})")

    def picked(self, statistic: Statistic) -> list[str]:
        loads, call = self.at_score(statistic.term)
        return ["i = at", *singly(loads), *self.put(statistic.name, f"float64({singly([call])[0]})")]

    def running(self, statistic: Statistic) -> list[str]:
        """A running sum, from one end or the other."""
        loads, call = self.at_score(statistic.term)
        places = "range(k)" if statistic.kind == "running" else "range(k - 1, -1, -1)"
        body = [*loads, f"run = run + float64({call})"]
        body.append(f"store_{self.kind}({self.buffer(statistic.name)}, i, {self.number}(run))")
        return ["run = 0.0", f"for i in {places}:", *indented(singly(body))]

    def threshold(self, statistic: Statistic) -> list[str]:
        assert statistic.step is not None
        x = self.lane(statistic.name)
        body = self.summed([], [(name, formula, False) for name, formula in statistic.sums])
        body += [f"higher = {self.at_row(statistic.step)}", f"if not (higher > {x}):", "    break"]
        body += self.put(statistic.name, "higher")
        return [*self.put(statistic.name, self.at_row(statistic.term)), "for step in range(200):", *indented(body)]

    # Rows in and out.

    def source(self) -> str:
        lines = ["def rows_kernel(call, start, stop):", *indented(self.header())]
        lines += ["    for row in range(start, stop):", *indented(self._row(), 8)]
        if self.spec.total:
            lines.append("    add_block(total_at, filled, largest, bins, lanes_at)")
        lines.append("    fence()")
        return "\n".join(lines) + "\n"

    def _row(self) -> list[str]:
        spec = self.spec
        lines = ["weight = 1.0", "spoil = 0.0", "at = 0"]
        if spec.weighted:
            lines.append("weight = load_f64(w_base, row)")
            lines.append(f"if {self.extreme()}: store_i64(flags, 0, load_i64(flags, 0) | {EXTREME})")
        if spec.y == "i8":
            lines += [
                "at = load_i64(y_base + row * y_stride, 0)",
                "if (at < 0) | (at >= classes):",
                "    at = 0",
                "    spoil = NAN_WIDE",
                "    if weight != 0.0:",
                f"        store_i64(flags, 0, load_i64(flags, 0) | {FLAGS['y']})",
            ]
        skip = ["if weight == 0.0:", *indented([*self._blank(), "continue"])]
        return [*lines, *skip, *self._read(), *self._targets(), *self.statistics(), *self._value(), *self._write()]

    def _blank(self) -> list[str]:
        """An ignored row: its results are zeros, and nothing of it is read."""
        spec = self.spec
        size = SIZES[spec.out]
        lines = []
        if "value" in spec.outputs:
            lines.append(f"store_{KINDS[spec.out]}(value_base, row, 0.0)")
        if spec.per_score_outputs:
            stretch = [f"size = min({COLUMNS}, k - base) * {size}"]
            stretch += [
                f"copy_out({name}_base + (row * k + base) * {size}, zeros_at, size, streaming)"
                for name in spec.per_score_outputs
            ]
            lines += [f"for base in range(0, k, {COLUMNS}):", *indented(stretch)]
        return lines

    @property
    def direct(self) -> bool:
        """Whether scores are read where they lie: in the arithmetic's dtype, untransformed, without neighbours."""
        spec = self.spec
        changed = spec.capped or spec.adjusted or spec.f != spec.arithmetic
        return not changed and not {"before", "after"} & spec.score_names

    def _read(self) -> list[str]:
        """The scores into cache; on the way whether any is NaN, and the largest."""
        spec = self.spec
        gathered = {"watch": Gathered(f"nan_bits(spread_{self.element}(ZERO))", "int64(any_lane({} != 0))")}
        seen = ["watch = watch | nan_bits(x)"]
        if self.first_maximum() is not None:
            gathered["highest"] = self._highest()
            seen.append("highest = select(x > highest, x, highest)")
        lines = []
        if self.direct:
            lines.append("f_at = f_base + row * f_stride")
            body = [f"x = load_{self.kind}(f_at, i)"]
        else:
            load = f"load_lanes_{KINDS[spec.f]}(f_base + row * f_stride, i)"
            body = [f"x = {self.number}({load})", f"store_{self.kind}(f_at, i, x)"]
        lines += self.gathering([*body, *seen], gathered)
        if {"before", "after"} & spec.score_names:
            lines += [f"store_{self.element}(f_at, -1, -INFINITY)", f"store_{self.element}(f_at, k, INFINITY)"]
        lines += ["if watch != 0:", "    spoil = NAN_WIDE"]
        return [*lines, *self._transformed(), *self._checked_scores()]

    def _transformed(self) -> list[str]:
        spec, body = self.spec, [f"x = load_{self.kind}(f_at, i)"]
        if spec.capped:
            body += [f"store_{self.kind}(raw_at, i, x)", "x = cap_formula(x, soft_cap_a)"]
        if spec.adjusted:
            body.append(f"x = {self.number}((float64(x) + load_lanes_f64(offset, i)) * cooling)")
        changed = spec.capped or spec.adjusted
        return self.over_scores([*body, f"store_{self.kind}(f_at, i, x)"]) if changed else []

    def _flag(self, raised: str) -> list[str]:
        return ["if bad:", f"    store_i64(flags, 0, load_i64(flags, 0) | {FLAGS[raised]})"]

    def _checked_scores(self) -> list[str]:
        """Raise the flag where predictions may be none: Python then looks at every number."""
        loss, load = self.spec.loss, f"x = load_{self.kind}(f_at, i)"
        match loss.prediction:
            case "probabilities" | "independent_probabilities":
                good, term = "(x >= ZERO) & (x <= ONE)", "float64(x)"
            case "log_probabilities":
                good, term = "x <= tolerance_a", "float64(exp_formula(x))"
            case "increasing":
                body = [load, f"bad = bad | opposite(load_{self.kind}(f_at, i - 1) < x)"]
                return [*self.gathering(body, {"bad": BAD}, "1", "(k - 1)"), *self._flag("f")]
            case _:
                return []
        body = [load, f"bad = bad | opposite({good})", f"sum_of_p = sum_of_p + {term}"]
        lines = [f"tolerance_a = {self.number}(tolerance)", *self.gathering(body, {"bad": BAD, "sum_of_p": SUM})]
        if not loss.prediction.startswith("independent"):
            lines.append("bad = bad | opposite(abs(sum_of_p - 1.0) <= tolerance)")
        return [*lines, *self._flag("f")]

    def _targets(self) -> list[str]:
        """Target weights into cache, where formulas need all of them."""
        spec = self.spec
        if not spec.spread:
            return []
        lines = self._stated()
        if spec.y == "i8":
            lines = self.over_scores([f"store_{self.kind}(t_at, i, ZERO)"], "classes")
            lines += [f"store_{self.element}(t_at, at, ONE)", "sum_of_t = 1.0"]
        lines.append(f"store_{self.element}(t_at, classes, ZERO)")
        if spec.class_weighted:
            body = [f"x = {self.number}(float64(load_{self.kind}(t_at, i)) * share)", f"store_{self.kind}(t_at, i, x)"]
            lines += ["share = 1.0 / sum_of_t", *self.over_scores(body, "classes"), "sum_of_t = 1.0"]
        return [*lines, *(self._smoothed() if spec.smoothed else [])]

    def _stated(self) -> list[str]:
        """A row of target weights, and whether they may be any."""
        spec = self.spec
        if spec.y == "i8":
            return []
        good = {"labels": "(x >= ZERO) & (x <= ONE)", "scores": "x < INFINITY"}
        body = [f"x = {self.number}(load_lanes_{KINDS[spec.y]}(y_base + row * y_stride, i))"]
        if spec.class_weighted:
            body.append(f"x = x * {self.number}(load_lanes_f64(class_weight, i))")
        body.append(f"bad = bad | opposite({good.get(spec.loss.targets, '(x >= ZERO) & (x < INFINITY)')})")
        body += [f"store_{self.kind}(t_at, i, x)", "sum_of_t = sum_of_t + float64(x)"]
        lines = self.gathering(body, {"bad": BAD, "sum_of_t": SUM}, "0", "classes")
        if spec.loss.targets == "distribution" and not spec.class_weighted:
            lines.append("bad = bad | opposite(abs(sum_of_t - 1.0) <= tolerance)")
        return [*lines, *self._flag("y")]

    def _smoothed(self) -> list[str]:
        """Part of the weight spread evenly over the classes that are not masked."""
        loss, lines = self.spec.loss, []
        masked = f"load_{self.kind}(f_at, i) == -INFINITY"
        share, rest = "smoothing * sum_of_t / open_classes", f"select({masked}, ZERO, even)"
        if loss.targets == "labels":
            share = "0.5 * smoothing"
        elif loss.more_classes:
            share, rest = "smoothing * sum_of_t / float64(classes)", "even"
        else:
            body = [f"open_classes = open_classes + select({masked}, 0.0, 1.0)"]
            lines += self.gathering(body, {"open_classes": SUM})
        body = [f"x = kept_part * load_{self.kind}(t_at, i) + {rest}", f"store_{self.kind}(t_at, i, x)"]
        lines += [f"even = {self.number}({share})", f"kept_part = {self.number}(1.0 - smoothing)"]
        return [*lines, *self.over_scores(body, "classes")]

    def _value(self) -> list[str]:
        spec = self.spec
        if not (spec.total or "value" in spec.outputs):
            return []
        lines = [f"value = {self.at_row(spec.loss.value)} + spoil"]
        if spec.out == "f4":
            lines.append("value = float64(float32(value))")
        lines.append("value = value * weight")
        if "value" in spec.outputs:
            lines.append(f"store_{KINDS[spec.out]}(value_base, row, value)")
        if spec.total:
            lines += [
                "store_f64(total_at, filled, value)",
                "largest = max(largest, bits(value) & MAGNITUDE)",
                "filled += 1",
                f"if filled == {BLOCK}:",
                "    add_block(total_at, filled, largest, bins, lanes_at)",
                "    filled = 0",
                "    largest = 0",
            ]
        return lines

    def _write(self) -> list[str]:
        """The results of a stretch of columns into the first-level cache, and out."""
        spec = self.spec
        names = spec.per_score_outputs
        if not names:
            return []
        size, out = SIZES[spec.out], KINDS[spec.out]
        store = [f"store_lanes_{out}({name}_out_at, i - base, {TYPES[spec.out]}({name} * factor))" for name in names]
        lines = [f"factor = {self.number}(weight * scale + spoil)", f"for base in range(0, k, {COLUMNS}):"]
        body = [f"size = min({COLUMNS}, k - base)"]
        body += self.gathering([*self.results(), *store], {}, "base", "size")
        if not spec.spread:
            again = ["i = at", *singly([*self.results("ONE"), *store])]
            body += ["if (at >= base) & (at < base + size):", *indented(again)]
        body += [
            f"copy_out({name}_base + (row * k + base) * {size}, {name}_out_at, size * {size}, streaming)"
            for name in names
        ]
        return [*lines, *indented(body)]
