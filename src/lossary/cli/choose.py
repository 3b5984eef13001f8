"""``lossary choose``: asks, inspects, compares with a live line of progress, and prints or writes what came of it."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import typer
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from threadpoolctl import threadpool_limits

from lossary.choosing.choose import Choice, concluded, require_yardstick
from lossary.choosing.comparison.study import Want
from lossary.choosing.comparison.yardsticks import Yardstick, judged_by
from lossary.choosing.findings.finding import Finding
from lossary.choosing.planning import Inspection, inspect, settle
from lossary.choosing.scheduling.budget import Allowance, fits_end
from lossary.choosing.scheduling.engine import Progress as State
from lossary.choosing.scheduling.parallel import require_backend
from lossary.choosing.table.data import gathered
from lossary.choosing.table.task import OF_CLASSES, choices, settled, wanted
from lossary.cli.console import explained, print_json, print_results
from lossary.cli.data import read_frame
from lossary.cli.tables import aligned, grid

INTERRUPTED = 130
LONG = 600.0
"""Seconds of a plan from which one is told how to shorten it."""

SHOWN = 12
"""Findings printed in the terminal; the report has all."""


@dataclass(frozen=True)
class Asked:
    """The command's options."""

    data: Path
    target: str
    want: str | None
    cost_under: float | None
    cost_over: float | None
    models: tuple[str, ...]
    time_budget: float | None
    group: str | None
    time: str | None
    weight: str | None
    drop: tuple[str, ...]
    folds: int
    repeats: int
    jobs: int
    backend: str
    out: Path | None
    primary: str | None
    seed: int
    as_json: bool
    only_inspect: bool


def run(asked: Asked) -> None:
    """Both stages, and what they say."""
    with threadpool_limits(1):
        _run(asked)


def _run(asked: Asked) -> None:
    began = time.monotonic() - time.process_time()  # imports count too
    columns = [asked.target, *(name for name in (asked.group, asked.time, asked.weight) if name), *asked.drop]
    frame = read_frame(asked.data, columns)
    with explained():
        require_backend(asked.backend)
        data = gathered(frame, asked.target, asked.weight, asked.group, asked.time, asked.drop)
        want = wanted(asked.want, asked.cost_under, asked.cost_over)
        settle(data, want)
        if want is None and _is_interactive(asked):
            waiting = time.monotonic()
            want = ask(data.target, data.y)
            began += time.monotonic() - waiting  # nobody is to answer in haste
    with explained(), _status("looking at the data"):
        inspected = inspect(
            data,
            want,
            models=asked.models,
            folds=asked.folds,
            repeats=asked.repeats,
            time_budget=asked.time_budget,
            began=began,
            jobs=asked.jobs,
            seed=asked.seed,
        )
        require_yardstick(inspected, asked.primary)
    if asked.only_inspect:
        print_json(inspected.to_dict()) if asked.as_json else print_results(inspection_page(inspected))
        return
    if not asked.as_json:
        _aside(inspection_page(inspected))
    _tell(asked, _compare(asked, inspected, began), inspected)


def _compare(asked: Asked, inspected: Inspection, began: float) -> Choice:
    folder = _folder(asked)
    with explained():
        _made(folder)
    try:
        with explained(also=(ModuleNotFoundError,)), _watched(inspected.allowance.fits) as watch:
            return concluded(
                inspected,
                jobs=asked.jobs,
                backend=asked.backend,
                folder=folder,
                deadline=fits_end(asked.time_budget, began),
                primary=asked.primary,
                watch=watch,
                command=shlex.join(["lossary", *sys.argv[1:]]),
                data=asked.data.name,
            )
    except KeyboardInterrupt:
        kept = len(list((folder / "predictions").glob("*.npz")))
        typer.echo(
            f"lossary: stopped; {kept} fits are kept in {folder}, and the same command goes on from there", err=True
        )
        raise typer.Exit(INTERRUPTED) from None


def _folder(asked: Asked) -> Path:
    return asked.out if asked.out is not None else Path(f"lossary-{asked.data.stem}")


def _made(folder: Path) -> None:
    """The folder for the results; one that cannot be had is better known before the fits than after them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"{folder} cannot hold the results ({error.strerror}); name another folder with --out"
        ) from None


def _tell(asked: Asked, choice: Choice, inspected: Inspection) -> None:
    folder = _folder(asked)
    written = [folder / f"report.{ending}" for ending in ("html", "md", "json")]
    for path in written:
        choice.report(path)
    if asked.as_json:
        print_json({**choice.to_dict(), "reports": [str(path) for path in written]})
        return
    print_results(choice_page(choice))
    typer.echo(f"The report is {written[0]}")


# The question.


def _is_interactive(asked: Asked) -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty() and not asked.as_json


def ask(name: str, y: np.ndarray) -> Want:
    """Ask what is wanted: one plain question, with numbers of the target's own."""
    task = settled(name, y)
    offered = choices(task)
    typer.echo(f"What should a prediction of {name} be?", err=True)
    for number, (words, meaning) in enumerate(offered, start=1):
        typer.echo(f"  {number}  {words}: {meaning}", err=True)
    while True:
        answer = typer.prompt("A number, or such words as quantile:0.95", default="1", err=True).strip()
        if answer.isdigit() and 1 <= int(answer) <= len(offered):
            answer = offered[int(answer) - 1][0]
        try:
            found = wanted(answer)
            assert found is not None
            if (found.functional in OF_CLASSES) is task.is_number:
                raise ValueError(f"{name} has {task.described()}; choose one of the above")
        except ValueError as mistake:
            typer.echo(str(mistake), err=True)
            continue
        return found


# Progress.


def _aside(page: RenderableType) -> None:
    """What is read while waiting: on stderr, so that stdout holds results alone."""
    Console(stderr=True, highlight=False).print(page)


@contextmanager
def _status(words: str) -> Iterator[None]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"{words} ..."):
        yield


@contextmanager
def _watched(total: int) -> Iterator[Callable[[State], None]]:
    """A bar on stderr with the best so far; where stderr is no terminal, a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    bar = Progress(
        TextColumn("fits"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[best]}"),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("fits", total=total, best="")
        yield lambda state: bar.update(task, completed=state.done, best=_best(state))


def _lines(every: float = 10.0) -> Callable[[State], None]:
    last = [time.monotonic()]

    def tell(state: State) -> None:
        if time.monotonic() - last[0] >= every:
            last[0] = time.monotonic()
            typer.echo(f"{state.done} of {state.total} fits; {_best(state)}", err=True)

    return tell


def _best(state: State) -> str:
    return f"best so far {state.best} ({state.yardstick} {state.score:.4g})" if state.best else ""


# What is printed.


def inspection_page(inspected: Inspection) -> RenderableType:
    """Task, question, findings and plan."""
    want, allowance = inspected.want, inspected.allowance
    rows, columns = inspected.problem.features.matrix.shape
    said = "" if want.stated else " (nobody said so: it is the default; ask with --want)"
    level = f" {want.level:g}" if want.level is not None else ""
    lines = [
        Text.assemble(
            (f"{inspected.task.name}", "bold"), f": {inspected.task.described()}; {rows:,} rows, {columns} features"
        ),
        Text(f"wanted: the {want.functional}{level}{said}"),
        Text(""),
        *_findings(inspected.diagnosis.findings),
        *(Text(f"note: {note}", style="dim") for note in inspected.notes),
        Text(""),
        _candidates(inspected),
        Text(
            f"plan: {len(allowance.recipes)} candidates x {allowance.folds} folds x {allowance.repeats} "
            f"repeat{'s' * (allowance.repeats != 1)} = {allowance.fits} fits, {_duration(allowance.seconds)}"
            f"{_shorter(allowance)}"
        ),
    ]
    return Group(*lines)


def _shorter(allowance: Allowance) -> str:
    return "; --time-budget 120 (seconds) takes fewer rows" if allowance.seconds > LONG else ""


def _duration(seconds: float) -> str:
    return f"about {seconds:.0f} s" if seconds < 90.0 else f"about {seconds / 60.0:.0f} min"


def _findings(findings: Sequence[Finding]) -> list[RenderableType]:
    """A line a code: its title once, and what was found."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    shown: list[RenderableType] = []
    for code, alike in list(by_code.items())[:SHOWN]:
        told = " ".join(f.text for f in alike)
        words = Text.assemble((code, "bold cyan"), f"  {alike[0].kind.title}: {told}")
        shown.append(Padding(words, (0, 0, 0, 0)))
    if len(by_code) > SHOWN:
        shown.append(Text(f"... and {len(by_code) - SHOWN} more", style="dim"))
    return shown


def _candidates(inspected: Inspection) -> RenderableType:
    """A line a loss, with the models that it is trained under."""
    models: dict[tuple[str, str], list[str]] = {}
    for recipe in inspected.allowance.recipes:
        loss = recipe.label.removesuffix(f", {recipe.model}")
        models.setdefault((loss, recipe.why), []).append(recipe.model)
    table = grid("candidate", "models", "why")
    for (loss, why), under in models.items():
        table.add_row(loss, ", ".join(under), why)
    return table


def choice_page(choice: Choice) -> RenderableType:
    """The verdict, the leaderboard, the reasons and what to know."""
    verdict = choice.verdict
    lines: list[RenderableType] = [
        Text(verdict.headline, style="bold"),
        Text(f"asked for {choice.decision.question}"),
        Text(judged_by(choice.study, choice.leaderboard.primary)),
        Text(""),
        Leaderboard(choice),
        Text("* may be the best candidate; skill: the part of the best constant's score that is saved", style="dim"),
        Text(""),
        *_findings(verdict.reasons),
        *(Text(f"note: {caveat}", style="dim") for caveat in (*verdict.caveats, *choice.notes)),
    ]
    return Group(*lines)


WIDEST = 1000
"""Columns that no terminal has: tables are measured as they would like to be."""


class Leaderboard:
    """The table of scores, with as many columns as the terminal has room for."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        count = len(self.choice.leaderboard.yardsticks)
        tries = [leaderboard_table(self.choice)]
        tries += [leaderboard_table(self.choice, n, n == count, True) for n in range(count, 0, -1)]
        for column in tries[-1].columns:  # where all are too wide, labels give way
            column.no_wrap = column is not tries[-1].columns[0]
        boundless = options.update(max_width=WIDEST)
        fitting = (t for t in tries if Measurement.get(console, boundless, t).maximum <= options.max_width)
        yield next(fitting, tries[-1])


def leaderboard_table(
    choice: Choice, yardsticks: int | None = None, seconds: bool = True, narrow: bool = False
) -> Table:
    """Every candidate with its mean scores by the question's yardsticks; ``narrow`` headings have a word a line."""
    board = choice.leaderboard
    panel = board.yardsticks[:yardsticks]
    names = [y.shown.replace(" ", "\n") if narrow else y.shown for y in panel]
    last = ["skill", "seconds"] if seconds else ["skill"]
    table = grid("candidate", "", *names, *last, numeric=[*names, *last])
    columns = [aligned([_read(y, e.scores) for e in board.entries]) for y in panel]
    for row, entry in enumerate(board.entries):
        skill = "-" if entry.skill is None else f"{entry.skill:.1%}"
        time_taken = "-" if entry.seconds is None else f"{entry.seconds:.1f}"
        cells = [column[row] for column in columns]
        table.add_row(entry.label, "*" if entry.tied else "", *cells, *[skill, time_taken][: len(last)])
    return table


def _read(yardstick: Yardstick, scores: Mapping[str, float]) -> float:
    score = scores.get(yardstick.name)
    return float("nan") if score is None else yardstick.read(score)
