"""Does a NaN for the target make a formula NaN by itself? Where it does, no guard need be computed.

The formula is run on what is known of each number: whether it is surely NaN.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from lossary import primitives
from lossary.formula import Formula, bind


@dataclass(frozen=True, eq=False)
class Known:
    """A number, or a truth value, of which only this is known: whether it is NaN for certain."""

    spoiled: bool

    def _with(self, *others: Any) -> Known:
        return Known(self.spoiled or any(isinstance(x, Known) and x.spoiled for x in others))

    def _compared(self, other: Any) -> Known:
        return Known(False)

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = _with
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __and__ = __or__ = _compared  # type: ignore[assignment]
    __hash__ = object.__hash__


def _either(*numbers: Any) -> Known:
    return Known(False)._with(*numbers)


def _chosen(condition: Any, yes: Any, no: Any) -> Known:
    return Known(all(isinstance(x, Known) and x.spoiled for x in (yes, no)))


def _perhaps(*numbers: Any) -> Known:
    return Known(False)


TABLE = primitives.table(
    {**dict.fromkeys(primitives.BASE, _either), "where": _chosen, "power": _perhaps, "product_error": _perhaps}
)


@functools.cache
def is_spoiled_by(formula: Formula, names: tuple[str, ...], name: str) -> bool:
    """Whether a NaN for the argument ``name`` of a formula makes it NaN, whatever the other ones are."""
    found = bind(formula, TABLE)(*(Known(each == name) for each in names))
    return isinstance(found, Known) and found.spoiled
