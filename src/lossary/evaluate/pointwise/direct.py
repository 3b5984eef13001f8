"""The usual call, by what was prepared once: plain arrays of one float dtype, without gaps, weights or options.

A call on a thousand examples is all overhead. ``PointwiseCall`` finds out each time what shapes, dtypes, weights and
options mean; here only what may differ from the last call is looked at, in one go. Whatever is not usual, or may have
to be refused, gives None and is left to ``PointwiseCall``: what both can answer has the same bits from both.
"""

from __future__ import annotations

import numpy as np

from lossary.backends.cpu.pointwise.runner import Runner, give
from lossary.backends.cpu.runtime.array_addresses import DTYPES, address_of_fresh, place_apart, whole_pair
from lossary.backends.cpu.runtime.threads import FEWEST_SHARED
from lossary.backends.cpu.runtime.total import usual_mean
from lossary.backends.cpu.specs.conventions import BINS
from lossary.evaluate.pointwise.kernels import Kernels, ParameterValues

SUM = "sum"
"""Stands for the sum of the losses among the outputs of a kernel: first, and with outputs that are to be scaled."""

COST, COST_AND_GRADIENT = (SUM,), (SUM, "grad")

_FLOAT = DTYPES["f4"]
_empty = np.empty


class _Runners(dict[tuple[str, ...], Runner]):
    """The kernels for arrays of one dtype, by what they give."""

    def __init__(self, kernels: Kernels, parameters: ParameterValues, char: str, dtype: str) -> None:
        super().__init__()
        self._kernels, self._parameters, self._dtypes = kernels, parameters, (char, char, None, dtype)

    def __missing__(self, key: tuple[str, ...]) -> Runner:
        total = key[0] == SUM
        outputs, values = key[total:], self._parameters
        scaled = total and bool(outputs)
        runner = self._kernels[outputs, self._dtypes, total, scaled, values.per_example, values.widened]
        self[key] = runner
        return runner


class Direct:
    """The usual calls of one loss whose parameters are numbers."""

    def __init__(self, kernels: Kernels, parameters: ParameterValues) -> None:
        self._numbers = parameters.numbers
        self._floats = _Runners(kernels, parameters, "f", "f4")
        self._doubles = _Runners(kernels, parameters, "d", "f8")

    def quantity(self, name: str, y: object, f: object) -> np.ndarray | None:
        """One formula for every example."""
        pair = whole_pair(y, f, FEWEST_SHARED)
        if pair is None:
            return None
        size, at_y, at_f, shape, dtype = pair
        result = _empty(shape, dtype)
        runner = (self._floats if dtype is _FLOAT else self._doubles)[(name,)]
        workspace = runner.whole(size, at_y, at_f, (address_of_fresh(result),), self._numbers, 1.0)
        flags = workspace.tally.item(BINS)
        give(workspace)
        return None if flags else result

    def two(
        self, names: tuple[str, str], y: object, f: object, out: tuple[np.ndarray, ...] | None
    ) -> tuple[np.ndarray, ...] | None:
        """Two formulas for every example; ``out`` are two arrays that share no memory."""
        pair = whole_pair(y, f, FEWEST_SHARED)
        if pair is None:
            return None
        size, at_y, at_f, shape, dtype = pair
        if out is None:
            out = first, second = _empty(shape, dtype), _empty(shape, dtype)
            places = address_of_fresh(first), address_of_fresh(second)
        else:
            places = place_apart(out[0], pair), place_apart(out[1], pair)
            if not (places[0] and places[1]):
                return None
        runner = (self._floats if dtype is _FLOAT else self._doubles)[names]
        workspace = runner.whole(size, at_y, at_f, places, self._numbers, 1.0)
        flags = workspace.tally.item(BINS)
        give(workspace)
        return None if flags else out

    def cost(self, y: object, f: object, mean: bool) -> float | None:
        """The mean of the losses, or their sum."""
        pair = whole_pair(y, f, FEWEST_SHARED)
        if pair is None:
            return None
        size, at_y, at_f, _, dtype = pair
        runner = (self._floats if dtype is _FLOAT else self._doubles)[COST]
        workspace = runner.whole(size, at_y, at_f, (), self._numbers, 1.0)
        cost = usual_mean(workspace.tally, size if mean else 1)
        give(workspace)
        return cost

    def cost_and_gradient(
        self, y: object, f: object, mean: bool, out: np.ndarray | None
    ) -> tuple[float, np.ndarray] | None:
        """The mean of the losses, or their sum, with its gradient."""
        pair = whole_pair(y, f, FEWEST_SHARED)
        if pair is None:
            return None
        size, at_y, at_f, shape, dtype = pair
        if out is None:
            out = _empty(shape, dtype)
            place = address_of_fresh(out)
        else:
            place = place_apart(out, pair)
            if not place:
                return None
        divisor = size if mean else 1
        runner = (self._floats if dtype is _FLOAT else self._doubles)[COST_AND_GRADIENT]
        workspace = runner.whole(size, at_y, at_f, (place,), self._numbers, 1.0 / divisor)
        cost = usual_mean(workspace.tally, divisor)
        give(workspace)
        return None if cost is None else (cost, out)
