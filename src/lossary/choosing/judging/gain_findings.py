"""What the comparison found of gains: what another loss, link, model or threshold did, like held against like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lossary.choosing.comparison.study import Study
from lossary.choosing.comparison.thresholds import cost_threshold
from lossary.choosing.findings.finding import Finding, new_finding
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
    """The best of the losses spoken for against the usual one under the same model, the best model first."""
    spoken_for = [e for e in board.rivals if e.candidate.loss in finding.kind.suggests]
    best_model = board.best.candidate.model
    for entry in sorted(spoken_for, key=lambda e: e.candidate.model != best_model):
        usual = gains.usual_under(board, entry.candidate.model)
        if usual is not None:
            return "" if entry.label == usual.label else compared(board, entry, usual)
    return ""


def compared(board: Leaderboard, one: Entry, other: Entry) -> str:
    """By how much one candidate scored better or worse than another, in words."""
    percent = -cost_of(board, other, one).percent
    p = board.gap(one.label, other.label).p
    word = "better" if percent >= 0.0 else "worse"
    return f"{one.label} scored {abs(percent):.1f}% {word} than {other.label} (corrected p = {p:.2g})"


def nothing_to_gain(board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    """How far the usual loss, which is kept, is behind the best under the same model."""
    if verdict.recommended is None:
        return
    usual = board.entry(verdict.recommended.label)
    best = next(e for e in board.rivals if e.candidate.model == usual.candidate.model)
    lead = (usual.value - best.value) / best.value if best.value > 0.0 else 0.0
    text = f"Under the same model no other loss scores better than {usual.label}."
    if best.label != usual.label:
        expected = expected_gain(board, best, usual) / best.value if best.value > 0.0 else 0.0
        text = (
            f"Under the same model {best.label} comes first, by {lead:.1%} of its {board.primary.name}; drawn towards "
            f"nothing as far as that may be luck, {expected:.1%} is to be expected of it."
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
    saved = f"saved {-change.mean:.3g} a row here (corrected p = {change.p:.2g})"
    luck = "" if change.p < board.rules.alpha else "; that may be luck, but the costs ask for it"
    text = f"Moving the threshold from 0.5 to {cost_threshold(study.want):.3g} {saved}{luck}."
    yield new_finding("threshold_gain", text, -change.mean, board.small, about=entry.label)


def gain_findings(board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    """Where a gain came from; there is none to speak of where the reference may itself be the best."""
    whole = sum(step.gain for step in verdict.steps)
    for step in verdict.steps:
        if step.what == ("model",) and step.share > MODEL_SHARE and not _loss_alone_has_it(board, whole):
            whence = "the model alone" if step.other is None else "the model, under either loss"
            text = f"From {step.source} to {step.to}, {whence}, is {min(step.share, 1.0):.0%} of the gain."
            yield new_finding("model_gain", text, step.share, MODEL_SHARE, about=step.to)
    for model, steps in gains.gain_steps_by_model(board).items():
        total_gain = sum(step.gain for step in steps)
        for step in steps:
            if step.what == ("link",) and step.share > LINK_SHARE and total_gain > board.rope:
                models = gains.MODELS_IN_WORDS.get(model, model)
                text = (
                    f"Among {models}, from {step.source} to {step.to}, the link alone, goes "
                    f"{min(step.share, 1.0):.0%} of the way to the best."
                )
                yield new_finding("link_gain", text, step.share, LINK_SHARE, about=step.to)


def _loss_alone_has_it(board: Leaderboard, whole: float) -> bool:
    """Whether another loss under the reference's own model has as good a part of the gain."""
    usual, alone = gains.reference(board), gains.loss_alone(board)
    return usual is not None and alone is not None and usual.value - alone.value > MODEL_SHARE * whole
