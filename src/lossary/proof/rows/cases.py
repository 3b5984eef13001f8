"""Rows to look at: what a case is, the settings of a loss's parameters, and rows from the inside of its domain.

Every number is exact in the dtype that a row is made for, so that an error found there is the code's, not the input's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lossary.proof import points
from lossary.rowwise import RowLoss

Target = int | tuple[float, ...]
"""A class index, or a weight (or a teacher's score) for each class."""

SIZES = (3, 2, 5, 4)


@dataclass(frozen=True)
class Case:
    """One row: its target, its scores, the parameters in order, and what is special about it."""

    y: Target
    f: tuple[float, ...]
    parameters: tuple[float, ...] = ()
    kind: str = "generic"

    def weights(self, loss: RowLoss) -> tuple[float, ...]:
        """The target weights; a class index stands for a one in its place."""
        return weights(self.y, len(self.f) + loss.more_classes)

    def given(self, loss: RowLoss) -> dict[str, float]:
        """The parameters by name."""
        return dict(zip((p.name for p in loss.parameters), self.parameters, strict=True))

    def said(self, loss: RowLoss) -> str:
        """The row in words; long rows are cut."""
        y = self.y if isinstance(self.y, int) else _short(self.y)
        parameters = "".join(f", {name}={x:.10g}" for name, x in self.given(loss).items())
        return f"y={y}, f={_short(self.f)}{parameters} ({self.kind}, k={len(self.f)})"


def _short(row: Sequence[float]) -> str:
    shown = ", ".join(f"{float(x):.17g}" for x in row[:8])
    return f"({shown}{', ...' if len(row) > 8 else ''})"


def weights(y: Target, classes: int) -> tuple[float, ...]:
    """Target weights, of an index too."""
    return tuple(1.0 if c == y else 0.0 for c in range(classes)) if isinstance(y, int) else y


def settings(loss: RowLoss) -> list[tuple[float, ...]]:
    """The settings of the parameters at which a loss is attacked: those of ``proof.points``."""
    # It asks for parameters, defaults and facts, which a rowwise loss has under the same names.
    return points.parameter_settings(loss)  # type: ignore[arg-type]


def rounded(row: Sequence[float] | np.ndarray, dtype: type = np.float64) -> tuple[float, ...]:
    """The nearest numbers of the dtype."""
    with np.errstate(over="ignore", under="ignore"):
        return tuple(np.asarray(row, np.float64).astype(dtype).astype(np.float64).tolist())


def softmax(z: np.ndarray) -> np.ndarray:
    """Rows of positive numbers that sum to one."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    share: np.ndarray = e / e.sum(axis=-1, keepdims=True)
    return share


def log_softmax(z: np.ndarray) -> np.ndarray:
    """The logarithms of these, without underflow."""
    low = z - z.max(axis=-1, keepdims=True)
    logarithms: np.ndarray = low - np.log(np.exp(low).sum(axis=-1, keepdims=True))
    return logarithms


def _sigmoid(z: np.ndarray) -> np.ndarray:
    half: np.ndarray = 0.5 * (1.0 + np.tanh(0.5 * z))
    return half


def _increasing(z: np.ndarray) -> np.ndarray:
    gaps = np.exp(np.minimum(z[..., 1:], 300.0))
    return z[..., :1] + np.concatenate([np.zeros_like(z[..., :1]), gaps.cumsum(axis=-1)], axis=-1)


FROM_UNCONSTRAINED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "scores": lambda z: z,
    "probabilities": softmax,
    "independent_probabilities": _sigmoid,
    "log_probabilities": log_softmax,
    "increasing": _increasing,
}
"""From any numbers to valid predictions, row by row."""


def soft_target(loss: RowLoss, classes: int, generator: np.random.Generator) -> tuple[float, ...]:
    """Some ordinary target that is no class index, with all weights positive where it is a distribution."""
    if loss.targets == "scores":
        return rounded(2.0 * generator.normal(size=classes))
    if loss.targets == "labels":
        labels = generator.integers(0, 2, classes).astype(float)
        return rounded(labels if generator.random() < 0.5 else generator.random(classes))
    if loss.targets == "relevance":
        grades = generator.integers(0, 5, classes).astype(float)
        return rounded(grades if generator.random() < 0.5 else 3.0 * generator.random(classes))
    return rounded(softmax(generator.normal(size=classes)))


def takes_index(loss: RowLoss) -> bool:
    """Whether a class index is a target of the loss."""
    return loss.targets != "scores"


def generic(loss: RowLoss, parameters: tuple[float, ...], size: int, seed: int = 1857) -> list[Case]:
    """Rows from the domain's interior, where a derivative exists: no ties, no ends; class indices and soft targets."""
    generator = np.random.default_rng(seed)
    cases = []
    for i in range(size):
        k = SIZES[i % len(SIZES)]
        z = generator.normal(size=k) * (1.0, 0.3, 3.0)[i % 3]
        f = rounded(FROM_UNCONSTRAINED[loss.prediction](z))
        classes = k + loss.more_classes
        index = takes_index(loss) and i % 2 == 0
        y: Target = int(generator.integers(classes)) if index else soft_target(loss, classes, generator)
        cases.append(Case(y, f, parameters))
    return cases


def far(loss: RowLoss, parameters: tuple[float, ...], seed: int = 1867) -> list[Case]:
    """A few rows farther out: confident ones, and one with a class masked out where scores may be."""
    generator = np.random.default_rng(seed)
    cases = []
    for i, (k, spread) in enumerate(((3, 12.0), (4, 4.0), (2, 20.0))):
        z = generator.normal(size=k)
        z[int(generator.integers(k))] += spread
        f = list(rounded(FROM_UNCONSTRAINED[loss.prediction](z)))
        classes = k + loss.more_classes
        y = int(generator.integers(classes)) if takes_index(loss) else soft_target(loss, classes, generator)
        if i == 1 and loss.prediction == "scores" and loss.more_classes == 0:
            masked = next(c for c in range(k) if c != y)
            f[masked] = -math.inf
            y = y if isinstance(y, int) else tuple(-math.inf if c == masked else x for c, x in enumerate(y))
        cases.append(Case(y, tuple(f), parameters, "far"))
    return cases
