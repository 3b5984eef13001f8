"""The columns of a user's table, and which columns of the matrix each has become."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.choosing.table.data import Data
from lossary.choosing.table.features import MISSING, Features


@dataclass(frozen=True)
class TableColumn:
    """A column as the user knows it: ``kind`` is "number", "category" or "date"; ``positions`` are the matrix's."""

    name: str
    kind: str
    positions: tuple[int, ...]


def table_columns(features: Features, data: Data) -> list[TableColumn]:
    """The columns that are features, in order: a date is one, whatever parts of it the matrix has."""
    by_name: dict[str, list[int]] = {}
    for position, name in enumerate(features.names):
        date = next((each for each in features.dates if name.startswith(f"{each}.") and name not in data.columns), "")
        by_name.setdefault(date or name, []).append(position)
    return [_column(name, positions, features) for name, positions in by_name.items()]


def _column(name: str, positions: list[int], features: Features) -> TableColumn:
    if name in features.dates:
        return TableColumn(name, "date", tuple(positions))
    kind = "category" if features.kinds[positions[0]] == "category" else "number"
    return TableColumn(name, kind, tuple(positions))


def shown_value(column: TableColumn, features: Features, data: Data, cells: np.ndarray) -> float | str:
    """A value of the column as the table has it, from its cells of the matrix; missing ones are "missing"."""
    first = float(cells[0])
    if column.kind == "category":
        return "missing" if first == MISSING else features.levels[column.name][int(first)]
    if np.isnan(first):
        return "missing"
    return _date(column, features, data, cells) if column.kind == "date" else first


def _date(column: TableColumn, features: Features, data: Data, cells: np.ndarray) -> str:
    days = [features.names[position] for position in column.positions].index(f"{column.name}.days")
    moments = data.columns[column.name]
    moment = moments[~np.isnat(moments)].min() + np.timedelta64(round(float(cells[days]) * 86400.0), "s")
    day = moment.astype("datetime64[D]")
    return str(day if day == moment else moment.astype("datetime64[m]"))
