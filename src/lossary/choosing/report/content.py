"""What a report says, in strings: HTML and Markdown show the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lossary.choosing.decide import Decision
from lossary.choosing.findings import Finding
from lossary.choosing.gains import Step
from lossary.choosing.leaderboard import Entry, Leaderboard
from lossary.choosing.report.exhibits import Exhibits
from lossary.choosing.report.recipes import Recipe, recipes
from lossary.choosing.report.words import chance, clean, number, percent, short
from lossary.choosing.verdict import CODES, Cost
from lossary.choosing.yardsticks import by_row, scored, tested

WIDEST = 90
"""Characters of a name or value in a cell or a title."""

WORST = 10
"""Rows listed that cost most."""


@dataclass(frozen=True)
class Table:
    """Headings and rows of cells; ``numeric`` columns stand to the right, ``marked`` rows stand out."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    marked: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()


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
    findings: tuple[Finding, ...]
    recipes: tuple[Recipe, ...]
    limits: tuple[str, ...]
    again: tuple[tuple[str, str], ...]


def content(decision: Decision, exhibits: Exhibits) -> Content:
    """Everything that a report says of a decision."""
    study, verdict, board = decision.study, decision.verdict, decision.leaderboard
    target = short(exhibits.target, WIDEST)
    data = f" in {short(exhibits.data, WIDEST)}" if exhibits.data else ""
    want = study.want
    stated = "" if want.stated else f"Nobody said so: the {want.functional} is the default for such a target."
    return Content(
        title=f"Which loss for {target}{data}?",
        code=verdict.code,
        meaning=CODES[verdict.code],
        headline=verdict.headline,
        answers=tuple(_answers(decision, target)),
        reasons=verdict.reasons,
        question=f"Wanted of {target}: {decision.question}.",
        stated=stated,
        whence=tuple(_step(step) for step in verdict.steps),
        leaderboard=_leaderboard(board),
        worst=_worst(decision, target),
        influential=_influential(exhibits),
        findings=decision.findings,
        recipes=recipes(study, verdict.recommended, exhibits.columns, exhibits.target, exhibits.data),
        limits=(*verdict.caveats, *(clean(each) for each in exhibits.limits)),
        again=tuple(_again(decision, exhibits)),
    )


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
        yield "As good, for all the data can say", ", ".join(others)
        if chosen is None or chosen.label != verdict.simplest:
            yield "The simplest of these", verdict.simplest
    if verdict.cost is not None:
        yield "If that is wrong", _cost(verdict.cost, board, target)
    luck = board.optimism
    if luck is not None and verdict.code != "constant":
        read_back = board.primary.read
        yield (
            "Expect on new rows",
            f"{board.primary.shown} {number(read_back(luck.corrected))} "
            f"({number(read_back(luck.low))} to {number(read_back(luck.high))}) of always taking the best",
        )


def _cost(cost: Cost, board: Leaderboard, target: str) -> str:
    unit = f" (in units of {target})" if board.primary.unit.startswith("y") else ""
    verb = "adds" if cost.difference >= 0.0 else "saves"
    return (
        (
            f"{cost.instead} instead {verb} {number(abs(cost.difference), 3)} to the {board.primary.shown}{unit}, "
            f"{abs(cost.percent):.1f}%; with 95% between {number(cost.low, 3, True)} and {number(cost.high, 3, True)}"
        )
        .replace("saves", "takes")
        .replace(" to the ", " off the " if verb == "saves" else " to the ")
    )


def _step(step: Step) -> str:
    share = f", {percent(step.share, 0)} of the whole" if np.isfinite(step.share) else ""
    verb = "gains" if step.gain >= 0.0 else "loses"
    return f"{' and '.join(step.what)}: from {step.source} to {step.to} {verb} {number(abs(step.gain), 3)}{share}"


def _leaderboard(board: Leaderboard) -> Table:
    """Scores as people read them; the yardstick that decides comes first."""
    biased = any(e.biases for e in board.rivals)
    covered = any(e.coverage for e in board.rivals)
    decided = any(e.decisions for e in board.rivals)
    headings = ["", "candidate", *(y.shown for y in board.yardsticks), "skill"]
    headings += (["bias"] if biased else []) + (["covers"] if covered else [])
    headings += ["missed", "false alarms"] if decided else []
    headings += ["odds: better / equal / worse", "p", "set p", "seconds"]
    rows, notes = [], []
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
        name = short(entry.label, WIDEST)
        notes += [f"{name} has no {yardstick}: {why}." for yardstick, why in entry.undefined.items()]
    tied = tuple(e.tied for e in board.entries)
    numeric = (False, False, *[True] * (len(headings) - 2))
    return Table(tuple(headings), tuple(rows), numeric, tied, tuple(clean(n) for n in notes))


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
    study, board = decision.study, decision.leaderboard
    chosen = decision.verdict.recommended
    label = chosen.label if chosen is not None and chosen.label in study.predictions else board.best.label
    scores = by_row(scored(study, board.primary).by_candidate[label])
    weight = 1.0 if study.weight is None else study.weight
    cost = np.where(np.isnan(scores), 0.0, scores * weight)
    whole = float(cost.sum())
    if study.want.functional == "label" or whole <= 0.0:
        return None
    order = np.argsort(-cost, kind="stable")[: min(WORST, cost.size)]
    where = tested(study)
    rows = []
    for row in order:
        first = int(np.argmax(where[:, row]))
        said = study.predictions[label][first, row]
        text = " to ".join(number(float(p)) for p in np.atleast_1d(said)[:4])
        truth = study.classes[int(study.y[row])] if study.classes else number(float(study.y[row]))
        rows.append((str(int(row)), clean(truth), text, percent(cost[row] / whole)))
    headings = ("row (from 0)", target, f"predicted by {short(label, WIDEST)}", f"of the whole {board.primary.name}")
    return Table(headings, tuple(rows), (True, True, True, True))


def _influential(exhibits: Exhibits) -> Table | None:
    if not exhibits.influential:
        return None
    names = list(dict.fromkeys(name for each in exhibits.influential for name in each.values))[:8]
    headings = ("row (from 0)", short(exhibits.influence), "why", *(short(name) for name in names))
    rows = tuple(
        (str(each.row), number(each.influence), clean(each.why), *(_cell(each.values.get(name)) for name in names))
        for each in exhibits.influential
    )
    return Table(headings, rows, (True, True, False, *[False] * len(names)))


def _cell(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return number(float(value))
    return "-" if value is None else short(value, WIDEST)


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
