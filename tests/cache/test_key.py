"""What a kernel's file depends on."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import lossary
from lossary.backends.cpu.cache import key
from lossary.backends.cpu.specs.pointwise import KernelSpec

PACKAGE = Path(lossary.__file__).parent
SPEC = KernelSpec(lossary.log_cosh.record, "f8", "f8", None, "f8", ("grad",), total=False, scaled=False, per_example=())


@pytest.mark.parametrize("name", ["_compilers", "_written"])
def test_another_llvm_and_other_sources_are_other_files(name, monkeypatch):
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
    left = {"backends/cpu/pointwise/kernels", "backends/cpu/rows/kernels"}
    while left:
        module = left.pop()
        known.add(module)
        left |= imported(module) - known
    assert known == set(key.SOURCES)
