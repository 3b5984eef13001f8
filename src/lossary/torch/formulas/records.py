"""Which loss an operator of torch means: its record, by a name that the compiler can be handed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import count

from lossary import discovery
from lossary.formula import Loss
from lossary.rowwise import RowLoss

Record = Loss | RowLoss

# Which loss an operator means: the compiler can only be handed its name.
_known: dict[str, Record] = {}
_numbers = count(1)


@dataclass(frozen=True, eq=False)
class Handle:
    """A loss, and the name by which the operators know it."""

    record: Record
    key: str


@cache
def handle(record: Record) -> Handle:
    """A loss with its name in the catalogue, a user's loss with a fresh one. To be made before a compiler looks on."""
    name = record.name
    own = name in discovery.names() and discovery.record(name) is record
    named = Handle(record, name if own else f"{name}#{next(_numbers)}")
    _known[named.key] = record
    return named


def record_of(key: str) -> Record:
    """The loss of this name; in a process that only loads a compiled graph, those of the catalogue."""
    return _known[key] if key in _known else discovery.record(key)
