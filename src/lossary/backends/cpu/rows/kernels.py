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
    exec(compile(source, f"<lossary kernel {spec.name}>", "exec"), names)
    return kernels.object_code(names["rows_kernel"])


def _compiled(formula: Formula, arithmetic: str) -> Callable:
    literal = kernels.single_literal if arithmetic == "f4" else None
    twin: Callable = functions.compiled(bind(formula, kernels.table(arithmetic), literal))
    return twin


def _intrinsics() -> dict[str, object]:
    return {name: getattr(intrinsics, name) for name in dir(intrinsics) if not name.startswith("_")}


def _constants(arithmetic: str) -> dict[str, object]:
    number = np.float32 if arithmetic == "f4" else np.float64
    return {
        "INFINITY": number(math.inf),
        "MAGNITUDE": 0x7FFFFFFFFFFFFFFF,
        "NAN": number(math.nan),
        "NAN_WIDE": math.nan,
        "ONE": number(1.0),
        "WIDTH": WIDTH,
        "ZERO": number(0.0),
    }


def _helpers(arithmetic: str) -> dict[str, object]:
    base = single.BASE if arithmetic == "f4" else functions.BASE
    return {
        "add_block": summing.add_block,
        "copy_out": summing.copy_out,
        "exp_formula": base["exp"],
        "float32": intrinsics.as_f32,
        "float64": intrinsics.as_f64,
        "int64": numba.int64,
        "max": max,
        "min": min,
        "kept_sum": helpers.kept_sum,
        "range": range,
        "abs": abs,
    }
