"""The findings that a comparison itself makes, and what it has to say on those of the diagnostics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lossary.choosing.comparison.functionals import aims_at, functional_of, is_shifted_by_transformation
from lossary.choosing.comparison.study import Candidate, Study
from lossary.choosing.findings.finding import Finding, new_finding
from lossary.choosing.judging import gains
from lossary.choosing.judging.calibration import Calibration
from lossary.choosing.judging.gain_findings import compared, gain_findings, nothing_to_gain, threshold_findings
from lossary.choosing.judging.impossible_predictions import is_share
from lossary.choosing.judging.instability_findings import lone_row_findings, unstable_findings
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.judging.murphy import Murphy
from lossary.choosing.judging.verdict import Verdict, beats_constant
from lossary.evaluate.predictions.probabilities import gives_probabilities
from lossary.evaluate.registry import get

FUNCTIONAL_WORDS = {
    "m-estimate": "an M-estimate between median and mode",
    "huber": "Huber's functional, between median and mean",
    "none": "no functional of the target",
    "label": "a label alone",
    "location": "a centre of its own, which far targets hardly move",
}
"""What losses are least at, where the name of the functional says too little."""

MOST_MURPHY_RIVALS = 2
"""Rivals whose Murphy curves are put into words: the reference comes first."""

ONE_QUANTILE = ("median", "quantile")
"""What is wanted where the bias is what is covered too much or too little."""

BIASED = 0.02
BIAS_LEVEL = 0.01


def comparison_findings(
    study: Study,
    board: Leaderboard,
    verdict: Verdict,
    diagrams: Sequence[Murphy],
    calibrations: Sequence[Calibration],
) -> tuple[Finding, ...]:
    """What the comparison found, in order of code."""
    findings = [
        *_question_findings(study),
        *_decision_findings(study, board, verdict),
        *_luck_findings(board, verdict),
        *_disagreeing_yardsticks(board),
        *_murphy_findings(verdict, diagrams),
        *(f for entry in board.rivals for f in _candidate_findings(study, entry)),
        *_aim_findings(study, board),
        *lone_row_findings(study, board),
        *unstable_findings(board),
        *_calibration_findings(verdict, calibrations),
        *(
            new_finding("candidate_failed", f"{e.label}: {e.failure}.", about=e.label)
            for e in board.entries
            if e.failure
        ),
    ]
    return tuple(sorted(findings, key=lambda f: f.code))


def _question_findings(study: Study) -> Iterator[Finding]:
    want = study.want
    if not want.stated:
        yield new_finding(
            "question_by_default", f"The {want.functional} was taken to be what is wanted; nobody said so."
        )
    if want.cost_under != want.cost_over:
        text = f"Predicting too low costs {want.cost_under:g}, too high {want.cost_over:g}."
        if len(study.classes) == 2:
            none, one = study.classes
            text = f"A {one!r} taken for a {none!r} costs {want.cost_under:g}, the reverse {want.cost_over:g}."
        yield new_finding("asymmetric_costs", text, want.cost_under / want.cost_over, 1.0)
    if len(study.folds) < 5:
        yield new_finding("few_folds", f"{len(study.folds)} folds were scored.", len(study.folds), 5)


def _decision_findings(study: Study, board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    if not beats_constant(board):
        yield _nothing_beats_constant(study, board)
        return
    if verdict.code in ("keep", "threshold"):
        yield from nothing_to_gain(board, verdict)
    best, count = board.best, len(board.tied)
    if count == 1:
        yield new_finding("winner", f"Only {best.label} is left in the set of possibly best candidates.", 1, 1)
    else:
        yield new_finding(
            "tie", f"{count} of {len(board.rivals)} cannot be told from the best, or are practically as good.", count, 1
        )
    usual = gains.reference(board)
    if usual is None or not usual.tied:
        yield from gain_findings(board, verdict)
    if verdict.code == "threshold":
        yield from threshold_findings(study, board, verdict)


def _nothing_beats_constant(study: Study, board: Leaderboard) -> Finding:
    best = board.best
    skill = best.skill if best.skill is not None else float("nan")
    worse = f"is {-skill:.1%} worse than the constant" if skill < -0.0005 else "is no better than the constant"
    luck = f"saves {skill:.1%} of the constant's score, which these rows cannot tell from luck"
    text = f"The best candidate, {best.label}, {luck if skill > 0.0005 else worse}."
    if board.association < board.rules.alpha:
        text += (
            " Its predictions have the order of the targets beyond luck all the same: a few very large targets "
            "drown this score. If a typical value would do, ask for it (--want median)."
        )
    if board.evidence.p < board.rules.alpha and board.evidence.yardstick != board.primary.name:
        text += (
            f" By {board.evidence.yardstick}, which is consistent for the same question, something is predicted: ask "
            f"for it if it weighs misses as you do (--primary '{board.evidence.yardstick}')."
        )
    if study.want.functional == "label":
        text += " No label is worth changing; probabilities may still tell rows apart (--want probability)."
    return new_finding("nothing_beats_constant", text, skill, 0.0)


def _luck_findings(board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    luck = board.optimism
    if (
        verdict.code != "constant"
        and luck is not None
        and luck.apparent > 0.0
        and luck.corrected > 1.01 * luck.apparent
    ):
        read = board.primary.read
        text = f"The best {board.primary.shown} is {read(luck.apparent):.4g}; expect {read(luck.corrected):.4g}."
        yield new_finding("optimism", text, luck.corrected / luck.apparent - 1.0, 0.01, about=board.best.label)
    for entry in board.rivals:
        if entry.naive_p is not None and entry.gap is not None and entry.naive_p < 0.05 <= entry.gap.p:
            text = (
                f"{board.best.label} against {entry.label}: the plain t-test gives p = {entry.naive_p:.2g}, "
                f"the corrected one {entry.gap.p:.2g}."
            )
            yield new_finding("naive_test_over_claims", text, entry.gap.p, 0.05, about=entry.label)
            return


def _disagreeing_yardsticks(board: Leaderboard) -> Iterator[Finding]:
    for yardstick in board.yardsticks[1:]:
        score_candidates = [e for e in board.rivals if yardstick.name in e.scores]
        if score_candidates:
            best = min(score_candidates, key=lambda e: e.scores[yardstick.name])
            if best.label != board.best.label:
                standing = "is one of those that may be the best" if best.tied else "is not among the best"
                text = f"By {yardstick.name} {best.label} comes first; by {board.primary.name} it {standing}."
                yield new_finding("yardsticks_disagree", text, about=best.label)


def _murphy_findings(verdict: Verdict, diagrams: Sequence[Murphy]) -> Iterator[Finding]:
    if verdict.recommended is None or not diagrams:
        return
    recommended, diagram = verdict.recommended.label, diagrams[0]
    if recommended not in diagram.curves:
        return
    for other, curve in [c for c in diagram.curves.items() if c[0] != recommended][:MOST_MURPHY_RIVALS]:
        if diagram.dominates(recommended, other):
            yield new_finding(
                "dominance",
                f"{recommended} is at least as good as {other} at every threshold, as far as shows.",
                about=other,
            )
        elif diagram.crosses(recommended, other):
            share = float(np.mean(curve > diagram.curves[recommended]))
            text = f"{recommended} is better than {other} at {share:.0%} of the thresholds drawn."
            yield new_finding("murphy_curves_cross", text, share, about=other)


def _candidate_findings(study: Study, entry: Entry) -> Iterator[Finding]:
    yield from _impossible_findings(study, entry)
    biases = entry.biases if study.want.functional not in ONE_QUANTILE else ()  # said as its coverage
    for bias in biases:
        relative = bias.relative if bias.what == "mean" else bias.bias
        if bias.p < BIAS_LEVEL and abs(relative) > BIASED:
            is_low = bias.what == "mean" and relative < 0.0
            name = "log_target_bias" if is_low and _of_logs(entry.candidate) else "biased"
            size = f"{bias.bias:+.4g}" + (f", {relative:+.1%} of the mean" if bias.what == "mean" else "")
            text = f"{entry.label}: the {bias.what} is off by {size}."
            yield new_finding(name, text, relative, BIASED, about=entry.label)
    yield from _coverage_findings(study, entry)


def _aim_findings(study: Study, board: Leaderboard) -> Iterator[Finding]:
    """Candidates whose losses are least at something else, those of one aim in one sentence."""
    want, best = study.want.functional, board.best
    elsewhere: dict[str, list[str]] = {}
    for entry in board.rivals:
        aim = _other_aim(study, entry.candidate)
        if aim:
            elsewhere.setdefault(aim, []).append(entry.label)
    for aim, labels in elsewhere.items():
        name = "distorted_probability" if want == "probability" else "other_functional"
        who = f"{labels[0]} aims" if len(labels) == 1 else f"{'; '.join(labels)}: all aim"
        yield new_finding(name, f"{who} at {aim}, not at the {want}.", about=labels[0] if len(labels) == 1 else "")
    aim = _other_aim(study, best.candidate)
    if aim and want != "probability":
        same_model = [e for e in board.rivals if e.candidate.model == best.candidate.model]
        right_aim = [e for e in same_model if e.aims and not e.candidate.target]
        if right_aim and right_aim[0].value - best.value > board.rope:
            text = f"{best.label} did best, though it aims at {aim}: {compared(board, best, right_aim[0])}."
            yield new_finding("trained_on_another_yardstick", text, about=best.label)


def _other_aim(study: Study, candidate: Candidate) -> str:
    """What a candidate's loss is least at, in words; "" where that is what is wanted, or nobody knows."""
    functional = functional_of(candidate)
    if aims_at(study.want, candidate):
        return ""
    if is_shifted_by_transformation(study.want, candidate):
        return f"the {functional} of the log"
    if candidate.parameters.get("label_smoothing"):
        return "a probability drawn towards one half"
    if study.want.functional == "probability" and gives_probabilities(get(candidate.loss)):
        return "a distorted probability (undone before it was scored)"
    return FUNCTIONAL_WORDS.get(functional, f"the {functional}")


def _impossible_findings(study: Study, entry: Entry) -> Iterator[Finding]:
    if entry.impossible > 0.0:
        among = "outside [0, 1], and all targets are inside" if is_share(study) else "negative, and no target is"
        text = f"{entry.impossible:.1%} of predictions of {entry.label} are {among}."
        yield new_finding("impossible_predictions", text, entry.impossible, 0.0, about=entry.label)


def _coverage_findings(study: Study, entry: Entry) -> Iterator[Finding]:
    coverage = entry.coverage
    if coverage is None:
        return
    if coverage.is_surely_off:
        text = f"{entry.label} covers {coverage.described()}."
        yield new_finding("coverage_off", text, coverage.share, coverage.meant, about=entry.label)
    if coverage.crossing > 0.0:
        text = f"{coverage.crossing:.1%} of the intervals of {entry.label} have their ends crossed."
        yield new_finding("crossing", text, coverage.crossing, 0.0, about=entry.label)


def _calibration_findings(verdict: Verdict, calibrations: Sequence[Calibration]) -> Iterator[Finding]:
    if verdict.recommended is None:
        return
    for calibration in calibrations:
        share = calibration.gain.mean / calibration.score if calibration.score > 0.0 else 0.0
        if share > 0.05 and calibration.gain.p < 0.05:
            text = f"Recalibration takes {share:.1%} off the score of {verdict.recommended.label} ({calibration.what})."
            yield new_finding("miscalibrated", text, share, 0.05, about=verdict.recommended.label)


def _of_logs(candidate: Candidate) -> bool:
    return bool(candidate.target) or candidate.loss in ("squared_log_error", "root_mean_squared_log_error")


def _why(board: Leaderboard, entry: Entry) -> str:
    return entry.undefined.get(board.primary.name, entry.failure)


def caveats(study: Study, board: Leaderboard) -> tuple[str, ...]:
    """What a reader must know before believing the verdict."""
    sentences = [
        "Tests over folds are approximate: no exact one exists, and these err on the side of a tie.",
        f"A difference under {board.rules.rope:.0%} of the constant's score counts as practically nothing.",
        "Only the candidates listed were compared, on rows like these; rows from elsewhere may differ.",
    ]
    if study.ordered:
        sentences.append("Rows are in order of time: the bootstrap drew blocks of neighbours, not single rows.")
    if study.ordered or study.groups is not None:
        sentences.append(
            "The errors of biases take rows as independent; where rows belong together or follow each other they are "
            "too small."
        )
    scores_of_losers = [e.score for e in board.rivals if not e.tied and e.score is not None]
    if scores_of_losers and min(scores_of_losers) < max(e.score or 0.0 for e in board.tied):
        sentences.append(
            "Some that are out score better than some that are not: they are behind by less, but more steadily."
        )
    usual = gains.reference(board)
    unscored = next((e for e in board.entries if e.candidate.kind == "reference"), None)
    if usual is None and unscored is not None:
        sentences.append(
            f"The usual loss could not be compared: {unscored.label} has no score ({_why(board, unscored)})."
        )
    elif usual is None:
        sentences.append("No reference was among the candidates: what the usual loss would do is not known.")
    return tuple(sentences)
