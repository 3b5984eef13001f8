"""What a kernel's machine code depends on, as a digest: another formula, compiler or processor is another file."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import types
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import llvmlite
import llvmlite.binding as llvm

from lossary.backends.cpu.specs.conventions import lanes_a_vector
from lossary.backends.cpu.specs.pointwise import KernelSpec
from lossary.backends.cpu.specs.rows import RowSpec
from lossary.formula import Formula, Loss
from lossary.rowwise import RowLoss

SOURCES = (
    "backends/cpu/arithmetic/loads_and_stores",
    "backends/cpu/arithmetic/compiler",
    "backends/cpu/arithmetic/control",
    "backends/cpu/arithmetic/double",
    "backends/cpu/arithmetic/independence",
    "backends/cpu/arithmetic/lane_operations",
    "backends/cpu/arithmetic/memory",
    "backends/cpu/arithmetic/operations",
    "backends/cpu/arithmetic/powers",
    "backends/cpu/arithmetic/single",
    "backends/cpu/arithmetic/split_sums",
    "backends/cpu/arithmetic/summing",
    "backends/cpu/arithmetic/translate",
    "backends/cpu/arithmetic/two_sum",
    "backends/cpu/arithmetic/values",
    "backends/cpu/pointwise/kernels",
    "backends/cpu/pointwise/text",
    "backends/cpu/rows/inputs",
    "backends/cpu/rows/kernels",
    "backends/cpu/rows/narrow",
    "backends/cpu/rows/text",
    "backends/cpu/rows/wide",
    "backends/cpu/specs/conventions",
    "backends/cpu/specs/pointwise",
    "backends/cpu/specs/rows",
    "formula",
    "losses/scores",
    "primitives",
    "rowwise",
)
"""The library's modules that machine code depends on. How it is kept and loaded is not among them."""

SHOWN = 80
"""Characters of a kernel's own name in its file's name, which systems bound by 255 bytes."""

_parts: WeakKeyDictionary[Loss | RowLoss, dict[str, str]] = WeakKeyDictionary()


def content(spec: KernelSpec | RowSpec) -> str:
    """A digest of what a kernel computes, the same for every record with the same formulas and facts."""
    parts = [spec.name, spec.arithmetic]
    known = _parts.setdefault(spec.loss, {})
    if isinstance(spec, RowSpec):
        if "row" not in known:
            known["row"] = _row_part(spec.loss)
        parts.append(known["row"])
    else:
        parts += [repr(spec.loss.target), repr(spec.loss.prediction)]
        for quantity in spec.quantities:
            if quantity not in known:
                known[quantity] = repr(_code(spec.loss.quantity(quantity)))
            parts.append(f"{quantity}:{known[quantity]}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def file_name(spec: KernelSpec | RowSpec) -> str:
    """What a kernel's file is called on this machine: a word for people, and the digest that counts."""
    word = re.sub(r"[^A-Za-z0-9_-]", "_", spec.name)[:SHOWN]
    return f"{word}-{hashlib.sha256(_surroundings() + content(spec).encode()).hexdigest()[:40]}.kernel"


def _row_part(loss: RowLoss) -> str:
    parts = [loss.targets, loss.prediction, str(loss.more_classes)]
    parts += [f"{s.name}:{s.kind}" for s in loss.statistics] + [p.name for p in loss.parameters]
    return "\n".join(parts + [f"{name}:{_code(formula)!r}" for name, formula in loss.formulas().items()])


def _code(formula: Formula) -> tuple:
    return code_content(formula.__code__)


def code_content(code: types.CodeType) -> tuple:
    """What a function's code does, without where it was written."""
    constants = tuple(code_content(c) if isinstance(c, types.CodeType) else (type(c), repr(c)) for c in code.co_consts)
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    return (code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, counts)


@lru_cache(maxsize=1)
def _surroundings() -> bytes:
    """What all kernels depend on: the library's sources, Python, compiler and processor."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update(_written(name))
    facts = (
        sys.version_info[:3],
        _compilers(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
        lanes_a_vector(),
    )
    digest.update(repr(facts).encode())
    return digest.digest()


def _written(name: str) -> bytes:
    """A module of the library as it was installed: its source, its byte code, or a part of a zip file."""
    this_file = Path(__file__)
    path = this_file.parents[3] / f"{name}{this_file.suffix}"
    try:
        return _loader(__name__).get_data(str(path))
    except OSError:
        # Frozen into a program: there are modules, but no files.
        module = f"lossary.{name.replace('/', '.')}"
        return repr(code_content(_loader(module).get_code(module))).encode()


def _loader(module: str) -> Any:
    """The part of the import system that a module comes from."""
    module_spec = importlib.util.find_spec(module)
    if module_spec is None or module_spec.loader is None:
        raise ImportError(f"{module} cannot be found; install lossary anew")
    return module_spec.loader


def _compilers() -> bytes:
    """The versions of LLVM and of what writes for it."""
    return repr((llvmlite.__version__, llvm.llvm_version_info)).encode()
