"""Linear models of any loss: ``lossary.fit.linear``, with its penalty chosen by the yardstick where rows are few."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rowwise import RowLossFunction
from lossary.fit import ConvergenceWarning, LinearFit, RankWarning, SeparationError, linear

ENOUGH = 50
"""Rows for each column beyond which a penalty is not worth choosing."""

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
SAFE = 1e-4
"""The penalty that makes an endless fit end."""

SOLVED = 1e-6
"""A certificate that is good enough to compare predictions by."""


@dataclass(frozen=True)
class Material:
    """One training fold, ready to learn from: matrix, targets as the loss takes them, weights, and a held-out part.

    ``judge(f, rows)`` scores a loss's predictions of rows that were held out by the yardstick; less is better.
    ``splits`` are several ways to hold rows out, ``learn`` and ``held`` the first of them.
    """

    matrix: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    splits: tuple[tuple[np.ndarray, np.ndarray], ...]
    judge: Callable[[np.ndarray, np.ndarray], float]
    classes: int
    seed: int

    @property
    def learn(self) -> np.ndarray:
        return self.splits[0][0]

    @property
    def held(self) -> np.ndarray:
        return self.splits[0][1]

    def weights(self, rows: np.ndarray) -> np.ndarray | None:
        """The weights of some rows."""
        return None if self.weight is None else self.weight[rows]


@dataclass(frozen=True)
class Trained:
    """A trained model: what its loss takes as predictions, the rows whose residuals are honest, and remarks."""

    predict: Callable[[np.ndarray], np.ndarray]
    honest: np.ndarray
    remark: str = ""


def train(loss: AnyLoss, material: Material) -> Trained:
    """A linear model, without a penalty if there are rows enough for each column."""
    everything = np.arange(material.y.size)
    alpha = 0.0 if _is_tall(material) else _chosen(loss, material)
    fit, remark = _fitted(loss, material, everything, alpha)
    return Trained(fit.predict, everything, remark)


def _is_tall(material: Material) -> bool:
    rows, columns = material.matrix.shape
    few = rows if not material.classes else int(np.bincount(material.y.astype(np.int64) > 0).min())
    return few >= ENOUGH * (columns + 1)


def _chosen(loss: AnyLoss, material: Material) -> float:
    """The penalty of least held-out score, over all splits; of two alike the larger."""
    scores = []
    for alpha in PENALTIES:
        try:
            scores.append(sum(_held_out(loss, material, alpha, *split) for split in material.splits))
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            scores.append(np.inf)
    best = int(np.argmin(scores[::-1]))
    return PENALTIES[::-1][best] if np.isfinite(scores).any() else SAFE


def _held_out(loss: AnyLoss, material: Material, alpha: float, learn: np.ndarray, held: np.ndarray) -> float:
    fit, _ = _fitted(loss, material, learn, alpha)
    return material.judge(fit.predict(material.matrix[held]), held)


def _fitted(loss: AnyLoss, material: Material, rows: np.ndarray, alpha: float) -> tuple[LinearFit, str]:
    matrix = material.matrix if rows.size == material.y.size else material.matrix[rows]
    y = material.y if rows.size == material.y.size else material.y[rows]
    classes = {"classes": material.classes} if isinstance(loss, RowLossFunction) else {}
    given: dict[str, Any] = {
        "penalty": "l2",
        "sample_weight": material.weights(rows),
        "random_state": material.seed,
        **classes,
    }
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ConvergenceWarning)
        warnings.simplefilter("ignore", RankWarning)  # predictions do not depend on which coefficients are taken
        try:
            fit = linear(matrix, y, loss, alpha=alpha, tol=SOLVED, **given)
        except SeparationError:
            fit = linear(matrix, y, loss, alpha=SAFE, tol=SOLVED, **given)
    return fit, "the solver did not reach its tolerance" if told else ""
