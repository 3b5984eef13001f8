"""The layout of narrow rows: a block of rows turned on its side, so that vectors hold one score of many rows."""

from __future__ import annotations

from collections.abc import Sequence

from lossary.backends.cpu.rows.spec import LANE
from lossary.backends.cpu.rows.text import KINDS, SIZES, TYPES, Text, indented
from lossary.backends.cpu.spec import FLAGS
from lossary.formula import Formula
from lossary.rowwise import Statistic

PART = 8
"""Scores summed in the arithmetic before their sum is added to the row's, a double: rounding errors do not pile up."""


class Narrow(Text):
    """A number a row is an array over the rows of the block ("lane"), once as doubles, once in the arithmetic."""

    rank = "j + 1"

    def header(self) -> list[str]:
        lines = super().header()
        lines += [f"{name}_lane = lanes_at + {64 + 2 * LANE * i}" for i, name in enumerate(self.spec.lanes)]
        return [*lines, f"work = lanes_at + {64 + 2 * LANE * len(self.spec.lanes)}"]

    def lane(self, name: str) -> str:
        return f"load_f64({name}_lane, r)"

    def lane_in_score(self, name: str) -> str:
        return f"load_{self.kind}({name}_lane + {LANE}, r)" if self.spec.arithmetic == "f4" else self.lane(name)

    def put(self, name: str, expression: str) -> list[str]:
        return self.over_rows([*self._put(name, expression)])

    def _put(self, name: str, expression: str) -> list[str]:
        lines = [f"it = {expression}", f"store_f64({name}_lane, r, it)"]
        if self.spec.arithmetic == "f4":
            lines.append(f"store_f32({name}_lane + {LANE}, r, float32(it))")
        return lines

    def over_rows(self, body: Sequence[str], rows: str = "block") -> list[str]:
        """A loop over the rows of the block; ``r`` is a row's place."""
        return [f"for r in range({rows}):", *indented(body)]

    def neighbour(self, shift: int) -> str:
        return f"i + {shift} * stride" if shift else "i"

    def unspread_target(self) -> str:
        return f"select({self.lane_in_score('own_index')} == {self.number}(j), ONE, ZERO)"

    def over_scores(self, body: Sequence[str], places: str = "range(k)") -> list[str]:
        return [f"for j in {places}:", *indented(self.over_rows(["i = j * stride + r", *body]))]

    def together(self, group: Sequence[Statistic]) -> list[str]:
        keeps = [s for s in group if s.kind == "keep"]
        return self._summed(keeps, [(s.name, s.term, s.kind == "expect") for s in group if s.kind != "keep"])

    def _summed(self, keeps: Sequence[Statistic], terms: Sequence[tuple[str, Formula, bool]]) -> list[str]:
        body = [line for each in keeps for line in self.kept(each)]
        if not terms:
            return self.over_scores(body)
        for name, term, weighted in terms:
            loads, summand = self.summand(term, weighted, [each.name for each in keeps])
            part = f"{name}_lane + {LANE}"
            body += [line for line in loads if line not in body]
            body.append(f"store_{self.kind}({part}, r, load_{self.kind}({part}, r) + {summand})")
        names = [name for name, _, _ in terms]
        clear = [f"store_{self.kind}({name}_lane + {LANE}, r, ZERO)" for name in names]
        add = [
            f"store_f64({name}_lane, r, load_f64({name}_lane, r) + float64(load_{self.kind}({name}_lane + {LANE}, r)))"
            for name in names
        ]
        parts = [*self.over_rows(clear), *self.over_scores(body, f"range(part, min(part + {PART}, k))")]
        lines = self.over_rows([f"store_f64({name}_lane, r, 0.0)" for name in names])
        lines += [f"for part in range(0, k, {PART}):", *indented([*parts, *self.over_rows(add)])]
        return [*lines, *self._rounded(names)]

    def _rounded(self, names: Sequence[str]) -> list[str]:
        """The doubles of a lane in the arithmetic too."""
        if self.spec.arithmetic == "f8":
            return []
        return self.over_rows(
            [f"store_f32({name}_lane + {LANE}, r, float32(load_f64({name}_lane, r)))" for name in names]
        )

    def maximum(self, statistic: Statistic) -> list[str]:
        if statistic is self.first_maximum():
            return self._widened(statistic.name)
        start, body = self._climb(statistic)
        return [*self.over_rows(start), *self.over_scores(body), *self._widened(statistic.name)]

    def _climb(self, statistic: Statistic) -> tuple[list[str], list[str]]:
        """A maximum's start, and its step at place ``i``, in the lane's half that is of the arithmetic."""
        loads, call = self.at_score(statistic.term)
        half = f"{statistic.name}_lane + {LANE}"
        body = [*loads, f"it = {call}", f"so_far = load_{self.kind}({half}, r)"]
        body.append(f"store_{self.kind}({half}, r, select(it > so_far, it, so_far))")
        return [f"store_{self.kind}({half}, r, -INFINITY)"], body

    def _widened(self, name: str) -> list[str]:
        return self.over_rows([f"store_f64({name}_lane, r, float64(load_{self.kind}({name}_lane + {LANE}, r)))"])

    def picked(self, statistic: Statistic) -> list[str]:
        loads, call = self.at_score(statistic.term)
        place = "i = int64(load_f64(own_index_lane, r)) * stride + r"
        return self.over_rows([place, *loads, *self._put(statistic.name, f"float64({call})")])

    def running(self, statistic: Statistic) -> list[str]:
        loads, call = self.at_score(statistic.term)
        body = [
            *loads,
            f"it = load_f64(own_mass_lane, r) + float64({call})",
            "store_f64(own_mass_lane, r, it)",
            f"store_{self.kind}({self.buffer(statistic.name)}, i, it)",
        ]
        places = "range(k)" if statistic.kind == "running" else "range(k - 1, -1, -1)"
        return [*self.over_rows(["store_f64(own_mass_lane, r, 0.0)"]), *self.over_scores(body, places)]

    def threshold(self, statistic: Statistic) -> list[str]:
        assert statistic.step is not None
        body = self._summed([], [(name, formula, False) for name, formula in statistic.sums])
        climb = [
            f"before_step = load_f64({statistic.name}_lane, r)",
            f"higher = {self.at_row(statistic.step)}",
            "climbs |= higher > before_step",
            *self._put(statistic.name, "select(higher > before_step, higher, before_step)"),
        ]
        body += ["climbs = False", *self.over_rows(climb), "if not climbs:", "    break"]
        return [*self.put(statistic.name, self.at_row(statistic.term)), "for step in range(200):", *indented(body)]

    # Rows in and out.

    def source(self) -> str:
        lines = ["def rows_kernel(call, start, stop):", *indented(self.header())]
        lines += ["    for first in range(start, stop, block):", *indented(self._block(), 8)]
        lines.append("    fence()")
        return "\n".join(lines) + "\n"

    def _block(self) -> list[str]:
        parts = [self._prepared(), self._read(), self._targets(), self.statistics(), self._value(), self._write()]
        return ["rows = min(block, stop - first)", *(line for part in parts for line in part)]

    def _prepared(self) -> list[str]:
        """Weights and class indices of the block; rows beyond the last one weigh nothing."""
        spec = self.spec
        lines = self.over_rows(
            ["store_f64(own_weight_lane, r, 0.0)", "store_f64(own_spoil_lane, r, 0.0)", *self._put("own_index", "0.0")]
        )
        body = ["weight = " + ("load_f64(w_base, first + r)" if spec.weighted else "1.0")]
        if spec.y == "i8":
            body += [
                "at = load_i64(y_base + (first + r) * y_stride, 0)",
                "known = (at >= 0) & (at < classes)",
                "store_f64(own_spoil_lane, r, select(known, 0.0, float64(NAN)))",
                "wrong |= (not known) & (weight != 0.0)",
                *self._put("own_index", "select(known, float64(at), 0.0)"),
            ]
        body.append("store_f64(own_weight_lane, r, weight)")
        raised = f"if wrong: store_i64(flags, 0, load_i64(flags, 0) | {FLAGS['y']})"
        return [*lines, "wrong = False", *self.over_rows(body, "rows"), raised]

    def _read(self) -> list[str]:
        """The scores, turned; rows that do not count stand as zeros."""
        spec = self.spec
        load = f"{self.number}(load_{KINDS[spec.f]}(f_base + (first + r) * f_stride, j))"
        turn = [
            "if load_f64(own_weight_lane, r) != 0.0:",
            *indented(["for j in range(k):", f"    store_{self.kind}(f_at, j * stride + r, {load})"]),
            "else:",
            *indented(["for j in range(k):", f"    store_{self.kind}(f_at, j * stride + r, ZERO)"]),
        ]
        lines = self.over_rows(turn, "rows")
        lines += [
            "if rows < block:",
            "    for j in range(k):",
            "        for r in range(rows, block):",
            f"            store_{self.kind}(f_at, j * stride + r, ZERO)",
        ]
        half = f"own_spoil_lane + {LANE}"
        start = [f"store_{self.kind}({half}, r, ZERO)"]
        body = [f"x = load_{self.kind}(f_at, i)"]
        body.append(f"store_{self.kind}({half}, r, select(x == x, load_{self.kind}({half}, r), NAN))")
        first = self.first_maximum()
        if first is not None:
            more_start, more_body = self._climb(first)
            start, body = [*start, *more_start], [*body, *more_body]
        spoil = f"load_f64(own_spoil_lane, r) + float64(load_{self.kind}({half}, r))"
        lines += [*self.over_rows(start), *self.over_scores(body)]
        lines += self.over_rows([f"store_f64(own_spoil_lane, r, {spoil})"])
        if "before" in spec.score_names:
            lines += self.over_rows([f"store_{self.kind}(f_at, r - stride, -INFINITY)"])
        if "after" in spec.score_names:
            lines += self.over_rows([f"store_{self.kind}(f_at, k * stride + r, INFINITY)"])
        return [*lines, *self._transformed(), *self._checked_scores()]

    def _transformed(self) -> list[str]:
        spec, body = self.spec, [f"x = load_{self.kind}(f_at, i)"]
        if spec.capped:
            body += [f"store_{self.kind}(raw_at, i, x)", "x = cap_formula(x, soft_cap_a)"]
        if spec.adjusted:
            body.append(f"x = {self.number}((float64(x) + load_f64(offset, j)) * cooling)")
        if not (spec.capped or spec.adjusted):
            return []
        return self.over_scores([*body, f"store_{self.kind}(f_at, i, x)"])

    def _raise_flag(self, condition: str, flag: str) -> list[str]:
        """Raise a flag if the condition holds in a row that counts."""
        raised = f"store_i64(flags, 0, load_i64(flags, 0) | {FLAGS[flag]})"
        body = [f"wrong |= ({condition}) & (load_f64(own_weight_lane, r) != 0.0)"]
        return ["wrong = False", *self.over_rows(body), f"if wrong: {raised}"]

    def _checked_scores(self) -> list[str]:
        load = f"x = load_{self.kind}(f_at, i)"
        match self.spec.loss.prediction:
            case "probabilities" | "independent_probabilities":
                wrong, term = "(x >= ZERO) & (x <= ONE)", "float64(x)"
            case "log_probabilities":
                wrong, term = "x <= tolerance_a", "float64(exp_formula(x))"
            case "increasing":
                body = [load, f"good = (j == 0) | (load_{self.kind}(f_at, i - stride) < x)"]
                body.append("store_f64(own_mass_lane, r, select(good, load_f64(own_mass_lane, r), NAN))")
                lines = [*self.over_rows(["store_f64(own_mass_lane, r, 1.0)"]), *self.over_scores(body)]
                return [*lines, *self._raise_flag("not (load_f64(own_mass_lane, r) == 1.0)", "f")]
            case _:
                return []
        body = [load, f"store_f64(own_mass_lane, r, load_f64(own_mass_lane, r) + select({wrong}, {term}, NAN))"]
        lines = [f"tolerance_a = {self.number}(tolerance)", *self.over_rows(["store_f64(own_mass_lane, r, 0.0)"])]
        unequal = "not (abs(load_f64(own_mass_lane, r) - 1.0) <= tolerance)"
        if self.spec.loss.prediction.startswith("independent"):
            unequal = "not (load_f64(own_mass_lane, r) >= 0.0)"
        return [*lines, *self.over_scores(body), *self._raise_flag(unequal, "f")]

    def _targets(self) -> list[str]:
        spec = self.spec
        if not spec.spread:
            return []
        store = f"store_{self.kind}(t_at, i, x)"
        if spec.y == "i8":
            body = [f"x = select({self.lane_in_score('own_index')} == {self.number}(j), ONE, ZERO)", store]
            lines = self.over_scores(body, "range(classes)")
            lines += self.over_rows(["store_f64(own_mass_lane, r, 1.0)"])
        else:
            lines = self._read_targets()
        if "t_after" in spec.score_names and not spec.loss.more_classes:
            lines += self.over_rows([f"store_{self.kind}(t_at, k * stride + r, ZERO)"])
        if spec.class_weighted:
            share = "float64(x) / load_f64(own_mass_lane, r)"
            body = [f"x = load_{self.kind}(t_at, i)", f"x = {self.number}({share})", store]
            lines += [*self.over_scores(body, "range(classes)"), *self.over_rows(["store_f64(own_mass_lane, r, 1.0)"])]
        return [*lines, *(self._smoothed() if spec.smoothed else [])]

    def _read_targets(self) -> list[str]:
        spec = self.spec
        load = f"{self.number}(load_{KINDS[spec.y]}(y_base + (first + r) * y_stride, j))"
        if spec.class_weighted:
            load = f"{load} * {self.number}(load_f64(class_weight, j))"
        lines = [
            "for j in range(classes):",
            "    for r in range(block):",
            f"        store_{self.kind}(t_at, j * stride + r, ZERO)",
            *self.over_rows(
                [
                    "if load_f64(own_weight_lane, r) != 0.0:",
                    *indented(["for j in range(classes):", f"    store_{self.kind}(t_at, j * stride + r, {load})"]),
                ],
                "rows",
            ),
            *self.over_rows(["store_f64(own_mass_lane, r, 0.0)"]),
        ]
        good = {"labels": "(x >= ZERO) & (x <= ONE)", "scores": "x < INFINITY"}.get(
            spec.loss.targets, "(x >= ZERO) & (x < INFINITY)"
        )
        term = "ZERO" if spec.loss.targets == "scores" else "x"
        body = [f"x = load_{self.kind}(t_at, i)"]
        body.append(f"store_f64(own_mass_lane, r, load_f64(own_mass_lane, r) + select({good}, float64({term}), NAN))")
        lines += self.over_scores(body, "range(classes)")
        wrong = "not (load_f64(own_mass_lane, r) >= 0.0)"
        if spec.loss.targets == "distribution" and not spec.class_weighted:
            wrong = "not (abs(load_f64(own_mass_lane, r) - 1.0) <= tolerance)"
        return [*lines, *self._raise_flag(wrong, "y")]

    def _smoothed(self) -> list[str]:
        spec = self.spec
        masked = f"load_{self.kind}(f_at, i) == -INFINITY"
        lines: list[str] = []
        if spec.loss.more_classes or spec.loss.targets == "labels":
            masked = "False"
            lines += self.put("own_open", "2.0" if spec.loss.targets == "labels" else "float64(classes)")
        else:
            lines += self.over_rows(["store_f64(own_open_lane, r, 0.0)"])
            lines += self.over_scores(
                [f"store_f64(own_open_lane, r, load_f64(own_open_lane, r) + select({masked}, 0.0, 1.0))"]
            )
        mass = "1.0" if spec.loss.targets == "labels" else "load_f64(own_mass_lane, r)"
        lines += self.put("own_open", f"smoothing * {mass} / load_f64(own_open_lane, r)")
        body = [
            f"x = load_{self.kind}(t_at, i) * kept_part + select({masked}, ZERO, {self.lane_in_score('own_open')})",
            f"store_{self.kind}(t_at, i, x)",
        ]
        return [f"kept_part = {self.number}(1.0 - smoothing)", *lines, *self.over_scores(body, "range(classes)")]

    def _value(self) -> list[str]:
        spec = self.spec
        if not (spec.total or "value" in spec.outputs):
            return []
        rounded = "float64(float32(value))" if spec.out == "f4" else "value"
        lines = self.over_rows(
            [
                f"value = {self.at_row(spec.loss.value)} + load_f64(own_spoil_lane, r)",
                "weight = load_f64(own_weight_lane, r)",
                f"store_f64(own_value_lane, r, select(weight == 0.0, 0.0, weight * {rounded}))",
            ]
        )
        if "value" in spec.outputs:
            store = f"store_{KINDS[spec.out]}(value_base, first + r, {TYPES[spec.out]}(load_f64(own_value_lane, r)))"
            lines += self.over_rows([store], "rows")
        if not spec.total:
            return lines
        body = [
            "value = load_f64(own_value_lane, r)",
            "store_f64(total_at, r, value)",
            "largest = max(largest, bits(value) & MAGNITUDE)",
        ]
        added = ["add_block(total_at, rows, largest, bins, work)"]
        return [*lines, "largest = 0", *self.over_rows(body, "rows"), *added]

    def _write(self) -> list[str]:
        spec = self.spec
        names = spec.per_score_outputs
        if not names:
            return []
        size, out = SIZES[spec.out], KINDS[spec.out]
        weight, spoil = "load_f64(own_weight_lane, r)", "load_f64(own_spoil_lane, r)"
        lines = self.put("own_mass", f"select({weight} == 0.0, 0.0, {weight} * scale + {spoil})")
        counts = f"{self.lane_in_score('own_mass')} == ZERO"
        store = [
            f"store_{self.kind}({name}_out_at, i, select({counts}, ZERO, {name} * {self.lane_in_score('own_mass')}))"
            for name in names
        ]
        lines += self.over_scores([*self.results(), *store])
        for name in names:
            turned = f"load_{self.kind}({name}_out_at, j * stride + r)"
            turn = ["for j in range(k):", f"    store_{out}(zeros_at, r * k + j, {TYPES[spec.out]}({turned}))"]
            lines += self.over_rows(turn, "rows")
            lines.append(f"copy_out({name}_base + first * k * {size}, zeros_at, rows * k * {size}, streaming)")
        return lines
