"""From a loss's formulas to a machine-code kernel; the one module that imports Numba, and only to compile.

A kernel walks over a range of examples in blocks of ``BLOCK``. For each block it reads targets and predictions once,
writes every asked quantity to scratch that stays in the first-level cache, adds the values exactly (see ``summing``),
and copies the scratch out. Its text is generated (``text``), compiled by Numba to an object file, and kept by
``store``; a later process loads the object without Numba.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import llvmlite.binding as llvm
import numba
import numpy as np

from lossary import primitives
from lossary.backends.cpu import functions, intrinsics, single, summing
from lossary.backends.cpu.memory import MEMORY
from lossary.backends.cpu.spec import BLOCK, SYMBOL, KernelSpec
from lossary.backends.cpu.text import source
from lossary.formula import bind


@functools.lru_cache(maxsize=2)
def table(arithmetic: str) -> dict[str, object]:
    """The compiled primitives of float32 ("f4") or float64 ("f8") arithmetic."""
    if arithmetic == "f4":
        return primitives.table(single.BASE, functions.compiled, single_literal)
    return primitives.table(functions.BASE, functions.compiled)


def single_literal(number: float) -> np.float32:
    """A constant as a float; thresholds beyond its range become infinite, which is what they mean there."""
    with np.errstate(over="ignore"):
        return np.float32(number)


def compile_kernel(spec: KernelSpec) -> bytes:
    """The kernel's object code for this machine, a function called ``SYMBOL``."""
    names = {name: getattr(intrinsics, name) for name in dir(intrinsics) if not name.startswith("_")}
    literal = single_literal if spec.arithmetic == "f4" else None
    names |= {
        "BLOCK": BLOCK,
        "INFINITY": math.inf,
        "MAGNITUDE": 0x7FFFFFFFFFFFFFFF,
        "MAGNITUDE_32": 0x7FFFFFFF,
        "NAN": np.float32(math.nan) if literal else math.nan,
        "add_block": summing.add_block,
        "add_block_32": summing.add_block_32,
        "copy_out": summing.copy_out,
        "float32": numba.float32,
        "float64": numba.float64,
        "int32": numba.int32,
        "int64": numba.int64,
        "max": max,
        "min": min,
        "range": range,
    }
    for quantity in spec.quantities:
        bound = bind(spec.loss.quantity(quantity), table(spec.arithmetic), literal)
        names[f"{quantity}_formula"] = functions.compiled(bound)
    exec(compile(source(spec), f"<lossary kernel {spec.name}>", "exec"), names)
    return object_code(names["kernel"])


def object_code(function: Callable, fastmath: bool | set[str] = False) -> bytes:
    """The object code of a kernel ``(call, start, stop)``."""
    dispatcher = numba.njit("void(int64, int64, int64)", error_model="numpy", fastmath=fastmath)(function)
    (compiled,) = dispatcher.overloads.values()
    module = llvm.parse_assembly(compiled.library.get_llvm_str())
    memory = llvm.parse_assembly(MEMORY)
    memory.triple, memory.data_layout = module.triple, module.data_layout
    target = llvm.Target.from_triple(module.triple)
    # In the large code model every use of a constant takes an instruction more, and the inner loops are full of them.
    machine = target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="small",
    )
    _keep_only(module, compiled.fndesc.llvm_func_name, machine)
    module.link_in(memory)
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
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))
    foreign = [f.name for f in module.functions if f.is_declaration]
    missing = [f for f in foreign if not f.startswith("llvm.") or f.startswith("llvm.memmove")]
    missing = sorted(set(missing) - {"memset", "memcpy"})
    if missing:
        raise RuntimeError(f"the kernel calls {', '.join(missing)}, which another process cannot find")
