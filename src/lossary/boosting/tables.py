"""Tables of features as boosters take them: numbers, with categories as codes that are learned in training.

A column of pandas' or polars' type for categories becomes whole numbers, and the booster is told which columns those
are. In prediction the same category gets the same number, whatever order a table lists its categories in; one that
training has not seen is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Table:
    """Features: an (n, d) array of numbers (or a CSR matrix), which columns are categories, and names if all have one.

    Missing numbers and categories are NaN.
    """

    matrix: Any
    categorical: tuple[int, ...] = ()
    names: tuple[str, ...] | None = None

    @property
    def is_constant(self) -> bool:
        """Whether no feature takes two values, so that no tree can split."""
        if hasattr(self.matrix, "tocsc"):
            ends = (self.matrix.max(axis=0).toarray(), self.matrix.min(axis=0).toarray())
            return bool(np.all(ends[0] == ends[1]))
        first = self.matrix[:1]
        same = (self.matrix == first) | (np.isnan(self.matrix) & np.isnan(first))
        return bool(same.all())


def categories_of(X: Any) -> dict[int, list[Any]]:
    """The categories that occur in each column of them, by the column's number; none for what is no data frame."""
    found: dict[int, list[Any]] = {}
    for number, column in enumerate(_columns(X)):
        if _is_categorical(column):
            values = _values(column)
            found[number] = sorted({value for value in values if not _is_missing(value)}, key=_order)
    return found


def coded(X: Any, categories: dict[int, list[Any]]) -> np.ndarray:
    """A data frame as an array of float64, with the categories' places in their lists.

    Raises ValueError for a column that is neither numbers nor categories.
    """
    columns = []
    for number, column in enumerate(_columns(X)):
        known = categories.get(number)
        if known is None:
            columns.append(_numbers(column, _names(X)[number]))
            continue
        place = {value: float(at) for at, value in enumerate(known)}
        columns.append(np.array([place.get(value, np.nan) for value in _hashable(_values(column))]))
    return np.column_stack(columns)


def plain_names(names: Sequence[Any] | None) -> tuple[str, ...] | None:
    """The names of features, if no booster objects to any of them."""
    if names is None or not all(isinstance(name, str) and name.replace("_", "a").isalnum() for name in names):
        return None
    return tuple(names) if len(set(names)) == len(names) else None


def _columns(X: Any) -> Iterable[Any]:
    if not hasattr(X, "columns"):
        return ()
    if hasattr(X, "iloc"):
        return (X.iloc[:, number] for number in range(X.shape[1]))
    return (X[name] for name in X.columns) if hasattr(X, "get_columns") else ()


def _names(X: Any) -> list[Any]:
    return list(X.columns)


def _is_categorical(column: Any) -> bool:
    kind = type(column.dtype).__name__
    return kind in ("CategoricalDtype", "Categorical", "Enum")


def _values(column: Any) -> list[Any]:
    return column.to_list() if hasattr(column, "to_list") else list(column)


def _hashable(values: list[Any]) -> list[Any]:
    return [None if _is_missing(value) else value for value in values]


def _is_missing(value: Any) -> bool:
    return value is None or value != value


def _order(value: Any) -> tuple[str, Any]:
    return type(value).__name__, value


def _numbers(column: Any, name: Any) -> np.ndarray:
    try:
        if hasattr(column, "iloc"):
            return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
        return np.asarray(column.cast(float).to_numpy(), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"column {name!r} holds {column.dtype}, not numbers; make it a categorical column, or numbers"
        ) from error
    except Exception as error:  # polars' own classes, which derive from no common built-in one
        raise ValueError(f"column {name!r} holds {column.dtype}, not numbers; make it a categorical column") from error
