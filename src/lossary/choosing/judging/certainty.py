"""How sure a verdict is, in a sentence."""

from __future__ import annotations

from lossary.choosing.comparison.study import Study
from lossary.choosing.judging.leaderboard import Entry, Leaderboard

ENOUGH_FOLDS = 5
"""Folds in order of time of which all having the same sign is rarer than 5%."""


def how_sure(board: Leaderboard, chosen: Entry) -> str:
    """How sure it is that no other candidate is better than the recommended one."""
    others = len(board.rivals) - 1
    tied = sum(e is not chosen for e in board.tied)
    out = others - tied
    if others == 0:
        return "It is the only candidate with a score."
    if not tied:
        who = "the other candidate" if others == 1 else f"each of the {others} other candidates"
        return f"Quite sure: {who} scores worse by more than chance explains."
    if others == 1:
        return "The one other candidate is neither clearly better nor clearly worse."
    if not out:
        return f"None of the {others} other candidates is clearly better or worse."
    worse = f"{out} of the {others} other candidates {'scores' if out == 1 else 'score'} clearly worse"
    return f"{worse}; {tied} cannot be told apart from the recommended one, or {'is' if tied == 1 else 'are'} as good."


def too_few_folds(study: Study) -> bool:
    """Whether folds in order of time are so few that their signs can never be rare: of four all are alike 1 in 16."""
    return study.ordered and len(study.folds) < ENOUGH_FOLDS


def how_sure_of_constant(study: Study, board: Leaderboard) -> str:
    """How sure it is that no candidate is better than the constant."""
    skill = board.best.skill
    if skill is None or skill < 0.0005:
        return "No candidate scores better than the constant on rows that it has not seen."
    chance = f"{board.evidence.p:.0%}" if board.evidence.p > 0.005 else "under 1%"
    more = (
        f" More folds may show more: ask for {ENOUGH_FOLDS} (--folds {ENOUGH_FOLDS})." if too_few_folds(study) else ""
    )
    return (
        f"The best candidate saves {skill:.1%} of the constant's score, and chance alone saves as much in {chance} of "
        f"cases.{more}"
    )
