"""The text of a kernel: one loop over blocks, one over the examples of a block, and only what its spec asks for."""

from __future__ import annotations

import math
import struct
import textwrap
from dataclasses import dataclass

from lossary.backends.cpu.specs.conventions import BLOCK, EXTREME, FLAGS, MODERATE
from lossary.backends.cpu.specs.pointwise import KernelSpec
from lossary.formula import NONNEGATIVE, REALS, Choice, Domain, Interval

SIZES = {"f8": 8, "f4": 4}
KINDS = {"f8": "f64", "f4": "f32"}
WIDTHS = {"f8": "float64", "f4": "float32"}


@dataclass(frozen=True)
class Watch:
    """How a kernel notices, cheaply, that some number of a block may lie outside its domain.

    It may cry wolf (an infinite prediction, a negative zero), never miss: the caller then looks at every number.
    """

    start: dict[str, str]
    update: str
    alarm: str


def _pattern(number: float, dtype: str) -> int:
    return int.from_bytes(struct.pack("<d" if dtype == "f8" else "<f", number), "little", signed=True)


def _literal(number: float, dtype: str) -> str:
    text = repr(float(number)).replace("inf", "INFINITY")
    return text if dtype == "f8" else f"float32({text})"


def _watch(x: str, domain: Domain, dtype: str, least: str = "") -> Watch:
    """The watch over ``x`` of a dtype; ``least`` is the pattern whose minimum is taken, if it is not that of ``x``."""
    low, high = f"{x}_low", f"{x}_high"
    integer = "int64" if dtype == "f8" else "int32"
    if domain == REALS:
        update = f"{high} = max({high}, {integer}(bits({x}) & {_pattern(-0.0, dtype) ^ -1}))"
        return Watch({high: f"{integer}(0)"}, update, f"{high} >= {_pattern(math.inf, dtype)}")
    if isinstance(domain, Interval) and domain.low == 0.0:
        # Non-negative numbers are ordered as their bit patterns are; the patterns of negative ones are negative.
        top = f"{high} {'>' if domain.high_closed else '>='} {_pattern(domain.high, dtype)}"
        start = {low: f"{integer}({_pattern(1.0, dtype)})", high: f"{integer}(0)"}
        update = f"{low} = min({low}, {least or f'bits({x})'}); {high} = max({high}, bits({x}))"
        return Watch(start, update, f"({low} < {0 if domain.low_closed else 1}) | ({top})")
    outside = f"{x}_outside"
    return Watch({outside: "0"}, f"{outside} |= not ({_membership(domain, x, dtype)})", f"{outside} != 0")


def _membership(domain: Domain, x: str, dtype: str) -> str:
    if isinstance(domain, Choice):
        return " | ".join(f"({x} == {_literal(v, dtype)})" for v in domain.values)
    below = "<=" if domain.low_closed else "<"
    above = "<=" if domain.high_closed else "<"
    return f"({_literal(domain.low, dtype)} {below} {x}) & ({x} {above} {_literal(domain.high, dtype)})"


def _closure(domain: Domain, x: str, dtype: str) -> str:
    """Holds in the domain and at its ends, infinite ones included; false for NaN."""
    if domain == REALS:
        return f"{x} == {x}"
    low, high = (domain.low, domain.high) if isinstance(domain, Interval) else (min(domain.values), max(domain.values))
    return f"({_literal(low, dtype)} <= {x}) & ({x} <= {_literal(high, dtype)})"


def _member(domain: Domain) -> float:
    """Some number inside, to stand in for one that does not count."""
    if isinstance(domain, Choice):
        return domain.values[0]
    inner = (
        1.0,
        0.5,
        0.0,
        domain.low,
        domain.high,
        0.5 * (domain.low + domain.high),
        domain.low + 1.0,
        domain.high - 1.0,
    )
    return next(x for x in inner if x in domain)


def source(spec: KernelSpec) -> str:
    """The kernel's text. ``call`` is the address of the packed record, whose fields are read in order."""
    lines = ["def kernel(call, start, stop):"]
    position = iter(range(64))

    def field(name: str, kind: str = "i64") -> None:
        lines.append(f"    {name} = load_{kind}(call, {next(position)})")

    arithmetic = WIDTHS[spec.arithmetic]
    for name in ("scratch", "bins", "flags", "streaming"):
        field(name)
    field("wide_scale", "f64")
    lines.append(f"    scale = {arithmetic}(wide_scale)")
    inputs = _inputs(spec)
    for name, _ in inputs:
        field(f"{name}_base")
        field(f"{name}_stride")
    for i, each in enumerate(spec.per_example):
        if not each:
            field(f"wide_p{i}", "f64")
            lines.append(f"    p{i} = {arithmetic}(wide_p{i})")
    for name in spec.outputs:
        field(f"{name}_base")
    buffers = [*(name for name, _ in inputs), *spec.outputs, "total"]
    lines += [f"    {name}_buffer = scratch + {8 * BLOCK * i}" for i, name in enumerate(buffers)]
    lines.append(f"    work = scratch + {8 * BLOCK * len(buffers)}")
    lines.append("    for first in range(start, stop, BLOCK):")
    lines.append(textwrap.indent("\n".join(_block(spec, inputs)), " " * 8))
    lines.append("    fence()")
    return "\n".join(lines) + "\n"


def _inputs(spec: KernelSpec) -> list[tuple[str, str]]:
    weights = [("w", spec.w)] if spec.w else []
    return [
        ("y", spec.y),
        ("f", spec.f),
        *weights,
        *((f"p{i}", "f8") for i, each in enumerate(spec.per_example) if each),
    ]


def _block(spec: KernelSpec, inputs: list[tuple[str, str]]) -> list[str]:
    """What is done for one block."""
    lines = ["size = min(BLOCK, stop - first)"]
    for name, dtype in inputs:
        lines += _gathered(name, dtype)
    for name in spec.outputs:
        place = f"{name}_base + first * {SIZES[spec.out]}"
        lines.append(f"{name}_at = select(streaming != 0, {name}_buffer, {place})")
    watches = {"y": _watch("y_seen", spec.loss.target, spec.arithmetic)}
    if spec.loss.prediction != REALS:
        watches["f"] = _watch("f_seen", spec.loss.prediction, spec.arithmetic)
    if spec.w:
        # Weights of zero are no small ones.
        watches["w"] = _watch("w", NONNEGATIVE, _weight_arithmetic(spec), "select(counts, bits(w), w_one)")
        lines.append(f"w_one = bits({_literal(1.0, _weight_arithmetic(spec))})")
    for watch in watches.values():
        lines += [f"{name} = {value}" for name, value in watch.start.items()]
    lines += ["largest = int32(0)", "least = int32(-1)"] if _values_are_floats(spec) else ["largest = 0"]
    lines += ["for i in independent(size):"]
    lines.append(textwrap.indent("\n".join(_example(spec, watches)), "    "))
    for name, watch in watches.items():
        lines.append(f"if {watch.alarm}: store_i64(flags, 0, load_i64(flags, 0) | {FLAGS[name]})")
    if spec.w:
        least, most = (_pattern(end, _weight_arithmetic(spec)) for end in MODERATE[spec.arithmetic])
        extreme = f"(w_low < {least}) | (w_high > {most})"
        lines.append(f"if {extreme}: store_i64(flags, 0, load_i64(flags, 0) | {EXTREME})")
    if spec.total and _values_are_floats(spec):
        if spec.w:
            lines += _weighted()
            lines.append("add_block(work + 64, size, wide_largest, bins, work)")
        else:
            lines.append("add_block_32(total_buffer, size, largest, least, bins, work, work + 64)")
    elif spec.total:
        lines.append("add_block(total_buffer, size, largest, bins, work)")
    size = SIZES[spec.out]
    for name in spec.outputs:
        lines.append(f"if streaming != 0: copy_out({name}_base + first * {size}, {name}_at, size * {size}, streaming)")
    return lines


def _weight_arithmetic(spec: KernelSpec) -> str:
    return "f4" if (spec.w, spec.arithmetic) == ("f4", "f4") else "f8"


def _values_are_floats(spec: KernelSpec) -> bool:
    """Whether values stay floats until they are summed: one double in a loop halves the width of its vectors."""
    return spec.arithmetic == "f4" and spec.w in (None, "f4")


def _weighted() -> list[str]:
    """A loop of its own that widens the values and weighs them, into the buffer behind ``work``."""
    return [
        "wide_largest = 0",
        "for i in range(size):",
        "    wide = float64(load_f32(w_at, i))",
        "    term = select(wide != 0.0, wide * float64(load_f32(total_buffer, i)), 0.0)",
        "    store_f64(work + 64, i, term)",
        "    wide_largest = max(wide_largest, bits(term) & MAGNITUDE)",
    ]


def _gathered(name: str, dtype: str) -> list[str]:
    """Where a block of an array is to be read: in place if contiguous, else copied side by side."""
    size, kind = SIZES[dtype], KINDS[dtype]
    return [
        f"{name}_at = {name}_base + first * {name}_stride",
        f"if {name}_stride != {size}:",
        "    for i in range(size):",
        f"        store_{kind}({name}_buffer, i, load_{kind}({name}_at + i * {name}_stride, 0))",
        f"    {name}_at = {name}_buffer",
    ]


def _example(spec: KernelSpec, watches: dict[str, Watch]) -> list[str]:
    """What is done for one example."""
    loss, arithmetic = spec.loss, WIDTHS[spec.arithmetic]
    lines = [
        f"{name} = {arithmetic}(load_{KINDS[dtype]}({name}_at, i))" for name, dtype in _inputs(spec) if name != "w"
    ]
    if spec.w:
        lines.append(f"w = {WIDTHS[_weight_arithmetic(spec)]}(load_{KINDS[spec.w]}(w_at, i))")
        lines.append(f"counts = w != {_literal(0.0, _weight_arithmetic(spec))}")
    for name, domain in (("y", loss.target), ("f", loss.prediction)):
        stand_in = _literal(_member(domain), spec.arithmetic)
        lines.append(f"{name}_seen = {f'select(counts, {name}, {stand_in})' if spec.w else name}")
    lines += [watch.update for watch in watches.values()]
    parameters = "".join(f", p{i}" for i in range(len(spec.per_example)))
    valid = _closure(loss.prediction, "f", spec.arithmetic)
    for name in spec.quantities:
        lines.append(f"{name} = select({valid}, {arithmetic}({name}_formula(y, f{parameters})), NAN)")
    if spec.total and _values_are_floats(spec):
        lines.append("store_f32(total_buffer, i, value)")
        lines.append("pattern = bits(value) & MAGNITUDE_32")
        lines.append("largest = max(largest, pattern)")
        lines.append("least = smaller_unsigned(least, pattern - 1)")
    elif spec.total:
        lines.append(f"term = {'select(counts, w * float64(value), 0.0)' if spec.w else 'value'}")
        lines.append("store_f64(total_buffer, i, term)")
        lines.append("largest = max(largest, bits(term) & MAGNITUDE)")
    for name in spec.outputs:
        scaled = name
        if spec.scaled:
            scale = "scale" if _weight_arithmetic(spec) == "f4" else "wide_scale"
            weighted = f"select(counts, {name} * {arithmetic}(w * {scale}), {_literal(0.0, spec.arithmetic)})"
            scaled = weighted if spec.w else f"{name} * scale"
        lines.append(f"store_{KINDS[spec.out]}({name}_at, i, {scaled})")
    return lines
