"""The layout of wide rows: one row after another, each held in cache, its scores side by side in the vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lossary.backends.cpu.rows.spec import COLUMNS
from lossary.backends.cpu.rows.text import KINDS, SIZES, TYPES, Text, indented
from lossary.backends.cpu.spec import BLOCK, FLAGS
from lossary.rowwise import Statistic


class Wide(Text):
    """A number a row is a local variable; loops run over scores."""

    rank = "i + 1"
    part: ClassVar = {"f4": 64, "f8": 64}

    def neighbour(self, shift: int) -> str:
        return f"i + {shift}" if shift else "i"

    def unspread_target(self) -> str:
        return "ZERO"

    def over_scores(self, body: Sequence[str], places: str = "range(k)") -> list[str]:
        return [f"for i in {places}:", *indented(body)]

    def maximum(self, statistic: Statistic) -> list[str]:
        if statistic is self.first_maximum():
            return self.put(statistic.name, "float64(from_ordered(highest))")
        loads, call = self.at_score(statistic.term)
        body = [*loads, f"highest = max(highest, ordered({call}))"]
        return [
            "highest = LOWEST",
            "for i in range(k):",
            *indented(body),
            *self.put(statistic.name, "float64(from_ordered(highest))"),
        ]

    def picked(self, statistic: Statistic) -> list[str]:
        loads, call = self.at_score(statistic.term)
        return ["i = at", *loads, *self.put(statistic.name, f"float64({call})")]

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
        if spec.y == "i8":
            lines += [
                "at = load_i64(y_base + row * y_stride, 0)",
                "if (at < 0) | (at >= classes):",
                "    at = 0",
                "    spoil = NAN",
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
        seen = ["loudest = max(loudest, magnitude_bits(x))"]
        if self.first_maximum() is not None:
            seen.append("highest = max(highest, ordered(x))")
        lines = ["loudest = QUIETEST", "highest = LOWEST"]
        if self.direct:
            lines += ["f_at = f_base + row * f_stride", "for i in range(k):", f"    x = load_{self.kind}(f_at, i)"]
        else:
            load = f"{self.number}(load_{KINDS[spec.f]}(f_base + row * f_stride, i))"
            lines += ["for i in range(k):", f"    x = {load}", f"    store_{self.kind}(f_at, i, x)"]
        lines += indented(seen)
        if {"before", "after"} & spec.score_names:
            lines += [f"store_{self.kind}(f_at, -1, -INFINITY)", f"store_{self.kind}(f_at, k, INFINITY)"]
        lines += ["if loudest > INFINITY_BITS:", "    spoil = NAN"]
        return [*lines, *self._transformed(), *self._checked_scores()]

    def _transformed(self) -> list[str]:
        spec, body = self.spec, [f"x = load_{self.kind}(f_at, i)"]
        if spec.capped:
            body += [f"store_{self.kind}(raw_at, i, x)", "x = cap_formula(x, soft_cap_a)"]
        if spec.adjusted:
            body.append(f"x = {self.number}((float64(x) + load_f64(offset, i)) * cooling)")
        changed = spec.capped or spec.adjusted
        return self.over_scores([*body, f"store_{self.kind}(f_at, i, x)"]) if changed else []

    def _checked_scores(self) -> list[str]:
        """Raise the flag where predictions may be none: Python then looks at every number."""
        raised = f"store_i64(flags, 0, load_i64(flags, 0) | {FLAGS['f']})"
        load = f"x = load_{self.kind}(f_at, i)"
        match self.spec.loss.prediction:
            case "probabilities" | "independent_probabilities":
                wrong = "not ((x >= ZERO) & (x <= ONE))"
                term = "float64(x)"
            case "log_probabilities":
                wrong, term = "not (x <= tolerance_a)", "float64(exp_formula(x))"
            case "increasing":
                body = [load, f"wrong |= not (load_{self.kind}(f_at, i - 1) < x)"]
                return ["wrong = False", "for i in range(1, k):", *indented(body), f"if wrong: {raised}"]
            case _:
                return []
        body = [load, f"wrong |= {wrong}", f"sum_of_p += {term}"]
        unequal = (
            "" if self.spec.loss.prediction.startswith("independent") else " | (not (abs(sum_of_p - 1.0) <= tolerance))"
        )
        return [
            f"tolerance_a = {self.number}(tolerance)",
            "wrong = False",
            "sum_of_p = 0.0",
            "for i in range(k):",
            *indented(body),
            f"if wrong{unequal}: {raised}",
        ]

    def _targets(self) -> list[str]:
        """Target weights into cache, where formulas need all of them."""
        spec = self.spec
        if not spec.spread:
            return []
        lines = [f"store_{self.kind}(t_at, classes, ZERO)"]
        if spec.y == "i8":
            lines += [
                "for i in range(classes):",
                f"    store_{self.kind}(t_at, i, ZERO)",
                f"store_{self.kind}(t_at, at, ONE)",
            ]
            sum_of_t = "1.0"
        else:
            load = f"{self.number}(load_{KINDS[spec.y]}(y_base + row * y_stride, i))"
            body = [
                f"x = {load}",
                *([f"x = x * {self.number}(load_f64(class_weight, i))"] if spec.class_weighted else []),
            ]
            body += [f"store_{self.kind}(t_at, i, x)", "sum_of_t += float64(x)", *self._target_watch()]
            lines += [
                "wrong = False",
                "sum_of_t = 0.0",
                "for i in range(classes):",
                *indented(body),
                *self._checked_targets(),
            ]
            sum_of_t = "sum_of_t"
        if spec.class_weighted:
            lines += ["share = ONE_WIDE / sum_of_t", "for i in range(classes):"]
            lines += [f"    store_{self.kind}(t_at, i, {self.number}(float64(load_{self.kind}(t_at, i)) * share))"]
            sum_of_t = "1.0"
        if spec.smoothed:
            lines += self._smoothed(sum_of_t)
        return lines

    def _target_watch(self) -> list[str]:
        match self.spec.loss.targets:
            case "labels":
                return ["wrong |= not ((x >= ZERO) & (x <= ONE))"]
            case "scores":
                return ["wrong |= not (x < INFINITY)"]
            case _:
                return ["wrong |= not ((x >= ZERO) & (x < INFINITY))"]

    def _checked_targets(self) -> list[str]:
        raised = f"store_i64(flags, 0, load_i64(flags, 0) | {FLAGS['y']})"
        distribution = self.spec.loss.targets == "distribution" and not self.spec.class_weighted
        unequal = " | (not (abs(sum_of_t - 1.0) <= tolerance))" if distribution else ""
        return [f"if wrong{unequal}: {raised}"]

    def _smoothed(self, sum_of_t: str) -> list[str]:
        """Part of the weight spread evenly over the classes that are not masked."""
        masked = f"load_{self.kind}(f_at, i) == -INFINITY_A"
        if self.spec.loss.more_classes or self.spec.loss.targets == "labels":
            masked = "False"
        count = ["open = 0.0", "for i in range(k):", f"    open += select({masked}, 0.0, 1.0)"]
        if masked == "False":
            count = [f"open = {'2.0' if self.spec.loss.targets == 'labels' else 'float64(classes)'}"]
        even = "smoothing / open" if self.spec.loss.targets == "labels" else f"smoothing * {sum_of_t} / open"
        return [
            *count,
            f"even = {self.number}({even})",
            f"kept_part = {self.number}(1.0 - smoothing)",
            "for i in range(classes):",
            f"    x = kept_part * load_{self.kind}(t_at, i) + select({masked}, ZERO, even)",
            f"    store_{self.kind}(t_at, i, x)",
        ]

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
        store = [f"store_{out}({name}_out_at, i - base, {TYPES[spec.out]}({name} * factor))" for name in names]
        lines = [f"factor = {self.number}(weight * scale + spoil)", f"for base in range(0, k, {COLUMNS}):"]
        body = [f"size = min({COLUMNS}, k - base)", "for i in range(base, base + size):"]
        body += indented([*self.results(), *store])
        if not spec.spread:
            body += ["if (at >= base) & (at < base + size):", *indented(["i = at", *self.results("ONE"), *store])]
        body += [
            f"copy_out({name}_base + (row * k + base) * {size}, {name}_out_at, size * {size}, streaming)"
            for name in names
        ]
        return [*lines, *indented(body)]
