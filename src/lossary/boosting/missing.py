"""Rows without a target, for estimators whose library holds none: they are left out before it sees them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.evaluate.arrays.missing import asked
from lossary.evaluate.arrays.refusals import MISSING, DomainError


def known_rows(X: Any, y: Any, sample_weight: Any, missing: str) -> tuple[Any, Any, Any]:
    """Features, targets and weights of the rows that have a target, as they are if all have.

    Raises a DomainError that names the first target that is NaN unless ``missing`` is "nan".
    """
    leave_out = asked(missing)
    labels = np.asarray(y)
    is_nan = _is_missing_of(labels)
    if not is_nan.any():
        return X, y, sample_weight
    if not leave_out:
        raise DomainError(_refusal("y", labels, is_nan) + MISSING)
    if is_nan.all():
        raise ValueError(f"every one of the {is_nan.size} targets is missing: there is nothing to learn from")
    from sklearn.utils import _safe_indexing  # noqa: PLC0415  only rows that are left out need it

    known = np.flatnonzero(~is_nan)
    weight = None if sample_weight is None else _safe_indexing(np.asarray(sample_weight), known)
    return _safe_indexing(X, known), _safe_indexing(y, known), weight


def refuse_missing(library: str, labels: np.ndarray, weight: np.ndarray | None = None) -> None:
    """Raise a DomainError if a label that counts is NaN, where the data set of a library holds no such labels."""
    is_nan = _is_missing_of(labels)
    if weight is not None and weight.size == is_nan.size:
        is_nan &= weight != 0.0
    if is_nan.any():
        raise DomainError(
            f"{_refusal('label', labels, is_nan)}; a data set of {library} holds no missing labels: leave these rows "
            'out, give them a weight of zero, or take LossRegressor(missing="nan")'
        )


def _is_missing_of(labels: np.ndarray) -> np.ndarray:
    """Which labels are missing; rows of several labels are left to those who take such rows."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    return missing_labels(labels) if labels.ndim == 1 else np.zeros(1, bool)


def missing_labels(labels: np.ndarray) -> np.ndarray:
    """Which labels are missing: NaN, None, NaT, or pandas' NA."""
    if labels.dtype.kind in "fc":
        return np.asarray(np.isnan(labels))
    if labels.dtype.kind in "mM":
        return np.asarray(np.isnat(labels))
    if labels.dtype.kind == "O":
        return np.array([_is_missing(each) for each in labels], bool)
    return np.zeros(labels.shape, bool)


def _is_missing(label: Any) -> bool:
    if label is None or type(label).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(label, float | np.floating) and bool(np.isnan(label))


def _refusal(argument: str, labels: np.ndarray, is_missing: np.ndarray) -> str:
    first, more = int(np.argmax(is_missing)), int(np.count_nonzero(is_missing)) - 1
    others = f" (and {more} more)" if more else ""
    label = np.ravel(labels)[first]
    what = "nan" if isinstance(label, float | np.floating) else repr(label)
    return f"targets contain NaN: {argument}[{first}] is {what}{others}"
