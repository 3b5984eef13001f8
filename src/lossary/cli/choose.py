"""``lossary choose``: asks, inspects, compares with a live line of progress, and prints or writes what came of it."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import typer
from threadpoolctl import threadpool_limits

from lossary.choosing.choose import Choice, compare_and_decide, require_yardstick
from lossary.choosing.comparison.study import Want
from lossary.choosing.planning import Inspection, inspect_and_plan, task_and_question
from lossary.choosing.scheduling.budget import fits_end
from lossary.choosing.scheduling.parallel import require_backend
from lossary.choosing.scheduling.progress import Progress as ComparisonProgress
from lossary.choosing.scheduling.store import kept_fits
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import OF_CLASSES, parse_question, possible_questions, task_of
from lossary.cli.choose_tables import choice_page, inspection_page
from lossary.cli.console import (
    Terminal,
    explained,
    print_beside,
    print_json,
    print_results,
    progress_line,
    say,
    say_how_to_predict,
)
from lossary.cli.data import read_frame
from lossary.tables.files import STDIN

INTERRUPTED = 130
MODEL = "model.lossary"
"""The file of the model, beside the report."""
EXPLORER = "explorer.html"
"""The page of the residuals, beside the report."""


@dataclass(frozen=True)
class Options:
    """The command's options."""

    data: Path
    target: str
    want: str | None
    cost_under: float | None
    cost_over: float | None
    models: tuple[str, ...]
    losses: tuple[str, ...]
    only: bool
    time_budget: float | None
    group: str | None
    time: str | None
    weight: str | None
    drop: tuple[str, ...]
    positive: str | None
    folds: int
    repeats: int | None
    jobs: int | None
    backend: str
    out: Path | None
    primary: str | None
    seed: int
    as_json: bool
    only_inspect: bool


def run(options: Options) -> None:
    """Both stages, and what they say."""
    with threadpool_limits(1):
        _inspect_and_compare(options)


def _inspect_and_compare(options: Options) -> None:
    began = time.monotonic() - time.process_time()  # imports count too
    needed = [options.target, *(name for name in (options.group, options.time, options.weight) if name)]
    table = read_frame(options.data, needed, options.drop)
    left = [name for name in options.drop if name in table.frame.columns]
    with explained():
        require_backend(options.backend)
        data = prepare_data(table.frame, options.target, options.weight, options.group, options.time, left)
        data = data.of_file(table)
        want = parse_question(options.want, options.cost_under, options.cost_over)
        task_and_question(data, want, options.positive)
        if want is None and _is_interactive(options):
            waiting = time.monotonic()
            want = ask_question(data.target, data.y)
            began += time.monotonic() - waiting  # nobody is to answer in haste
    with explained(), _status("looking at the data"):
        inspection = inspect_and_plan(
            data,
            want,
            models=options.models,
            losses=options.losses,
            only=options.only,
            folds=options.folds,
            repeats=options.repeats,
            time_budget=options.time_budget,
            jobs=options.jobs,
            seed=options.seed,
            positive=options.positive,
        )
        require_yardstick(inspection, options.primary)
    if options.only_inspect:
        print_json(inspection.to_dict()) if options.as_json else print_results(inspection_page(inspection))
        return
    if not options.as_json:
        print_beside(inspection_page(inspection))
    _write_and_print(options, _compare(options, inspection, began), inspection)


def _compare(options: Options, inspection: Inspection, began: float) -> Choice:
    folder = _folder(options)
    with explained():
        _make_folder(folder)
    try:
        with explained(also=(ModuleNotFoundError,)), _progress_bar(inspection.workload.fits, folder) as watch:
            return compare_and_decide(
                inspection,
                backend=options.backend,
                folder=folder,
                deadline=fits_end(options.time_budget, began),
                primary=options.primary,
                watch=watch,
                command=shlex.join(["lossary", *sys.argv[1:]]),
                data="" if _is_stdin(options) else str(options.data.absolute()),
            )
    except KeyboardInterrupt:
        say(
            f"lossary: stopped; {kept_fits(folder)} fits are kept in {folder}, and the same command goes on from there",
            beside=True,
        )
        raise typer.Exit(INTERRUPTED) from None


def _folder(options: Options) -> Path:
    name = "stdin" if _is_stdin(options) else options.data.stem
    return options.out if options.out is not None else Path(f"lossary-{name}")


def _is_stdin(options: Options) -> bool:
    return str(options.data) == STDIN


def _make_folder(folder: Path) -> None:
    """The folder for the results; one that cannot be had is better known before the fits than after them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"{folder} cannot hold the results ({error.strerror}); name another folder with --out"
        ) from None


def _write_and_print(options: Options, choice: Choice, inspection: Inspection) -> None:
    folder = _folder(options)
    written = [folder / f"report.{ending}" for ending in ("html", "md", "json")]
    model = _write_model(choice, folder / MODEL)
    (folder / EXPLORER).unlink(missing_ok=True)  # that of an earlier run would be of another choice
    explorer = choice.explore(folder / EXPLORER)
    for path in written:
        choice.report(path, model, explorer)
    if options.as_json:
        reports = [str(path) for path in written]
        print_json({**choice.to_dict(), "reports": reports, "model": None if model is None else str(model)})
        return
    print_results(choice_page(choice))
    say(f"The report is {written[0]}")
    if model is not None:
        say_how_to_predict(model)


def _write_model(choice: Choice, path: Path) -> Path | None:
    """The file of the model; None, and why on stderr, where there can be none: the report is there all the same."""
    try:
        with _status("training the model on all rows"):
            return choice.model.save(path)
    except (ValueError, ArithmeticError, OSError) as trouble:
        say(f"lossary: there is no file of the model: {trouble}", beside=True)
        path.unlink(missing_ok=True)  # that of an earlier run would be another choice's
        return None


# The question.


def _is_interactive(options: Options) -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty() and not options.as_json


def ask_question(name: str, y: np.ndarray) -> Want:
    """Ask what is wanted: one plain question, with numbers of the target's own."""
    task = task_of(name, y)
    offered = possible_questions(task)
    say(f"What should a prediction of {name} be?", beside=True)
    for number, (words, meaning) in enumerate(offered, start=1):
        say(f"  {number}  {words}: {meaning}", beside=True)
    while True:
        answer = typer.prompt("A number, or such words as quantile:0.95", default="1", err=True).strip()
        if answer.isdigit() and 1 <= int(answer) <= len(offered):
            answer = offered[int(answer) - 1][0]
        try:
            question = parse_question(answer)
            assert question is not None
            if (question.functional in OF_CLASSES) is task.is_number:
                raise ValueError(f"{name} has {task.described()}; choose one of the above")
        except ValueError as mistake:
            say(str(mistake), beside=True)
            continue
        return question


# Progress.


@contextmanager
def _status(words: str) -> Iterator[None]:
    console = Terminal(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"{words} ..."):
        yield


@contextmanager
def _progress_bar(total: int, folder: Path) -> Iterator[Callable[[ComparisonProgress], None]]:
    """A line on stderr with the best so far; where stderr is no terminal, one now and then."""
    kept, bar, lines = kept_fits(folder), progress_line(), _progress_lines()
    task = bar.add_task("fits", total=total)
    seen: list[int] = []

    def tell(progress: ComparisonProgress) -> None:
        if kept and not seen:
            say(_found(progress, kept, folder), beside=True)
        seen[:] = [progress.done]
        if bar.disable:
            lines(progress)
        else:
            bar.update(task, completed=progress.done, remark=_best(progress))

    with bar:
        yield tell


def _found(progress: ComparisonProgress, kept: int, folder: Path) -> str:
    """What an earlier run left that this one can use."""
    if progress.found:
        rest = "the others are made now" if progress.found < progress.total else "there is nothing to train"
        return f"{progress.found} of {progress.total} fits were found in {folder}; {rest}"
    return f"{folder} has {kept} fits, of other data, another question or other versions; all are made anew"


def _progress_lines(every: float = 10.0) -> Callable[[ComparisonProgress], None]:
    last = [time.monotonic()]

    def tell(progress: ComparisonProgress) -> None:
        if time.monotonic() - last[0] >= every:
            last[0] = time.monotonic()
            say(f"{progress.done} of {progress.total} fits; {_best(progress)}", beside=True)

    return tell


def _best(progress: ComparisonProgress) -> str:
    return f"best so far {progress.best} ({progress.yardstick} {progress.score:.4g})" if progress.best else ""
