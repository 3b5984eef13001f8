"""Features, target, weights, groups and times of one table: each checked, rows without a target left out."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.choosing.table.features import category_numbers
from lossary.choosing.table.frames import (
    CORRECT,
    Columns,
    Table,
    class_column,
    column,
    raw_columns,
    require_same_index,
    table_of,
)
from lossary.choosing.table.order import declared_order

if TYPE_CHECKING:
    from lossary.tables.columns import Typed
    from lossary.tables.readings import Reading


@dataclass(frozen=True)
class Data:
    """Columns of features, target, weight, groups and times, rows without a target left out."""

    columns: Columns
    target: str
    y: np.ndarray
    weight: np.ndarray | None = None
    groups: np.ndarray | None = None
    time: np.ndarray | None = None
    missing: int = 0
    """How many rows had no target; they are left out."""
    unweighted: int = 0
    """How many rows had the weight zero; they are left out."""
    weights: str = ""
    """The name of the weights' column, if they have one."""
    times: str = ""
    grouping: str = ""
    """The names of the columns of times and groups."""
    notes: tuple[str, ...] = ()
    """How columns of text were read, mistakes in them first."""
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """The rows' places in the table, from 0."""
    order: tuple[str, ...] = ()
    """The target's categories in their order, where its column declares one."""
    readings: Mapping[str, Reading] = field(default_factory=dict)
    """How each column that was text was read."""
    strays: tuple[str, ...] = ()
    """The columns in which some cells did not fit, and are missing."""

    def of_file(self, read: Typed) -> Data:
        """The data of a file, whose text was read before it came here."""
        words = {
            name: each for name, each in self.readings.items() if each.kind != "words" or name not in read.readings
        }
        return replace(
            self, notes=read.all_notes(), readings={**read.readings, **words}, strays=(*read.strays, *self.strays)
        )


def prepare_data(
    X: Any, y: Any, sample_weight: Any = None, groups: Any = None, time: Any = None, drop: Sequence[str] = ()
) -> Data:
    """Features, target, weights, groups and times; each but the features is a column's name, or a column.

    Raises ValueError for columns that are not there, with the nearest name, and for lengths that differ.
    """
    for role, values in (("y", y), ("sample_weight", sample_weight), ("groups", groups), ("time", time)):
        require_same_index(X, values, role)
    raw = raw_columns(X)
    target = y if isinstance(y, str) else getattr(y, "name", None) or "y"
    used = [name for name in (y, sample_weight, groups, time) if isinstance(name, str)]
    for name in (*used, *drop):
        _require_column(name, raw)
    for role, name in (("weights", sample_weight), ("groups", groups), ("times", time)):
        if isinstance(name, str) and isinstance(y, str) and name == y:
            raise ValueError(f"{name!r} is the target; it cannot be the {role} too")
    table = table_of(X, without=[name for name in drop if name not in used])
    by_role = {
        role: _role_of(name_or_values, table, role)
        for role, name_or_values in (("y", y), ("sample_weight", sample_weight), ("groups", groups), ("time", time))
    }
    if y is not None:
        classes = class_column(raw[y] if isinstance(y, str) else y, str(target))
        by_role["y"] = by_role["y"] if classes is None else classes
    # A time column stays among the features: its parts may well predict something.
    dropped = {name for name in (y, sample_weight, groups, *drop) if isinstance(name, str)}
    features = {name: values for name, values in table.columns.items() if name not in dropped}
    _require_features_and_target(features, by_role)
    weights, times, grouping = (name if isinstance(name, str) else "" for name in (sample_weight, time, groups))
    data = _without_missing_targets(features, str(target), by_role)
    strays = [f"{stray}: taken as missing" for name, stray in table.strays.items() if name in features]
    notes = (*strays, *table.notes)
    return replace(
        data,
        weights=weights,
        times=times,
        grouping=grouping,
        notes=notes,
        order=declared_order(X, y),
        readings=table.readings,
        strays=tuple(name for name in table.strays if name in features),
    )


def _require_features_and_target(features: Columns, by_role: Mapping[str, np.ndarray | None]) -> None:
    """Refuse data without features or target, and columns that differ in length."""
    if not features:
        raise ValueError("no column is left to predict from: drop fewer")
    rows = next(iter(features.values())).size
    for role, values in by_role.items():
        if values is not None and values.size != rows:
            raise ValueError(f"{role} has {values.size:,} values, but X has {rows:,} rows")
    if by_role["y"] is None:
        raise ValueError("there is no target: name a column, or pass one as y")


def _role_of(name_or_values: Any, table: Table, role: str) -> np.ndarray | None:
    """The target, weights, groups or times: a mistake in them is refused, where in a feature it is missing."""
    if name_or_values is None:
        return None
    if not isinstance(name_or_values, str):
        return column(name_or_values, role)
    if name_or_values in table.strays:
        raise ValueError(f"{table.strays[name_or_values]}; {CORRECT}")
    return table.columns[name_or_values]


def _require_column(name: str, columns: Mapping[str, Any]) -> None:
    if name in columns:
        return
    near = difflib.get_close_matches(name, list(columns), n=2, cutoff=0.5)
    available = ", ".join(list(columns)[:12]) + (", ..." if len(columns) > 12 else "")
    raise ValueError(
        f"there is no column {name!r}; " + (f"did you mean {' or '.join(near)}?" if near else f"there are {available}")
    )


def _without_missing_targets(columns: Columns, target: str, by_role: Mapping[str, np.ndarray | None]) -> Data:
    """The data without the rows that have no target, in order of time where a time is given."""
    y, time, weight = by_role["y"], by_role["time"], by_role["sample_weight"]
    assert y is not None
    left_out = _missing(y)
    missing = int(left_out.sum())
    if left_out.all():
        raise ValueError(f"the target {target!r} is missing in every row")
    for name, values in (("time", time), ("groups", by_role["groups"]), ("sample_weight", weight)):
        if values is not None and _missing(values)[~left_out].any():
            row = int(np.flatnonzero(_missing(values) & ~left_out)[0]) + 1
            raise ValueError(f"{name} is missing in row {row}; fill it in, or leave the row out")
    if weight is not None:
        weight = _weights(weight, left_out)
    order = np.flatnonzero(~left_out)
    if time is not None:
        if time.dtype == object:
            raise ValueError("times must be numbers or dates, such as 2024-03-31, not other text")
        order = order[np.argsort(time[order], kind="stable")]
    groups = by_role["groups"]
    return Data(
        {name: values[order] for name, values in columns.items()},
        target,
        y[order],
        None if weight is None else weight[order],
        None if groups is None else (category_numbers(groups)[0] if groups.dtype == object else groups)[order],
        None if time is None else time[order],
        missing,
        int(left_out.sum()) - missing,
        rows=order,
    )


def _missing(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return np.array([v is None for v in values])
    return np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)


def _weights(weight: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    if weight.dtype.kind != "f":
        raise ValueError("weights must be numbers")
    wrong = ~left_out & ~(np.isfinite(weight) & (weight >= 0.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"the weight in row {row + 1} is {weight[row]:g}; weights are zero or more")
    if not (weight[~left_out] > 0.0).any():
        raise ValueError("every weight is zero: no row counts")
    # A row that does not count must not be trained on, tested or looked at.
    left_out |= weight == 0.0
    return weight
