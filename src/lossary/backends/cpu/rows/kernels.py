"""From a rowwise loss's formulas to machine code: like ``cpu.kernels``, imported only to compile."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from lossary.backends.cpu import functions, intrinsics, kernels, single, summing
from lossary.backends.cpu.lanes import WIDTH
from lossary.backends.cpu.rows import helpers
from lossary.backends.cpu.rows.narrow import Narrow
from lossary.backends.cpu.rows.parallel import promised
from lossary.backends.cpu.rows.spec import RowSpec
from lossary.backends.cpu.rows.text import Text
from lossary.backends.cpu.rows.wide import Wide
from lossary.formula import Formula, bind
from lossary.losses import scores


def compile_kernel(spec: RowSpec) -> bytes:
    """The kernel's object code for this machine."""
    text: Text = Narrow(spec) if spec.narrow else Wide(spec)
    source = text.source()
    names: dict[str, Any] = {**_intrinsics(), **_constants(spec.arithmetic), **_helpers(spec.arithmetic)}
    for name, (formula, arithmetic) in text.formulas.items():
        names[name] = _compiled(formula, arithmetic)
    for name, formula in (("cap", scores.capped), ("slope", scores.slope), ("bend", scores.bend)):
        names[f"{name}_formula"] = _compiled(formula, spec.arithmetic)
    if spec.narrow:
        names |= {"WIDTH": WIDTH, "float32": intrinsics.as_f32, "float64": intrinsics.as_f64}
    exec(compile(source, f"<lossary kernel {spec.name}>", "exec"), names)
    if spec.narrow:
        return kernels.object_code(names["rows_kernel"])
    # Sums may be taken in any order, so that they become vectors; the order is then the machine code's, and always one.
    with promised("rows_kernel"):
        return kernels.object_code(names["rows_kernel"], fastmath={"reassoc"})


def _compiled(formula: Formula, arithmetic: str) -> Callable:
    literal = kernels.single_literal if arithmetic == "f4" else None
    twin: Callable = functions.compiled(bind(formula, kernels.table(arithmetic), literal))
    return twin


def _intrinsics() -> dict[str, object]:
    return {name: getattr(intrinsics, name) for name in dir(intrinsics) if not name.startswith("_")}


def _constants(arithmetic: str) -> dict[str, object]:
    number, whole = (np.float32, np.int32) if arithmetic == "f4" else (np.float64, np.int64)
    return {
        "INFINITY": number(math.inf),
        "INFINITY_A": number(math.inf),
        "INFINITY_BITS": whole(0x7F800000 if arithmetic == "f4" else 0x7FF0000000000000),
        "LOWEST": whole(np.iinfo(whole).min),
        "MAGNITUDE": 0x7FFFFFFFFFFFFFFF,
        "NAN": number(math.nan),
        "NAN_WIDE": math.nan,
        "ONE": number(1.0),
        "ONE_WIDE": 1.0,
        "QUIETEST": whole(0),
        "ZERO": number(0.0),
    }


def _helpers(arithmetic: str) -> dict[str, object]:
    bits = "32" if arithmetic == "f4" else "64"
    base = single.BASE if arithmetic == "f4" else functions.BASE
    return {
        "add_block": summing.add_block,
        "copy_out": summing.copy_out,
        "exp_formula": base["exp"],
        "float32": numba.float32,
        "float64": numba.float64,
        "from_ordered": getattr(helpers, f"from_ordered_{bits}"),
        "int32": numba.int32,
        "int64": numba.int64,
        "magnitude_bits": getattr(helpers, f"magnitude_bits_{bits}"),
        "max": max,
        "min": min,
        "ordered": getattr(helpers, f"ordered_{bits}"),
        "kept_sum": helpers.kept_sum,
        "plain_sum": helpers.plain_sum,
        "range": range,
        "abs": abs,
    }
