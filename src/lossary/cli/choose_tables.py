"""What ``lossary choose`` prints: the inspection with its plan, and the verdict with its leaderboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lossary.choosing.choose import Choice
from lossary.choosing.comparison.naming import MODELS, name_of
from lossary.choosing.comparison.yardsticks import Yardstick, yardstick_in_words
from lossary.choosing.findings.finding import Finding
from lossary.choosing.findings.sentences import sentence
from lossary.choosing.planning import Inspection
from lossary.choosing.scheduling.budget import Workload
from lossary.cli.grid import grid
from lossary.cli.tables import aligned

LONG = 600.0
"""Seconds of a plan from which one is told how to shorten it."""


SHOWN = 12
"""Findings printed in the terminal; the report has all."""


WIDEST = 1000
"""Columns that no terminal has: tables are measured as they would like to be."""


def inspection_page(inspection: Inspection) -> RenderableType:
    """Task, question, findings and plan."""
    want, workload = inspection.want, inspection.workload
    rows, columns = inspection.problem.features.matrix.shape
    not_asked = "" if want.stated else " (nobody said so: it is the default; ask with --want)"
    level = f" {want.level:g}" if want.level is not None else ""
    features = f"{columns:,} feature{'s' * (columns != 1)}"
    lines = [
        Text.assemble(
            (f"{inspection.task.name}", "bold"), f": {inspection.task.described()}; {rows:,} rows, {features}"
        ),
        Text(f"wanted: the {want.functional}{level}{not_asked}"),
        Text(""),
        *_findings(inspection.diagnosis.findings),
        *(Text(f"note: {sentence(note)}", style="dim") for note in inspection.notes),
        Text(""),
        _candidates(inspection),
        Text(
            f"plan: {len(workload.recipes)} candidates x {workload.folds} folds x {workload.repeats} "
            f"repeat{'s' * (workload.repeats != 1)} = {workload.fits} fits, {_duration(workload.seconds)}"
            f"{_shorter(workload)}"
        ),
    ]
    return Group(*lines)


def _shorter(workload: Workload) -> str:
    return "; --time-budget 120 (seconds) takes fewer rows" if workload.seconds > LONG else ""


def _duration(seconds: float) -> str:
    return f"about {seconds:.0f} s" if seconds < 90.0 else f"about {seconds / 60.0:.0f} min"


def _findings(findings: Sequence[Finding]) -> list[RenderableType]:
    """A line a code: its title once, and what was found."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    lines: list[RenderableType] = []
    for code, of_code in list(by_code.items())[:SHOWN]:
        texts = " ".join(f.text for f in of_code)
        words = Text.assemble((code, "bold cyan"), f"  {of_code[0].kind.title}. {texts}")
        lines.append(Padding(words, (0, 0, 0, 0)))
    if len(by_code) > SHOWN:
        lines.append(Text(f"... and {len(by_code) - SHOWN} more", style="dim"))
    return lines


def _candidates(inspection: Inspection) -> RenderableType:
    """A line a loss, with the models that it is trained under."""
    models: dict[tuple[str, str], list[str]] = {}
    for recipe in inspection.workload.recipes:
        loss = name_of(replace(recipe.candidate, model=""))
        models.setdefault((loss, recipe.why), []).append(MODELS.get(recipe.model, recipe.model))
    table = grid("candidate", "models", "why")
    for (loss, why), trained_models in models.items():
        table.add_row(loss, ", ".join(trained_models), why)
    return table


def choice_page(choice: Choice) -> RenderableType:
    """The verdict, the leaderboard, the reasons and what to know."""
    from lossary.choosing.report.card import (  # noqa: PLC0415  needs Jinja2 and matplotlib
        cost_of_the_usual,
        reasons_beside,
    )

    verdict, average = choice.verdict, choice.average
    leaks = [finding for finding in verdict.reasons if finding.kind.name == "leak"]
    lines: list[RenderableType] = [
        *_findings(leaks),
        Text(verdict.headline, style="bold"),
        *([Text(f"How sure: {verdict.sure}")] if verdict.sure else []),
        *(Text(f"{about}: {text}") for about, text in cost_of_the_usual(choice.decision, choice.inspection.task.name)),
        *([Text(average.in_words())] if average is not None and average.pays else []),
        Text(f"Asked for {choice.decision.question}."),
        Text(yardstick_in_words(choice.study, choice.leaderboard.primary)),
        *_covers(choice),
        Text(""),
        Leaderboard(choice),
        Text("* best, or tied with the best; skill: the part of the best constant's score that is saved", style="dim"),
        Text(""),
        *_findings(reasons_beside(verdict)),
        *(Text(f"note: {sentence(caveat)}", style="dim") for caveat in (*verdict.caveats, *choice.notes)),
    ]
    return Group(*lines)


def _covers(choice: Choice) -> list[RenderableType]:
    """What the recommended quantile or interval covers of unseen targets."""
    recommended = choice.verdict.recommended
    coverage = None if recommended is None else choice.leaderboard.entry(recommended.label).coverage
    if coverage is None:
        return []
    return [Text(f"It covers {coverage.described()}.", style="bold yellow" if coverage.is_off else "")]


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
    covered = any(e.coverage for e in board.rivals)
    last = [*(["covers"] if covered else []), "skill", *(["seconds"] if seconds else [])]
    table = grid("candidate", "", *names, *last, numeric=[*names, *last])
    columns = [aligned([_read(y, e.scores) for e in board.entries]) for y in panel]
    for row, entry in enumerate(board.entries):
        skill = "-" if entry.skill is None else f"{entry.skill:.1%}"
        time_taken = "-" if entry.seconds is None else f"{entry.seconds:.1f}"
        covers = "-" if entry.coverage is None else f"{entry.coverage.share:.1%}"
        shown = {"covers": covers, "skill": skill, "seconds": time_taken}
        cells = [column[row] for column in columns]
        table.add_row(entry.name, "*" if entry.tied else "", *cells, *(shown[name] for name in last))
    return table


def _read(yardstick: Yardstick, scores: Mapping[str, float]) -> float:
    score = scores.get(yardstick.name)
    return float("nan") if score is None else yardstick.read(score)
