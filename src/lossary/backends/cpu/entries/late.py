"""What is known of entries before there is one: a process that calls a few times needs none.

To import what makes them takes 5 ms, and to make the first 30.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

from lossary.backends.cpu.specs.conventions import BIN_BITS

Entry = Callable[..., Any]
"""False where a call is not usual, or must be looked at; else True, or the sum, or mean, of the losses.

That is a float, rounded once; or, where it is zero, negative or very small or large, the exact sum as bytes, as
``mean_of`` takes it.
"""

SUM, MEAN = "sum", "mean"
"""First among what a call asks for: the sum of the losses, and beside it outputs as they are, or over their number."""

LARGEST = 1 << 20
"""Numbers below which helpers share a call out here: for longer ones a hand-over is nothing, an interrupt more."""

LONG = 4096
"""Examples from which other Python threads may run meanwhile: letting them takes .1 us."""

BYTES_AT = bytes.__basicsize__ - 1
"""Where in an object of bytes these begin, in CPython."""

EARLY = 8
"""Calls before a process makes its first entry: that takes 30 ms, twice what it takes to load a kernel."""

_LEAST_NORMAL = sys.float_info.min
_made: list[None] = []
_making: list[None] = []
"""Something while an entry is made: what a handler of signals calls meanwhile would find modules half imported."""


def are_made() -> None:
    """Say that there are entries in this process."""
    _made.append(None)


def no_entry(*arrays: object) -> bool:
    """Stands where there can be no entry."""
    return False


def after_some(holder: Any, name: str, make: Callable[[], Entry]) -> Entry:
    """An entry that says no to the first calls, and is then replaced, as ``name`` of ``holder``, by the one made.

    Once there is an entry in the process others are made at once.
    """
    if _made:
        return make()
    early = iter(range(EARLY))

    def not_yet(*arrays: object) -> Any:
        if (next(early, None) is not None and not _made) or _making:
            return False
        _making.append(None)
        try:
            made = make()
        finally:
            _making.pop()
        setattr(holder, name, made)
        return made(*arrays)

    return not_yet


def mean_of(total: bytes, count: int) -> float | None:
    """What an entry summed, over ``count`` and rounded once; None where that is no normal number.

    The first byte is the lowest bin in use, and the rest an integer in its unit.
    """
    units = int.from_bytes(total[1:], "little", signed=True)
    try:
        found = math.ldexp(units / count, BIN_BITS * total[0] - 1074)
    except OverflowError:
        return None
    return found if found >= _LEAST_NORMAL or found <= -_LEAST_NORMAL or not units else None
