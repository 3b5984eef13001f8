"""The layout of wide rows: one row after another, each held in cache, its scores side by side in vectors.

A loop over scores is written for vectors (``arithmetic.values``); its end, of fewer scores than lanes, is the same text
with numbers in place of vectors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lossary.backends.cpu.rows.inputs import Gathered, InputText
from lossary.backends.cpu.rows.text import KINDS, SIZES, indented, raised
from lossary.backends.cpu.specs.conventions import BLOCK, EXTREME, FLAGS
from lossary.backends.cpu.specs.rows import COLUMNS
from lossary.formula import Formula
from lossary.rowwise import Statistic

PART = 8
"""Vectors summed in the arithmetic before their sum is added to one of doubles."""


def singly(lines: Sequence[str]) -> list[str]:
    """The text of a loop's body for one score."""
    single = (re.sub(r"(load|store)_lanes_", r"\1_", line) for line in lines)
    return [re.sub(r"steps_f\d\d\(\)", "ZERO", line) for line in single]


class Wide(InputText):
    """A number a row is a number; loops run over scores, ``i``."""

    rank = "i + 1"
    no_row = "spread_f64(0.0) != 0.0"
    any_bad = "bad"

    def score_number(self, name: str) -> str:
        loaded = super().score_number(name)
        return f"{loaded} + steps_{self.element}()" if name == "rank" else loaded

    def neighbour(self, shift: int) -> str:
        return f"i + {shift}" if shift else "i"

    def unspread_target(self) -> str:
        return "ZERO"

    # Loops over scores.

    def over_scores(self, body: Sequence[str], count: str = "k") -> list[str]:
        return self._stretch(body, {}, "0", count)

    def gathering(
        self, body: Sequence[str], gathered: Mapping[str, Gathered], start: str = "0", stop: str = "k"
    ) -> list[str]:
        return self._stretch(body, gathered, start, stop if start == "0" else f"({stop} - {start})")

    def _stretch(self, body: Sequence[str], gathered: Mapping[str, Gathered], start: str, count: str) -> list[str]:
        """A loop over ``count`` scores from ``start`` on: vectors of them, and then the rest."""
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

    def one_by_one(self, body: Sequence[str], places: str) -> list[str]:
        return [f"for i in {places}:", *indented(singly(body))]

    def same(self, number: str) -> str:
        return number

    def of_class(self, array: str) -> str:
        return f"load_lanes_f64({array}, i)"

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
            after += self.added(f"wide_{name}", f"part_{name}", f"wide_lost_{name}")
            ends += [*new, f"its_{name} = {summand}", *self.added(f"row_{name}", f"its_{name}", f"lost_{name}")]
        step = f"{PART} * WIDTH"
        inner = [f"for i in range(part, min(part + {step}, whole), WIDTH):", *indented(wide)]
        lines += ["whole = k & -WIDTH", f"for part in range(0, whole, {step}):", *indented([*parts, *inner, *after])]
        for name, _, _ in terms:
            lines += self._united(name)
        lines += self._ends([*body, *ends], "0", "k")
        for name, _, _ in terms:
            lines += self.put(name, f"row_{name} + lost_{name}" if exact else f"row_{name}")
        return lines

    def _united(self, name: str) -> list[str]:
        """The sum of a sum's lanes."""
        if self.spec.arithmetic == "f4":
            return [f"row_{name} = lane_sum(wide_{name})"]
        lane = f"row_{name}, lost_{name} = kept_sum(row_{name}, lane_of(wide_{name}, lane), lost_{name})"
        lines = [f"row_{name} = 0.0", f"lost_{name} = lane_sum(wide_lost_{name})"]
        return [*lines, "for lane in range(WIDTH):", f"    {lane}"]

    def picked(self, statistic: Statistic) -> list[str]:
        loads, call = self.at_score(statistic.term)
        return ["i = at", *singly(loads), *self.put(statistic.name, f"float64({singly([call])[0]})")]

    def climbed(self, name: str) -> list[str]:
        return [f"if not (higher > {self.lane(name)}):", "    break", *self.put(name, "higher")]

    # Rows in and out.

    def source(self) -> str:
        lines = ["def kernel(call, start, stop):", *indented(self.header())]
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
            lines.append(f"if {self.extreme()}: {raised(EXTREME)}")
        if spec.y == "i8":
            lines += [
                "at = load_i64(y_base + row * y_stride, 0)",
                "if (at < 0) | (at >= classes):",
                "    at = 0",
                "    spoil = NAN_WIDE",
                "    if weight != 0.0:",
                f"        {raised(FLAGS['y'])}",
            ]
        skip = ["if weight == 0.0:", *indented([*self._blank(), "continue"])]
        return [*lines, *skip, *self._read(), *self.targets(), *self.statistics(), *self._value(), *self._write()]

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
            gathered["highest"] = self.highest()
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
        return [*lines, *self.transformed(), *self.checked_scores()]

    def stated_target(self) -> str:
        return f"{self.number}(load_lanes_{KINDS[self.spec.y]}(y_base + row * y_stride, i))"

    def index_as_weights(self) -> list[str]:
        zeros = self.over_scores([f"store_{self.kind}(t_at, i, ZERO)"], "classes")
        return [*zeros, f"store_{self.element}(t_at, at, ONE)"]

    def behind_targets(self) -> str:
        return f"store_{self.element}(t_at, classes, ZERO)"

    def _value(self) -> list[str]:
        spec = self.spec
        if not (spec.total or "value" in spec.outputs):
            return []
        lines = [*self.row_value(), "value = value * weight"]
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
        size, store = SIZES[spec.out], self.stores("i - base")
        lines = [self.factor(), f"for base in range(0, k, {COLUMNS}):"]
        body = [f"size = min({COLUMNS}, k - base)"]
        body += self._stretch([*self.results(), *store], {}, "base", "size")
        if not spec.spread:
            again = ["i = at", *singly([*self.results("ONE"), *store])]
            body += ["if (at >= base) & (at < base + size):", *indented(again)]
        body += [
            f"copy_out({name}_base + (row * k + base) * {size}, {name}_out_at, size * {size}, streaming)"
            for name in names
        ]
        return [*lines, *indented(body)]
