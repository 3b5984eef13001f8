"""Labels as boosters hold them (one float an example) as the targets that a loss takes."""

from __future__ import annotations

import numpy as np

from lossary.evaluate.arrays.inputs import ShapeError, plain
from lossary.evaluate.arrays.refusals import DomainError
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction


def targets_of(loss: AnyLoss, y: np.ndarray) -> np.ndarray:
    """The targets: class indices as whole numbers for a loss of rows. What is no label raises, and says where."""
    y = plain("y", y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise ShapeError(f"{loss}: labels have shape {y.shape}; a booster takes one an example, of shape (n,)")
    if not isinstance(loss, RowLossFunction) or y.dtype.kind in "iu":
        return y
    if loss.record.targets == "scores":
        raise TypeError(f"{loss} compares two rows of scores, but a booster holds one label an example")
    with np.errstate(invalid="ignore"):
        whole = y.astype(np.int64)
    wrong = whole != y
    if wrong.any():
        first = int(np.argmax(wrong))
        raise DomainError(f"{loss}: labels must be class indices 0, 1, 2 ..., but y_true[{first}] is {y[first]:g}")
    return whole


def classes_in(loss: AnyLoss, y: np.ndarray, classes: int | None = None) -> int | None:
    """How many scores an example has: None for one number; else the classes given, or those seen in the labels."""
    if not isinstance(loss, RowLossFunction):
        return None
    if classes is None:
        indices = targets_of(loss, y)
        classes = int(indices.max()) + 1 if indices.size else 0
    if classes < 2:
        raise ValueError(f"{loss}: there must be at least two classes, not {classes}")
    return classes - more_classes(loss)


def more_classes(loss: AnyLoss) -> int:
    """How many classes there are beyond the number of scores."""
    return loss.record.more_classes if isinstance(loss, RowLossFunction) else 0
