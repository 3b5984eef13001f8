"""A user's features, targets, weights and offset made ready for a solver; what is wrong with them is said here.

Rows of weight zero do not count at all, so they are dropped before anything is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from lossary.backends.cpu.runtime.array_addresses import DTYPES, side_by_side
from lossary.evaluate.arrays import inputs
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.missing import asked, without
from lossary.evaluate.arrays.refusals import refuse_weights


@dataclass(frozen=True)
class Data:
    """Features (dense or CSR, float64), targets, weights and offset of the rows that count."""

    features: Any
    y: np.ndarray
    weight: np.ndarray | None
    offset: np.ndarray | None
    names: tuple[str, ...] | None
    kept: np.ndarray | None
    all_rows: int

    @property
    def rows(self) -> int:
        return int(self.features.shape[0])


def prepared(X: object, y: object, sample_weight: object, offset: object, classes: bool = False) -> Data:
    """Check shapes and numbers. Targets are compared with the loss's domain later, by the loss itself.

    With ``classes`` targets may have two dimensions, and offsets must.
    """
    names = feature_names(X)
    features = matrix(X)
    target = inputs.plain("y", y)
    if target.ndim == 2 and not classes:
        raise ShapeError(
            f"y has shape {target.shape}, but one number a row is meant: pass y.ravel(), or a column of it"
        )
    if target.ndim not in (1, 2) or target.shape[0] != features.shape[0]:
        raise ShapeError(f"X has {features.shape[0]} rows but y has shape {target.shape}; they must match")
    if target.dtype.kind not in "iu":
        target = inputs.kernel_dtype(target, "y").astype(np.float64, copy=False)
    rows = features.shape[0]
    weight = None if sample_weight is None else _vector("sample_weight", sample_weight, rows)
    shift = None if offset is None else _offset(offset, rows) if classes else _vector("offset", offset, rows)
    kept = None
    if weight is not None:
        refuse_weights(weight, weight.shape)
        if not (weight > 0.0).all():
            kept = np.flatnonzero(weight > 0.0)
            features, target, weight = features[kept], target[kept], weight[kept]
            shift = None if shift is None else shift[kept]
        if np.all(weight == weight[:1]):
            weight = None  # weights that are all alike change nothing but the time it takes
    if features.shape[0] == 0:
        raise ValueError("no row counts: X is empty, or every sample_weight is zero")
    _refuse_missing(features)
    if shift is not None:
        _refuse_not_finite("offset", shift)
    return Data(features, target, weight, shift, names, kept, rows)


def weight_of_known(y: object, sample_weight: object, missing: str, by_label: bool = False) -> object:
    """The weights, with zeros where the target is NaN if it may be; of rows of labels, where all of them are."""
    if not asked(missing):
        return sample_weight
    target = np.asarray(y)
    if target.dtype.kind != "f" or target.ndim not in (1, 2):
        return sample_weight
    is_missing = np.isnan(target)
    if target.ndim == 2:
        is_missing = is_missing.all(axis=1) if by_label else is_missing.any(axis=1)
    weight = None if sample_weight is None else np.asarray(sample_weight)
    is_usable = weight is None or (weight.shape == is_missing.shape and weight.dtype.kind in "iufb")
    return without(is_missing, weight, np.float64) if is_usable else sample_weight


def matrix(X: object) -> Any:
    """Features as a float64 array of two dimensions, or a CSR matrix."""
    if sparse.issparse(X):
        features = sparse.csr_array(X)
        return features.astype(np.float64) if features.dtype != np.float64 else features
    dense = inputs.plain("X", X)
    if dense.ndim != 2:
        hint = "; for one feature pass X.reshape(-1, 1)" if dense.ndim == 1 else ""
        raise ShapeError(f"X must have two dimensions, rows and features, but has shape {dense.shape}{hint}")
    if dense.dtype == object:
        dense = _numbers(dense)
    return inputs.kernel_dtype(dense, "X").astype(np.float64, copy=False)


def feature_names(X: object) -> tuple[str, ...] | None:
    """The column names of a data frame; None for an array."""
    columns = getattr(X, "columns", None)
    return None if columns is None else tuple(str(name) for name in columns)


def _numbers(dense: np.ndarray) -> np.ndarray:
    try:
        return dense.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"X must hold numbers, but has dtype object, beginning with {dense.flat[0]!r}; encode text first"
        ) from None


def _vector(name: str, numbers: object, rows: int) -> np.ndarray:
    array = inputs.kernel_dtype(inputs.plain(name, numbers), name)
    if array.shape != (rows,):
        raise ShapeError(f"{name} has shape {array.shape} but X has {rows} rows; it must be ({rows},)")
    return side_by_side(array, DTYPES["f8"])


def _offset(offset: object, rows: int) -> np.ndarray:
    array = inputs.kernel_dtype(inputs.plain("offset", offset), "offset").astype(np.float64, copy=False)
    if array.ndim == 0 or array.shape[0] != rows:
        raise ShapeError(f"offset has shape {array.shape} but X has {rows} rows")
    return array


def _refuse_missing(features: Any) -> None:
    if sparse.issparse(features):
        entries = features.tocoo()
        not_finite = np.flatnonzero(~np.isfinite(entries.data))
        if not_finite.size:
            first = not_finite[0]
            _refuse(f"X[{entries.row[first]}, {entries.col[first]}]", entries.data[first], not_finite.size)
        return
    # One pass: a sum is finite only if every number is, but for sums that overflow, which the second look clears.
    with np.errstate(all="ignore"):
        fine = np.isfinite(features.sum())
    if not fine:
        not_finite_at = np.argwhere(~np.isfinite(features))
        if len(not_finite_at):
            row, column = not_finite_at[0]
            _refuse(f"X[{row}, {column}]", features[row, column], len(not_finite_at))


def _refuse_not_finite(name: str, numbers: np.ndarray) -> None:
    not_finite = np.argwhere(~np.isfinite(numbers))
    if len(not_finite):
        place = ", ".join(str(i) for i in not_finite[0])
        _refuse(f"{name}[{place}]", numbers[tuple(not_finite[0])], len(not_finite))


def _refuse(place: str, number: float, count: int) -> None:
    others = f" (and {count - 1} more)" if count > 1 else ""
    raise ValueError(f"{place} is {number:g}{others}; drop these rows, fill them in, or give them a weight of zero")
