"""Tables larger than memory: a file in parts, and files that are written in parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from lossary.tables.files import PARQUET, TableFile
from lossary.tables.whole import written_whole

CELLS = 1 << 20
"""Cells of a part: of four columns a quarter of a million rows."""

FEWEST = 1 << 10
"""Rows of a part, however many columns there are."""

CSV = (".csv",)
ENDINGS = (*CSV, *PARQUET)
"""How files end that can be written."""


def parts_of(file: TableFile, names: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The named columns, some rows at a time and in their order; memory does not grow with a CSV or Parquet file.

    Raises ValueError for a file without rows.
    """
    names = list(dict.fromkeys(names))
    rows = 0
    size = max(FEWEST, CELLS // max(1, len(names)))
    for part in file.frame.select(names).collect_batches(chunk_size=size, maintain_order=True):
        if part.height:
            rows += part.height
            yield part
    if not rows:
        raise ValueError(f"{file.shown} has a header but no rows")


def require_writable(path: Path, inputs: Sequence[Path]) -> None:
    """Raise ValueError for a path that no table is written to: of an unknown ending, a folder, or one of the inputs."""
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(f"{path} must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}, which says how it is written")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no file that can be replaced; name another")
    if not path.parent.is_dir():
        raise ValueError(f"{path} cannot be written: there is no folder {path.parent}")
    same = next((each for each in inputs if path.exists() and each.exists() and each.samefile(path)), None)
    if same is not None:
        raise ValueError(f"{path} would be written over {same}, which is read; name another file")


def write_table(path: Path, parts: Iterable[pl.DataFrame], schema: pl.Schema) -> None:
    """Write parts of a table as CSV or Parquet, by the path's ending, whole or not at all.

    Floats are written so that they are read back to the bit. Raises ValueError for columns that CSV has no cells for,
    OSError where the file cannot be written, and whatever making the parts raises.
    """
    is_csv = path.suffix.lower() in CSV
    if is_csv:
        require_cells(schema)
    failed: list[BaseException] = []

    def source(*_: Any) -> Iterator[pl.DataFrame]:
        try:
            yield from parts
        except BaseException as failure:
            failed.append(failure)  # polars would give it another type
            raise

    frame = register_io_source(source, schema=schema, is_pure=False)
    with written_whole(path) as part:
        try:
            frame.sink_csv(part) if is_csv else frame.sink_parquet(part, row_group_size=CELLS // 4)
        except BaseException:
            if failed:
                raise failed[0] from None
            raise


def csv_text(part: pl.DataFrame, header: bool) -> str:
    """Rows as CSV (RFC 4180, with lines that end as Unix has them)."""
    return part.write_csv(include_header=header)


def require_cells(schema: pl.Schema) -> None:
    """Raise ValueError for columns of several values a row, which CSV has no cells for."""
    for name, dtype in schema.items():
        if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
            raise ValueError(f"column {name!r} holds {dtype}, which CSV has no cells for; write Parquet")
