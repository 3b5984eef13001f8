"""What a report says, in strings: HTML and Markdown show the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.yardsticks import yardstick_in_words
from lossary.choosing.findings.finding import Finding
from lossary.choosing.findings.kind import Kind
from lossary.choosing.judging.decide import Decision
from lossary.choosing.judging.gains import Step
from lossary.choosing.judging.leaderboard import Leaderboard
from lossary.choosing.judging.verdict import CODES, Cost
from lossary.choosing.report.code.average import average_recipe
from lossary.choosing.report.code.blocks import Recipe, recipes
from lossary.choosing.report.leaderboard_table import leaderboard_table
from lossary.choosing.report.next_steps import NextStep, next_steps
from lossary.choosing.report.supplement import Supplement
from lossary.choosing.report.tables import (
    WIDEST,
    Table,
    importances_table,
    influential_rows_table,
    worst_rows_table,
)
from lossary.choosing.report.words import clean, number, percent, short

NAMED = 6
"""Tied candidates named on the card; the table has all."""


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
    leaks: tuple[Finding, ...]
    answers: tuple[tuple[str, str], ...]
    reasons: tuple[Finding, ...]
    next_steps: tuple[NextStep, ...]
    question: str
    stated: str
    whence: tuple[str, ...]
    leaderboard: Table
    importances: Table | None
    related: tuple[str, ...]
    worst: Table | None
    influential: Table | None
    findings: tuple[Group, ...]
    recipes: tuple[Recipe, ...]
    limits: tuple[str, ...]
    again: tuple[tuple[str, str], ...]


def content(decision: Decision, supplement: Supplement) -> Content:
    """Everything that a report says of a decision."""
    study, verdict, board = decision.study, decision.verdict, decision.leaderboard
    target = short(supplement.source.target, WIDEST)
    data = f" in {short(supplement.source.data, WIDEST)}" if supplement.source.data else ""
    want = study.want
    default_note = "" if want.stated else f"Nobody said so: the {want.functional} is the default for such a target."
    return Content(
        title=f"Which loss for {target}{data}?",
        code=verdict.code,
        meaning=CODES[verdict.code],
        headline=verdict.headline,
        answers=tuple(_answers(decision, target)),
        leaks=tuple(f for f in verdict.reasons if f.kind.name == "leak"),
        reasons=tuple(f for f in verdict.reasons if f.kind.name != "leak"),
        next_steps=next_steps(supplement.model, study.want),
        question=f"Wanted of {target} is {decision.question}. {yardstick_in_words(study, board.primary)}",
        stated=default_note,
        whence=tuple(_step(step, board) for step in verdict.steps),
        leaderboard=leaderboard_table(board),
        importances=importances_table(supplement),
        related=() if supplement.explanation is None else supplement.explanation.importances.related,
        worst=worst_rows_table(decision, target),
        influential=influential_rows_table(supplement),
        findings=_findings_by_code(decision.findings),
        recipes=tuple(_recipes(decision, supplement)),
        limits=(*verdict.caveats, *(clean(each) for each in supplement.limits)),
        again=tuple(_reproduction(decision, supplement)),
    )


def _recipes(decision: Decision, supplement: Supplement) -> Iterator[Recipe]:
    study, told = decision.study, (supplement.columns, supplement.source, supplement.trees)
    yield from recipes(study, decision.verdict.recommended, *told)
    if decision.average is not None and decision.average.pays:
        yield average_recipe(study, decision.average, *told)


def _findings_by_code(findings: Sequence[Finding]) -> tuple[Group, ...]:
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    return tuple(Group(each[0].kind, tuple(each)) for each in by_code.values())


def _answers(decision: Decision, target: str) -> Iterator[tuple[str, str]]:
    """The lines of the verdict card."""
    verdict, board = decision.verdict, decision.leaderboard
    recommended = verdict.recommended
    yield "Use", recommended.label if recommended is not None else "none of the candidates as they are"
    if recommended is not None:
        entry = board.entry(recommended.label)
        score = None if entry.score is None else board.primary.read(entry.score)
        constant = board.primary.read(board.constant)
        yield "Score", f"{board.primary.shown} {number(score)}; the best constant has {number(constant)}"
        yield "Skill", f"{percent(entry.skill)} of the constant's score saved"
        if entry.coverage is not None:
            yield "Covers", entry.coverage.described()
    if decision.average is not None:
        yield "Averaged, for the best predictions" if decision.average.pays else "Averaged", decision.average.in_words()
    if verdict.code != "constant" and len(verdict.tied) > 1:
        others = [label for label in verdict.tied if recommended is None or label != recommended.label]
        more = f"; and {len(others) - NAMED} more, marked below" if len(others) > NAMED else ""
        yield (
            "Not told apart from it" if recommended is not None else "May be the best",
            "; ".join(others[:NAMED]) + more,
        )
        if recommended is None or recommended.label != verdict.simplest:
            yield "Simplest not ruled out", verdict.simplest
    if verdict.cost is not None:
        yield "Something else instead", _cost(verdict.cost, board, target)
    optimism = board.optimism
    if optimism is not None and verdict.code != "constant":
        read = board.primary.read
        yield (
            "Expect on new rows",
            f"{board.primary.shown} {number(read(optimism.corrected))} "
            f"({number(read(optimism.low))} to {number(read(optimism.high))}) from whichever scores best; the luck "
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
    places = f"from {step.source} to {step.to}"
    if step.other is not None:
        places += f", and from {step.other[0]} to {step.other[1]}, on average"
    return f"{' and '.join(step.what)}: {places} {change} the mean {board.primary.name}{share}"


def _reproduction(decision: Decision, supplement: Supplement) -> Iterator[tuple[str, str]]:
    study, rules = decision.study, decision.leaderboard.rules
    if supplement.command:
        yield "command", clean(supplement.command)
    yield "rows", f"{study.y.size:,}"
    if supplement.features:
        yield "features", ", ".join(clean(name) for name in supplement.features)
    yield "folds", f"{len(study.folds)}, the same for every candidate; seed {study.seed}"
    yield "rules", f"practically nothing: {rules.rope:g} of skill; t-tests at {rules.alpha:g}, set at {rules.level:g}"
    for name, version in supplement.versions.items():
        yield clean(name), clean(version)
