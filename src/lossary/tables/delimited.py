"""Text files of columns: which encoding, which separator, which names; then all cells as text, lazily."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

HEAD = 1 << 16
"""Bytes at the beginning of a file that tell what it is."""

LONGEST = 1 << 26
LINES = 100
SEPARATORS = (",", ";", "\t", "|")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, those first that begin with another."""

GZIP = b"\x1f\x8b"
WESTERN = "cp1252"


@dataclass(frozen=True)
class Delimited:
    """A text file whose columns are known: ``frame`` has them as text."""

    frame: pl.LazyFrame
    separator: str
    notes: tuple[str, ...] = ()


def head_of(source: Path | bytes) -> bytes:
    """The first lines of a file, or of its content; of a compressed one, those of what is in it."""
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        is_packed = file.read(2) == GZIP
        file.seek(0)
        if not is_packed:
            return _first_lines(file)
        with gzip.open(file) as unpacked:
            return _first_lines(unpacked)


def _first_lines(file: io.BufferedIOBase) -> bytes:
    """Whole lines, two at least: a header may be long."""
    return file.read(HEAD) + b"".join(file.readline(LONGEST) for _ in range(2))


def encoding_of(head: bytes) -> str | None:
    """The encoding that the first bytes show; None for what is no text."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    even, odd = head[::2].count(0), head[1::2].count(0)
    if even or odd:  # UTF-16 of mostly Latin letters has a zero in every other byte
        most = 0.8 * len(head) / 2.0
        return "utf-16-le" if odd > most and not even else "utf-16-be" if even > most and not odd else None
    controls = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\r\f\x1a")
    return None if controls > 0.01 * len(head) else "utf-8"


def delimited(source: Path | bytes, head: bytes, encoding: str) -> Delimited:
    """The file's columns, all as text.

    Raises ValueError for a file without a header, and for two columns of one name.
    """
    if encoding != "utf-8" or not _is_utf8(head):
        name = WESTERN if encoding == "utf-8" else encoding
        return _of_bytes(_decoded(source, name), name)
    lines = [line for line in head.decode("utf-8", errors="ignore").splitlines() if line.strip()][:LINES]
    if not lines:
        raise ValueError("is empty; it needs a header line and rows of numbers")
    separator = separator_of(lines)
    try:
        names = _named(next(csv.reader(lines, delimiter=separator, skipinitialspace=True)))
    except csv.Error as trouble:
        raise ValueError(f"has no header that can be read: {trouble}") from None
    frame = pl.scan_csv(
        io.BytesIO(source) if isinstance(source, bytes) else source,
        separator=separator,
        infer_schema=False,
        with_column_names=lambda found: names if len(found) == len(names) else found,
    )
    return Delimited(frame, separator)


def as_western(source: Path | bytes) -> Delimited:
    """A file that turned out not to be UTF-8 beyond its first bytes."""
    return _of_bytes(_decoded(source, WESTERN), WESTERN)


def _of_bytes(content: bytes, encoding: str) -> Delimited:
    found = delimited(content, head_of(content), "utf-8")
    note = "the file is not in UTF-8 and was read as Western European text (Windows-1252)"
    return Delimited(found.frame, found.separator, (note,) if encoding == WESTERN else ())


def _decoded(source: Path | bytes, encoding: str) -> bytes:
    """The content as UTF-8."""
    content = source if isinstance(source, bytes) else source.read_bytes()
    content = gzip.decompress(content) if content.startswith(GZIP) else content
    # Five bytes stand for nothing in Windows-1252; a file that has them is in an older encoding, with controls there.
    return content.decode(encoding, errors="replace").encode()


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return False
    return True


def separator_of(lines: Sequence[str]) -> str:
    """The separator that splits most lines into as many parts as the first, two at least; of two alike the earlier."""

    def fits(separator: str) -> tuple[int, int]:
        try:
            counts = [len(row) for row in csv.reader(lines, delimiter=separator, skipinitialspace=True) if row]
        except csv.Error:  # a part too long for a cell: this separates nothing
            return (0, 1)
        same = Counter(counts)[counts[0]] if counts else 0
        return (same, counts[0]) if counts and counts[0] > 1 else (0, 1)

    return max(SEPARATORS, key=lambda separator: fits(separator))


def _named(header: Sequence[str]) -> list[str]:
    """The columns' names without blanks around them; those without a name are numbered."""
    names = [name.strip() or f"column {number}" for number, name in enumerate(header, start=1)]
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        first = seen.setdefault(name, number)
        if first != number:
            raise ValueError(f"has two columns called {name!r}, numbers {first} and {number}; rename one")
    return names
