"""A kernel for every need: loaded already, kept on disk, or compiled and kept.

A kernel is compiled once on a machine; later processes load it. The package has the parts: a kernel's
``key``, its ``folder`` and ``file``, the ``loader``, the threads of its own that all this happens on (``apart``), and
the ``claim`` that keeps two processes from compiling the same kernel.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TypeVar

from lossary.backends.cpu.cache import file, folder, key, loader, notice
from lossary.backends.cpu.cache.apart import alone, apart
from lossary.backends.cpu.cache.claim import claimed
from lossary.backends.cpu.cache.loader import Kernel
from lossary.backends.cpu.specs.pointwise import KernelSpec
from lossary.backends.cpu.specs.rows import RowSpec

Spec = TypeVar("Spec", KernelSpec, RowSpec)
Compiler = Callable[[Spec], bytes]

compiled: list[str] = []
"""The files' names of the kernels that this process had to compile, in order."""


def kernel(spec: Spec, compiler: Compiler[Spec]) -> Kernel:
    """The machine code of a kernel; ``compiler`` makes it if this machine has not seen it before."""
    content = key.content(spec)
    loaded = loader.find(content)
    if loaded is None:
        loaded = apart(lambda: _made(spec, content, compiler))
        notice.give()
    return loaded


def _made(spec: Spec, content: str, compiler: Compiler[Spec]) -> Kernel:
    with alone():
        # Another thread may have been quicker.
        return _known(spec, content) or _compiled(spec, content, compiler)


def _compiled(spec: Spec, content: str, compiler: Compiler[Spec]) -> Kernel:
    """A kernel that is not on disk: compiled here, or by another process that is at it already."""
    name = key.file_name(spec)
    with _claim(name):
        known = _known(spec, content)
        if known is not None:
            return known
        code = compiler(spec)
        _keep(name, code)
        return loader.load(content, code)


def _claim(name: str) -> contextlib.AbstractContextManager[object]:
    try:
        return claimed(folder.writable() / name)
    except folder.Refusal:  # nothing is kept, so no other process could take it over
        return contextlib.nullcontext()


def _known(spec: KernelSpec | RowSpec, content: str) -> Kernel | None:
    """A kernel that is loaded, or kept on disk."""
    loaded = loader.find(content)
    if loaded is not None:
        return loaded
    name = key.file_name(spec)
    for place in folder.readable():
        code = file.read(place / name)
        if code is not None:
            return loader.load(content, code)
    return None


def _keep(name: str, code: bytes) -> None:
    compiled.append(name)
    try:
        place = folder.writable()
        file.write(place / name, code)
    except folder.Refusal as refusal:
        notice.note(str(refusal))
    except OSError as trouble:
        notice.note(f"{place} cannot be written to ({trouble.strerror})")
