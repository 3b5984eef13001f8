"""The same numbers, laid out in memory in every odd way that NumPy allows: whatever is asked of one is asked of all."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

Method = Callable[..., object]


class Labelled(np.ndarray):
    """A subclass as packages of units and tables make them: it goes along into views, and insists on two dimensions."""

    def __array_finalize__(self, parent: object) -> None:
        self.label = getattr(parent, "label", "none")

    def reshape(self, *shape: object, **options: object) -> np.ndarray:
        """Always two-dimensional, as a matrix is."""
        return np.atleast_2d(super().reshape(*shape, **options))


def layouts(plain: np.ndarray) -> dict[str, np.ndarray]:
    """Arrays equal to ``plain`` and of its shape, by what is odd about each.

    Between the numbers that count lie others that would be seen if they were read.
    """
    found = {
        "every third": _every_third(plain),
        "backwards": np.flip(np.flip(plain).copy()),
        "a column of a table": _column(plain),
        "one byte off": _shifted(plain),
        "a field of packed records": _field(plain),
        "read-only": _read_only(plain),
        "a subclass": plain.copy().view(Labelled),
        "another dtype object": plain.copy().view(np.dtype(plain.dtype, metadata={"unit": "m"})),
    }
    if plain.dtype.itemsize > 1:
        found["foreign bytes"] = plain.astype(foreign(plain.dtype))
        found["foreign bytes, every third"] = _every_third(found["foreign bytes"])
        found["foreign bytes, one byte off"] = _shifted(found["foreign bytes"])
    if plain.ndim > 1:
        found["columns first"] = np.asfortranarray(plain)
        found["every other row"] = np.repeat(plain, 2, axis=0)[::2]
        found["rows backwards"] = plain[::-1].copy()[::-1]
    return found


def places(plain: np.ndarray) -> dict[str, np.ndarray]:
    """Arrays of the shape and dtype of ``plain`` that a result may be written to."""
    found = {name: place for name, place in layouts(plain).items() if place.flags.writeable}
    return {name: place for name, place in found.items() if place.dtype == plain.dtype}


@cache
def foreign(dtype: np.dtype) -> np.dtype:
    """The dtype of the other byte order; one object for all who ask, as of arrays made out of one another."""
    return dtype.newbyteorder()


def _other(dtype: np.dtype) -> object:
    return {"f": np.nan, "b": True, "i": 99}.get(dtype.kind, 1)


def _every_third(plain: np.ndarray) -> np.ndarray:
    wide = np.full((*plain.shape[:-1], 3 * plain.shape[-1]), _other(plain.dtype), plain.dtype)
    wide[..., ::3] = plain
    return wide[..., ::3]


def _column(plain: np.ndarray) -> np.ndarray:
    table = np.full((*plain.shape, 2), _other(plain.dtype), plain.dtype)
    table[..., 0] = plain
    return table[..., 0]


def _shifted(plain: np.ndarray) -> np.ndarray:
    memory = np.zeros(plain.nbytes + 1, np.uint8)[1:]
    found = memory.view(plain.dtype).reshape(plain.shape)
    found[...] = plain
    return found


def _field(plain: np.ndarray) -> np.ndarray:
    records = np.zeros(plain.shape, [("pad", "i1"), ("number", plain.dtype)])
    records["number"] = plain
    return records["number"]


def _read_only(plain: np.ndarray) -> np.ndarray:
    found = plain.copy()
    found.flags.writeable = False
    return found


def same(got: object, wanted: object) -> bool:
    """Whether all numbers of both are the same to the bit."""
    if isinstance(wanted, tuple):
        return isinstance(got, tuple) and all(map(same, got, wanted))
    if isinstance(wanted, int):
        return got == wanted
    return np.array_equal(np.asarray(got), np.asarray(wanted), equal_nan=True)


def unlike(call: Method, plain: dict[str, np.ndarray]) -> list[str]:
    """The layouts in which some argument, or all of them at once, change the answer."""
    wanted = call(**plain)
    others = {name: layouts(array) for name, array in plain.items()}
    found = [
        f"{name}: {layout}"
        for name, laid in others.items()
        for layout, array in laid.items()
        if not same(call(**{**plain, name: array}), wanted)
    ]
    everywhere = {layout for laid in others.values() for layout in laid}
    for layout in sorted(everywhere):
        together = {name: laid.get(layout, plain[name]) for name, laid in others.items()}
        if not same(call(**together), wanted):
            found.append(f"all: {layout}")
    return found
