"""Losses in and out of their pickles: one of the catalogue travels by its name, a user's own by its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from lossary import discovery
from lossary.evaluate.description import Described

LossT = TypeVar("LossT", bound=Described[Any])
Kind = Callable[[Any], LossT]
"""What makes a loss of its record: a class of losses."""


@cache
def catalogued(kind: Kind[LossT], name: str) -> LossT:
    """The loss of a file's name, the same object each time."""
    return kind(discovery.record(name))


def restored(kind: Kind[Any], loss: object, fixed: Mapping[str, object]) -> object:
    """A loss out of its pickle: of its name or its record, with the parameters that were fixed."""
    plain = catalogued(kind, loss) if isinstance(loss, str) else kind(loss)
    return plain.using(**fixed) if fixed else plain


def pickled(loss: Described[Any]) -> tuple[object, ...]:
    """What ``__reduce__`` of a loss returns."""
    content = loss.record if discovery.is_own(loss.record) else loss.name
    return restored, (type(loss), content, loss.fixed)
