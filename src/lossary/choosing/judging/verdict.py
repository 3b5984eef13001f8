"""The decision: one sentence, the candidate to use, those it is tied with, and what it costs to be wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lossary.choosing.comparison.study import Candidate, Study
from lossary.choosing.comparison.thresholds import cost_threshold
from lossary.choosing.findings.finding import Finding
from lossary.choosing.judging import gains
from lossary.choosing.judging.certainty import how_sure, how_sure_of_constant, too_few_folds
from lossary.choosing.judging.gains import Step
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.judging.recommend import leading_model, recommend, symmetric_tails, why_not

CODES = {
    "winner": "one candidate is clearly best",
    "tie": "several candidates predict about equally well",
    "keep": "no reason to change the loss",
    "link": "the link helps, and not another loss",
    "threshold": "keep the loss, and move the threshold",
    "constant": "no candidate beats a constant",
    "leverage": "look at the data before choosing a loss",
}

MOSTLY = 0.8
"""The share of a gain from which it is the link's."""

CONSTANTS = {
    "mean": "the mean of the target",
    "median": "the median of the target",
    "quantile": "the same quantile",
    "interval": "the same interval",
    "probability": "the same probabilities",
    "label": "the same class",
}
"""The best constant, in words."""


@dataclass(frozen=True)
class Cost:
    """What another choice would cost, in the first yardstick as people read it; below zero it would save.

    ``percent`` is of the recommended candidate's score; ``low`` and ``high`` hold it with 95%, by the corrected t-test.
    ``why_not`` says why that choice is not recommended although it scores better, where it does.
    """

    instead: str
    difference: float
    low: float
    high: float
    percent: float
    why_not: str = ""


@dataclass(frozen=True)
class Verdict:
    """The decision. ``code`` is one of ``CODES``; ``recommended`` is None where no candidate should be used as it is.

    ``headline`` is one sentence that says what to do, ``sure`` says how sure that is. ``tied`` are the labels of all
    that may be the best, ``simplest`` the simplest of them, ``passed_over`` why that was not recommended ("" where it
    was); ``steps`` says where the gain over the reference came from.
    """

    code: str
    headline: str
    recommended: Candidate | None
    tied: tuple[str, ...]
    simplest: str
    cost: Cost | None
    steps: tuple[Step, ...]
    sure: str = ""
    passed_over: str = ""
    reasons: tuple[Finding, ...] = ()
    caveats: tuple[str, ...] = ()


def reach_verdict(study: Study, board: Leaderboard, findings: Sequence[Finding] = ()) -> Verdict:
    """The verdict on a leaderboard, given what diagnostics found."""
    blocking_findings = [f for f in findings if f.blocking]
    # Rows far out drag lines: where another model predicts best, they are a reason to look and no more.
    if blocking_findings and leading_model(board) == "linear":
        headline = f"Check these rows before choosing a loss: {blocking_findings[0].text}"
        return _verdict(board, "leverage", headline, None)
    if not beats_constant(board):
        constant = next(e for e in board.entries if e.candidate.kind == "constant")
        verdict = _verdict(board, "constant", _of_constant(study, board), constant)
        return replace(verdict, sure=how_sure_of_constant(study, board))
    symmetric = symmetric_tails(study, findings)
    chosen = recommend(board, symmetric=symmetric)
    verdict = _of_candidate(study, board, chosen, symmetric)
    simplest = board.entry(verdict.simplest)
    why = "" if simplest is chosen else why_not(board, chosen, simplest, symmetric)
    cost = verdict.cost
    if cost is not None and cost.difference < 0.0:
        cost = replace(cost, why_not=why_not(board, chosen, board.entry(cost.instead), symmetric))
    return replace(verdict, sure=how_sure(board, chosen), passed_over=why, cost=cost)


def _of_candidate(study: Study, board: Leaderboard, chosen: Entry, symmetric: bool) -> Verdict:
    """The verdict that recommends a candidate."""
    is_usual = gains.is_usual(board, chosen.candidate)
    moved = gains.threshold_gain(study, board, chosen) if is_usual else None
    if moved is not None and moved.mean < -board.small:
        to, positive = cost_threshold(study.want), repr(study.classes[1]) if study.classes else "the second class"
        headline = f"Keep {chosen.name}, and move the threshold for {positive} from 0.5 to {to:.3g}."
        return _verdict(board, "threshold", headline, chosen)
    if not chosen.tied:  # the best was passed over
        lead = f"{board.best.name} scores {-board.worse_by(board.best, chosen):.1%} better"
        why = why_not(board, chosen, board.best, symmetric)
        headline = f"{'Keep' if is_usual else 'Use'} {chosen.name}: {lead}, but {why}."
        return _verdict(board, "keep" if is_usual else "tie", headline, chosen)
    if is_usual:
        return _verdict(board, "keep", f"Keep {chosen.name}: no other loss is clearly better.", chosen)
    share = link_share(board, chosen)
    if share is not None:
        part = "all" if share >= 0.995 else f"{share:.0%}"
        gain = _better_than_usual(board, chosen)
        headline = f"Use {chosen.name}{gain}, and the {chosen.candidate.link} link alone brings {part} of that."
        return _verdict(board, "link", headline, chosen)
    if len(board.tied) == 1:
        return _verdict(board, "winner", f"Use {chosen.name}{_better_than_usual(board, chosen)}.", chosen)
    others = len(board.tied) - 1
    verb = "1 other predicts" if others == 1 else f"{others} others predict"
    return _verdict(board, "tie", f"Use {chosen.name}; {verb} about as well.", chosen)


def beats_constant(board: Leaderboard) -> bool:
    """Whether the best candidate scores better than the constant, and that is more than luck.

    Random signs of what is saved tell (``beyond_constant``), or ranks: where targets have a long tail the score of few
    rows cannot tell, but predictions whose order is that of the targets beyond luck know something.
    """
    if not math.isfinite(board.constant):
        return True
    certain = min(board.evidence.p, board.association) < board.rules.alpha
    return board.best.value < board.constant and certain


def _of_constant(study: Study, board: Leaderboard) -> str:
    advice = f"Predict {CONSTANTS[study.want.functional]} for every row"
    if board.evidence.p < board.rules.alpha and board.evidence.yardstick != board.primary.name:
        return f"{advice}: by {board.primary.name} no candidate is better, though by {board.evidence.yardstick} one is."
    if too_few_folds(study) and board.best.value < board.constant:
        few = f"{len(study.folds)} folds in order of time cannot show that any model is better"
        return f"{advice}, or compare again: {few}."
    return f"{advice}: no candidate predicts better."


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
    if len(board.rivals) == 1:
        return ": it scores better than the constant, and nothing else was compared"
    usual = gains.usual_under(board, chosen.candidate.model)
    if usual is None or usual.label == chosen.label:
        return ": it scores better than all others"
    return f": it scores {cost_of(board, usual, chosen).percent * -1.0:.1f}% better than {usual.name}"
