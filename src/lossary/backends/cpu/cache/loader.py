"""Machine code in this process: loaded once, whatever asks for it, and given back when nothing does."""

from __future__ import annotations

import ctypes
import weakref
from collections import deque
from collections.abc import Callable

import llvmlite.binding as llvm

from lossary.backends.cpu.specs.conventions import SYMBOL

Kernel = Callable[[bytes, int, int], None]
"""Runs on a packed call record, from one example to another."""

SPARE = 256
"""Kernels that stay loaded though nothing uses them: each takes a few of the 65,530 memory maps of a process."""

_CALL = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int64, ctypes.c_int64)

_loaded: weakref.WeakValueDictionary[str, Kernel] = weakref.WeakValueDictionary()
_recent: deque[Kernel] = deque(maxlen=SPARE)
_retired: deque[llvm.ExecutionEngine] = deque()


def find(content: str) -> Kernel | None:
    """A kernel that is loaded already, by the digest of what it computes."""
    return _loaded.get(content)


def forget() -> None:
    """Load, or compile, whatever is asked for next; kernels in use stay as they are."""
    _loaded.clear()
    _recent.clear()


def load(content: str, code: bytes) -> Kernel:
    """Load machine code. Only one thread may: LLVM is entered."""
    # An engine ends where no thread can be inside LLVM, not where the last reference happens to go.
    while _retired:
        _retired.pop().close()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(reloc="pic")
    # An engine a kernel: they all have the same symbol.
    # This memory manager puts a kernel's code beside its constants, which the small code model takes for granted.
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine, use_lmm=True)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address(SYMBOL)
    kernel: Kernel = _CALL(address)
    kernel.address = address  # type: ignore[attr-defined] # for those who call it without ctypes
    weakref.finalize(kernel, _retired.append, engine).atexit = False
    _loaded[content] = kernel
    _recent.append(kernel)
    return kernel
