"""From a loss's formulas to one machine-code kernel: this module is the only one that needs Numba, and only to compile.

A kernel walks over a range of examples in blocks of ``BLOCK``. For each block it reads targets and predictions once, writes
every asked quantity to scratch that stays in the first-level cache, adds the values exactly (see ``summing``), and
copies the scratch out. The arithmetic is float64 whatever the arrays hold, so float32 results are rounded once.

The text of a kernel is generated (its arrays and quantities differ), compiled by Numba to an object file, and kept by
``store``; a later process loads the object without Numba.
"""

from __future__ import annotations

import functools
import math
import struct
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import llvmlite.binding as llvm
import numba

from lossary import primitives
from lossary.backends.cpu import functions, intrinsics, summing
from lossary.backends.cpu.spec import BLOCK, CALL, FLAGS, SYMBOL, KernelSpec
from lossary.formula import NONNEGATIVE, REALS, Choice, Domain, Interval, bind

SIZES = {"f8": 8, "f4": 4}
KINDS = {"f8": "f64", "f4": "f32"}


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, object]:
    return primitives.table(functions.BASE, functions.compiled)


@dataclass(frozen=True)
class Watch:
    """How a kernel notices, cheaply, that some number of a block may lie outside its domain.

    It may cry wolf (an infinite prediction, a negative zero), never miss: the caller then looks at every number.
    """

    start: dict[str, str]
    update: str
    alarm: str


def _watch(x: str, domain: Domain) -> Watch | None:
    """The watch over the double ``x``; None where nothing can be wrong."""
    low, high = f"{x}_low", f"{x}_high"
    if domain == REALS:
        return Watch({high: "0"}, f"{high} = max({high}, bits({x}) & MAGNITUDE)", f"{high} >= {_pattern(math.inf)}")
    if isinstance(domain, Interval) and domain.low == 0.0:
        # Non-negative doubles are ordered as their bit patterns are; the patterns of negative ones are negative.
        top = f"{high} {'>' if domain.high_closed else '>='} {_pattern(domain.high)}"
        start = {low: str(_pattern(1.0)), high: "0"}
        update = f"{low} = min({low}, bits({x})); {high} = max({high}, bits({x}))"
        return Watch(start, update, f"({low} < {0 if domain.low_closed else 1}) | ({top})")
    outside = f"{x}_outside"
    return Watch({outside: "0"}, f"{outside} |= not ({_membership(domain, x)})", f"{outside} != 0")


def _pattern(number: float) -> int:
    return int.from_bytes(struct.pack("<d", number), "little", signed=True)


def _membership(domain: Domain, x: str) -> str:
    if isinstance(domain, Choice):
        return " | ".join(f"({x} == {v!r})" for v in domain.values)
    below = "<=" if domain.low_closed else "<"
    above = "<=" if domain.high_closed else "<"
    return f"({_literal(domain.low)} {below} {x}) & ({x} {above} {_literal(domain.high)})"


def _literal(number: float) -> str:
    return repr(number).replace("inf", "INFINITY")


def _member(domain: Domain) -> float:
    """Some number inside, to stand in for a masked one."""
    return next(x for x in (1.0, 0.5, *getattr(domain, "values", ())) if x in domain)


def source(spec: KernelSpec) -> str:
    """The kernel's text. Field ``i`` of the call record is ``load_i64(call, i)``."""
    arrays = [("y", spec.y), ("f", spec.f), *([("w", spec.w)] if spec.w else [])]
    arrays += [(f"p{i}", "f8") for i, each in enumerate(spec.per_example) if each]
    fields = iter(range(CALL))
    lines = ["def kernel(call, start, stop):"]

    def field(name: str) -> None:
        lines.append(f"    {name} = load_i64(call, {next(fields)})")

    for name in ("scratch", "bins", "flags", "streaming"):
        field(name)
    lines.append(f"    scale = load_f64(call, {next(fields)})")
    for name, _ in arrays:
        field(f"{name}_base")
        field(f"{name}_stride")
    for i, each in enumerate(spec.per_example):
        if not each:
            lines.append(f"    p{i} = load_f64(call, {next(fields)})")
    for name in spec.outputs:
        field(f"{name}_base")

    buffers = [*(name for name, _ in arrays), *spec.outputs, "total"]
    for i, name in enumerate(buffers):
        lines.append(f"    {name}_buffer = scratch + {8 * BLOCK * i}")
    lines += [
        f"    work = scratch + {8 * BLOCK * len(buffers)}",
        "    for first in range(start, stop, BLOCK):",
        "        size = min(BLOCK, stop - first)",
    ]
    for name, dtype in arrays:
        lines += _gathered(name, dtype)
    watches = {"y": _watch("y_seen", spec.loss.target)}
    if spec.loss.prediction != REALS:
        watches["f"] = _watch("f_seen", spec.loss.prediction)
    if spec.w:
        watches["w"] = _watch("w", NONNEGATIVE)
    for watch in watches.values():
        lines += [f"        {name} = {value}" for name, value in watch.start.items()]
    lines.append("        largest = 0")
    lines.append("        for i in range(size):")
    lines += textwrap.indent("\n".join(_body(spec, watches)), " " * 12).splitlines()
    for watch, flag in zip(watches.values(), (FLAGS[name] for name in watches), strict=True):
        lines.append(f"        if {watch.alarm}: store_i64(flags, 0, load_i64(flags, 0) | {flag})")
    if spec.total:
        lines.append("        add_block(total_buffer, size, largest, bins, work)")
    for name in spec.outputs:
        lines.append(f"        copy_out({name}_base + first * {SIZES[spec.out]}, {name}_buffer, size * {SIZES[spec.out]}, streaming)")
    lines.append("    fence()")
    return "\n".join(lines) + "\n"


def _gathered(name: str, dtype: str) -> list[str]:
    """Where a block of an array is to be read: in place if contiguous, else copied side by side."""
    size, kind = SIZES[dtype], KINDS[dtype]
    return [
        f"        {name}_at = {name}_base + first * {name}_stride",
        f"        if {name}_stride != {size}:",
        "            for i in range(size):",
        f"                store_{kind}({name}_buffer, i, load_{kind}({name}_at + i * {name}_stride, 0))",
        f"            {name}_at = {name}_buffer",
    ]


def _body(spec: KernelSpec, watches: dict[str, Watch]) -> list[str]:
    """What is done for one example."""
    loss = spec.loss
    lines = [f"y = load_{KINDS[spec.y]}(y_at, i)", f"f = load_{KINDS[spec.f]}(f_at, i)"]
    for i, each in enumerate(spec.per_example):
        if each:
            lines.append(f"p{i} = load_f64(p{i}_at, i)")
    parameters = "".join(f", p{i}" for i in range(len(spec.per_example)))
    if spec.w:
        lines += [f"w = load_{KINDS[spec.w]}(w_at, i)", "counts = w != 0.0"]
    for name, domain in (("y", loss.target), ("f", loss.prediction)):
        lines.append(f"{name}_seen = {f'select(counts, {name}, {_member(domain)!r})' if spec.w else name}")
    lines += [watch.update for watch in watches.values()]
    valid = "f == f" if spec.unbounded else f"({_closure(loss.prediction, 'f')})"
    for name in dict.fromkeys([*spec.outputs, *(["value"] if spec.total else [])]):
        lines.append(f"{name} = select({valid}, {name}_formula(y, f{parameters}), NAN)")
    if spec.total:
        lines.append(f"term = {'select(counts, w * value, 0.0)' if spec.w else 'value'}")
        lines.append("store_f64(total_buffer, i, term)")
        lines.append("largest = max(largest, bits(term) & MAGNITUDE)")
    for name in spec.outputs:
        scaled = name
        if spec.scaled:
            scaled = f"select(counts, {name} * (w * scale), 0.0)" if spec.w else f"{name} * scale"
        lines.append(f"store_{KINDS[spec.out]}({name}_buffer, i, {scaled})")
    return lines


def _closure(domain: Domain, x: str) -> str:
    """Holds in the domain and at its ends, infinite ones included; false for NaN."""
    return f"({_literal(domain.low)} <= {x}) & ({x} <= {_literal(domain.high)})"


def compile_kernel(spec: KernelSpec) -> bytes:
    """The kernel's object code for this machine, a function called ``SYMBOL``."""
    table = _table()
    names = {name: getattr(intrinsics, name) for name in dir(intrinsics) if not name.startswith("_")}
    names |= {
        "BLOCK": BLOCK,
        "INFINITY": functions.INFINITY,
        "NAN": functions.NAN,
        "add_block": summing.add_block,
        "copy_out": summing.copy_out,
        "MAGNITUDE": 0x7FFFFFFFFFFFFFFF,
        "max": max,
        "min": min,
        "range": range,
    }
    for quantity in {*spec.outputs, *(["value"] if spec.total else [])}:
        names[f"{quantity}_formula"] = functions.compiled(bind(spec.loss.quantity(quantity), table))
    exec(compile(source(spec), f"<lossary kernel {spec.name}>", "exec"), names)
    return _object_code(names["kernel"])


def _object_code(function: Callable) -> bytes:
    dispatcher = numba.njit("void(int64, int64, int64)", error_model="numpy")(function)
    (compiled,) = dispatcher.overloads.values()
    module = llvm.parse_assembly(compiled.library.get_llvm_str())
    target = llvm.Target.from_triple(module.triple)
    machine = target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, reloc="pic"
    )
    _keep_only(module, compiled.fndesc.llvm_func_name, machine)
    return machine.emit_object(module)


def _keep_only(module: llvm.ModuleRef, name: str, machine: llvm.TargetMachine) -> None:
    """Drop Numba's wrappers for calls from Python: they refer to symbols that only Numba defines."""
    for each in (*module.functions, *module.global_variables):
        if each.name == name:
            each.name = SYMBOL
        elif not each.is_declaration:
            each.linkage = "internal"
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options())
    passes.run(module, builder)
    missing = [f.name for f in module.functions if f.is_declaration and f.name not in ("memset", "memcpy", "memmove") and "llvm." not in f.name]
    if missing:
        raise RuntimeError(f"the kernel calls {', '.join(missing)}, which another process cannot find")
