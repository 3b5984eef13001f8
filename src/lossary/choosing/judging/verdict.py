"""The decision: one sentence, the candidate to use, those it is tied with, and what it costs to be wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lossary.choosing.comparison.study import Candidate, Study
from lossary.choosing.comparison.thresholds import cost_threshold
from lossary.choosing.findings.finding import Finding
from lossary.choosing.judging import gains
from lossary.choosing.judging.gains import Step
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.judging.recommend import leading_model, recommend, symmetric_tails

CODES = {
    "winner": "one candidate is better than all others",
    "tie": "several candidates may be the best",
    "keep": "keep the usual loss: nothing to gain",
    "link": "the gain is the link's, not the loss's",
    "threshold": "keep the usual loss, and move the threshold",
    "constant": "nothing beats the constant",
    "leverage": "no loss fixes this",
}

MOSTLY = 0.8
"""The share of a gain from which it is the link's."""

USUAL_NAMES = {
    "half_squared_error": "squared error",
    "logistic": "log loss",
    "binary_cross_entropy": "log loss",
    "softmax_cross_entropy": "log loss",
    "categorical_cross_entropy": "log loss",
    "quantile": "the quantile loss",
}


@dataclass(frozen=True)
class Cost:
    """What another choice would cost, in the first yardstick as people read it; below zero it would save.

    ``percent`` is of the recommended candidate's score; ``low`` and ``high`` hold it with 95%, by the corrected t-test.
    """

    instead: str
    difference: float
    low: float
    high: float
    percent: float


@dataclass(frozen=True)
class Verdict:
    """The decision. ``code`` is one of ``CODES``; ``recommended`` is None where no candidate should be used as it is.

    ``tied`` are the labels of all that may be the best, ``simplest`` the simplest of them; ``steps`` says where the
    gain over the reference came from.
    """

    code: str
    headline: str
    recommended: Candidate | None
    tied: tuple[str, ...]
    simplest: str
    cost: Cost | None
    steps: tuple[Step, ...]
    reasons: tuple[Finding, ...] = ()
    caveats: tuple[str, ...] = ()


def reach_verdict(study: Study, board: Leaderboard, findings: Sequence[Finding] = ()) -> Verdict:
    """The verdict on a leaderboard, given what diagnostics found."""
    blocking_findings = [f for f in findings if f.blocking]
    # Rows far out drag lines: where another model predicts best, they are a reason to look and no more.
    if blocking_findings and leading_model(board) == "linear":
        return _verdict(board, "leverage", f"No loss fixes this: {blocking_findings[0].text}", None)
    if not beats_constant(board):
        constant = next(e for e in board.entries if e.candidate.kind == "constant")
        return _verdict(board, "constant", _of_constant(board), constant)
    chosen = recommend(board, symmetric=symmetric_tails(study, findings))
    if gains.is_usual(board, chosen.candidate):
        return _keep_usual(study, board, chosen)
    link = link_share(board, chosen)
    if link is not None:
        name = chosen.candidate.link
        headline = f"Use {chosen.label}. {link:.0%} of the gain is the {name} link's, not the loss's."
        return _verdict(board, "link", headline, chosen)
    if len(board.tied) == 1:
        return _verdict(board, "winner", f"Use {chosen.label}{_better_than_usual(board, chosen)}.", chosen)
    headline = f"{len(board.tied)} candidates may be the best. Take {chosen.label}."
    return _verdict(board, "tie", headline, chosen)


def beats_constant(board: Leaderboard) -> bool:
    """Whether the best candidate scores better than the constant, and that is more than luck.

    Random signs of what is saved tell (``beyond_constant``), or ranks: where targets have a long tail the score of few
    rows cannot tell, but predictions whose order is that of the targets beyond luck know something.
    """
    if not math.isfinite(board.constant):
        return True
    certain = min(board.evidence.p, board.association) < board.rules.alpha
    return board.best.value < board.constant and certain


def _of_constant(board: Leaderboard) -> str:
    headline = "Nothing here predicts better than a constant"
    if board.evidence.p < board.rules.alpha and board.evidence.yardstick != board.primary.name:
        return f"{headline} by {board.primary.name}; by {board.evidence.yardstick} something does."
    return f"{headline}."


def link_share(board: Leaderboard, chosen: Entry) -> float | None:
    """The link's share of the gain under the model used, if it is most of it or all that matters; else None."""
    usual = gains.usual_under(board, chosen.candidate.model)
    if usual is None or usual.tied:
        return None
    steps = gains.gain_steps_within_model(board, chosen)
    link = next((s for s in steps if s.what == ("link",)), None)
    if link is None or link.gain <= 0.0:
        return None
    total = sum(s.gain for s in steps)
    share = min(link.gain / total, 1.0) if total > 0.0 else 0.0
    other_gain = total - link.gain
    return share if share >= MOSTLY or (share > 0.5 and other_gain <= board.small) else None


def usual_name(candidate: Candidate) -> str:
    """A loss as people speak of it."""
    return USUAL_NAMES.get(candidate.loss, candidate.loss.replace("_", " "))


def _keep_usual(study: Study, board: Leaderboard, chosen: Entry) -> Verdict:
    name = usual_name(chosen.candidate)
    moved = gains.threshold_gain(study, board, chosen)
    if moved is not None and moved.mean < -board.small:
        to = cost_threshold(study.want)
        return _verdict(board, "threshold", f"Keep {name}, and move the threshold to {to:.3g}.", chosen)
    return _verdict(board, "keep", f"Keep {name}: no other loss is better beyond luck.", chosen)


def _verdict(board: Leaderboard, code: str, headline: str, chosen: Entry | None) -> Verdict:
    tied = tuple(e.label for e in board.tied)
    simplest = min(board.tied, key=lambda e: (e.candidate.complexity, e.score)).label
    candidate = None if chosen is None else chosen.candidate
    is_constant = chosen is not None and chosen.candidate.kind == "constant"
    cost = None if chosen is None else _cost(board, chosen)
    steps = () if is_constant else gains.gain_steps(board, chosen)
    return Verdict(code, headline, candidate, tied, simplest, cost, steps)


def _cost(board: Leaderboard, chosen: Entry) -> Cost | None:
    """What the usual loss would cost instead under the same model; where that is used, the best of the others there."""
    model = chosen.candidate.model
    usual = gains.usual_under(board, model)
    if usual is not None and usual.label != chosen.label:
        return cost_of(board, chosen, usual)
    others = [e for e in board.rivals if e.label != chosen.label]
    same_model = [e for e in others if e.candidate.model == model]
    reference = gains.reference(board)
    elsewhere = [e for e in others if reference is not None and e.label == reference.label and usual is None]
    instead = next(iter([*elsewhere, *same_model, *others]), None)
    return None if instead is None else cost_of(board, chosen, instead)


def cost_of(board: Leaderboard, chosen: Entry, instead: Entry) -> Cost:
    """What one candidate costs in place of another, as people read the first yardstick."""
    assert chosen.score is not None
    gap = board.gap(instead.label, chosen.label)
    base, read = board.primary.read(chosen.score), board.primary.read
    middle, low, high = (read(max(chosen.score + d, 0.0)) - base for d in (gap.mean, *gap.interval()))
    return Cost(instead.label, middle, low, high, 100.0 * middle / base if base else math.nan)


def _better_than_usual(board: Leaderboard, chosen: Entry) -> str:
    """How much better it scores than the usual loss under the same model: another model is no credit to a loss."""
    usual = gains.usual_under(board, chosen.candidate.model)
    if usual is None or usual.label == chosen.label:
        return ": it is better than all others"
    return f": it scores {cost_of(board, usual, chosen).percent * -1.0:.1f}% better than {usual.label}"
