"""The layout of narrow rows: as many rows at a time as a vector has lanes, turned, so that a vector holds one score.

Every number is a vector then (``cpu.lanes``): of one score of several rows, or of a number a row. Rows that do not
count are left out before, so that they cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from lossary.backends.cpu.rows.spec import LANE, LISTS, RowSpec
from lossary.backends.cpu.rows.text import KINDS, SIZES, TYPES, Text, indented
from lossary.backends.cpu.spec import BLOCK, EXTREME, FLAGS
from lossary.formula import Formula
from lossary.rowwise import Statistic

PART = 8
"""Scores summed in the arithmetic before their sum is added to one of doubles."""


class Narrow(Text):
    """A number is a vector over rows; loops run over scores, ``j``, held at place ``i``."""

    rank = "j + 1"

    def __init__(self, spec: RowSpec) -> None:
        super().__init__(spec)
        self.element = KINDS[spec.arithmetic]
        self.kind = f"lanes_{self.element}"
        self.picking = False

    def header(self) -> list[str]:
        lines = [*super().header(), *(f"{name}_list = lanes_at + {64 + LANE * i}" for i, name in enumerate(LISTS))]
        return [*lines, f"work = lanes_at + {64 + LANE * len(LISTS)}"]

    def neighbour(self, shift: int) -> str:
        return f"i + {shift} * WIDTH" if shift else "i"

    def unspread_target(self) -> str:
        return f"select(at_a == {self.number}(j), ONE, ZERO)"

    def score_number(self, name: str) -> str:
        if not self.picking:
            return super().score_number(name)
        if name == "rank":
            return "at_a + ONE"
        if name == "t" and not self.spec.spread:
            return "ONE"
        shifts = {"before": -1, "after": 1, "t_after": 1}
        buffer = {"before": "f", "after": "f", "t_after": "t"}.get(name, name)
        return f"gather_{self.element}({self.buffer(buffer)}, places, {shifts.get(name, 0)})"

    def over_scores(self, body: Sequence[str], places: str = "range(k)") -> list[str]:
        return [f"for j in {places}:", "    i = j * WIDTH", *indented(body)]

    def summed(self, keeps: Sequence[Statistic], terms: Sequence[tuple[str, Formula, bool]]) -> list[str]:
        body = [line for each in keeps for line in self.kept(each)]
        if not terms:
            return self.over_scores(body)
        after = []
        for name, term, weighted in terms:
            loads, summand = self.summand(term, weighted, [each.name for each in keeps])
            body += [line for line in loads if line not in body] + [f"part_{name} = part_{name} + {summand}"]
            after += self._gathered(name)
        lines = [f"row_{name} = spread_f64(0.0)" for name, _, _ in terms]
        if self.spec.arithmetic == "f8":
            lines += [f"lost_{name} = spread_f64(0.0)" for name, _, _ in terms]
        lines.append(f"for part in range(0, k, {PART}):")
        inner = [f"part_{name} = spread_{self.element}(ZERO)" for name, _, _ in terms]
        inner += [*self.over_scores(body, f"range(part, min(part + {PART}, k))"), *after]
        lines += indented(inner)
        for name, _, _ in terms:
            lost = f" + lost_{name}" if self.spec.arithmetic == "f8" else ""
            lines += self.put(name, f"row_{name}{lost}")
        return lines

    def _gathered(self, name: str) -> list[str]:
        """Add a part of a sum to the row's."""
        if self.spec.arithmetic == "f4":
            return [f"row_{name} = row_{name} + float64(part_{name})"]
        return [f"row_{name}, lost_{name} = kept_sum(row_{name}, part_{name}, lost_{name})"]

    def running(self, statistic: Statistic) -> list[str]:
        """A running sum, from one end or the other."""
        loads, call = self.at_score(statistic.term)
        places = "range(k)" if statistic.kind == "running" else "range(k - 1, -1, -1)"
        body = [*loads, f"run = run + float64({call})"]
        body.append(f"store_{self.kind}({self.buffer(statistic.name)}, i, {self.number}(run))")
        return ["run = spread_f64(0.0)", *self.over_scores(body, places)]

    def maximum(self, statistic: Statistic) -> list[str]:
        wide = self.put(statistic.name, "float64(highest)")
        if statistic is self.first_maximum():
            return wide
        loads, call = self.at_score(statistic.term)
        body = [*loads, f"it = {call}", "highest = select(it > highest, it, highest)"]
        return [f"highest = spread_{self.element}(-INFINITY)", *self.over_scores(body), *wide]

    def picked(self, statistic: Statistic) -> list[str]:
        self.picking = True
        loads, call = self.at_score(statistic.term)
        self.picking = False
        return [*loads, *self.put(statistic.name, f"float64({call})")]

    def threshold(self, statistic: Statistic) -> list[str]:
        assert statistic.step is not None
        x = self.lane(statistic.name)
        body = self.summed([], [(name, formula, False) for name, formula in statistic.sums])
        body += [f"higher = {self.at_row(statistic.step)}", f"climbs = higher > {x}"]
        body += ["if not any_lane(climbs):", "    break"]
        body += self.put(statistic.name, f"select(climbs, higher, {x})")
        start = self.put(statistic.name, f"spread_f64({self.at_row(statistic.term)})")
        return [*start, "for step in range(200):", *indented(body)]

    # Blocks of rows, and tiles: as many rows as there are lanes.

    def source(self) -> str:
        lines = ["def rows_kernel(call, start, stop):", *indented(self.header())]
        lines += ["    for first in range(start, stop, block):", *indented(self._block(), 8)]
        if self.spec.total:
            lines += indented(self._flush())
        lines.append("    fence()")
        return "\n".join(lines) + "\n"

    def _block(self) -> list[str]:
        lines = ["rows = min(block, stop - first)", *self._listed(), *self._placed(), *self._cleared()]
        if self.spec.total:
            lines += [f"if filled + block > {BLOCK}:", *indented(self._flush())]
        parts = [self._noted(), self._read(), self._targets(), self.statistics(), self._value(), self._results()]
        tile = [line for part in parts for line in part]
        return [*lines, "for tile in range(0, padded, WIDTH):", *indented(tile), *self._delivered()]

    def _listed(self) -> list[str]:
        """The rows of the block that count, side by side."""
        spec = self.spec
        body = ["row = first + r", "weight = " + ("load_f64(w_base, row)" if spec.weighted else "1.0")]
        body += ["store_i64(rows_list, count, row)", "store_f64(weights_list, count, weight)"]
        if spec.y == "i8":
            body += [
                "at = load_i64(y_base + row * y_stride, 0)",
                "known = (at >= 0) & (at < classes)",
                "wrong |= (not known) & (weight != 0.0)",
                "at = select(known, at, 0)",
                "store_i64(indices_list, count, at)",
                "store_f64(marks_list, count, float64(at))",
                "store_f64(spoils_list, count, select(known, 0.0, NAN_WIDE))",
            ]
        body.append("count += int64(weight != 0.0)")
        raised = [f"if wrong: store_i64(flags, 0, load_i64(flags, 0) | {FLAGS['y']})"]
        if spec.weighted:
            body.append(f"extreme |= {self.extreme()}")
            raised.append(f"if extreme: store_i64(flags, 0, load_i64(flags, 0) | {EXTREME})")
        return ["count = 0", "wrong = False", "extreme = False", "for r in range(rows):", *indented(body), *raised]

    def _placed(self) -> list[str]:
        """Where each row is read and written; lanes without a row repeat the last one, into a place that is spare."""
        fill = ["store_i64(rows_list, r, load_i64(rows_list, count - 1))", "store_f64(weights_list, r, 0.0)"]
        fill += ["store_i64(indices_list, r, 0)", "store_f64(marks_list, r, 0.0)", "store_f64(spoils_list, r, 0.0)"]
        place = ["row = load_i64(rows_list, r)", "store_i64(sources_list, r, f_base + row * f_stride)"]
        if self.spec.y != "i8":
            place.append("store_i64(targets_list, r, y_base + row * y_stride)")
        place.append("store_i64(places_list, r, select(r < count, row - first, rows) * k)")
        lines = ["padded = (count + WIDTH - 1) & -WIDTH", "for r in range(count, padded):", *indented(fill)]
        return [*lines, "for r in range(padded):", *indented(place)]

    def _cleared(self) -> list[str]:
        """Results of rows that do not count are zero."""
        spec, lines = self.spec, []
        for name in spec.per_score_outputs:
            lines += ["for i in range(rows * k):", f"    store_{KINDS[spec.out]}({name}_block_at, i, 0.0)"]
        if "value" in spec.outputs:
            lines += ["for r in range(rows):", f"    store_{KINDS[spec.out]}(value_base, first + r, 0.0)"]
        return ["if count < rows:", *indented(lines)] if lines else []

    def _noted(self) -> list[str]:
        """What the lists say of the tile's rows."""
        lines = ["weight = load_lanes_f64(weights_list, tile)", "counts = weight != 0.0", "nowhere = weight != weight"]
        if self.spec.y != "i8":
            return [*lines, "spoil = spread_f64(0.0)"]
        lines += ["spoil = load_lanes_f64(spoils_list, tile)", "places = indices_list + 8 * tile"]
        return [*lines, f"at_a = {self.number}(load_lanes_f64(marks_list, tile))"]

    def _turned(self, kind: str, rows: str, count: str, target: str) -> list[str]:
        """Numbers of the tile's rows into a buffer, turned."""
        rows = f"{rows}_list + 8 * tile"
        column = f"store_{self.kind}({target}, j * WIDTH, {self.number}(column_{kind}({rows}, j)))"
        by_column = [f"for j in range({count}):", f"    {column}"]
        if kind != self.element:
            return by_column
        squares = [
            f"for j in range(0, {count} - WIDTH, WIDTH):",
            f"    turn_in_{kind}({rows}, j, {target})",
            f"turn_in_{kind}({rows}, {count} - WIDTH, {target})",
        ]
        return [f"if {count} >= WIDTH:", *indented(squares), "else:", *indented(by_column)]

    def _read(self) -> list[str]:
        """The scores; on the way whether any is NaN, and the largest."""
        spec = self.spec
        lines = [*self._turned(KINDS[spec.f], "sources", "k", "f_at"), f"watch = nan_bits(spread_{self.element}(ZERO))"]
        body = [f"x = load_{self.kind}(f_at, i)", "watch = watch | nan_bits(x)"]
        if self.first_maximum() is not None:
            lines.append(f"highest = spread_{self.element}(-INFINITY)")
            body.append("highest = select(x > highest, x, highest)")
        lines += [*self.over_scores(body), "spoil = spoil + select(watch != 0, NAN_WIDE, 0.0)"]
        if "before" in spec.score_names:
            lines.append(f"store_{self.kind}(f_at, -WIDTH, -INFINITY)")
        if "after" in spec.score_names:
            lines.append(f"store_{self.kind}(f_at, k * WIDTH, INFINITY)")
        return [*lines, *self._transformed(), *self._checked_scores()]

    def _transformed(self) -> list[str]:
        spec, body = self.spec, [f"x = load_{self.kind}(f_at, i)"]
        if spec.capped:
            body += [f"store_{self.kind}(raw_at, i, x)", "x = cap_formula(x, soft_cap_a)"]
        if spec.adjusted:
            body.append(f"x = {self.number}((float64(x) + load_f64(offset, j)) * cooling)")
        changed = spec.capped or spec.adjusted
        return self.over_scores([*body, f"store_{self.kind}(f_at, i, x)"]) if changed else []

    def _flag(self, raised: str) -> list[str]:
        return ["if any_lane(bad & counts):", f"    store_i64(flags, 0, load_i64(flags, 0) | {FLAGS[raised]})"]

    def _checked_scores(self) -> list[str]:
        """Raise the flag where predictions may be none: Python then looks at every number."""
        loss = self.spec.loss
        match loss.prediction:
            case "probabilities" | "independent_probabilities":
                good, term = "(x >= ZERO) & (x <= ONE)", "float64(x)"
            case "log_probabilities":
                good, term = "x <= tolerance_a", "float64(exp_formula(x))"
            case "increasing":
                body = [
                    f"x = load_{self.kind}(f_at, i)",
                    f"bad = bad | opposite(load_{self.kind}(f_at, i - WIDTH) < x)",
                ]
                return ["bad = nowhere", *self.over_scores(body, "range(1, k)"), *self._flag("f")]
            case _:
                return []
        body = [f"x = load_{self.kind}(f_at, i)", f"bad = bad | opposite({good})", f"sum_of_p = sum_of_p + {term}"]
        lines = [f"tolerance_a = {self.number}(tolerance)", "bad = nowhere", "sum_of_p = spread_f64(0.0)"]
        lines += self.over_scores(body)
        if not loss.prediction.startswith("independent"):
            lines.append("bad = bad | opposite(magnitude(sum_of_p - 1.0) <= tolerance)")
        return [*lines, *self._flag("f")]

    def _targets(self) -> list[str]:
        """Target weights, turned, where formulas need all of them."""
        spec = self.spec
        if not spec.spread:
            return []
        store = f"store_{self.kind}(t_at, i, x)"
        if spec.y == "i8":
            lines = self.over_scores([f"x = select(at_a == {self.number}(j), ONE, ZERO)", store], "range(classes)")
            lines.append("sum_of_t = spread_f64(1.0)")
        else:
            lines = self._stated()
        lines.append(f"store_{self.kind}(t_at, classes * WIDTH, ZERO)")
        if spec.class_weighted:
            body = [f"x = {self.number}(float64(load_{self.kind}(t_at, i)) * share)", store]
            lines += ["share = 1.0 / sum_of_t", *self.over_scores(body, "range(classes)")]
            lines.append("sum_of_t = spread_f64(1.0)")
        return [*lines, *(self._smoothed() if spec.smoothed else [])]

    def _stated(self) -> list[str]:
        """Rows of target weights, and whether they may be any."""
        spec = self.spec
        good = {"labels": "(x >= ZERO) & (x <= ONE)", "scores": "x < INFINITY"}
        body = [f"x = load_{self.kind}(t_at, i)"]
        if spec.class_weighted:
            body += [f"x = x * {self.number}(load_f64(class_weight, j))", f"store_{self.kind}(t_at, i, x)"]
        body.append(f"bad = bad | opposite({good.get(spec.loss.targets, '(x >= ZERO) & (x < INFINITY)')})")
        body.append("sum_of_t = sum_of_t + float64(x)")
        lines = [*self._turned(KINDS[spec.y], "targets", "classes", "t_at"), "bad = nowhere"]
        lines += ["sum_of_t = spread_f64(0.0)", *self.over_scores(body, "range(classes)")]
        if spec.loss.targets == "distribution" and not spec.class_weighted:
            lines.append("bad = bad | opposite(magnitude(sum_of_t - 1.0) <= tolerance)")
        return [*lines, *self._flag("y")]

    def _smoothed(self) -> list[str]:
        """Part of the weight spread evenly over the classes that are not masked."""
        loss, lines, masked = self.spec.loss, [], f"load_{self.kind}(f_at, i) == -INFINITY"
        share = "smoothing * sum_of_t / open_classes"
        if loss.targets == "labels":
            share = "spread_f64(0.5 * smoothing)"
        elif loss.more_classes:
            share, masked = "smoothing * sum_of_t / float64(classes)", "nowhere"
        else:
            body = [f"open_classes = open_classes + select({masked}, 0.0, 1.0)"]
            lines += ["open_classes = spread_f64(0.0)", *self.over_scores(body)]
        body = [f"x = kept_part * load_{self.kind}(t_at, i) + select({masked}, ZERO, even)"]
        body.append(f"store_{self.kind}(t_at, i, x)")
        lines += [f"even = {self.number}({share})", f"kept_part = {self.number}(1.0 - smoothing)"]
        return [*lines, *self.over_scores(body, "range(classes)")]

    def _value(self) -> list[str]:
        spec = self.spec
        if not (spec.total or "value" in spec.outputs):
            return []
        lines = [f"value = {self.at_row(spec.loss.value)} + spoil"]
        if spec.out == "f4":
            lines.append("value = float64(float32(value))")
        return [*lines, "store_lanes_f64(total_at, filled + tile, select(counts, value * weight, 0.0))"]

    def _results(self) -> list[str]:
        """Each row's results to its place in the block."""
        spec, out = self.spec, KINDS[self.spec.out]
        names = spec.per_score_outputs
        if not names:
            return []
        store = [f"store_lanes_{out}({name}_out_at, i, {TYPES[spec.out]}({name} * factor))" for name in names]
        lines = [f"factor = {self.number}(weight * scale + spoil)", *self.over_scores([*self.results(), *store])]
        rows = "places_list + 8 * tile"
        for name in names:
            source, target = f"{name}_out_at", f"{name}_block_at"
            squares = [
                "for j in range(0, k - WIDTH, WIDTH):",
                f"    turn_out_{out}({source}, j, {target}, {rows})",
                f"turn_out_{out}({source}, k - WIDTH, {target}, {rows})",
            ]
            column = [f"for j in range(k): scatter_{out}({target}, {rows}, j, load_lanes_{out}({source}, j * WIDTH))"]
            lines += ["if k >= WIDTH:", *indented(squares), "else:", *indented(column)]
        return lines

    def _delivered(self) -> list[str]:
        """The block's results to the user's arrays, its values to those that are still to be summed."""
        spec, lines = self.spec, []
        size = SIZES[spec.out]
        if "value" in spec.outputs:
            number = f"{TYPES[spec.out]}(load_f64(total_at, filled + r))"
            store = f"store_{KINDS[spec.out]}(value_base, load_i64(rows_list, r), {number})"
            lines += ["for r in range(count):", f"    {store}"]
        for name in spec.per_score_outputs:
            where = f"{name}_base + first * k * {size}, {name}_block_at, rows * k * {size}"
            lines.append(f"copy_out({where}, streaming)")
        return [*lines, *(["filled += count"] if spec.total else [])]

    def _flush(self) -> list[str]:
        """Add up the values that have gathered."""
        body = ["largest = max(largest, bits(load_f64(total_at, i)) & MAGNITUDE)"]
        added = ["add_block(total_at, filled, largest, bins, work)", "filled = 0"]
        return ["largest = 0", "for i in range(filled):", *indented(body), *added]
