"""What a kernel's file depends on, and that Numba's settings are not among it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import lossary
from lossary.backends.cpu.cache import key
from lossary.backends.cpu.specs.pointwise import KernelSpec

PACKAGE = Path(lossary.__file__).parent
SPEC = KernelSpec(lossary.log_cosh.record, "f8", "f8", None, "f8", ("grad",), total=False, scaled=False, per_example=())


def test_numbas_settings_do_not_reach_the_kernels(python, cache):
    call = "import lossary; print(lossary.log_cosh.gradient([0.0], [1.0]))"
    usual = python(call).stdout
    (path,) = cache.iterdir()
    code = path.read_bytes()
    path.unlink()
    # Numba has compiled something of the user's by these settings before.
    unusual = python(
        """
        import numba
        numba.njit("float64(float64)")(lambda x: x + 1.0)
        """
        + call.replace("; ", "\n        ")
        + """
        print(int(numba.config.OPT), numba.config.BOUNDSCHECK, numba.config.CPU_NAME)
        """,
        NUMBA_OPT="0",
        NUMBA_BOUNDSCHECK="1",
        NUMBA_CPU_NAME="generic",
        NUMBA_DEBUGINFO="1",
    ).stdout
    assert unusual == f"{usual}0 1 generic\n"
    assert path.read_bytes() == code
    path.unlink()
    assert python(call, NUMBA_DISABLE_JIT="1").stdout == usual
    assert path.read_bytes() == code


@pytest.mark.parametrize("name", ["_numba", "_written"])
def test_another_numba_and_other_sources_are_other_files(name, monkeypatch):
    usual = key.file_name(SPEC)
    key._surroundings.cache_clear()
    try:
        assert key.file_name(SPEC) == usual
        key._surroundings.cache_clear()
        monkeypatch.setattr(key, name, lambda *_: b"another")
        assert key.file_name(SPEC) != usual
    finally:
        key._surroundings.cache_clear()


def imported(module: str) -> set[str]:
    """The modules of the library that a module imports."""
    path = PACKAGE / f"{module}.py"
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "lossary":
            base = "/".join(node.module.split(".")[1:])
            parts = {f"{base}/{alias.name}".strip("/") for alias in node.names} | {base}
            found |= {part for part in parts if (PACKAGE / f"{part}.py").exists()}
    return found


def test_all_that_the_compilers_read_is_in_the_key():
    known: set[str] = set()
    left = {"backends/cpu/pointwise/kernels", "backends/cpu/rows/kernels", "backends/cpu/cache/settings"}
    while left:
        module = left.pop()
        known.add(module)
        left |= imported(module) - known
    assert known == set(key.SOURCES)
