"""Hold a library's answers against the exact ones: errors in ulps of the rule of ``lossary.proof.accuracy``."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import mpmath
import numpy as np

from bench.accuracy.peer import DTYPES, Function, Library
from bench.accuracy.rows import Row
from lossary.proof.accuracy import ULPS, error, exact_at
from lossary.proof.points import Point

GONE = 0.1
"""A relative error above this is called the loss of all digits."""

ORDINARY = (1e-8, 1e5)
"""Numbers of a size that data have."""

QUANTITIES = ("value", "grad")


@dataclass(frozen=True)
class Shot:
    """One answer: where, what came, what is right, and the error."""

    point: Point
    got: float
    exact: float
    ulps: float

    @property
    def kept(self) -> bool:
        return self.ulps <= ULPS

    @property
    def numbers(self) -> tuple[float, ...]:
        """What the answer is made of."""
        y, f = self.point[:2]
        return y, f, f - y, self.exact

    @property
    def ordinary(self) -> bool:
        return all(x == 0.0 or ORDINARY[0] <= abs(x) <= ORDINARY[1] for x in self.point[:2])

    @property
    def reach(self) -> float:
        """How far from 1 the farthest input is, in factors of ten."""
        return max((abs(math.log10(abs(x))) for x in self.point[:2] if x), default=0.0)


@dataclass(frozen=True)
class Cell:
    """A library's answers to one row, quantity and dtype.

    Subnormal numbers are set apart: some flush them to zero, by design.
    """

    row: Row
    library: str
    quantity: str
    dtype: str
    shots: tuple[Shot, ...]

    @cached_property
    def normal(self) -> tuple[Shot, ...]:
        """Without points where an input, their difference or the exact result is subnormal."""
        tiny = float(np.finfo(DTYPES[self.dtype]).tiny)
        return tuple(shot for shot in self.shots if not any(0.0 < abs(x) < tiny for x in shot.numbers))

    @cached_property
    def worst(self) -> Shot:
        return max(self.normal, key=lambda shot: shot.ulps)

    @cached_property
    def broken(self) -> int:
        """At how many normal points the rule does not hold."""
        return sum(not shot.kept for shot in self.normal)

    @cached_property
    def broken_of_all(self) -> int:
        return sum(not shot.kept for shot in self.shots)

    def among(self, points: set[Point]) -> Cell:
        """The same cell at these points only."""
        return Cell(
            self.row, self.library, self.quantity, self.dtype, tuple(s for s in self.shots if s.point in points)
        )

    @cached_property
    def telling(self) -> Shot | None:
        """The failure to show: the worst at numbers of ordinary size, or else the one nearest to such."""
        failed = [shot for shot in self.normal if not shot.kept]
        ordinary = [shot for shot in failed if shot.ordinary]
        if ordinary:
            return max(ordinary, key=lambda shot: (min(shot.ulps, 1e30), -shot.reach))
        return min(failed, key=lambda shot: shot.reach, default=None)

    def as_dict(self) -> dict[str, object]:
        shown = {"loss": self.row.label, "library": self.library, "quantity": self.quantity, "dtype": self.dtype}
        counts = {"points": len(self.shots), "broken": self.broken_of_all}
        normal = {"normal_points": len(self.normal), "normal_broken": self.broken, "worst": _shot(self.worst)}
        return {**shown, **counts, **normal, "telling": self.telling and _shot(self.telling)}


def _shot(shot: Shot) -> dict[str, object]:
    """As JSON, which knows no NaN or infinity."""
    numbers = {"got": shot.got, "exact": shot.exact, "ulps": shot.ulps}
    return {"point": list(shot.point), **{k: v if math.isfinite(v) else str(v) for k, v in numbers.items()}}


def gone(dtype: str) -> float:
    """The number of ulps from which on all digits are lost."""
    return GONE / float(np.finfo(DTYPES[dtype]).eps)


def columns(points: Sequence[Point], dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """The targets and the predictions."""
    return np.array([point[0] for point in points], dtype), np.array([point[1] for point in points], dtype)


def answers(function: Function, points: Sequence[Point], dtype: str) -> Mapping[str, np.ndarray]:
    """What the function returns at points of one set of parameters: by quantity, as numbers of the dtype."""
    y, f = columns(points, DTYPES[dtype])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = function.compute(y, f, *points[0][2:])
        given = zip(QUANTITIES, found, strict=True)
        return {name: np.asarray(array, dtype=DTYPES[dtype]) for name, array in given if array is not None}


def taken(function: Function, points: Sequence[Point]) -> list[Point]:
    """The points that the function is meant for."""
    if function.takes is None:
        return list(points)
    y, f = columns(points, np.float64)
    return [point for point, meant in zip(points, function.takes(y, f), strict=True) if meant]


def judged(library: Library, row: Row, dtype: str, points: Sequence[Point]) -> Iterator[Cell]:
    """The cells of one library, row and dtype: none if it has no such function."""
    function = library.functions.get(row.label)
    if function is None or dtype not in function.dtypes:
        return
    where = taken(function, points)
    for quantity, found in answers(function, where, dtype).items():
        shots = (shot(row, quantity, dtype, point, got) for point, got in zip(where, found.tolist(), strict=True))
        yield Cell(row, library.name, quantity, dtype, tuple(shots))


def shot(row: Row, quantity: str, dtype: str, point: Point, got: float) -> Shot:
    formula = row.loss.quantity(quantity)
    exact = exact_at(formula, point)
    with mpmath.workdps(20):
        return Shot(point, got, float(exact), error(formula, point, got, DTYPES[dtype]))
