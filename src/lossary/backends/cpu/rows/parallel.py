"""Tells LLVM that no iteration of a rowwise kernel's innermost loops reads what another one writes.

It could not know: a kernel's arrays are addresses in a record, any two of which might be one. Without this it compares
all of them before every loop, or gives up on vectors. The promise is LLVM's ``llvm.loop.parallel_accesses``; Numba has
no way to give it, so it is written into the text that Numba hands to LLVM. A kernel keeps it because what a loop
carries from one score to the next is in local variables.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import llvmlite.binding as llvm
from numba.core import cgutils, codegen

LABEL = re.compile(r'^"?([\w.$-]+)"?:')
JUMP = re.compile(r'^  br label %"?([\w.$-]+)"?\s*$')
ELEMENT = re.compile(r"^  %(\S+) = getelementptr (?:float|double|i64), ")
LOADED = re.compile(r"^  %\S+ = load (?:float|double|i64), (?:float|double|i64)\* %(\S+)$")
STORED = re.compile(r"^  store (?:float|double|i64) .*, (?:float|double|i64)\* %(\S+)$")


def marked(text: str, function: str) -> str:
    """The module's text with the promise in the function whose name holds ``function``."""
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.startswith("define") and function in line), None)
    if start is None:
        return text
    stop = next(i for i in range(start, len(lines)) if lines[i] == "}")
    group = 1 + max((int(n) for n in re.findall(r"^!(\d+) = ", text, re.MULTILINE)), default=-1)
    _mark_accesses(lines, start, stop, group)
    latches = _innermost(lines, start, stop)
    added = [f"!{group} = distinct !{{}}", f'!{group + 1} = !{{!"llvm.loop.parallel_accesses", !{group}}}']
    for i, latch in enumerate(latches):
        node = group + 2 + i
        lines[latch] = f"{lines[latch].rstrip()}, !llvm.loop !{node}"
        added.append(f"!{node} = distinct !{{!{node}, !{group + 1}}}")
    return "\n".join([*lines, *added, ""])


def _mark_accesses(lines: list[str], start: int, stop: int, group: int) -> None:
    """Put every access to an array into the group."""
    elements = set()
    for i in range(start, stop):
        found = ELEMENT.match(lines[i])
        if found:
            elements.add(found.group(1))
        access = LOADED.match(lines[i]) or STORED.match(lines[i])
        if access and access.group(1) in elements:
            lines[i] += f", !llvm.access.group !{group}"


def _innermost(lines: list[str], start: int, stop: int) -> list[int]:
    """The jumps back of the loops that hold no other loop."""
    places: dict[str, int] = {}
    loops: list[tuple[int, int]] = []
    for i in range(start, stop):
        label, jump = LABEL.match(lines[i]), JUMP.match(lines[i])
        if label:
            places[label.group(1)] = i
        elif jump and jump.group(1) in places:
            loops.append((places[jump.group(1)], i))
    return [latch for head, latch in loops if not any(head < other < latch for other, _ in loops)]


@contextlib.contextmanager
def promised(function: str) -> Iterator[None]:
    """While this lasts, Numba compiles a function of this name with the promise."""
    original = codegen.CPUCodeLibrary.add_ir_module

    def add(self: codegen.CPUCodeLibrary, ir_module: object) -> None:
        text = marked(cgutils.normalize_ir_text(str(ir_module)), function)
        module = llvm.parse_assembly(text)
        module.name = ir_module.name  # type: ignore[attr-defined]
        module.verify()
        self.add_llvm_module(module)

    codegen.CPUCodeLibrary.add_ir_module = add
    try:
        yield
    finally:
        codegen.CPUCodeLibrary.add_ir_module = original
