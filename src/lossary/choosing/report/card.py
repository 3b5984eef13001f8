"""The lines of the verdict card, in the order in which people ask: how sure, at what cost, and then the rest."""

from __future__ import annotations

from collections.abc import Iterator

from lossary.choosing.findings.finding import Finding
from lossary.choosing.findings.sentences import sentence, share_in_words
from lossary.choosing.judging import gains
from lossary.choosing.judging.decide import Decision
from lossary.choosing.judging.leaderboard import Leaderboard
from lossary.choosing.judging.verdict import Verdict
from lossary.choosing.report.words import number, percent

NAMED = 6
"""Tied candidates named on the card; the table has all."""


def answers(decision: Decision, target: str) -> Iterator[tuple[str, str]]:
    """What each line of the card is about, and what it says."""
    verdict, board = decision.verdict, decision.leaderboard
    if verdict.sure:
        yield "How sure", verdict.sure
    yield from cost_of_the_usual(decision, target)
    yield from _of_recommended(decision)
    if decision.average is not None and decision.average.pays:
        yield "For better predictions", decision.average.in_words()
    yield from _of_tied(decision)
    optimism = board.optimism
    if optimism is not None and verdict.code not in ("constant", "leverage"):
        read = board.primary.read
        yield (
            "Expect on new rows",
            f"A {board.primary.shown} of {number(read(optimism.corrected))} ({number(read(optimism.low))} to "
            f"{number(read(optimism.high))}): the best score here, corrected for having been chosen among "
            f"{len(board.rivals)}.",
        )


def _of_recommended(decision: Decision) -> Iterator[tuple[str, str]]:
    board, recommended = decision.leaderboard, decision.verdict.recommended
    if recommended is None or recommended.kind == "constant":
        return
    entry = board.entry(recommended.label)
    read = board.primary.read
    yield (
        "Score",
        f"A {board.primary.shown} of {number(read(entry.value))} on rows not seen in training; the best constant, the "
        f"same prediction for every row, has {number(read(board.constant))}.",
    )
    yield "Skill", f"{percent(entry.skill)} of the best constant's mean {board.primary.name} is saved."
    if entry.coverage is not None:
        yield "Covers", sentence(entry.coverage.described())


def _of_tied(decision: Decision) -> Iterator[tuple[str, str]]:
    """Who may be as good, and why the simplest of them was not recommended."""
    verdict, board = decision.verdict, decision.leaderboard
    recommended = "" if verdict.recommended is None else verdict.recommended.label
    others = [board.entry(label).name for label in verdict.tied if label != recommended]
    if verdict.code in ("constant", "leverage") or not others:
        return
    more = f"; and {len(others) - NAMED} more, marked below" if len(others) > NAMED else ""
    yield "May be as good", f"{'; '.join(others[:NAMED])}{more}."
    if verdict.passed_over:
        simplest = board.entry(verdict.simplest).name
        yield "The simplest of them", f"{simplest}. It is not recommended: {verdict.passed_over}."


def cost_of_the_usual(decision: Decision, target: str) -> Iterator[tuple[str, str]]:
    """What it costs to do the usual thing; where that is recommended, what the best of the others would change."""
    cost, board, recommended = decision.verdict.cost, decision.leaderboard, decision.verdict.recommended
    if cost is None or recommended is None:
        return
    instead = board.entry(cost.instead)
    unit = f", in units of {target}" if board.primary.unit.startswith("y") else ""
    change = "higher" if cost.difference >= 0.0 else "lower"
    interval = f"95% interval of the change {number(cost.low, 3, True)} to {number(cost.high, 3, True)}"
    size = f"{number(abs(cost.difference), 3)} ({share_in_words(abs(cost.percent) / 100.0)})"
    text = f"With {instead.name} the {board.primary.shown} is {size} {change} ({interval}{unit})."
    if cost.why_not:
        text += f" It is not recommended: {cost.why_not}."
    if recommended.kind == "constant":
        yield "Cost of a model", text
    elif gains.is_usual(board, instead.candidate):
        yield "Cost of the usual loss", text
    else:
        yield "Cost of another loss", f"This is the usual loss. {text}" if gains.is_usual(board, recommended) else text


def reasons_beside(verdict: Verdict) -> tuple[Finding, ...]:
    """The verdict's reasons but for leaks, which stand above all, and for what its own sentences say already."""
    said = {"leak", "winner", "tie", "optimism"}
    return tuple(f for f in verdict.reasons if f.kind.name not in said and f.text not in verdict.headline)


def reading(board: Leaderboard) -> tuple[str, ...]:
    """How to read the leaderboard."""
    return (
        "Every candidate was trained on the same folds and scored on rows that it had not seen. Its own loss does not "
        "judge it: the same yardsticks judge all, and those suit the question. Skill is the part of the best "
        "constant's score that is saved.",
        f"A candidate counts as worse than the best only if three things agree: the test over folds (p below "
        f"{board.rules.alpha:g}), the test over rows (p below {1.0 - board.rules.level:g}), and a difference that is "
        f"not too small to matter ({board.rules.rope:.0%} of the best constant's score). So a candidate may be tied "
        "though one p is small; the first column says which of the three keeps it.",
        "The three shares are the chances that a candidate is truly better than the best, equal but for what is too "
        "small to matter, or worse.",
    )
