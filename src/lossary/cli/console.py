"""What the terminal sees: results on stdout, progress and errors on stderr, one line for each mistake."""

from __future__ import annotations

import json
import math
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from threading import Timer
from typing import Any, NoReturn, ParamSpec

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import Progress
from rich.segment import Segment
from rich.text import Text

from lossary.cli.progress_line import ProgressLine
from lossary.cli.visible import visible

P = ParamSpec("P")

PLAIN_WIDTH = 140
"""Columns for a pipe or a file, where nothing tells how wide the reader is."""

PATIENCE = 0.7
"""Seconds before work that goes on shows a progress bar."""


class UserError(Exception):
    """A mistake in what was asked or in the data: one line that says what to do."""


class Terminal(Console):
    """A console to which words are words: no markup, no emoji by name, and control characters as pictures."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **settings)

    def render_str(self, text: str, **settings: Any) -> Text:
        return super().render_str(visible(text, kept="\n"), **settings)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        if isinstance(renderable, Text) and not renderable.plain.isprintable():
            renderable = renderable.copy()
            renderable.plain = visible(renderable.plain, kept="\n")
        return super().render(renderable, options)


def print_results(page: RenderableType) -> None:
    """Print tables on stdout, in a pipe without colours or blanks at the ends of lines."""
    is_told = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    console = Terminal(width=None if is_told else PLAIN_WIDTH)
    with console.capture() as printed:
        console.print(page)
    typer.echo("\n".join(line.rstrip() for line in printed.get().splitlines()).strip("\n"))


def print_beside(page: RenderableType) -> None:
    """Print on stderr what is read while waiting, so that stdout holds results alone."""
    Terminal(stderr=True).print(page)


def say(message: str, beside: bool = False) -> None:
    """Print a sentence on stdout, or ``beside`` it on stderr; a terminal breaks it where it likes."""
    typer.echo(visible(message), err=beside)


def say_how_to_predict(model: Path) -> None:
    """Name the file of a model, and the command that predicts by it."""
    say(f"The model is {model}")
    say(f"To predict new rows: lossary predict {shlex.quote(str(model))} NEW.csv")


@contextmanager
def explained(prefix: str = "", also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn what the library refuses into a one-line message; anything else stays a bug and keeps its traceback."""
    refusals: tuple[type[Exception], ...] = (ValueError, *also)
    try:
        yield
    except refusals as refusal:
        raise UserError(f"{prefix}{refusal}") from refusal


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """A command whose mistakes end in one line on stderr and exit code 2."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except UserError as mistake:
            refuse(str(mistake))

    return guarded


def refuse(message: str) -> NoReturn:
    """Print the message as one line on stderr and stop with exit code 2."""
    # A file's own words may hold anything, what moves a terminal's cursor too.
    say(f"lossary: {' '.join(message.split())}", beside=True)
    raise typer.Exit(2)


@contextmanager
def progress(description: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr for work that lasts, and nothing for work that does not; yields its ``advance``."""
    bar = progress_line()
    task = bar.add_task(description, total=total)
    start = Timer(PATIENCE, bar.start)
    start.daemon = True
    start.start()
    try:
        yield lambda steps: bar.advance(task, steps)
    finally:
        start.cancel()
        bar.stop()


def progress_line() -> Progress:
    """A line of progress on stderr; nothing where that is no terminal."""
    console = Terminal(stderr=True)
    return ProgressLine(console=console, transient=True, disable=not console.is_terminal)


def print_json(answer: object) -> None:
    """The answer as strict JSON on stdout: NaN becomes null, an infinity the word "inf"."""
    typer.echo(_json(answer))


def write_json(path: Path, answer: object) -> None:
    """The answer as strict JSON in a file."""
    try:
        path.write_text(_json(answer) + "\n", encoding="utf-8")
    except OSError as trouble:
        raise UserError(f"{path} cannot be written: {trouble.strerror or trouble}") from trouble


def _json(answer: object) -> str:
    text = json.dumps(_strict(answer), indent=2, ensure_ascii=False, allow_nan=False)
    if text.replace("\n", "").isprintable():
        return text
    # JSON itself escapes but the oldest of the characters that move a terminal's cursor.
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def _strict(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value
