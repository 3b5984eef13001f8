"""Tables from CSV and Parquet files: numeric columns, complete, or one line that says which cell is not."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from lossary.cli.console import UserError

PARQUET = (".parquet", ".pq")
BLANK = ["", "NA", "N/A", "NULL", "null", "None", "?"]
"""CSV cells that mean that nothing was recorded."""

CHUNK = 1 << 18
"""Rows held at a time when a file is streamed."""


@dataclass(frozen=True)
class Table:
    """A target and the features beside it, as float64: ``features`` is one row an example."""

    target: str
    y: np.ndarray
    names: tuple[str, ...]
    features: np.ndarray


def read_table(
    path: Path, target: str, chosen: Sequence[str] = (), dropped: Sequence[str] = (), missing: bool = False
) -> Table:
    """The target and its features: those wanted, or every other column but the dropped.

    With ``missing`` rows whose target is empty or NaN are left out.
    """
    frame = _scan(path)
    available = _columns(frame, path)
    for name in (target, *chosen, *dropped):
        _require(name, available, path)
    names = [c for c in (chosen or available) if c != target and c not in dropped]
    if not names:
        raise UserError(f"{path}: no feature is left beside the target {target!r}; it needs at least one other column")
    content = _collect(frame.select([target, *names]), path)
    if content.height == 0:
        raise UserError(f"{path} has a header but no rows")
    y = _targets(content[target], 0, missing)
    features = np.column_stack([_numbers(content[name], 0, _how_to_leave_out(name)) for name in names])
    has_target = ~np.isnan(y)
    if not has_target.any():
        raise UserError(f"{path} has no row with a target: every cell of {target!r} is empty")
    return Table(target, y[has_target], tuple(names), features[has_target])


def read_frame(path: Path, needed: Sequence[str] = ()) -> pl.DataFrame:
    """A whole file, of any columns; those needed must be there."""
    available = _columns(_scan(path), path)
    for name in needed:
        _require(name, available, path)
    content = _collect(_scan(path), path)
    if content.height == 0:
        raise UserError(f"{path} has a header but no rows")
    return content


def stream_columns(path: Path, names: Sequence[str], missing: bool = False) -> Iterator[list[np.ndarray]]:
    """The named columns as float64, some hundred thousand rows at a time: memory does not grow with the file.

    The first is the target, whose empty cells are NaN with ``missing``.
    """
    frame = _scan(path)
    available = _columns(frame, path)
    for name in names:
        _require(name, available, path)
    rows = 0
    try:
        for chunk in frame.select(list(dict.fromkeys(names))).collect_batches(chunk_size=CHUNK, maintain_order=True):
            target, *others = names
            yield [_targets(chunk[target], rows, missing), *(_numbers(chunk[name], rows, "") for name in others)]
            rows += chunk.height
    except pl.exceptions.PolarsError as trouble:
        raise _unreadable(path, trouble) from trouble
    if rows == 0:
        raise UserError(f"{path} has a header but no rows")


def _how_to_leave_out(name: str) -> str:
    return f"; leave it out with --drop {shlex.quote(name)}"


def _scan(path: Path) -> pl.LazyFrame:
    if not path.exists():
        near = difflib.get_close_matches(path.name, [p.name for p in path.parent.glob("*")], n=1)
        raise UserError(f"there is no file {path}" + (f"; did you mean {path.with_name(near[0])}?" if near else ""))
    if path.is_dir():
        raise UserError(f"{path} is a folder; name a CSV or Parquet file in it")
    if path.suffix.lower() in PARQUET:
        return pl.scan_parquet(path)
    return pl.scan_csv(path, null_values=BLANK, infer_schema_length=None)


def _columns(frame: pl.LazyFrame, path: Path) -> list[str]:
    try:
        return frame.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as trouble:
        raise _unreadable(path, trouble) from trouble


def _collect(frame: pl.LazyFrame, path: Path) -> pl.DataFrame:
    try:
        return frame.collect()
    except (pl.exceptions.PolarsError, OSError) as trouble:
        raise _unreadable(path, trouble) from trouble


def _unreadable(path: Path, trouble: Exception) -> UserError:
    if isinstance(trouble, pl.exceptions.NoDataError):
        return UserError(f"{path} is empty; it needs a header line and rows of numbers")
    kind = "Parquet" if path.suffix.lower() in PARQUET else "CSV"
    first = str(trouble).strip().splitlines()
    if "utf-8" in str(trouble).lower():
        return UserError(f"{path} is not written in UTF-8; save it as that, with iconv or a spreadsheet")
    return UserError(f"{path} cannot be read as {kind}: {first[0] if first else type(trouble).__name__}")


def _require(name: str, available: Sequence[str], path: Path) -> None:
    if name in available:
        return
    near = difflib.get_close_matches(name, available, n=2, cutoff=0.5)
    hint = (
        f"did you mean {' or '.join(near)}?"
        if near
        else f"it has {', '.join(available[:12])}{', ...' if len(available) > 12 else ''}"
    )
    raise UserError(f"{path} has no column {name!r}; {hint}")


FILL = "; drop or fill them first"
LEAVE_OUT = "; drop or fill them, or leave these rows out with --missing nan"


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
    kind = "text" if column.dtype == pl.String else str(column.dtype).lower()
    cells = column.cast(pl.String)
    odd = (cells.is_not_null() & cells.cast(pl.Float64, strict=False).is_null()).to_numpy()
    row = int(np.argmax(odd))
    advice = advice or "; it must hold numbers"
    raise UserError(f"column {column.name!r} holds {kind}, such as {cells[row]!r} in row {before + row + 1}{advice}")
