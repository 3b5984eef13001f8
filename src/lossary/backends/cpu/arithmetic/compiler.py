"""From formulas and a kernel's text to machine code: the last step, the same for all kinds of kernel."""

from __future__ import annotations

import functools
from collections.abc import Callable

import llvmlite.binding as llvm
import numba
import numpy as np

from lossary import primitives
from lossary.backends.cpu.arithmetic import double, lane_operations, loads_and_stores, operations, single, split_sums
from lossary.backends.cpu.arithmetic.memory import MEMORY
from lossary.backends.cpu.specs.conventions import SYMBOL
from lossary.formula import Formula, bind


@functools.lru_cache(maxsize=2)
def table(arithmetic: str) -> dict[str, object]:
    """The compiled primitives of float32 ("f4") or float64 ("f8") arithmetic."""
    if arithmetic == "f4":
        return primitives.table(single.BASE, double.compiled, single_literal)
    return primitives.table(double.BASE, double.compiled)


def single_literal(number: float) -> np.float32:
    """A constant as a float; thresholds beyond its range become infinite, which is what they mean there."""
    with np.errstate(over="ignore"):
        return np.float32(number)


def formula_in(arithmetic: str, formula: Formula) -> Callable:
    """A formula, compiled in float32 ("f4") or float64 ("f8") arithmetic."""
    literal = single_literal if arithmetic == "f4" else None
    twin: Callable = double.compiled(bind(formula, table(arithmetic), literal))
    return twin


def instructions() -> dict[str, object]:
    """The operations of Numba's and ours that a kernel's text may call, by name."""
    modules = (loads_and_stores, split_sums, operations, lane_operations)
    return {name: each for module in modules for name, each in vars(module).items() if not name.startswith("_")}


def object_code(source: str, name: str, names: dict[str, object]) -> bytes:
    """The object code of a text that defines ``kernel(call, start, stop)``; ``names`` are what it may refer to."""
    exec(compile(source, f"<lossary kernel {name}>", "exec"), names)
    dispatcher = numba.njit("void(int64, int64, int64)", error_model="numpy")(names["kernel"])
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
