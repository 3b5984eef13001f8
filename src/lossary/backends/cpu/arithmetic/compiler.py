"""From formulas and a kernel's text to machine code: the last step, the same for all kinds of kernel."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import llvmlite.binding as llvm
import numpy as np

from lossary import primitives
from lossary.backends.cpu.arithmetic import double, lane_operations, loads_and_stores, operations, single
from lossary.backends.cpu.arithmetic.memory import MEMORY
from lossary.backends.cpu.arithmetic.powers import by_parameter
from lossary.backends.cpu.arithmetic.translate import translate
from lossary.backends.cpu.specs.conventions import SYMBOL
from lossary.formula import Formula, bind


@functools.lru_cache(maxsize=4)
def table(arithmetic: str, branches: bool) -> dict[str, object]:
    """The primitives in float32 ("f4") or float64 ("f8") arithmetic; with ``branches`` where these save work."""
    base = single.BASE if arithmetic == "f4" else double.BASE
    if branches:
        base = {**base, "power": by_parameter(base["power"])}
    return primitives.table(base, literal=single_literal if arithmetic == "f4" else None)


def single_literal(number: float) -> np.float32:
    """A constant as a float; thresholds beyond its range become infinite, which is what they mean there."""
    with np.errstate(over="ignore"):
        return np.float32(number)


def formula_in(arithmetic: str, formula: Formula, branches: bool = False) -> Callable:
    """A formula in float32 ("f4") or float64 ("f8") arithmetic."""
    return bind(formula, table(arithmetic, branches), single_literal if arithmetic == "f4" else None)


def instructions() -> dict[str, object]:
    """The operations that a kernel's text may call, by name."""
    found = {
        name: each
        for module in (loads_and_stores, operations, lane_operations)
        for name, each in vars(module).items()
        if not name.startswith("_")
    }
    numbers = {"float32": operations.as_f32, "float64": operations.as_f64, "int32": operations.as_i32}
    return {
        **found,
        **numbers,
        "int64": operations.as_i64,
        "max": operations.greater,
        "min": operations.smaller,
    }


def object_code(source: str, names: Mapping[str, object]) -> bytes:
    """The object code of a text that defines ``kernel(call, start, stop)``; ``names`` are what it may refer to."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple = llvm.get_process_triple()
    # In the large code model every use of a constant takes an instruction more, and the inner loops are full of them.
    machine = llvm.Target.from_triple(triple).create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="small",
    )
    written = translate(source, SYMBOL, names)
    written.triple, written.data_layout = triple, str(machine.target_data)
    module = llvm.parse_assembly(str(written))
    _link_memory(module)
    _optimise(module, machine)
    _refuse_foreign(module)
    return machine.emit_object(module)


def _link_memory(module: llvm.ModuleRef) -> None:
    memory = llvm.parse_assembly(MEMORY)
    memory.triple, memory.data_layout = module.triple, module.data_layout
    module.link_in(memory)


def _optimise(module: llvm.ModuleRef, machine: llvm.TargetMachine) -> None:
    """LLVM's usual passes. Vectors of what stands side by side in the text (SLP) gain nothing here and take long."""
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization, tuning.slp_vectorization, tuning.loop_unrolling = True, False, False
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)


def _refuse_foreign(module: llvm.ModuleRef) -> None:
    """A kernel that calls what another process cannot find is none."""
    foreign = {function.name for function in module.functions if function.is_declaration}
    missing = sorted(f for f in foreign if not f.startswith("llvm.") or f.startswith("llvm.memmove"))
    if missing:
        raise RuntimeError(f"the kernel calls {', '.join(missing)}, which another process cannot find")
