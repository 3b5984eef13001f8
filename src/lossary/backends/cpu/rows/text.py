"""The text of a rowwise kernel: what both layouts have in common.

A layout (``wide``, ``narrow``) says how a loop over scores looks, where a number a row is held, and how rows are read
and written. Formulas, their arguments and the order of things are settled here, once for both.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from lossary.backends.cpu.specs.conventions import MODERATE
from lossary.backends.cpu.specs.rows import FRONT, RowSpec
from lossary.formula import Formula
from lossary.rowwise import PER_SCORE, Statistic, arguments

KINDS = {"f8": "f64", "f4": "f32", "i8": "i64"}
SIZES = {"f8": 8, "f4": 4, "i8": 8}
TYPES = {"f8": "float64", "f4": "float32"}


def raised(flag: int) -> str:
    """Set a bit of the flags that the caller looks at."""
    return f"store_i64(flags, 0, load_i64(flags, 0) | {flag})"


def indented(lines: Iterable[str], by: int = 4) -> list[str]:
    return textwrap.indent("\n".join(lines), " " * by).split("\n")


class Text:
    """Writes the parts of a kernel for one spec; a subclass is a layout."""

    def __init__(self, spec: RowSpec) -> None:
        self.spec = spec
        self.formulas: dict[str, tuple[Formula, str]] = {}
        self.number = TYPES[spec.arithmetic]
        self.element = KINDS[spec.arithmetic]
        self.kind = f"lanes_{self.element}"
        self.per_score = {s.name for s in spec.loss.statistics if s.per_score}

    # Fields of the call record.

    def fields(self) -> list[tuple[str, str]]:
        """The names and kinds of the packed record, in order."""
        spec = self.spec
        record = [("scratch", "i64"), ("span", "i64"), ("bins", "i64"), ("flags", "i64"), ("streaming", "i64")]
        record += [
            ("scale", "f64"),
            ("k", "i64"),
            ("block", "i64"),
            ("f_base", "i64"),
            ("f_stride", "i64"),
        ]
        record += [("y_base", "i64"), ("y_stride", "i64"), ("tolerance", "f64")]
        record += [("w_base", "i64"), ("class_weight", "i64"), ("offset", "i64")]
        record += [("smoothing", "f64"), ("soft_cap", "f64"), ("cooling", "f64")]
        record += [(f"p_{p.name}", "f64") for p in spec.loss.parameters]
        record += [(f"{name}_base", "i64") for name in spec.outputs]
        return record

    def header(self) -> list[str]:
        """Reading the record, and what follows from it."""
        lines = [f"{name} = load_{kind}(call, {i})" for i, (name, kind) in enumerate(self.fields())]
        places = [*map(self.buffer, self.spec.buffers), "total_at"]
        lines += [f"{name} = scratch + {i} * span + {FRONT}" for i, name in enumerate(places)]
        lines.append(f"lanes_at = scratch + {len(places)} * span")
        lines += [f"p_{p.name}_a = {self.number}(p_{p.name})" for p in self.spec.loss.parameters]
        more = self.spec.loss.more_classes
        lines += ["k_a = " + self.number + "(k)", "k_w = float64(k)", f"classes = k + {more}"]
        lines += [f"{name}_a = {self.number}({name})" for name in ("soft_cap", "cooling")]
        return [*lines, "filled = 0", "largest = 0"]

    def extreme(self) -> str:
        """Whether the row's weight is so small or large that its product with the scale may lose digits."""
        least, most = MODERATE[self.spec.arithmetic]
        return f"(weight != 0.0) & ((weight < {least!r}) | (weight > {most!r}))"

    def buffer(self, name: str) -> str:
        """The variable that holds where a number a score is kept; a statistic's cannot hide one of the kernel's own."""
        return f"kept_{name}_at" if name in self.per_score else f"{name}_at"

    # Formulas.

    def call(self, formula: Formula, wide: bool, spellings: dict[str, str]) -> str:
        """A call of a formula, in doubles if ``wide``; ``given`` says how each of its arguments is written."""
        arithmetic = "f8" if wide else self.spec.arithmetic
        names = {(id(f), a): name for name, (f, a) in self.formulas.items()}
        name = names.get((id(formula), arithmetic))
        if name is None:
            name = f"formula_{len(self.formulas)}"
            self.formulas[name] = (formula, arithmetic)
        return f"{name}({', '.join(spellings[a] for a in arguments(formula))})"

    def at_row(self, formula: Formula, more: dict[str, str] | None = None) -> str:
        """A row formula, in doubles."""
        wanted = set(arguments(formula))
        spellings = {n: self.row_number(n) for n in wanted if n not in (more or {})}
        return self.call(formula, True, {**spellings, **(more or {})})

    def row_number(self, name: str) -> str:
        """A number a row (or a call) as a double."""
        if name == "k":
            return "k_w"
        if any(name == p.name for p in self.spec.loss.parameters):
            return f"p_{name}"
        return self.lane(name)

    def at_score(self, formula: Formula, target: str | None = None) -> tuple[list[str], str]:
        """What must be loaded for a score formula at place ``i``, and the call."""
        lines: list[str] = []
        spellings: dict[str, str] = {}
        for name in arguments(formula):
            spellings[name] = f"its_{name}"
            if name == "t" and target is not None:
                spellings[name] = target
            elif name in PER_SCORE or name in self.per_score:
                lines.append(f"its_{name} = {self.score_number(name)}")
            elif name == "k":
                spellings[name] = "k_a"
            elif any(name == p.name for p in self.spec.loss.parameters):
                spellings[name] = f"p_{name}_a"
            else:
                spellings[name] = self.lane_in_score(name)
        return lines, self.call(formula, False, spellings)

    def score_number(self, name: str) -> str:
        """A number a score, loaded at place ``i``."""
        if name == "rank":
            return f"{self.number}({self.rank})"
        if name == "t" and not self.spec.spread:
            return self.unspread_target()
        shifts = {"before": -1, "after": 1, "t_after": 1}
        buffer = {"before": "f", "after": "f", "t_after": "t"}.get(name, name)
        return f"load_{self.kind}({self.buffer(buffer)}, {self.neighbour(shifts.get(name, 0))})"

    # Statistics.

    def statistics(self) -> list[str]:
        """All that the outputs need; what can share a loop over the scores does."""
        lines: list[str] = []
        group: list[Statistic] = []
        for statistic in self.spec.statistics:
            if group and not self._joins(statistic, group):
                lines += self.together(group)
                group = []
            if self._loops(statistic):
                group.append(statistic)
            else:
                lines += self.statistic(statistic)
        return [*lines, *(self.together(group) if group else [])]

    def _loops(self, statistic: Statistic) -> bool:
        """Whether it is taken by a loop over the scores that others may share."""
        return statistic.kind in ("keep", "sum") or (statistic.kind == "expect" and self.spec.spread)

    def _joins(self, statistic: Statistic, group: Sequence[Statistic]) -> bool:
        made = {each.name for each in group if each.kind != "keep"}
        return self._loops(statistic) and not made & set(arguments(statistic.term))

    def statistic(self, statistic: Statistic) -> list[str]:
        """One that has a loop of its own, or none."""
        match statistic.kind:
            case "row":
                return self.put(statistic.name, self.at_row(statistic.term))
            case "max":
                return self.maximum(statistic)
            case "expect":
                return self.picked(statistic)
            case "running" | "running_back":
                return self.running(statistic)
            case "threshold":
                return self.threshold(statistic)
        raise ValueError(f"{self.spec.loss.name}: no statistic is of kind {statistic.kind!r}")

    def kept(self, statistic: Statistic) -> list[str]:
        """Keep a number at place ``i``; what follows in the same loop finds it at hand."""
        loads, call = self.at_score(statistic.term)
        name = statistic.name
        return [*loads, f"its_{name} = {call}", f"store_{self.kind}({self.buffer(name)}, i, its_{name})"]

    def summand(self, term: Formula, weighted: bool, at_hand: Sequence[str] = ()) -> tuple[list[str], str]:
        """What a sum adds at place ``i``; ``at_hand`` are kept numbers that need not be loaded."""
        loads, call = self.at_score(term)
        loads = [line for line in loads if line.split(" = ")[0].removeprefix("its_") not in at_hand]
        if not weighted:
            return loads, call
        loads.append("its_weight = " + self.score_number("t"))
        return loads, f"select(its_weight == ZERO, ZERO, its_weight * {call})"

    # Outputs.

    def results(self, target: str | None = None) -> list[str]:
        """The evaluated formulas at place ``i``, the chain rule of the options, and the factor of the row."""
        spec, lines = self.spec, []
        for name in spec.evaluated:
            loads, call = self.at_score(spec.loss.quantity(name), target)
            lines += [*loads, f"{name} = {call}"]
        if spec.capped:
            lines += [f"raw_x = load_{self.kind}(raw_at, i)", "steep = slope_formula(raw_x, soft_cap_a) * cooling_a"]
            if "hess" in spec.evaluated:
                bent = "bend_formula(raw_x, soft_cap_a) * cooling_a"
                lines.append(f"hess = hess * steep * steep + grad * {bent}")
        elif spec.adjusted:
            lines.append("steep = cooling_a")
            if "hess" in spec.evaluated:
                lines.append("hess = hess * steep * steep")
        if "grad" in spec.evaluated and (spec.capped or spec.adjusted):
            lines.append("grad = grad * steep")
        return lines

    def first_maximum(self) -> Statistic | None:
        """A maximum of the scores themselves, which is taken while they are read."""
        spec = self.spec
        first = spec.statistics[0] if spec.statistics else None
        code = first.term.__code__ if first else None
        plain = code is not None and code.co_varnames == ("f",) and code.co_code == (lambda f: f).__code__.co_code
        return first if plain and first and first.kind == "max" and not (spec.capped or spec.adjusted) else None

    def row_value(self) -> list[str]:
        """The row's value, rounded if it is to be a float; NaN if the row is spoilt."""
        lines = [f"value = {self.at_row(self.spec.loss.value)} + spoil"]
        return [*lines, *(["value = float64(float32(value))"] if self.spec.out == "f4" else [])]

    def factor(self) -> str:
        """What multiplies the row's results: its weight and the scale; NaN if the row is spoilt."""
        return f"factor = {self.number}(weight * scale + spoil)"

    def stores(self, place: str) -> list[str]:
        """Each result at place ``i`` times the row's factor, into the buffer of that output."""
        out, number = KINDS[self.spec.out], TYPES[self.spec.out]
        return [
            f"store_lanes_{out}({name}_out_at, {place}, {number}({name} * factor))"
            for name in self.spec.per_score_outputs
        ]

    # A number a row, as a double and in the kernel's arithmetic.

    def lane(self, name: str) -> str:
        """A number a row as a double."""
        return f"row_{name}"

    def lane_in_score(self, name: str) -> str:
        """The same in the kernel's arithmetic."""
        return f"row_{name}_a"

    def put(self, name: str, expression: str) -> list[str]:
        """Keep a number a row."""
        return [f"row_{name} = {expression}", f"row_{name}_a = {self.number}(row_{name})"]

    def added(self, total: str, x: str, lost: str) -> list[str]:
        """Add to a sum of doubles, which of doubles keeps what is rounded off."""
        if self.spec.arithmetic == "f4":
            return [f"{total} = {total} + float64({x})"]
        return [f"{total}, {lost} = kept_sum({total}, {x}, {lost})"]

    def together(self, group: Sequence[Statistic]) -> list[str]:
        """Numbers kept and sums taken in one loop over the scores."""
        keeps = [s for s in group if s.kind == "keep"]
        return self.summed(keeps, [(s.name, s.term, s.kind == "expect") for s in group if s.kind != "keep"])

    # What a layout supplies.

    rank = ""

    def neighbour(self, shift: int) -> str:
        """The place ``shift`` scores on from ``i``."""
        raise NotImplementedError

    def unspread_target(self) -> str:
        """The target weight at place ``i`` for a class index."""
        raise NotImplementedError

    def over_scores(self, body: Sequence[str], count: str = "k") -> list[str]:
        """A loop over so many scores, or classes; ``i`` is the place of one."""
        raise NotImplementedError

    def summed(self, keeps: Sequence[Statistic], terms: Sequence[tuple[str, Formula, bool]]) -> list[str]:
        """Numbers kept, and sums, in one loop; each sum is a name, its term, and whether target weights multiply it.

        Sums are taken in parts, in the arithmetic, and the parts in doubles, which of doubles keep what is rounded off:
        equal numbers are rounded the same way every time, and over a whole row their errors would pile up.
        """
        raise NotImplementedError

    def running(self, statistic: Statistic) -> list[str]:
        """A running sum, from one end or the other."""
        raise NotImplementedError

    def maximum(self, statistic: Statistic) -> list[str]:
        """The largest of a term over the scores."""
        raise NotImplementedError

    def picked(self, statistic: Statistic) -> list[str]:
        """An ``expect`` for a class index: its term there."""
        raise NotImplementedError

    def threshold(self, statistic: Statistic) -> list[str]:
        """An iteration that climbs, and ends when it no longer does."""
        raise NotImplementedError

    def source(self) -> str:
        """The whole kernel."""
        raise NotImplementedError
