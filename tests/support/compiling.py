"""Kernels of the catalogue are compiled in a child process: what Numba and LLVM keep of each goes when the child ends.

A kernel leaves two megabytes behind, one of rows ten, and a test process asks for hundreds. The child is asked by name,
and answers only if it would compile the very same formulas; a planted loss, or a user's own, is compiled where it is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pickle
import subprocess
import sys
from typing import IO, Any

import pytest

from lossary.backends.cpu.cache import key, store
from lossary.backends.cpu.specs.pointwise import KernelSpec
from lossary.backends.cpu.specs.rows import RowSpec
from lossary.discovery import record

Spec = KernelSpec | RowSpec

MOST = 80
"""Kernels after which a child is replaced: the next one takes two seconds to begin, and this one has grown large."""


class Child:
    """A process that compiles kernels, begun when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._left = 0
        self._owner = os.getpid()

    def code(self, spec: Spec) -> bytes | None:
        """A kernel's machine code; None if the child would compile another, or cannot be asked."""
        if os.getpid() != self._owner:  # a fork would talk to its parent's child
            return None
        if self._process is None or not self._left:
            self.end()
            self._begin()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        self._left -= 1
        fields = {f.name: getattr(spec, f.name) for f in dataclasses.fields(spec) if f.name != "loss"}
        try:
            pickle.dump((type(spec), spec.loss.name, fields, key.content(spec)), process.stdin)
            process.stdin.flush()
            answer: bytes | None = pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            self.end()
            return None
        return answer

    def end(self) -> None:
        process, self._process = self._process, None
        if process is None or os.getpid() != self._owner:
            return
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        process.wait()

    def _begin(self) -> None:
        paths = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._left = MOST


def serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until nobody asks any more."""
    while True:
        try:
            kind, name, fields, content = pickle.load(asked)
        except EOFError:
            return
        pickle.dump(_compiled(kind, name, fields, content), answers)
        answers.flush()


def _compiled(kind: type[Spec], name: str, fields: dict[str, Any], content: str) -> bytes | None:
    from lossary.backends.cpu.pointwise.kernels import compile_kernel as compile_pointwise  # noqa: PLC0415  Numba
    from lossary.backends.cpu.rows.kernels import compile_kernel as compile_rows  # noqa: PLC0415

    try:
        spec = kind(loss=record(name), **fields)  # type: ignore[arg-type]
    except (KeyError, ValueError):
        return None
    if key.content(spec) != content:
        return None
    return store._machine_code(spec, compile_rows if kind is RowSpec else compile_pointwise)


class Compiling:
    """Has kernels compiled by a child, as far as it can."""

    def __init__(self) -> None:
        self._here = store._machine_code
        self._child = Child()
        store._machine_code = self._elsewhere

    def _elsewhere(self, spec: Spec, compiler: store.Compiler[Any]) -> bytes:
        code = self._child.code(spec)
        return self._here(spec, compiler) if code is None else code

    def pytest_unconfigure(self) -> None:
        store._machine_code = self._here
        self._child.end()


def pytest_configure(config: pytest.Config) -> None:
    # The process that hands tests out to workers runs none.
    if config.getoption("dist", "no") == "no" or hasattr(config, "workerinput"):
        config.pluginmanager.register(Compiling(), "lossary-compiling")


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
