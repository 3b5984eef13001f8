"""A document of unknown origin, read piece by piece: each piece is what it should be, or the document is refused."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

LONGEST = 1_000_000
"""Characters of a text at most."""


class Malformed(ValueError):
    """A document that is not what it should be."""


@dataclass(frozen=True)
class Node:
    """A value of a document, and the ``path`` to it; arrays stand beside the document, and are called by number."""

    value: Any
    arrays: Sequence[np.ndarray]
    path: str = "model"

    def refuse(self, wanted: str) -> NoReturn:
        """Raise Malformed: this is not what is wanted."""
        raise Malformed(f"{self.path} is not {wanted}")

    def __getitem__(self, name: str) -> Node:
        fields = self._mapping()
        if name not in fields:
            raise Malformed(f"{self.path} has no {name!r}")
        return Node(fields[name], self.arrays, f"{self.path}.{name}")

    def only(self, *names: str) -> Node:
        """The same node, a mapping of just these names."""
        for name in self._mapping():
            if name not in names:
                raise Malformed(f"{self.path} has a {name[:40]!r}, which is not known")
        return self

    def named(self) -> Iterator[tuple[str, Node]]:
        """The names and values of a mapping."""
        for name, value in self._mapping().items():
            yield name, Node(value, self.arrays, f"{self.path}.{name[:40]}")

    def items(self) -> list[Node]:
        """The values of a list."""
        if not isinstance(self.value, list):
            self.refuse("a list")
        return [Node(value, self.arrays, f"{self.path}[{number}]") for number, value in enumerate(self.value)]

    def optional(self) -> Node | None:
        """The node, or None where its value is null."""
        return None if self.value is None else self

    def text(self) -> str:
        if not isinstance(self.value, str) or len(self.value) > LONGEST:
            self.refuse("a text")
        return str(self.value)

    def one_of(self, options: Sequence[str]) -> str:
        """One of these words."""
        if self.value not in options or not isinstance(self.value, str):
            self.refuse("one of " + ", ".join(options))
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.refuse("true or false")
        return bool(self.value)

    def number(self) -> float:
        """A finite number."""
        is_number = isinstance(self.value, (int, float)) and not isinstance(self.value, bool)
        if not is_number or not math.isfinite(self.value):
            self.refuse("a number")
        return float(self.value)

    def integer(self, low: int = 0, high: int = 1 << 53) -> int:
        """A whole number in a range, both ends included."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not low <= self.value <= high:
            self.refuse(f"a whole number from {low} to {high}")
        return int(self.value)

    def array(self, kind: str, ndim: int = 1) -> np.ndarray:
        """The array of this number, of floats ("f") or whole numbers ("i")."""
        number = self.integer(0, max(0, len(self.arrays) - 1))
        if not self.arrays:
            self.refuse("the number of an array")
        array = self.arrays[number]
        if array.dtype.kind != kind or array.ndim != ndim:
            self.refuse(f"an array of {ndim} dimensions of {'numbers' if kind == 'f' else 'whole numbers'}")
        return array

    def _mapping(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            self.refuse("a mapping")
        fields: dict[str, Any] = self.value
        return fields
