"""Labels of an estimator, looked at before any library turns them into something else."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from lossary.boosting.missing import missing_labels
from lossary.evaluate.arrays.refusals import DomainError

ADVICE = {
    str: "a string; convert strings to numbers first, for example with numpy.asarray(y, float)",
    np.datetime64: "a date; give a number, such as the days since one date",
    np.timedelta64: "a duration; give a number, such as seconds",
}


def one_column(y: Any) -> np.ndarray:
    """Labels as an array of shape (n,); a column (n, 1) with scikit-learn's warning. Raises ValueError for others."""
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    return np.asarray(column_or_1d(y, warn=True))


def numbers(y: Any) -> np.ndarray:
    """Targets of a regression: finite numbers; what is none is refused with its position."""
    labels = one_column(y)
    if labels.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: y is {labels.dtype}")
    if labels.dtype.kind in "USmM" or (labels.dtype.kind == "O" and not _all_numbers(labels)):
        raise DomainError(_no_number(labels))
    found = labels if labels.dtype.kind in "fiu" else labels.astype(np.float64)
    with np.errstate(invalid="ignore"):
        wrong = ~np.isfinite(found)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise DomainError(
            f"Input y contains infinity or a value too large for dtype('float64'): y[{first}] is {found[first]}"
        )
    return found


def classes_and_codes(y: Any) -> tuple[np.ndarray, np.ndarray]:
    """The classes in order, and each label's place among them; a missing label is refused with its position."""
    from sklearn.utils.multiclass import check_classification_targets  # noqa: PLC0415  only classifiers need it

    labels = one_column(y)
    missing = missing_labels(labels)
    if missing.any():
        first = int(np.argmax(missing))
        raise DomainError(f"a missing label is no class: y[{first}] is {labels[first]!r}; leave its row out")
    if labels.dtype.kind == "f" and np.isinf(labels).any():
        first = int(np.argmax(np.isinf(labels)))
        raise DomainError(f"infinity is no class: y[{first}] is {labels[first]}; leave its row out")
    check_classification_targets(labels)
    if labels.dtype.kind == "O":
        _refuse_mixed(labels)
    classes, codes = np.unique(labels, return_inverse=True)
    return classes, codes


def _all_numbers(labels: np.ndarray) -> bool:
    return all(_is_number(each) for each in labels)


def _is_number(label: Any) -> bool:
    return isinstance(label, int | float | np.integer | np.floating | np.bool_)


def _no_number(labels: np.ndarray) -> str:
    wrong = np.array([not _is_number(each) for each in labels], bool)
    first = int(np.argmax(wrong))
    label = labels[first]
    what = next((words for kind, words in ADVICE.items() if isinstance(label, kind)), "no number")
    return f"targets must be numbers, but y[{first}] is {label!r}, {what}"


def _refuse_mixed(labels: np.ndarray) -> None:
    """Labels of several types have no order."""
    kinds = [str if isinstance(each, str) else float if _is_number(each) else type(each) for each in labels]
    for position, kind in enumerate(kinds):
        if kind is not kinds[0]:
            raise ValueError(
                f"labels must be of one type, but y[0] is {labels[0]!r} and y[{position}] is {labels[position]!r}"
            )
