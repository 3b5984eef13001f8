"""How each back end computes a quantity at test points: what the accuracy rule is held against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from lossary.backends import numpy as numpy_backend
from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import Loss
from lossary.proof.points import Point


def _by_parameters(
    loss: Loss,
    points: list[Point],
    dtype: type,
    compute: Callable[[np.ndarray, np.ndarray, tuple[float, ...]], np.ndarray],
) -> np.ndarray:
    """Compute points in groups of equal parameters, as a user would: arrays of targets and predictions."""
    groups: dict[tuple[float, ...], list[int]] = defaultdict(list)
    for index, point in enumerate(points):
        groups[point[2:]].append(index)
    result: np.ndarray = np.empty(len(points), dtype=dtype)
    for parameters, members in groups.items():
        columns: list[np.ndarray] = [np.array([points[i][k] for i in members], dtype=dtype) for k in (0, 1)]
        result[members] = compute(columns[0], columns[1], parameters)
    return result


def on_numpy(loss: Loss, quantity: str, points: list[Point], dtype: type) -> np.ndarray:
    """The formula as it stands."""
    formula = loss.quantity(quantity)
    return _by_parameters(loss, points, dtype, lambda y, f, p: numpy_backend.evaluate(formula, y, f, *p))


def on_cpu(loss: Loss, quantity: str, points: list[Point], dtype: type) -> np.ndarray:
    """The compiled kernel, through the public interface."""
    names = [p.name for p in loss.parameters]

    def compute(y: np.ndarray, f: np.ndarray, parameters: tuple[float, ...]) -> np.ndarray:
        function = LossFunction(loss, dict(zip(names, parameters, strict=True)))
        return function.quantity(quantity, y, f, check=False)

    return _by_parameters(loss, points, dtype, compute)


EVALUATORS = {"numpy": on_numpy, "cpu": on_cpu}
