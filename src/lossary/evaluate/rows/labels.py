"""Class indices as rows of target weights, and target weights smoothed."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any, SupportsIndex

import numpy as np

from lossary.evaluate.arrays import inputs
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.refusals import DomainError
from lossary.evaluate.rows import options as row_options
from lossary.evaluate.rows.pair import RowPair
from lossary.evaluate.rows.refusals import refuse_rows
from lossary.losses.log_partition import ROW


def one_hot(y: object, classes: SupportsIndex, dtype: Any = np.float64, ignore_index: int | None = None) -> np.ndarray:
    """Class indices as rows of zeros with a one in the place of the class.

    Parameters
    ----------
    y : array-like of whole numbers, any shape
        Class indices from 0 to ``classes - 1``, in any integer dtype (or bool).
    classes : int
        How many classes there are.
    dtype : real dtype, default float64
        That of the result.
    ignore_index : int, optional
        Rows with this index become zeros: no class has a weight there.

    Returns
    -------
    array of shape ``(*y.shape, classes)``

    Raises
    ------
    ValueError
        An index is no class; the first one is named.
    TypeError
        ``y`` does not hold whole numbers, or ``dtype`` is not one of real numbers.

    Examples
    --------
    >>> import lossary
    >>> lossary.one_hot([0, 2, -1], 3, ignore_index=-1)
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 0., 0.]])
    """
    kind = np.dtype(dtype)
    if not inputs.is_real(kind):
        raise TypeError(f"one_hot: dtype must be one of real numbers, not {kind}")
    return _placed("one_hot", "y", inputs.plain("y", y), _how_many("one_hot", classes), kind, ignore_index)


def smooth_labels(y_true: object, smoothing: float, classes: SupportsIndex | None = None) -> np.ndarray:
    """Targets with a share of their weight spread evenly over the classes: what ``label_smoothing`` makes of them.

    A row t becomes (1 - smoothing) t + smoothing sum(t) / classes.

    Parameters
    ----------
    y_true : array-like
        Class indices of any shape and integer dtype, with ``classes``; or floating-point weights that are finite and
        not negative, with the classes along the last axis.
    smoothing : float in [0, 1)
        The share that is spread.
    classes : int, optional
        How many classes there are; needed for class indices.

    Returns
    -------
    array
        Of shape ``(*y_true.shape, classes)`` and float64 for class indices, else of the shape and dtype of ``y_true``.

    Raises
    ------
    ValueError
        A class index or a weight outside its range (the first one is named), ``smoothing`` outside [0, 1).
    TypeError
        Whole numbers without ``classes``, or no real numbers.

    Notes
    -----
    Szegedy et al. (2016), doi:10.1109/CVPR.2016.308.

    Examples
    --------
    >>> import lossary
    >>> lossary.smooth_labels([0, 1], 0.5, classes=2)
    array([[0.75, 0.25],
           [0.25, 0.75]])
    """
    options = row_options.parsed(_SMOOTHED, {"label_smoothing": _required(smoothing)})
    y = inputs.plain("y_true", y_true)
    count = None if classes is None else _how_many("smooth_labels", classes)
    t = _target_weights(y, count)
    flat = t.reshape(-1, t.shape[-1]) if t.size else t.reshape(0, t.shape[-1])
    even = np.broadcast_to(np.float64(0.0), flat.shape)
    with np.errstate(over="ignore", under="ignore"):
        return options.mixed(_SMOOTHED, flat, even).reshape(t.shape).astype(t.dtype, copy=False)


_SMOOTHED = replace(ROW, name="smooth_labels")
"""What the options of the losses take for one: targets that are weights, and scores, all of them equal."""


def _required(smoothing: object) -> object:
    if smoothing is None:
        raise TypeError("smooth_labels: smoothing must be a number in [0, 1), not None")
    return smoothing


def _target_weights(y: np.ndarray, classes: int | None) -> np.ndarray:
    """Rows of weights, from class indices too."""
    if y.dtype.kind in "iub":
        if classes is None:
            raise TypeError(
                f"smooth_labels: y_true has dtype {y.dtype}; pass classes= if it holds class indices, "
                "or rows of weights as floating-point numbers"
            )
        return _placed("smooth_labels", "y_true", y, classes, np.dtype(np.float64), None)
    if y.ndim == 0 or (classes is not None and y.shape[-1] != classes):
        many = "one number a class" if classes is None else f"{classes} numbers"
        raise ShapeError(
            f"smooth_labels: rows of weights have {many} along the last axis, but y_true has shape {y.shape}"
        )
    weights = inputs.kernel_dtype(y, "y_true")
    if not ((weights >= 0.0) & (weights < np.inf)).all():
        rows = weights.reshape(-1, y.shape[-1])
        scores = np.broadcast_to(np.float64(0.0), rows.shape)
        refuse_rows(ROW, "smooth_labels", RowPair(rows, scores, y.shape[:-1], y.dtype), None, (1.0, 1.0))
    return y


def _placed(
    label: str, argument: str, y: np.ndarray, classes: int, dtype: np.dtype, ignore_index: int | None
) -> np.ndarray:
    """Rows with a one in the place of each index."""
    if y.dtype.kind not in "iub":
        raise TypeError(
            f"{label}: class indices must be whole numbers, but {argument} has dtype {y.dtype}; "
            "convert with .astype(int)"
        )
    counts = np.ones(y.shape, bool) if ignore_index is None else np.asarray(y != operator.index(ignore_index))
    wrong = ((y < 0) | (y >= classes)) & counts
    if wrong.any():
        raise DomainError(_no_class(label, argument, y, wrong, classes))
    places = np.where(counts, y, 0).astype(np.intp)[..., np.newaxis]
    rows = np.zeros((*y.shape, classes), dtype)
    np.put_along_axis(rows, places, counts.astype(dtype)[..., np.newaxis], axis=-1)
    return rows


def _no_class(label: str, argument: str, y: np.ndarray, wrong: np.ndarray, classes: int) -> str:
    """What is said about indices that are no classes: the first, and how many more."""
    first = np.unravel_index(int(np.argmax(wrong)), y.shape)
    place = f"{argument}[{', '.join(map(str, first))}]" if y.ndim else argument
    more = int(np.count_nonzero(wrong)) - 1
    others = f" (and {more} more)" if more else ""
    advice = "; pass ignore_index= for rows without a class" if label == "one_hot" else ""
    return f"{label}: class indices must be from 0 to {classes - 1}, but {place} is {y[first]}{others}{advice}"


def _how_many(label: str, classes: SupportsIndex) -> int:
    try:
        if isinstance(classes, bool):
            raise TypeError
        count = operator.index(classes)
    except TypeError:
        raise TypeError(f"{label}: classes must be a whole number, not {classes!r}") from None
    if count < 1:
        raise ValueError(f"{label}: classes must be at least 1, not {count}")
    return count
