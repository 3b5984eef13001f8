"""From a loss's formulas to the machine code of a pointwise kernel; imported only to compile.

A kernel walks over a range of examples in blocks of ``BLOCK``. For each block it reads targets and predictions once,
writes every asked quantity to scratch that stays in the first-level cache, adds the values exactly (see
``arithmetic.summing``), and copies the scratch out. Its text is generated (``text``), compiled by LLVM to an object
file, and kept by ``cache.store``; a later process loads that.
"""

from __future__ import annotations

import math

import numpy as np

from lossary.backends.cpu.arithmetic import summing
from lossary.backends.cpu.arithmetic.compiler import formula_in, instructions, object_code
from lossary.backends.cpu.pointwise.text import source
from lossary.backends.cpu.specs.conventions import BLOCK
from lossary.backends.cpu.specs.pointwise import KernelSpec


def compile_kernel(spec: KernelSpec) -> bytes:
    """The kernel's object code for this machine, a function called ``SYMBOL``."""
    names = {
        **instructions(),
        "BLOCK": BLOCK,
        "INFINITY": math.inf,
        "MAGNITUDE": 0x7FFFFFFFFFFFFFFF,
        "MAGNITUDE_32": 0x7FFFFFFF,
        "NAN": np.float32(math.nan) if spec.arithmetic == "f4" else math.nan,
        "add_block": summing.add_block,
        "add_block_32": summing.add_block_32,
        "copy_out": summing.copy_out,
    }
    for quantity in spec.quantities:
        names[f"{quantity}_formula"] = formula_in(spec.arithmetic, spec.loss.quantity(quantity))
    return object_code(source(spec), names)
