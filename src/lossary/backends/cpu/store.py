"""Kernels kept on disk, once per machine: compiled by Numba the first time, loaded without it ever after.

A file's name is a digest of all that its code depends on: the formulas, the library's own sources, LLVM, the processor.
A changed formula is therefore another file, and nothing stale can be loaded. Set ``LOSSARY_CACHE_DIR`` to
move the folder; where it cannot be written, kernels live as long as the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

from lossary.backends.cpu.rows.spec import RowSpec
from lossary.backends.cpu.spec import SYMBOL, KernelSpec
from lossary.formula import Formula

Kernel = Callable[[bytes, int, int], None]
"""Runs on a packed call record, from one example to another."""

_SOURCES = (
    "../../formula.py",
    "../../losses/scores.py",
    "../../primitives.py",
    "functions.py",
    "intrinsics.py",
    "kernels.py",
    "lanes.py",
    "memory.py",
    "rows/helpers.py",
    "rows/kernels.py",
    "rows/narrow.py",
    "rows/spec.py",
    "rows/text.py",
    "rows/wide.py",
    "single.py",
    "spec.py",
    "store.py",
    "summing.py",
    "text.py",
)
_CALL = ctypes.CFUNCTYPE(
    ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64, ctypes.c_int64
)
_lock = threading.Lock()
_engines: list[llvm.ExecutionEngine] = []


def folder() -> Path:
    """Where kernels are kept."""
    chosen = os.environ.get("LOSSARY_CACHE_DIR")
    if chosen:
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "lossary"


@functools.lru_cache(maxsize=1)
def _library_digest() -> bytes:
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for name in _SOURCES:
        digest.update((here / name).read_bytes())
    facts = (
        sys.version_info[:3],
        llvmlite.__version__,
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    )
    digest.update(repr(facts).encode())
    return digest.digest()


def _formula_digest(formula: Formula) -> str:
    code = formula.__code__
    return repr((code.co_code, code.co_consts, code.co_names, code.co_varnames))


def _path(spec: KernelSpec | RowSpec) -> Path:
    if isinstance(spec, RowSpec):
        loss = spec.loss
        parts = [spec.name, spec.arithmetic, loss.targets, loss.prediction, str(loss.more_classes)]
        parts += [f"{s.name}:{s.kind}" for s in loss.statistics] + [p.name for p in loss.parameters]
        parts += [f"{name}:{_formula_digest(formula)}" for name, formula in loss.formulas().items()]
    else:
        parts = [spec.name, spec.arithmetic, repr(spec.loss.target), repr(spec.loss.prediction)]
        parts += [f"{q}:{_formula_digest(spec.loss.quantity(q))}" for q in spec.quantities]
    digest = hashlib.sha256(_library_digest() + "\n".join(parts).encode()).hexdigest()
    return folder() / f"{spec.name}-{digest[:24]}.kernel"


def _read(path: Path) -> bytes | None:
    """A kept kernel; None if there is none or it was cut short."""
    try:
        digest, code = path.read_bytes().split(b"\n", 1)
    except (OSError, ValueError):
        return None
    return code if hashlib.sha256(code).hexdigest().encode() == digest else None


def _write(path: Path, code: bytes) -> None:
    """Keep a kernel; another process sees all of it or nothing."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).hexdigest().encode() + b"\n" + code)
        Path(temporary).replace(path)


def _loaded(code: bytes) -> Kernel:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(reloc="pic")
    # An engine a kernel: they all have the same symbol.
    # This memory manager puts a kernel's code beside its constants, which the small code model takes for granted.
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine, use_lmm=True)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    native = _CALL(engine.get_function_address(SYMBOL))
    # Numba's convention: two places for a result and an exception, of which a kernel has neither.
    unused = ctypes.addressof(_UNUSED)

    def kernel(record: bytes, start: int, stop: int) -> None:
        native(unused, unused, record, start, stop)

    return kernel


_UNUSED = (ctypes.c_void_p * 2)()


@functools.cache
def kernel(spec: KernelSpec | RowSpec) -> Kernel:
    """The machine code of a kernel, compiled only if this machine has not seen it before."""
    with _lock:
        path = _path(spec)
        kept = _read(path)
        if kept is None:
            # Numba takes longer to import than a kernel to run.
            if isinstance(spec, RowSpec):
                from lossary.backends.cpu.rows import kernels as row_kernels  # noqa: PLC0415

                kept = row_kernels.compile_kernel(spec)
            else:
                from lossary.backends.cpu import kernels  # noqa: PLC0415

                kept = kernels.compile_kernel(spec)
            _write(path, kept)
        return _loaded(kept)
