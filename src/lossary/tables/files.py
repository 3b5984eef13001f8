"""Files of tables, opened by what they are: delimited text, JSON, Parquet, Arrow, workbooks; and standard input."""

from __future__ import annotations

import difflib
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from lossary.tables.columns import Typed, typed
from lossary.tables.delimited import Delimited, as_western, delimited, encoding_of, head_of

T = TypeVar("T")

STDIN = "-"
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
PARQUET = (".parquet", ".pq")
ARROW = (".arrow", ".feather", ".ipc")
JSON_LINES = (".jsonl", ".ndjson")
ENDINGS = {b"PAR1": ".parquet", b"ARROW1": ".arrow", b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}
"""What files begin with that are no text, and the ending that says so."""


@dataclass(frozen=True)
class TableFile:
    """An open table: its columns lazily, text not yet read as numbers.

    ``separator`` is that of a delimited file, "" for others; ``shown`` is how messages call the file.
    """

    frame: pl.LazyFrame
    shown: str
    kind: str = "CSV"
    separator: str = ""
    is_text: bool = False
    notes: tuple[str, ...] = ()
    otherwise: Callable[[], TableFile] | None = field(default=None, repr=False)
    """Opens the file anew where its text is not in the encoding that its beginning looked like."""

    def names(self) -> list[str]:
        """The columns' names."""
        return list(self.frame.collect_schema().names())

    def require(self, names: Sequence[str]) -> None:
        """Raise ValueError for a column that is not there, with the nearest name."""
        available = self.names()
        missing = set(names) - set(available)
        for name in names:
            if name in missing:
                near = difflib.get_close_matches(name, available, n=2, cutoff=0.5)
                some = f"it has {', '.join(available[:12])}{', ...' if len(available) > 12 else ''}"
                hint = f"did you mean {' or '.join(near)}?" if near else some
                raise ValueError(f"{self.shown} has no column {name!r}; {hint}")


def read_table(path: str | Path, columns: Sequence[str] | None = None, stray: str = "error") -> pl.DataFrame:
    r"""A file's table, with numbers, dates and words told apart column by column.

    This is how ``lossary choose`` and the other commands read a file. Text is read as numbers or dates where all cells
    of a column are such, in one notation: decimal points or commas, thousands set off, currencies and percent signs (5%
    is 0.05), dates with the year, the day or the month first. Cells such as "", "NA", "n/a", "-" and "?" are missing.

    Parameters
    ----------
    path : path
        CSV and its kin (commas, semicolons, tabs or bars; UTF-8, UTF-16 or Western European; plain or compressed by
        gzip), JSON, JSON lines, Parquet, Arrow or a workbook's first sheet (``pip install 'lossary[excel]'``); "-" is
        standard input.
    columns : sequence of str, optional
        The columns to read; by default all.
    stray : "error" or "missing"
        What becomes of cells that are no numbers, or no dates, in a column that holds such otherwise.

    Returns
    -------
    polars.DataFrame
        Of delimited text: columns of float64, datetime (microseconds) and strings. Other files keep the types of their
        columns, but for text that is numbers or dates throughout.

    Raises
    ------
    ValueError
        For a file that is no table, a column that is not there, one whose cells may be read in two ways, and stray
        cells, unless they are to be missing; the message names the first.

    Examples
    --------
    >>> import pathlib, tempfile, lossary
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "prices.csv"
    >>> _ = path.write_text("price;sold\n1.200,50;31/03/2024\nn/a;01/04/2024\n")
    >>> lossary.read_table(path)["price"].to_list()
    [1200.5, None]
    """
    if stray not in ("error", "missing"):
        raise ValueError(f"stray must be error or missing, not {stray!r}")
    found = read_typed(open_table(Path(path)), columns)
    if stray == "error":
        found.refuse_strays(found.frame.columns, "correct it, leave it empty, or pass stray='missing'")
    return found.frame


def read_typed(file: TableFile, columns: Sequence[str] | None = None) -> Typed:
    """The whole table, with notes on how it was read, and mistakes in columns of numbers."""
    if columns is not None:
        file.require(columns)
    content, file = reading(file, lambda opened: (_collected(opened, columns), opened))
    if content.height == 0:
        raise ValueError(f"{file.shown} has a header but no rows")
    found = typed(content, file.separator, file.is_text)
    return replace(found, notes=(*file.notes, *found.notes))


def _collected(file: TableFile, columns: Sequence[str] | None) -> pl.DataFrame:
    return (file.frame if columns is None else file.frame.select(columns)).collect()


def reading(file: TableFile, work: Callable[[TableFile], T]) -> T:
    """What some work makes of a file; done anew where its text turns out not to be in the encoding it began in.

    Raises ValueError for a file that cannot be read to its end.
    """
    try:
        return work(file)
    except pl.exceptions.PolarsError as trouble:
        if file.otherwise is None or "utf-8" not in str(trouble).lower():
            raise unreadable(file, trouble) from trouble
    return reading(file.otherwise(), work)


def unreadable(file: TableFile, trouble: Exception) -> ValueError:
    """What went wrong, in a line."""
    if "more fields" in str(trouble):
        return ValueError(
            f"{file.shown} cannot be read as {file.kind}: a row has more cells than the header has names, "
            f"{len(file.names())}; put quotes around cells that hold the separator {file.separator!r}"
        )
    first = str(trouble).strip().splitlines()
    return ValueError(f"{file.shown} cannot be read as {file.kind}: {first[0] if first else type(trouble).__name__}")


def open_table(path: Path) -> TableFile:
    """The file's table, by what the file is. Raises ValueError for files that hold none."""
    source: Path | bytes = path
    shown = str(path)
    if shown == STDIN:
        source, shown = sys.stdin.buffer.read(), "standard input"
    else:
        _require_file(path)
    try:
        return _opened(source, shown, "" if shown != str(path) else path.suffix.lower())
    except OSError as trouble:
        raise ValueError(f"{shown} cannot be read: {trouble.strerror or trouble}") from trouble


def _require_file(path: Path) -> None:
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file in it")
    if not path.exists():
        near = difflib.get_close_matches(path.name, [p.name for p in path.parent.glob("*")], n=1)
        raise ValueError(f"there is no file {path}" + (f"; did you mean {path.with_name(near[0])}?" if near else ""))


def _opened(source: Path | bytes, shown: str, ending: str) -> TableFile:
    head = head_of(source)
    kind = next((ending for start, ending in ENDINGS.items() if head.startswith(start)), ending)
    stream: Any = io.BytesIO(source) if isinstance(source, bytes) else source
    if kind in PARQUET:
        return _structured(lambda: pl.scan_parquet(stream), shown, "Parquet")
    if kind in ARROW:
        return _structured(lambda: pl.read_ipc(stream).lazy(), shown, "Arrow")
    if kind in WORKBOOKS:
        return _workbook(stream, shown, ending)
    if not head.strip():
        raise ValueError(f"{shown} is empty; it needs a header line and rows of numbers")
    if kind in JSON_LINES or head.lstrip()[:1] == b"{":
        return _structured(lambda: pl.read_ndjson(stream, infer_schema_length=None).lazy(), shown, "JSON lines")
    if kind == ".json":
        return _structured(lambda: pl.read_json(stream, infer_schema_length=None).lazy(), shown, "JSON")
    encoding = encoding_of(head)
    if encoding is None:
        raise ValueError(
            f"{shown} is not text, nor any other table that is read here; save it as CSV, Parquet or a workbook"
        )
    return _text(shown, lambda: delimited(source, head, encoding), lambda: as_western(source))


def _structured(opened: Callable[[], pl.LazyFrame], shown: str, kind: str) -> TableFile:
    """A file that says itself what its columns hold."""
    file = TableFile(pl.LazyFrame(), shown, kind)
    try:
        frame = opened()
        frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as trouble:
        raise unreadable(file, trouble) from trouble
    return replace(file, frame=frame)


def _text(shown: str, read: Callable[[], Delimited], otherwise: Callable[[], Delimited] | None = None) -> TableFile:
    try:
        text = read()
    except ValueError as refusal:
        raise ValueError(f"{shown} {refusal}") from None
    again = None if otherwise is None else lambda: _text(shown, otherwise)
    return TableFile(text.frame, shown, "CSV", text.separator, True, text.notes, again)


def _workbook(stream: Any, shown: str, ending: str) -> TableFile:
    """The first sheet of a workbook."""
    if ending and ending not in WORKBOOKS:
        raise ValueError(f"{shown} is an archive or a workbook, not {ending}; unpack it, or name it .xlsx")
    engine = next((name for name in ("fastexcel", "openpyxl") if find_spec(name)), None)
    if engine is None:
        raise ValueError(
            f"{shown} is a workbook, which needs fastexcel: pip install 'lossary[excel]'; or save it as CSV"
        )
    try:
        frame = pl.read_excel(
            stream,
            engine="calamine" if engine == "fastexcel" else "openpyxl",
            infer_schema_length=None,
            raise_if_empty=False,
        )
    except Exception as trouble:  # each engine has exceptions of its own
        raise unreadable(TableFile(pl.LazyFrame(), shown, "a workbook"), trouble) from trouble
    if not frame.width:
        raise ValueError(f"{shown} is empty; its first sheet needs a header and rows of numbers")
    return TableFile(frame.lazy(), shown, "a workbook", is_text=True)
