"""A kernel for every need: loaded already, kept on disk, or compiled by Numba and kept.

Numba compiles a kernel once on a machine; later processes load it without Numba. ``cache`` has the parts: a kernel's
``key``, its ``folder`` and ``file``, the ``loader``, and the threads of its own that all this happens on (``apart``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lossary.backends.cpu.cache import file, folder, key, loader, notice
from lossary.backends.cpu.cache.apart import apart, compiling, loading
from lossary.backends.cpu.cache.loader import Kernel
from lossary.backends.cpu.specs.pointwise import KernelSpec
from lossary.backends.cpu.specs.rows import RowSpec

Spec = TypeVar("Spec", KernelSpec, RowSpec)

compiled: list[str] = []
"""The files' names of the kernels that this process had to compile, in order."""


def kernel(spec: Spec, compiler: Callable[[Spec], bytes]) -> Kernel:
    """The machine code of a kernel; ``compiler`` makes it if this machine has not seen it before.

    Whatever imports Numba is imported by ``compiler``, when it is called: Numba's settings are the usual ones then.
    """
    content = key.content(spec)
    found = loader.find(content)
    if found is None:
        found = apart(lambda: _made(spec, content, compiler))
        notice.give()
    return found


def _made(spec: Spec, content: str, compiler: Callable[[Spec], bytes]) -> Kernel:
    with loading():
        found = _known(spec, content)
    if found is not None:
        return found
    with compiling():
        # Another thread may have been quicker.
        found = _known(spec, content)
        if found is None:
            code = _machine_code(spec, compiler)
            _keep(key.file_name(spec), code)
            found = loader.load(content, code)
    return found


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


def _machine_code(spec: Spec, compiler: Callable[[Spec], bytes]) -> bytes:
    from lossary.backends.cpu.cache.settings import usual_settings  # noqa: PLC0415  imports Numba

    with usual_settings():
        return compiler(spec)


def _keep(name: str, code: bytes) -> None:
    compiled.append(name)
    try:
        place = folder.writable()
        file.write(place / name, code)
    except folder.Refusal as refusal:
        notice.note(str(refusal))
    except OSError as trouble:
        notice.note(f"{place} cannot be written to ({trouble.strerror})")
