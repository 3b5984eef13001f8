"""Missing targets: with ``missing="nan"`` a target that is NaN is an example of weight zero.

A loss of rows of labels asks a question of its own for each score, so a label is missing by itself. In all other rows
the targets belong together, and a row with a NaN among them is a row of weight zero.
"""

from __future__ import annotations

import numpy as np

from lossary.rowwise import RowLoss

ANSWERS = {"error": False, "nan": True}


def asked(missing: object) -> bool:
    """Whether NaN targets are to be left out; a ValueError if ``missing`` is neither "error" nor "nan"."""
    if isinstance(missing, str) and missing in ANSWERS:
        return ANSWERS[missing]
    raise ValueError(f"missing must be 'error' or 'nan', not {missing!r}")


def without(lost: np.ndarray, weight: np.ndarray | None, dtype: np.dtype | type) -> np.ndarray | None:
    """The weights, with zeros where ``lost``; of this dtype where there were none."""
    if not lost.any():
        return weight
    return (~lost).astype(dtype) if weight is None else np.where(lost, weight.dtype.type(0), weight)


def weighted(missing: object, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray | None:
    """What each example weighs, given its target: NaN weighs nothing if that was asked for."""
    # Weights of the targets' dtype: a kernel for them is the likeliest to be there already.
    return without(np.isnan(y), weight, y.dtype) if asked(missing) else weight


def counted(missing: object, y: np.ndarray) -> int:
    """How many targets are missing; none where a NaN is an error."""
    return int(np.count_nonzero(np.isnan(y))) if asked(missing) else 0


def by_label(loss: RowLoss) -> bool:
    """Whether a label can be missing by itself: a class masked out, of target 0, costs nothing and has no slope."""
    return loss.targets == "labels" and loss.prediction == "scores" and not loss.more_classes
