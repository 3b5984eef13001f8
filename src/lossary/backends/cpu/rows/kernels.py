"""From a rowwise loss's formulas to machine code; imported only to compile."""

from __future__ import annotations

import math

import numpy as np

from lossary.backends.cpu.arithmetic import double, single, summing, two_sum
from lossary.backends.cpu.arithmetic.compiler import formula_in, instructions, object_code
from lossary.backends.cpu.arithmetic.values import WIDTH
from lossary.backends.cpu.rows.narrow import Narrow
from lossary.backends.cpu.rows.text import Text
from lossary.backends.cpu.rows.wide import Wide
from lossary.backends.cpu.specs.rows import RowSpec
from lossary.losses import scores


def compile_kernel(spec: RowSpec) -> bytes:
    """The kernel's object code for this machine, a function called ``SYMBOL``."""
    text: Text = Narrow(spec) if spec.narrow else Wide(spec)
    source = text.source()
    names = {**instructions(), **_constants(spec.arithmetic), **_helpers(spec.arithmetic)}
    for name, (formula, arithmetic) in text.formulas.items():
        names[name] = formula_in(arithmetic, formula, branches=True)
    for name, formula in (("cap", scores.capped), ("slope", scores.slope), ("bend", scores.bend)):
        names[f"{name}_formula"] = formula_in(spec.arithmetic, formula)
    return object_code(source, names)


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
    base = single.BASE if arithmetic == "f4" else double.BASE
    return {
        "add_block": summing.add_block,
        "copy_out": summing.copy_out,
        "exp_formula": base["exp"],
        "kept_sum": two_sum.kept_sum,
    }
