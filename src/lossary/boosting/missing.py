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
    lost = _lost(np.asarray(y))
    if not lost.any():
        return X, y, sample_weight
    if not leave_out:
        raise DomainError(_refusal("y", lost) + MISSING)
    if lost.all():
        raise ValueError(f"every one of the {lost.size} targets is missing: there is nothing to learn from")
    from sklearn.utils import _safe_indexing  # noqa: PLC0415  only rows that are left out need it

    there = np.flatnonzero(~lost)
    weight = None if sample_weight is None else _safe_indexing(np.asarray(sample_weight), there)
    return _safe_indexing(X, there), _safe_indexing(y, there), weight


def refuse_missing(library: str, labels: np.ndarray, weight: np.ndarray | None = None) -> None:
    """Raise a DomainError if a label that counts is NaN, where the data set of a library holds no such labels."""
    lost = _lost(labels)
    if weight is not None and weight.size == lost.size:
        lost &= weight != 0.0
    if lost.any():
        raise DomainError(
            f"{_refusal('label', lost)}; a data set of {library} holds no missing labels: leave these rows out, give "
            'them a weight of zero, or take LossRegressor(missing="nan")'
        )


def _lost(labels: np.ndarray) -> np.ndarray:
    """Which labels are NaN, among labels of any kind; several in a row are left to who takes them."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 1 and labels.dtype.kind == "f":
        return np.asarray(np.isnan(labels))
    if labels.ndim == 1 and labels.dtype.kind == "O":
        return np.array([isinstance(each, float) and each != each for each in labels], bool)
    return np.zeros(1, bool)


def _refusal(argument: str, lost: np.ndarray) -> str:
    more = int(np.count_nonzero(lost)) - 1
    others = f" (and {more} more)" if more else ""
    return f"targets contain NaN: {argument}[{int(np.argmax(lost))}] is nan{others}"
