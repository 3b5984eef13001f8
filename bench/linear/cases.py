"""The last layer of a language model: (examples, numbers an example, classes), its data and the right answer.

The referee works in double with all logits of some rows at a time; its formula is its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LinearShape = tuple[int, int, int]

SHAPES: tuple[LinearShape, ...] = ((1024, 512, 32_000), (512, 768, 50_257))
QUICK: tuple[LinearShape, ...] = ((256, 512, 8_000),)

CHUNK = 1 << 22
"""Logits that the referee holds at a time."""


@dataclass(frozen=True)
class LinearData:
    """Features (n, d), weight (classes, d) and class indices (n,)."""

    x: np.ndarray
    weight: np.ndarray
    y: np.ndarray

    @property
    def answers(self) -> int:
        """The bytes of both gradients: what every contestant must hold in the end."""
        return self.x.nbytes + self.weight.nbytes


def made(shape: LinearShape, seed: int) -> LinearData:
    """Logits of deviation 2, the right class lifted by up to 8."""
    n, d, classes = shape
    rng = np.random.default_rng(seed)
    weight = rng.standard_normal((classes, d), dtype=np.float32) * np.float32(2.0 / np.sqrt(d))
    y = rng.integers(0, classes, n)
    x = rng.standard_normal((n, d), dtype=np.float32)
    x += 2.0 * rng.random((n, 1), dtype=np.float32) * weight[y]
    return LinearData(x, weight, y)


@dataclass(frozen=True)
class LinearAnswer:
    cost: float
    x_gradient: np.ndarray
    weight_gradient: np.ndarray


@dataclass(frozen=True)
class LinearErrors:
    """The cost's relative error, and each gradient's worst error relative to its largest number."""

    cost: float
    x_gradient: float
    weight_gradient: float

    @property
    def worst(self) -> float:
        return max(self.cost, self.x_gradient, self.weight_gradient)


class LinearReferee:
    """The mean cost and both gradients in double."""

    def __init__(self, data: LinearData) -> None:
        x, weight = data.x.astype(np.float64), data.weight.astype(np.float64)
        (n, _), cost = x.shape, 0.0
        self.x_gradient, self.weight_gradient = np.empty_like(x), np.zeros_like(weight)
        step = max(1, CHUNK // len(weight))
        for start in range(0, n, step):
            piece = slice(start, start + step)
            rows, y = np.arange(len(x[piece])), data.y[piece]
            logits = x[piece] @ weight.T
            logits -= logits.max(axis=1, keepdims=True)
            p = np.exp(logits)
            total = p.sum(axis=1, keepdims=True)
            cost += float((np.log(total[:, 0]) - logits[rows, y]).sum())
            p /= total
            p[rows, y] = 0.0
            p[rows, y] = -p.sum(axis=1)
            self.x_gradient[piece] = p @ weight / n
            self.weight_gradient += p.T @ x[piece] / n
        self.cost = cost / n

    def judge(self, answer: LinearAnswer) -> LinearErrors:
        return LinearErrors(
            abs(answer.cost - self.cost) / abs(self.cost),
            _off(answer.x_gradient, self.x_gradient),
            _off(answer.weight_gradient, self.weight_gradient),
        )


def _off(got: np.ndarray, exact: np.ndarray) -> float:
    worst = float(np.abs(np.asarray(got) - exact).max() / np.abs(exact).max())
    return worst if worst == worst else float("inf")
