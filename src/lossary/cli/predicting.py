"""``lossary predict``: a model and a file of rows -> predictions, a part of the file at a time."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import typer

from lossary.choosing.models.model import ChosenModel, load
from lossary.choosing.models.tables import notes_on
from lossary.cli.console import UserError, explained, progress, say
from lossary.tables.files import STDIN, TableFile, open_table, reading
from lossary.tables.streams import csv_text, parts_of, require_cells, require_writable, write_table

TO_STDOUT = Path(STDIN)


@dataclass
class Seen:
    """What a model met in the rows so far."""

    rows: int = 0
    unseen: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)

    def notes(self) -> tuple[str, ...]:
        """What has to be known of it, in sentences."""
        return notes_on(self.unseen, self.unreadable)


def run(path: Path, data: Path, out: Path, kept: Sequence[str], keeps_all: bool) -> None:
    """Predict a file, and write the predictions to another or to standard output."""
    model = model_at(path)
    with explained():
        if out != TO_STDOUT:
            require_writable(out, (data, path))
        file = open_table(data)
        require_columns(model, file, kept)
    kept = file.names() if keeps_all else list(dict.fromkeys(kept))
    try:
        with progress("rows", None) as advance, explained():
            seen = reading(file, lambda opened: _predict_all(model, opened, out, kept, advance))
    except OSError as trouble:
        if out == TO_STDOUT:
            raise  # whoever reads has gone
        raise UserError(f"{out} cannot be written: {trouble.strerror or trouble}") from trouble
    for note in (*file.notes, *seen.notes()):
        say(f"note: {note}", beside=True)
    if out != TO_STDOUT:
        say(f"{seen.rows:,} row{'s' * (seen.rows != 1)} predicted: {out}")


def model_at(path: Path) -> ChosenModel:
    """The model in a file; what is wrong with the file is said in one line."""
    try:
        with explained():
            return load(path)
    except OSError as trouble:
        raise UserError(f"{path} cannot be read: {trouble.strerror or trouble}") from trouble


def require_columns(model: ChosenModel, file: TableFile, more: Sequence[str]) -> None:
    """Raise ValueError where a file lacks a column that the model or we need."""
    file.require(more)
    try:
        model.content.schema.require(file.names())
    except ValueError as refusal:
        raise ValueError(f"{file.shown}: {refusal}") from None


def columns_to_read(model: ChosenModel, file: TableFile, more: Sequence[str]) -> list[str]:
    """The columns that the model and we need, at least one: rows are counted by it."""
    return list(dict.fromkeys((*model.columns_needed, *more))) or file.names()[:1]


def _predict_all(
    model: ChosenModel, file: TableFile, out: Path, kept: Sequence[str], advance: Callable[[int], None]
) -> Seen:
    seen = Seen()
    parts = _predicted(model, file, kept, seen, advance)
    first = next(parts)
    parts = itertools.chain([first], parts)
    if out != TO_STDOUT:
        write_table(out, parts, first.schema)
        return seen
    require_cells(first.schema)
    for number, part in enumerate(parts):
        typer.echo(csv_text(part, header=number == 0).encode(), nl=False)
    return seen


def _predicted(
    model: ChosenModel, file: TableFile, kept: Sequence[str], seen: Seen, advance: Callable[[int], None]
) -> Iterator[pl.DataFrame]:
    """The predictions of each part, behind the columns that are kept."""
    for part in parts_of(file, columns_to_read(model, file, kept)):
        predictions = _of_part(model, part, file, seen)
        _refuse_taken(predictions.columns, kept)
        yield pl.concat([part.select(kept), predictions], how="horizontal")
        advance(part.height)


def _of_part(model: ChosenModel, part: pl.DataFrame, file: TableFile, seen: Seen) -> pl.DataFrame:
    try:
        predictions = model.predict_table(part, seen.rows)
    except ValueError as refusal:
        raise ValueError(f"{file.shown}: {refusal}") from refusal
    seen.rows += part.height
    seen.unseen.update(model.last_unseen)
    seen.unreadable.update(model.last_unreadable)
    return predictions


def _refuse_taken(names: Sequence[str], kept: Sequence[str]) -> None:
    both = next((name for name in kept if name in names), None)
    if both is not None:
        raise ValueError(
            f"the column {both!r} cannot be kept: the predictions are called so; rename it in the table, or keep others"
        )
