"""What a report says, in strings: HTML and Markdown show the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.yardsticks import yardstick_in_words
from lossary.choosing.findings.finding import Finding
from lossary.choosing.findings.kind import Kind
from lossary.choosing.findings.sentences import sentence
from lossary.choosing.judging.decide import Decision
from lossary.choosing.judging.gains import Step
from lossary.choosing.judging.leaderboard import Leaderboard
from lossary.choosing.judging.verdict import CODES
from lossary.choosing.report.card import answers, reading, reasons_beside
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
    reading: tuple[str, ...]
    importances: Table | None
    related: tuple[str, ...]
    worst: Table | None
    influential: Table | None
    findings: tuple[Group, ...]
    recipes: tuple[Recipe, ...]
    limits: tuple[str, ...]
    again: tuple[tuple[str, str], ...]
    explorer: str


def content(decision: Decision, supplement: Supplement) -> Content:
    """Everything that a report says of a decision."""
    study, verdict, board = decision.study, decision.verdict, decision.leaderboard
    target = short(supplement.source.target, WIDEST)
    data = f" in {short(supplement.source.file_name, WIDEST)}" if supplement.source.data else ""
    want = study.want
    default_note = (
        "" if want.stated else f"Nothing was asked for: the {want.functional} is the usual question of such a target."
    )
    return Content(
        title=f"Which loss for {target}{data}?",
        code=verdict.code,
        meaning=CODES[verdict.code],
        headline=verdict.headline,
        answers=tuple(answers(decision, target)),
        leaks=tuple(f for f in verdict.reasons if f.kind.name == "leak"),
        reasons=reasons_beside(verdict),
        next_steps=next_steps(supplement.model, study.want),
        question=f"Wanted of {target} is {decision.question}. {yardstick_in_words(study, board.primary)}",
        stated=default_note,
        whence=tuple(_step(step, board) for step in verdict.steps),
        leaderboard=leaderboard_table(board),
        reading=reading(board),
        importances=importances_table(supplement),
        related=() if supplement.explanation is None else supplement.explanation.importances.related,
        worst=worst_rows_table(decision, target),
        influential=influential_rows_table(supplement),
        findings=_findings_by_code(decision.findings),
        recipes=tuple(_recipes(decision, supplement)),
        limits=(*verdict.caveats, *(sentence(clean(each)) for each in supplement.limits)),
        again=tuple(_reproduction(decision, supplement)),
        explorer=supplement.explorer,
    )


def _recipes(decision: Decision, supplement: Supplement) -> Iterator[Recipe]:
    study, told = decision.study, (supplement.columns, supplement.source, supplement.trees)
    if decision.average is not None and decision.average.pays:
        yield average_recipe(study, decision.average, *told)
    yield from recipes(study, decision.verdict.recommended, *told)


def _findings_by_code(findings: Sequence[Finding]) -> tuple[Group, ...]:
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    return tuple(Group(each[0].kind, tuple(each)) for each in by_code.values())


def _step(step: Step, board: Leaderboard) -> str:
    """One change on the way from the usual loss to the candidate used, and what it does."""
    share = f", {percent(step.share, 0)} of the whole gain" if np.isfinite(step.share) else ""
    change = "lowers" if step.gain >= 0.0 else "raises"
    places = f"from {board.entry(step.source).name} to {board.entry(step.to).name}"
    if step.other is not None:
        source, to = (board.entry(label).name for label in step.other)
        places += f", and from {source} to {to} (the number is the mean of both)"
    size = f"{number(abs(step.gain), 3)}{share}"
    return f"The {' and '.join(step.what)} {change} the mean {board.primary.name} by {size}: {places}."


def _reproduction(decision: Decision, supplement: Supplement) -> Iterator[tuple[str, str]]:
    study, rules = decision.study, decision.leaderboard.rules
    if supplement.command:
        yield "command", clean(supplement.command)
    yield "rows", f"{study.y.size:,}"
    if supplement.features:
        yield "features", ", ".join(clean(name) for name in supplement.features)
    yield "folds", f"{len(study.folds)}, the same for every candidate; seed {study.seed}"
    yield (
        "rules",
        f"too small to matter: {rules.rope:g} of skill; p over folds {rules.alpha:g}, over rows {1.0 - rules.level:g}",
    )
    for name, version in supplement.versions.items():
        yield clean(name), clean(version)
