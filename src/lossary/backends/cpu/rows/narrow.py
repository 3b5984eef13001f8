"""The layout of narrow rows: as many rows at a time as a vector has lanes, turned, so that a vector holds one score.

Every number is a vector then (``arithmetic.values``): of one score of several rows, or of a number a row. Rows that do
not count are left out before, so that they cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lossary.backends.cpu.arithmetic.values import WIDTH
from lossary.backends.cpu.rows.inputs import Gathered, InputText
from lossary.backends.cpu.rows.text import KINDS, SIZES, TYPES, indented, raised
from lossary.backends.cpu.specs.conventions import BLOCK, EXTREME, FLAGS
from lossary.backends.cpu.specs.rows import LANE, LISTS, RowSpec
from lossary.formula import Formula
from lossary.rowwise import Statistic

SMALLEST = 4
"""Scores of the shortest rows that are turned as what they are; shorter ones are filled up."""

PART = 8
"""Scores summed in the arithmetic before their sum is added to one of doubles."""


class Narrow(InputText):
    """A number is a vector over rows; loops run over scores, ``j``, held at place ``i``."""

    rank = "j + 1"
    no_row = "nowhere"
    any_bad = "any_lane(bad & counts)"
    targets_held = True

    def __init__(self, spec: RowSpec) -> None:
        super().__init__(spec)
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

    def over_scores(self, body: Sequence[str], count: str = "k") -> list[str]:
        return self.one_by_one(body, f"range({count})")

    def one_by_one(self, body: Sequence[str], places: str) -> list[str]:
        return [f"for j in {places}:", "    i = j * WIDTH", *indented(body)]

    def gathering(
        self, body: Sequence[str], gathered: Mapping[str, Gathered], start: str = "0", stop: str = "k"
    ) -> list[str]:
        places = f"range({stop})" if start == "0" else f"range({start}, {stop})"
        return [*(f"{name} = {each.start}" for name, each in gathered.items()), *self.one_by_one(body, places)]

    def same(self, number: str) -> str:
        return f"spread_f64({number})"

    def of_class(self, array: str) -> str:
        return f"load_f64({array}, j)"

    def summed(self, keeps: Sequence[Statistic], terms: Sequence[tuple[str, Formula, bool]]) -> list[str]:
        body = [line for each in keeps for line in self.kept(each)]
        if not terms:
            return self.over_scores(body)
        after = []
        for name, term, weighted in terms:
            loads, summand = self.summand(term, weighted, [each.name for each in keeps])
            body += [line for line in loads if line not in body] + [f"part_{name} = part_{name} + {summand}"]
            after += self.added(f"row_{name}", f"part_{name}", f"lost_{name}")
        lines = [f"row_{name} = spread_f64(0.0)" for name, _, _ in terms]
        if self.spec.arithmetic == "f8":
            lines += [f"lost_{name} = spread_f64(0.0)" for name, _, _ in terms]
        lines.append(f"for part in range(0, k, {PART}):")
        inner = [f"part_{name} = spread_{self.element}(ZERO)" for name, _, _ in terms]
        inner += [*self.one_by_one(body, f"range(part, min(part + {PART}, k))"), *after]
        lines += indented(inner)
        for name, _, _ in terms:
            lost = f" + lost_{name}" if self.spec.arithmetic == "f8" else ""
            lines += self.put(name, f"row_{name}{lost}")
        return lines

    def picked(self, statistic: Statistic) -> list[str]:
        self.picking = True
        loads, call = self.at_score(statistic.term)
        self.picking = False
        return [*loads, *self.put(statistic.name, f"float64({call})")]

    def climbed(self, name: str) -> list[str]:
        x = self.lane(name)
        lines = [f"climbs = higher > {x}", "if not any_lane(climbs):", "    break"]
        return [*lines, *self.put(name, f"select(climbs, higher, {x})")]

    # Blocks of rows, and tiles: as many rows as there are lanes.

    def source(self) -> str:
        lines = ["def kernel(call, start, stop):", *indented(self.header())]
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
        """The rows of the block that count, side by side: their numbers and weights, and what is said of each."""
        spec = self.spec
        if not spec.weighted:
            body = ["store_i64(rows_list, r, first + r)", "store_f64(weights_list, r, 1.0)"]
            return ["count = rows", "for r in independent(rows):", *indented(body), *self._indexed("rows")]
        body = ["weight = load_f64(w_base, first + r)", "store_i64(rows_list, count, first + r)"]
        body += ["store_f64(weights_list, count, weight)", "count += int64(weight != 0.0)"]
        body.append(f"extreme |= {self.extreme()}")
        lines = ["count = 0", "extreme = False", "for r in range(rows):", *indented(body)]
        return [*lines, f"if extreme: {raised(EXTREME)}", *self._indexed("count")]

    def _indexed(self, count: str) -> list[str]:
        """The class index of each row that counts, and whether it is one."""
        if self.spec.y != "i8":
            return []
        body = [
            "at = load_i64(y_base + load_i64(rows_list, r) * y_stride, 0)",
            "known = (at >= 0) & (at < classes)",
            "wrong |= not known",
            "at = select(known, at, 0)",
            "store_i64(indices_list, r, at)",
            "store_f64(marks_list, r, float64(at))",
            "store_f64(spoils_list, r, select(known, 0.0, NAN_WIDE))",
        ]
        flagged = f"if wrong: {raised(FLAGS['y'])}"
        return ["wrong = False", f"for r in independent({count}):", *indented(body), flagged]

    def _placed(self) -> list[str]:
        """Where each row is read and written; lanes without a row repeat the last one, into a place that is spare."""
        fill = ["store_i64(rows_list, r, load_i64(rows_list, count - 1))", "store_f64(weights_list, r, 0.0)"]
        fill += ["store_i64(indices_list, r, 0)", "store_f64(marks_list, r, 0.0)", "store_f64(spoils_list, r, 0.0)"]
        place = ["row = load_i64(rows_list, r)", "store_i64(sources_list, r, f_base + row * f_stride)"]
        if self.spec.y != "i8":
            place.append("store_i64(targets_list, r, y_base + row * y_stride)")
        place.append("store_i64(places_list, r, select(r < count, row - first, rows) * k)")
        lines = ["padded = (count + WIDTH - 1) & -WIDTH", "for r in range(count, padded):", *indented(fill)]
        return [*lines, "for r in independent(padded):", *indented(place)]

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
        few = _by_size(count, f"turn_few_in_{kind}({rows}, {count}, {target}, {{}})")
        return [f"if {count} >= WIDTH:", *indented(squares), "else:", *indented(few)]

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
        return [*lines, *self.transformed(), *self.checked_scores()]

    def _targets(self) -> list[str]:
        """Target weights, turned, where formulas need all of them."""
        spec = self.spec
        stated = spec.spread and spec.y != "i8"
        return [*(self._turned(KINDS[spec.y], "targets", "classes", "t_at") if stated else []), *self.targets()]

    def stated_target(self) -> str:
        return f"load_{self.kind}(t_at, i)"

    def index_as_weights(self) -> list[str]:
        body = [f"x = {self.unspread_target()}", f"store_{self.kind}(t_at, i, x)"]
        return self.over_scores(body, "classes")

    def behind_targets(self) -> str:
        return f"store_{self.kind}(t_at, classes * WIDTH, ZERO)"

    def _value(self) -> list[str]:
        spec = self.spec
        if not (spec.total or "value" in spec.outputs):
            return []
        return [*self.row_value(), "store_lanes_f64(total_at, filled + tile, select(counts, value * weight, 0.0))"]

    def _results(self) -> list[str]:
        """Each row's results to its place in the block."""
        spec, out = self.spec, KINDS[self.spec.out]
        names = spec.per_score_outputs
        if not names:
            return []
        lines = [self.factor(), *self.over_scores([*self.results(), *self.stores("i")])]
        rows = "places_list + 8 * tile"
        for name in names:
            source, target = f"{name}_out_at", f"{name}_block_at"
            squares = [
                "for j in range(0, k - WIDTH, WIDTH):",
                f"    turn_out_{out}({source}, j, {target}, {rows})",
                f"turn_out_{out}({source}, k - WIDTH, {target}, {rows})",
            ]
            few = _by_size("k", f"turn_few_out_{out}({source}, k, {target}, {rows}, {{}})")
            lines += ["if k >= WIDTH:", *indented(squares), "else:", *indented(few)]
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


def _by_size(count: str, line: str) -> list[str]:
    """A line with the least of a few sizes that holds so many scores, fewer than a vector has lanes."""
    size, lines = SMALLEST, [line.format(SMALLEST)]
    while size < WIDTH:
        size *= 2
        lines = [f"if {count} > {size // 2}:", *indented([line.format(size)]), "else:", *indented(lines)]
    return lines
