"""What a report says, in strings: HTML and Markdown show the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.yardsticks import judged_by
from lossary.choosing.findings.finding import Finding
from lossary.choosing.findings.kind import Kind
from lossary.choosing.judging.decide import Decision
from lossary.choosing.judging.gains import Step
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.judging.verdict import CODES, Cost
from lossary.choosing.report.code.blocks import Recipe, recipes
from lossary.choosing.report.largest_losses import costly, judged
from lossary.choosing.report.supplement import Exhibits
from lossary.choosing.report.words import chance, clean, number, percent, short

WIDEST = 90
"""Characters of a name or value in a cell or a title."""

NAMED = 6
"""Tied candidates named on the card; the table has all."""

HINTS = {
    "skill": "the part of the best constant's score that is saved",
    "bias": "mean of predictions minus targets; for a quantile, the share below it minus the level",
    "covers": "the share of targets below the quantile, or inside the interval",
    "missed": "the share of the second class that was taken for the first",
    "false alarms": "the share of the first class that was taken for the second",
    "odds: better / equal / worse": "than the best, by the Bayesian correlated t-test; equal means practically so",
    "p": "of the corrected resampled t-test against the best, by folds",
    "set p": "of the model confidence set, by bootstrap of rows",
    "seconds": "to train and predict, all folds together",
}
"""What a heading of the leaderboard stands for."""


@dataclass(frozen=True)
class Table:
    """Headings and rows of cells; ``numeric`` columns stand to the right, ``marked`` rows stand out."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    marked: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Findings of one code: what is said of the code is said once."""

    kind: Kind
    findings: tuple[Finding, ...]

    @property
    def effects(self) -> tuple[str, ...]:
        """What was seen in cross-validation, once each."""
        return tuple(dict.fromkeys(f.effect for f in self.findings if f.effect))


@dataclass(frozen=True)
class Content:
    """A report without its pictures."""

    title: str
    code: str
    meaning: str
    headline: str
    answers: tuple[tuple[str, str], ...]
    reasons: tuple[Finding, ...]
    question: str
    stated: str
    whence: tuple[str, ...]
    leaderboard: Table
    worst: Table | None
    influential: Table | None
    findings: tuple[Group, ...]
    recipes: tuple[Recipe, ...]
    limits: tuple[str, ...]
    again: tuple[tuple[str, str], ...]


def content(decision: Decision, exhibits: Exhibits) -> Content:
    """Everything that a report says of a decision."""
    study, verdict, board = decision.study, decision.verdict, decision.leaderboard
    target = short(exhibits.source.target, WIDEST)
    data = f" in {short(exhibits.source.data, WIDEST)}" if exhibits.source.data else ""
    want = study.want
    stated = "" if want.stated else f"Nobody said so: the {want.functional} is the default for such a target."
    return Content(
        title=f"Which loss for {target}{data}?",
        code=verdict.code,
        meaning=CODES[verdict.code],
        headline=verdict.headline,
        answers=tuple(_answers(decision, target)),
        reasons=verdict.reasons,
        question=f"Wanted of {target} is {decision.question}. {judged_by(study, board.primary)}",
        stated=stated,
        whence=tuple(_step(step, board) for step in verdict.steps),
        leaderboard=_leaderboard(board),
        worst=_worst(decision, target),
        influential=_influential(exhibits),
        findings=_groups(decision.findings),
        recipes=recipes(study, verdict.recommended, exhibits.columns, exhibits.source),
        limits=(*verdict.caveats, *(clean(each) for each in exhibits.limits)),
        again=tuple(_again(decision, exhibits)),
    )


def _groups(findings: Sequence[Finding]) -> tuple[Group, ...]:
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    return tuple(Group(each[0].kind, tuple(each)) for each in by_code.values())


def _answers(decision: Decision, target: str) -> Iterator[tuple[str, str]]:
    """The lines of the verdict card."""
    verdict, board = decision.verdict, decision.leaderboard
    chosen = verdict.recommended
    yield "Use", chosen.label if chosen is not None else "none of the candidates as they are"
    if chosen is not None:
        entry = board.entry(chosen.label)
        read = None if entry.score is None else board.primary.read(entry.score)
        constant = board.primary.read(board.constant)
        yield "Score", f"{board.primary.shown} {number(read)}; the best constant has {number(constant)}"
        yield "Skill", f"{percent(entry.skill)} of the constant's score saved"
    if verdict.code != "constant" and len(verdict.tied) > 1:
        others = [label for label in verdict.tied if chosen is None or label != chosen.label]
        more = f"; and {len(others) - NAMED} more, marked below" if len(others) > NAMED else ""
        yield "Not told apart from it" if chosen is not None else "May be the best", "; ".join(others[:NAMED]) + more
        if chosen is None or chosen.label != verdict.simplest:
            yield "Simplest not ruled out", verdict.simplest
    if verdict.cost is not None:
        yield "Something else instead", _cost(verdict.cost, board, target)
    luck = board.optimism
    if luck is not None and verdict.code != "constant":
        read_back = board.primary.read
        yield (
            "Expect on new rows",
            f"{board.primary.shown} {number(read_back(luck.corrected))} "
            f"({number(read_back(luck.low))} to {number(read_back(luck.high))}) from whichever scores best; the luck "
            "of having been picked is taken out",
        )


def _cost(cost: Cost, board: Leaderboard, target: str) -> str:
    unit = f", in units of {target}" if board.primary.unit.startswith("y") else ""
    size = f"{number(abs(cost.difference), 3)} ({abs(cost.percent):.1f}%)"
    change = f"would add {size} to" if cost.difference >= 0.0 else f"would take {size} off"
    interval = f"{number(cost.low, 3, True)} to {number(cost.high, 3, True)}"
    return f"{cost.instead} {change} the {board.primary.shown}{unit} (95% interval of the change: {interval})"


def _step(step: Step, board: Leaderboard) -> str:
    share = f", {percent(step.share, 0)} of the whole" if np.isfinite(step.share) else ""
    change = "takes {} off" if step.gain >= 0.0 else "adds {} to"
    change = change.format(number(abs(step.gain), 3))
    return f"{' and '.join(step.what)}: from {step.source} to {step.to} {change} the mean {board.primary.name}{share}"


def _leaderboard(board: Leaderboard) -> Table:
    """Scores as people read them; the yardstick that decides comes first."""
    biased = any(e.biases for e in board.rivals)
    covered = any(e.coverage for e in board.rivals)
    decided = any(e.decisions for e in board.rivals)
    headings = ["", "candidate", *(y.shown for y in board.yardsticks), "skill"]
    headings += (["bias"] if biased else []) + (["covers"] if covered else [])
    headings += ["missed", "false alarms"] if decided else []
    headings += ["odds: better / equal / worse", "p", "set p", "seconds"]
    rows = []
    for entry in board.entries:
        cells = ["tied" if entry.tied and len(board.tied) > 1 else "best" if entry.tied else "", entry.label]
        cells += [_read(entry, position, board) for position in range(len(board.yardsticks))]
        cells += [percent(entry.skill)]
        cells += [_bias(entry)] if biased else []
        cells += [percent(entry.coverage.share) if entry.coverage else "-"] if covered else []
        cells += [percent((entry.decisions or {}).get(key)) for key in ("missed", "false alarms")] if decided else []
        cells += [
            _odds(entry),
            chance(entry.gap.p if entry.gap else None),
            chance(entry.confidence_p),
            number(entry.seconds, 2),
        ]
        rows.append(tuple(short(cell, WIDEST) for cell in cells))
    tied = tuple(e.tied for e in board.entries)
    numeric = (False, False, *[True] * (len(headings) - 2))
    hints = tuple(HINTS.get(heading, "") for heading in headings)
    return Table(tuple(headings), tuple(rows), numeric, tied, tuple(_undefined(board)), hints)


def _undefined(board: Leaderboard) -> Iterator[str]:
    """Which scores are missing, and why: yardsticks that miss the same candidates in one sentence."""
    missing: dict[str, list[str]] = {}
    for entry in board.entries:
        for yardstick, why in entry.undefined.items():
            missing.setdefault(yardstick, []).append(f"{short(entry.label, WIDEST)} ({clean(why)})")
    alike: dict[str, list[str]] = {}
    for yardstick, who in missing.items():
        alike.setdefault("; ".join(who), []).append(yardstick)
    for told, names in alike.items():
        yield f"No {' and no '.join(names)}: {told}."


def _read(entry: Entry, position: int, board: Leaderboard) -> str:
    yardstick = board.yardsticks[position]
    score = entry.scores.get(yardstick.name)
    return "-" if score is None else number(yardstick.read(score))


def _bias(entry: Entry) -> str:
    return " / ".join(number(b.bias, 3, signed=True) for b in entry.biases[:3]) or "-"


def _odds(entry: Entry) -> str:
    if entry.odds is None:
        return "-"
    return " / ".join(percent(part, 0) for part in (entry.odds.better, entry.odds.equal, entry.odds.worse))


def _worst(decision: Decision, target: str) -> Table | None:
    """The rows that cost the recommended candidate (or the best) most, by the yardstick that decides."""
    found = costly(decision)
    if not found:
        return None
    rows = []
    for each in found:
        text = " to ".join(number(p) for p in each.predicted[:4])
        truth = _amount(each.target) if isinstance(each.target, float) else clean(each.target)
        rows.append((str(each.row), truth, text, percent(each.share)))
    by, whole = short(judged(decision), WIDEST), decision.leaderboard.primary.name
    headings = ("row", target, f"predicted by {by}", f"of the whole {whole}")
    return Table(headings, tuple(rows), (True, True, True, True), notes=(_counted(decision),))


def _counted(decision: Decision) -> str:
    """How rows are numbered: as a person counts them."""
    order = "in order of time, and " if decision.study.ordered else ""
    return f"Rows are numbered from 1, {order}without those that took no part, such as rows without a target."


def _influential(exhibits: Exhibits) -> Table | None:
    if not exhibits.influential:
        return None
    names = list(dict.fromkeys(name for each in exhibits.influential for name in each.values))[:8]
    headings = ("row", short(exhibits.influence), "why", *(short(name) for name in names))
    rows = tuple(
        (str(each.row), number(each.influence), clean(each.why), *(_cell(each.values.get(name)) for name in names))
        for each in exhibits.influential
    )
    return Table(headings, rows, (True, True, False, *[False] * len(names)))


def _cell(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return _amount(float(value))
    return "-" if value is None else short(value, WIDEST)


def _amount(value: float) -> str:
    """A value of the data: a whole one as it is."""
    return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e9 else number(value)


def _again(decision: Decision, exhibits: Exhibits) -> Iterator[tuple[str, str]]:
    study, rules = decision.study, decision.leaderboard.rules
    if exhibits.command:
        yield "command", clean(exhibits.command)
    yield "rows", f"{study.y.size:,}"
    if exhibits.features:
        yield "features", ", ".join(clean(name) for name in exhibits.features)
    yield "folds", f"{len(study.folds)}, the same for every candidate; seed {study.seed}"
    yield "rules", f"practically nothing: {rules.rope:g} of skill; t-tests at {rules.alpha:g}, set at {rules.level:g}"
    for name, version in exhibits.versions.items():
        yield clean(name), clean(version)
