"""Tables from files for models and costs: numeric columns, complete, or one line that says which cell is not."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from lossary.cli.console import UserError, explained
from lossary.tables.columns import Typed
from lossary.tables.files import TableFile, open_table, read_typed, reading, unreadable
from lossary.tables.notations import notations, plain_columns, tally_of, there
from lossary.tables.numbers import PLAIN, Notation, plain_numbers
from lossary.tables.streams import parts_of


@dataclass(frozen=True)
class Table:
    """A target and the features beside it, as float64: ``features`` is one row an example."""

    target: str
    y: np.ndarray
    names: tuple[str, ...]
    features: np.ndarray
    notes: tuple[str, ...] = ()


def read_table(
    path: Path, target: str, chosen: Sequence[str] = (), dropped: Sequence[str] = (), missing: bool = False
) -> Table:
    """The target and its features: those wanted, or every other column but the dropped.

    With ``missing`` rows whose target is empty or NaN are left out.
    """
    return numeric_table(read_columns(path, target, chosen, dropped), path, target, missing)


def read_columns(path: Path, target: str, chosen: Sequence[str] = (), dropped: Sequence[str] = ()) -> Typed:
    """The target and its features, of any kind: those wanted, or every other column but the dropped.

    A cell that is no number among numbers is refused.
    """
    with explained():
        file = open_table(path)
        file.require((target, *chosen, *dropped))
        names = [c for c in (chosen or file.names()) if c != target and c not in dropped]
        if not names:
            raise ValueError(
                f"{file.shown}: no feature is left beside the target {target!r}; it needs at least one other column"
            )
        content = read_typed(file, [target, *names])
        content.refuse_strays([target], "correct it")
        for name in names:
            content.refuse_strays([name], f"correct it{_how_to_leave_out(name)}")
    return content


def is_numeric(content: Typed, target: str) -> bool:
    """Whether all columns hold numbers, and no feature lacks one."""
    return all(
        (column.dtype.is_numeric() or column.dtype == pl.Boolean or column.null_count() == len(column))
        and (column.name == target or not column.cast(pl.Float64).fill_null(float("nan")).is_nan().any())
        for column in content.frame.get_columns()
    )


def numeric_table(content: Typed, path: Path, target: str, missing: bool = False) -> Table:
    """A table of numbers alone; with ``missing`` rows whose target is empty or NaN are left out."""
    names = [name for name in content.frame.columns if name != target]
    y = _targets(content.frame[target], 0, missing)
    features = np.column_stack([_numbers(content.frame[name], 0, _how_to_leave_out(name)) for name in names])
    has_target = ~np.isnan(y)
    if not has_target.any():
        raise UserError(f"{path} has no row with a target: every cell of {target!r} is empty")
    return Table(target, y[has_target], tuple(names), features[has_target], content.notes)


def read_frame(path: Path, needed: Sequence[str] = (), dropped: Sequence[str] = ()) -> Typed:
    """A whole file but the dropped columns, of any kind; those needed must be there, without stray cells."""
    with explained():
        file = open_table(path)
        file.require((*needed, *dropped))
        content = read_typed(file, [name for name in file.names() if name not in dropped or name in needed])
        content.refuse_strays(needed, "correct it, or leave it empty")
    return content


def stream_columns(path: Path, names: Sequence[str], missing: bool = False) -> Iterator[list[np.ndarray]]:
    """The named columns as float64, some hundred thousand rows at a time: memory does not grow with the file.

    The first is the target, whose empty cells are NaN with ``missing``.
    """
    rows = 0
    with explained():
        file = open_table(path)
        file.require(names)
        # Settling notations reads all the text once, so that what follows is in the right encoding.
        file, found = reading(file, lambda opened: (opened, _notations_in(opened, names)))
    try:
        for chunk in parts_of(file, names):
            target, *others = (_in_notation(chunk[name], found) for name in names)
            yield [_targets(target, rows, missing), *(_numbers(other, rows, "") for other in others)]
            rows += chunk.height
    except pl.exceptions.PolarsError as trouble:
        raise UserError(str(unreadable(file, trouble))) from trouble
    except ValueError as refusal:
        raise UserError(str(refusal)) from refusal


def _notations_in(file: TableFile, names: Sequence[str]) -> dict[str, Notation]:
    frame = file.frame.select(list(dict.fromkeys(names)))
    texts = [name for name, dtype in frame.collect_schema().items() if dtype == pl.String]
    return notations(frame, tally_of(frame, texts), file.separator)


def _how_to_leave_out(name: str) -> str:
    return f"; leave it out with --drop {shlex.quote(name)}"


FILL = "; drop or fill them first"
LEAVE_OUT = "; drop or fill them, or leave these rows out with --missing nan"


def _in_notation(column: pl.Series, found: Mapping[str, Notation]) -> pl.Series:
    """A column of text as numbers, if it is one of numbers and all cells of this part are; else as it is."""
    if column.dtype != pl.String or column.name not in found:
        return column
    plain = plain_columns(column.to_frame(), [column.name])[0]
    if plain and found[column.name] == PLAIN:
        return plain[column.name]
    cells = column.to_frame().select(there(pl.col(column.name)))
    numbers = cells.select(found[column.name].numbers(pl.col(column.name))).to_series()
    return numbers if numbers.null_count() == cells.to_series().null_count() else column


def _targets(column: pl.Series, before: int, missing: bool) -> np.ndarray:
    """The target's column; with ``missing`` a NaN for each empty cell."""
    return _numbers(column, before, "", None if missing else LEAVE_OUT)


def _numbers(column: pl.Series, before: int, advice: str, blank: str | None = FILL) -> np.ndarray:
    """One column as float64; refuses text and infinities and names the first row that has one.

    ``blank`` is the advice about cells that are empty or NaN; without it they are NaN.
    """
    blanks = column.is_null().to_numpy()
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean or blanks.all()):
        _refuse_text(column, before, advice)
    if blanks.any() and blank is not None:
        _refuse_cells(column.name, "empty", blanks, before, advice or blank)
    numbers = column.cast(pl.Float64).to_numpy()
    if np.isnan(numbers).any() and blank is not None:
        _refuse_cells(column.name, "NaN", np.isnan(numbers), before, advice or blank)
    if np.isinf(numbers).any():
        _refuse_cells(column.name, "infinite", np.isinf(numbers), before, advice or FILL)
    return numbers


def _refuse_cells(name: str, what: str, wrong: np.ndarray, before: int, advice: str) -> None:
    count, first = int(wrong.sum()), before + int(np.argmax(wrong)) + 1
    raise UserError(f"column {name!r} has {count} {what} cell{'s' * (count > 1)}, the first in row {first}{advice}")


def _refuse_text(column: pl.Series, before: int, advice: str) -> None:
    kind = {pl.String: "text", pl.Datetime: "dates"}.get(column.dtype.base_type(), str(column.dtype).lower())
    if column.dtype.is_nested():
        raise UserError(f"column {column.name!r} holds {kind}, not one value a row{advice}")
    cells = column.cast(pl.String)
    odd = cells.to_frame().select(there(pl.first()).is_not_null() & plain_numbers(there(pl.first())).is_null())
    row = int(odd.to_series().arg_max() or 0)
    advice = advice or "; it must hold numbers"
    raise UserError(f"column {column.name!r} holds {kind}, such as {cells[row]!r} in row {before + row + 1}{advice}")
