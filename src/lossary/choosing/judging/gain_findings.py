"""What the comparison found of gains: what another loss, link, model or threshold did, like held against like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lossary.choosing.comparison.naming import MANY_MODELS
from lossary.choosing.comparison.study import Study
from lossary.choosing.comparison.thresholds import cost_threshold
from lossary.choosing.findings.finding import Finding, new_finding
from lossary.choosing.findings.sentences import share_in_words
from lossary.choosing.judging import gains
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.judging.recommend import expected_gain
from lossary.choosing.judging.verdict import Verdict, cost_of

LINK_SHARE = 0.5
"""The share of a gain from which it came from the link."""

MODEL_SHARE = 0.5


def with_effects(board: Leaderboard, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings of diagnostics, each with what the losses it speaks for did in this comparison."""
    return tuple(f if f.effect else replace(f, effect=_effect(board, f)) for f in findings)


def _effect(board: Leaderboard, finding: Finding) -> str:
    """The best of the losses spoken for against the usual one under the same model, the best model first.

    Where the link differs too, the usual loss with that link stands beside it: a link is no credit to a loss.
    """
    spoken_for = [e for e in board.rivals if e.candidate.loss in finding.kind.suggests]
    best_model = board.best.candidate.model
    for entry in sorted(spoken_for, key=lambda e: e.candidate.model != best_model):
        usual = gains.usual_under(board, entry.candidate.model)
        if usual is not None:
            return "" if entry.label == usual.label else _compared_with_link(board, entry, usual)
    return ""


def _compared_with_link(board: Leaderboard, entry: Entry, usual: Entry) -> str:
    text = compared(board, entry, usual)
    linked = gains.usual_under(board, entry.candidate.model, entry.candidate.link)
    if linked is None or linked.label in (usual.label, entry.label):
        return text
    return f"{text}, and {_better_or_worse(board, entry, linked)} than {linked.name}"


def compared(board: Leaderboard, one: Entry, other: Entry) -> str:
    """By how much one candidate scored better or worse than another, in words."""
    p = board.gap(one.label, other.label).p
    return f"{one.name} scored {_better_or_worse(board, one, other)} than {other.name} (corrected p = {p:.2g})"


def _better_or_worse(board: Leaderboard, one: Entry, other: Entry) -> str:
    percent = -cost_of(board, other, one).percent
    return f"{abs(percent):.1f}% {'better' if percent >= 0.0 else 'worse'}"


def nothing_to_gain(board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    """How far the usual loss, which is kept, is behind the best under the same model."""
    if verdict.recommended is None:
        return
    usual = board.entry(verdict.recommended.label)
    best = next(e for e in board.rivals if e.candidate.model == usual.candidate.model)
    lead = (usual.value - best.value) / best.value if best.value > 0.0 else 0.0
    text = f"With the same model no other loss scores better than {usual.name}."
    if best.label != usual.label:
        expected = expected_gain(board, best, usual) / best.value if best.value > 0.0 else 0.0
        text = (
            f"The {board.primary.name} of {best.name} is {share_in_words(lead)} lower here. Part of such a lead is "
            f"chance: on new rows {share_in_words(expected)} is to be expected of it, too little to change the loss "
            "for."
        )
    yield new_finding("nothing_to_gain", text, lead, board.rules.cap)


def threshold_findings(study: Study, board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    """What moving the threshold of the candidate saves."""
    if verdict.recommended is None:
        return
    entry = board.entry(verdict.recommended.label)
    change = gains.threshold_gain(study, board, entry)
    if change is None:
        return
    saved = f"lowers the mean cost by {-change.mean:.3g} (corrected p = {change.p:.2g})"
    luck = "" if change.p < board.rules.alpha else "; here that may be chance, but the costs ask for it"
    text = f"Moving the threshold from 0.5 to {cost_threshold(study.want):.3g} {saved}{luck}."
    yield new_finding("threshold_gain", text, -change.mean, board.small, about=entry.label)


def gain_findings(board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    """Where a gain came from; there is none to speak of where the reference may itself be the best."""
    whole = sum(step.gain for step in verdict.steps)
    for step in verdict.steps:
        if step.what == ("model",) and step.share > MODEL_SHARE and not _loss_alone_has_it(board, whole):
            whence = "" if step.other is None else ", whichever the loss"
            text = (
                f"{min(step.share, 1.0):.0%} of the gain comes with the model alone{whence}: from "
                f"{board.entry(step.source).name} to {board.entry(step.to).name}."
            )
            yield new_finding("model_gain", text, step.share, MODEL_SHARE, about=step.to)
    for model, steps in gains.gain_steps_by_model(board).items():
        total_gain = sum(step.gain for step in steps)
        for step in steps:
            if step.what == ("link",) and step.share > LINK_SHARE and total_gain > board.rope:
                models, source, to = MANY_MODELS.get(model, model), board.entry(step.source), board.entry(step.to)
                text = (
                    f"Among {models} {min(step.share, 1.0):.0%} of the gain comes with the link alone: from "
                    f"{source.name} to {to.name}."
                )
                yield new_finding("link_gain", text, step.share, LINK_SHARE, about=step.to)


def _loss_alone_has_it(board: Leaderboard, whole: float) -> bool:
    """Whether another loss under the reference's own model has as good a part of the gain."""
    usual, alone = gains.reference(board), gains.loss_alone(board)
    return usual is not None and alone is not None and usual.value - alone.value > MODEL_SHARE * whole
