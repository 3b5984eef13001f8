"""A kernel for every need: loaded already, kept on disk, or compiled by Numba and kept.

Numba compiles a kernel once on a machine; later processes load it without Numba. ``cache`` has the parts: a kernel's
``key``, its ``folder`` and ``file``, the ``loader``, the threads of its own that all this happens on (``apart``), and
the ``claim`` that keeps two processes from compiling the same kernel.
"""

from __future__ import annotations

import contextlib

from lossary.backends.cpu.cache import file, folder, key, loader, notice
from lossary.backends.cpu.cache.apart import apart, compiling, loading
from lossary.backends.cpu.cache.claim import claimed
from lossary.backends.cpu.cache.loader import Kernel
from lossary.backends.cpu.rows.spec import RowSpec
from lossary.backends.cpu.spec import KernelSpec

compiled: list[str] = []
"""The files' names of the kernels that this process had to compile, in order."""


def kernel(spec: KernelSpec | RowSpec) -> Kernel:
    """The machine code of a kernel, compiled only if this machine has not seen it before."""
    content = key.content(spec)
    found = loader.find(content)
    if found is None:
        found = apart(lambda: _made(spec, content))
        notice.give()
    return found


def _made(spec: KernelSpec | RowSpec, content: str) -> Kernel:
    with loading():
        found = _known(spec, content)
    if found is not None:
        return found
    with compiling():
        # Another thread may have been quicker.
        return _known(spec, content) or _compiled(spec, content)


def _compiled(spec: KernelSpec | RowSpec, content: str) -> Kernel:
    """A kernel that is not on disk: compiled here, or by another process that is at it already."""
    name = key.file_name(spec)
    with _claim(name):
        found = _known(spec, content)
        if found is None:
            code = _machine_code(spec)
            _keep(name, code)
            found = loader.load(content, code)
    return found


def _claim(name: str) -> contextlib.AbstractContextManager[object]:
    try:
        return claimed(folder.writable() / name)
    except folder.Refusal:  # nothing is kept, so no other process could take it over
        return contextlib.nullcontext()


def _known(spec: KernelSpec | RowSpec, content: str) -> Kernel | None:
    """A kernel that is loaded, or kept on disk."""
    found = loader.find(content)
    if found is not None:
        return found
    name = key.file_name(spec)
    for place in folder.readable():
        code = file.read(place / name)
        if code is not None:
            return loader.load(content, code)
    return None


def _machine_code(spec: KernelSpec | RowSpec) -> bytes:
    from lossary.backends.cpu.cache.settings import usual_settings  # noqa: PLC0415  imports Numba

    with usual_settings():
        # Numba's decorators run while these are imported.
        if isinstance(spec, RowSpec):
            from lossary.backends.cpu.rows import kernels as row_kernels  # noqa: PLC0415

            return row_kernels.compile_kernel(spec)
        from lossary.backends.cpu import kernels  # noqa: PLC0415

        return kernels.compile_kernel(spec)


def _keep(name: str, code: bytes) -> None:
    compiled.append(name)
    try:
        place = folder.writable()
        file.write(place / name, code)
    except folder.Refusal as refusal:
        notice.note(str(refusal))
    except OSError as trouble:
        notice.note(f"{place} cannot be written to ({trouble.strerror})")
