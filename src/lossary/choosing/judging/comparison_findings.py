"""The findings that a comparison itself makes, and what it has to say on those of the diagnostics."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from lossary.choosing.comparison.functionals import aims_at, functional_of, is_shifted_by_transformation
from lossary.choosing.comparison.study import Candidate, Study
from lossary.choosing.comparison.yardsticks import Yardstick
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
    "mean": "the mean",
    "median": "the median",
    "quantile": "a quantile",
    "m-estimate": "a typical value, which far targets hardly move",
    "huber": "a value between the median and the mean",
    "none": "no number that describes the target",
    "label": "the class alone, without a probability",
    "location": "the centre of a Student t distribution, which far targets hardly move",
}
"""What losses aim at, in words; where the functional's name is not among them it says enough."""

WANTED = {"quantile": "the quantile", "interval": "the ends of the interval", "label": "the class"}

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
        *_disagreeing_yardsticks(board, verdict),
        *_murphy_findings(board, verdict, diagrams),
        *(f for entry in mattering(board, verdict) for f in _candidate_findings(study, entry)),
        *_aim_findings(study, board, verdict),
        *lone_row_findings(study, board),
        *unstable_findings(board),
        *_calibration_findings(verdict, calibrations),
        *(
            new_finding("candidate_failed", f"There is no score of {e.name}: {e.failure}.", about=e.label)
            for e in board.entries
            if e.failure
        ),
    ]
    return tuple(sorted(findings, key=lambda f: f.code))


def _question_findings(study: Study) -> Iterator[Finding]:
    want = study.want
    if not want.stated:
        yield new_finding(
            "question_by_default", f"The {want.functional} was taken to be wanted, as nothing else was asked for."
        )
    if want.cost_under != want.cost_over:
        text = f"Predicting too low costs {want.cost_under:g}, too high {want.cost_over:g}."
        if len(study.classes) == 2:
            none, one = study.classes
            text = f"A {one!r} taken for a {none!r} costs {want.cost_under:g}, the reverse {want.cost_over:g}."
        yield new_finding("asymmetric_costs", text, want.cost_under / want.cost_over, 1.0)
    if len(study.folds) < 5:
        yield new_finding("few_folds", f"Only {len(study.folds)} folds were scored.", len(study.folds), 5)


def _decision_findings(study: Study, board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    if not beats_constant(board):
        yield _nothing_beats_constant(study, board)
        return
    if verdict.code in ("keep", "threshold"):
        yield from nothing_to_gain(board, verdict)
    yield from _standing_findings(board, verdict)
    usual = gains.reference(board)
    if usual is None or not usual.tied:
        yield from gain_findings(board, verdict)
    if verdict.code == "threshold":
        yield from threshold_findings(study, board, verdict)


def _standing_findings(board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    """Whether one candidate is clearly best; where that is not the recommended one, the headline says why."""
    best, count = board.best, len(board.tied)
    if count > 1:
        text = (
            f"{count} of {len(board.rivals)} candidates may be the best: their scores differ by what may be chance, or "
            "by too little to matter."
        )
        yield new_finding("tie", text, count, 1)
    elif verdict.recommended is None or verdict.recommended.label == best.label:
        yield new_finding("winner", f"All others score worse than {best.name} by more than chance explains.", 1, 1)


def _nothing_beats_constant(study: Study, board: Leaderboard) -> Finding:
    best = board.best
    skill = best.skill if best.skill is not None else float("nan")
    worse = f"is {-skill:.1%} worse than the constant" if skill < -0.0005 else "is no better than the constant"
    luck = f"saves {skill:.1%} of the constant's score, which may well be chance"
    text = f"The best candidate, {best.name}, {luck if skill > 0.0005 else worse}."
    if board.association < board.rules.alpha:
        text += (
            " Its predictions do rise with the targets by more than chance explains: a few very large targets drown "
            "this score. If a typical value would do, ask for it (--want median)."
        )
    if board.evidence.p < board.rules.alpha and board.evidence.yardstick != board.primary.name:
        text += (
            f" By {board.evidence.yardstick}, which suits the same question, a candidate does predict better: choose "
            f"that yardstick if it weighs errors as you do (--primary '{board.evidence.yardstick}')."
        )
    if study.want.functional == "label":
        text += " Predicted classes are no better than the commonest; probabilities may be (--want probability)."
    return new_finding("nothing_beats_constant", text, skill, 0.0)


def _luck_findings(board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    luck = board.optimism
    if (
        verdict.code not in ("constant", "leverage")
        and luck is not None
        and luck.apparent > 0.0
        and luck.corrected > 1.01 * luck.apparent
    ):
        read = board.primary.read
        text = (
            f"The best {board.primary.shown} here is {read(luck.apparent):.4g}; on new rows expect "
            f"{read(luck.corrected):.4g}, as the best of several scores is partly lucky."
        )
        yield new_finding("optimism", text, luck.corrected / luck.apparent - 1.0, 0.01, about=board.best.label)
    yield from _over_claiming_tests(board, verdict)


def _over_claiming_tests(board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    """Where a plain t-test would have chosen otherwise: between the best and what is recommended, or is usual."""
    recommended = "" if verdict.recommended is None else verdict.recommended.label
    usual = gains.usual_under_best_model(board)
    weighed = {recommended, *([usual.label] if usual is not None else [])}
    for entry in board.rivals:
        if entry.label not in weighed or entry.naive_p is None or entry.gap is None:
            continue
        if entry.naive_p < 0.05 <= entry.gap.p:
            text = (
                f"That {board.best.name} is better than {entry.name} is not sure: a plain t-test gives "
                f"p = {entry.naive_p:.2g}, the corrected one p = {entry.gap.p:.2g}."
            )
            yield new_finding("naive_test_over_claims", text, entry.gap.p, 0.05, about=entry.label)
            return


def _disagreeing_yardsticks(board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    """Yardsticks by which another candidate is better than the recommended one by more than is practically nothing."""
    if verdict.code == "constant" or verdict.recommended is None:
        return
    recommended = board.entry(verdict.recommended.label)
    for yardstick in board.yardsticks[1:]:
        with_score = [e for e in board.rivals if yardstick.name in e.scores]
        if not with_score:
            continue
        best, own = min(with_score, key=lambda e: e.scores[yardstick.name]), recommended.scores.get(yardstick.name)
        lead = math.inf if own is None else own - best.scores[yardstick.name]
        if best.label in (recommended.label, board.best.label) or lead <= board.rules.rope * _size(board, yardstick):
            continue
        here = "has none" if own is None else f"has {yardstick.read(own):.4g}"
        first = yardstick.read(best.scores[yardstick.name])
        text = f"Judged by {yardstick.name}, {best.name} comes first with {first:.4g}; {recommended.name} {here}."
        yield new_finding("yardsticks_disagree", text, about=best.label)


def _size(board: Leaderboard, yardstick: Yardstick) -> float:
    """What a share of a yardstick's score is a share of: the constant's, or where that has none the best one's."""
    constant = next((e.scores.get(yardstick.name) for e in board.entries if e.candidate.kind == "constant"), None)
    best = min(e.scores[yardstick.name] for e in board.rivals if yardstick.name in e.scores)
    return abs(best if constant is None else constant)


def _murphy_findings(board: Leaderboard, verdict: Verdict, diagrams: Sequence[Murphy]) -> Iterator[Finding]:
    """The recommended candidate against rivals at each threshold: where curves cross, of those that may be as good."""
    if verdict.recommended is None or not diagrams:
        return
    recommended, diagram = verdict.recommended, diagrams[0]
    if recommended.label not in diagram.curves:
        return
    own = diagram.curves[recommended.label]
    for other, curve in [c for c in diagram.curves.items() if c[0] != recommended.label][:MOST_MURPHY_RIVALS]:
        rival = board.entry(other)
        if diagram.dominates(recommended.label, other):
            text = f"Whatever is decided by the prediction, {recommended.name} serves at least as well as {rival.name}."
            yield new_finding("dominance", text, about=other)
        elif _may_matter(board, recommended.label, rival) and diagram.crosses(recommended.label, other):
            share = float(np.mean(curve > own))
            text = (
                f"Which of two is better depends on the decision: at {share:.0%} of the thresholds {recommended.name} "
                f"is, at others {rival.name}."
            )
            yield new_finding("murphy_curves_cross", text, share, about=other)


def _may_matter(board: Leaderboard, recommended: str, rival: Entry) -> bool:
    """Whether a rival may be as good as the recommended candidate, and yet is not as good as the same."""
    return rival.tied and "equal" not in (rival.standing, board.entry(recommended).standing)


def mattering(board: Leaderboard, verdict: Verdict) -> list[Entry]:
    """The candidates that a reader may take: the recommended, those tied with the best, and the usual loss.

    What is wrong with any other changes nothing: nobody would take it. Models of the log are told of all the same:
    they are common, and what they miss is often not known. Beside a constant that is not beaten nothing matters.
    """
    if verdict.code == "constant":
        return []
    recommended = "" if verdict.recommended is None else verdict.recommended.label
    return [
        e
        for e in board.rivals
        if e.tied or e.label == recommended or gains.is_usual(board, e.candidate) or _of_logs(e.candidate)
    ]


def _candidate_findings(study: Study, entry: Entry) -> Iterator[Finding]:
    yield from _impossible_findings(study, entry)
    biases = entry.biases if study.want.functional not in ONE_QUANTILE else ()  # said as its coverage
    for bias in biases:
        relative = bias.relative if bias.what == "mean" else bias.bias
        if bias.p < BIAS_LEVEL and abs(relative) > BIASED:
            is_low = bias.what == "mean" and relative < 0.0
            name = "log_target_bias" if is_low and _of_logs(entry.candidate) else "biased"
            text = f"Predictions of {entry.name} are {_bias_in_words(bias.what, bias.bias, relative)}."
            yield new_finding(name, text, relative, BIASED, about=entry.label)
    yield from _coverage_findings(study, entry)


def _bias_in_words(what: str, bias: float, relative: float) -> str:
    side = "high" if bias > 0.0 else "low"
    if what == "mean":
        return f"too {side} on average: by {abs(bias):.4g}, {abs(relative):.1%} of the mean target"
    return f"too {side}: the {what} is off by {abs(bias):.4g}"


def _aim_findings(study: Study, board: Leaderboard, verdict: Verdict) -> Iterator[Finding]:
    """Candidates whose losses are least at something else, those of one aim in one sentence."""
    want, best = study.want.functional, board.best
    elsewhere: dict[str, list[Entry]] = {}
    for entry in mattering(board, verdict):
        aim = _other_aim(study, entry.candidate)
        if aim:
            elsewhere.setdefault(aim, []).append(entry)
    for aim, entries in elsewhere.items():
        name = "distorted_probability" if want == "probability" else "other_functional"
        losses, verb = ("loss", "aims") if len(entries) == 1 else ("losses", "aim")
        text = f"The {losses} of {_listed(entries)} {verb} at {aim}, not at {WANTED.get(want, f'the {want}')}."
        yield new_finding(name, text, about=entries[0].label if len(entries) == 1 else "")
    aim = _other_aim(study, best.candidate)
    if aim and want != "probability":
        same_model = [e for e in board.rivals if e.candidate.model == best.candidate.model]
        right_aim = [e for e in same_model if e.aims and not e.candidate.target]
        if right_aim and right_aim[0].value - best.value > board.rope:
            text = (
                f"The best score is that of {best.name}, though its loss aims at {aim}: "
                f"{compared(board, best, right_aim[0])}."
            )
            yield new_finding("trained_on_another_yardstick", text, about=best.label)


def _listed(entries: Sequence[Entry]) -> str:
    """Names, which have commas, one after the other."""
    return "; ".join(e.name for e in entries)


def _other_aim(study: Study, candidate: Candidate) -> str:
    """What a candidate's loss is least at, in words; "" where that is what is wanted, or nobody knows."""
    functional = functional_of(candidate)
    if aims_at(study.want, candidate):
        return ""
    if is_shifted_by_transformation(study.want, candidate):
        return f"the {functional} on the log scale"
    if candidate.parameters.get("label_smoothing"):
        return "a probability drawn towards one half"
    if study.want.functional == "probability" and gives_probabilities(get(candidate.loss)):
        return "a distorted probability (undone before it was scored)"
    return FUNCTIONAL_WORDS.get(functional, f"the {functional.replace('_', ' ')}")


def _impossible_findings(study: Study, entry: Entry) -> Iterator[Finding]:
    if entry.impossible > 0.0:
        among = "outside 0 to 1, and no target is" if is_share(study) else "negative, and no target is"
        text = f"{entry.impossible:.1%} of the predictions of {entry.name} are {among}."
        yield new_finding("impossible_predictions", text, entry.impossible, 0.0, about=entry.label)


def _coverage_findings(study: Study, entry: Entry) -> Iterator[Finding]:
    coverage = entry.coverage
    if coverage is None:
        return
    if coverage.is_surely_off:
        text = f"What {entry.name} predicts covers {coverage.described()}."
        yield new_finding("coverage_off", text, coverage.share, coverage.meant, about=entry.label)
    if coverage.crossing > 0.0:
        text = f"{coverage.crossing:.1%} of the intervals of {entry.name} have their lower end above the upper."
        yield new_finding("crossing", text, coverage.crossing, 0.0, about=entry.label)


def _calibration_findings(verdict: Verdict, calibrations: Sequence[Calibration]) -> Iterator[Finding]:
    if verdict.recommended is None:
        return
    for calibration in calibrations:
        share = calibration.gain.mean / calibration.score if calibration.score > 0.0 else 0.0
        if share > 0.05 and calibration.gain.p < 0.05:
            text = f"Recalibrating {verdict.recommended.name} takes {share:.1%} off its score ({calibration.what})."
            yield new_finding("miscalibrated", text, share, 0.05, about=verdict.recommended.label)


def _of_logs(candidate: Candidate) -> bool:
    return bool(candidate.target) or candidate.loss in ("squared_log_error", "root_mean_squared_log_error")


def _why(board: Leaderboard, entry: Entry) -> str:
    return entry.undefined.get(board.primary.name, entry.failure)


def caveats(study: Study, board: Leaderboard) -> tuple[str, ...]:
    """What a reader must know before believing the verdict."""
    sentences = [
        "Tests over folds are approximate, as all such tests are; these rather call a tie than claim a difference.",
        f"A difference under {board.rules.rope:.0%} of the best constant's score counts as too small to matter.",
        "Only the candidates listed were compared, on rows like these; rows from elsewhere may differ.",
    ]
    if study.ordered:
        sentences.append("Rows are in order of time, so the tests draw blocks of neighbours, not single rows.")
    if study.ordered or study.groups is not None:
        sentences.append(
            "The errors of biases take rows as independent; where rows belong together or follow each other they are "
            "too small."
        )
    scores_of_losers = [e.score for e in board.rivals if not e.tied and e.score is not None]
    if scores_of_losers and min(scores_of_losers) < max(e.score or 0.0 for e in board.tied):
        sentences.append(
            "Some candidates that count as worse score better than some that are tied with the best: they are behind "
            "by less, but in every fold, so that chance does not explain it."
        )
    usual = gains.reference(board)
    unscored = next((e for e in board.entries if e.candidate.kind == "reference"), None)
    if usual is None and unscored is not None:
        sentences.append(
            f"The usual loss could not be compared: {unscored.name} has no score ({_why(board, unscored)})."
        )
    elif usual is None:
        sentences.append("The usual loss was not among the candidates: what it would do is not known.")
    return tuple(sentences)
