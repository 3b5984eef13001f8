"""Where a gain comes from: the model, the link, the transformed target, or the loss.

From the reference to the candidate used one thing is changed at a time, as far as candidates in between were compared:
another model with the same loss, then the link, then the target, and the loss last. So the loss is credited with
nothing that the usual loss could have had.

Model and loss can be changed in either order, and whichever comes first is credited with what either alone would
have had: trees under the usual loss, and a robust loss on a line, may both resist the same rows. So where the other
order was compared too, each change is credited with the mean of what it does in both (Shapley 1953).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lossary.choosing.comparison.scores import by_fold, score_candidates
from lossary.choosing.comparison.study import Candidate, Study, many_classes
from lossary.choosing.comparison.thresholds import EQUAL_COSTS, cost_threshold
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.judging.significance import TTest, corrected_t_test

AXES = {"model": "model", "link": "link", "target": "transformation of the target"}


@dataclass(frozen=True)
class Step:
    """One change on the way from the reference: what changed, between which candidates, and its gain.

    ``gain`` is the score saved (negative if lost), ``share`` that of the whole way's. ``other`` are the candidates
    between which the same change was made in the other order of model and loss, if that was compared: the gain is then
    the mean of both.
    """

    what: tuple[str, ...]
    source: str
    to: str
    gain: float
    share: float
    other: tuple[str, str] | None = None


def reference(board: Leaderboard) -> Entry | None:
    """What is done by default; of several references the simplest, None if none has a score."""
    references = [e for e in board.rivals if e.candidate.kind == "reference"]
    return min(references, key=lambda e: (e.candidate.complexity, e.score), default=None)


def usual_under_best_model(board: Leaderboard) -> Entry | None:
    """The reference's loss, link and target under the best candidate's model."""
    return usual_under(board, board.best.candidate.model)


def usual_under(board: Leaderboard, model: str, link: str = "") -> Entry | None:
    """The reference's loss and target under a model: whom another loss must beat there; None if not compared.

    Its link is the reference's, or the one given.
    """
    usual = reference(board)
    if usual is None:
        return None
    wanted = replace(usual.candidate, model=model, link=link or usual.candidate.link)
    return next((e for e in board.rivals if _is_same(e.candidate, wanted)), None)


def is_usual(board: Leaderboard, candidate: Candidate) -> bool:
    """Whether a candidate is the reference, up to the model."""
    usual = reference(board)
    return usual is not None and _is_same(replace(usual.candidate, model=candidate.model), candidate)


def gain_steps(board: Leaderboard, to: Entry | None = None) -> tuple[Step, ...]:
    """The way from the reference to a candidate, by default the best; empty if that is the reference itself."""
    usual, to = reference(board), to or board.best
    if usual is None:
        return ()
    return _steps_both_ways(board, usual, to) or _steps_between(board, usual, to)


def gain_steps_within_model(board: Leaderboard, to: Entry) -> tuple[Step, ...]:
    """The way from the reference's loss under a candidate's model to that candidate; empty if it is not known."""
    start = usual_under(board, to.candidate.model)
    return () if start is None else _steps_between(board, start, to)


def loss_alone(board: Leaderboard) -> Entry | None:
    """The best candidate of another loss, link or target under the reference's own model."""
    usual = reference(board)
    if usual is None:
        return None
    return next(
        (e for e in board.rivals if e.candidate.model == usual.candidate.model and e.label != usual.label), None
    )


def gain_steps_by_model(board: Leaderboard) -> dict[str, tuple[Step, ...]]:
    """For each model trained with the reference's loss too, the way from that to the best candidate of the model."""
    best: dict[str, Entry] = {}
    for entry in board.rivals:
        best.setdefault(entry.candidate.model, entry)
    compared = {model: entry for model, entry in best.items() if usual_under(board, model) is not None}
    return {model: gain_steps_within_model(board, entry) for model, entry in compared.items()}


def _steps_both_ways(board: Leaderboard, usual: Entry, to: Entry) -> tuple[Step, ...]:
    """The steps with model and loss changed in both orders; empty where there is but one, or the other is not known."""
    here, there = usual.candidate.model, to.candidate.model
    settings = _settings(usual.candidate, to.candidate)
    under = {model: [_nearest(board.rivals, replace(c, model=model)) for _, c in settings] for model in (here, there)}
    under[there][-1] = to
    corners = [under[here][0], under[here][-1], under[there][0]]
    if here == there or len(settings) == 1 or any(e is None or e.unstable for e in corners):
        return ()
    chain: list[tuple[list[str], Entry, Entry]] = []
    pending: list[str] = []
    for (change, _), old, new in zip(settings, under[here], under[there], strict=True):
        pending += [change] if change else []
        if old is not None and new is not None:
            chain.append((pending, old, new))
            pending = []
    total_gain = usual.value - to.value
    steps = [_mean_step(["model"], chain[0][1:], chain[-1][1:], total_gain)]
    for (_, *before), (changes, *after) in pairwise(chain):
        steps.append(_mean_step(changes, (before[1], after[1]), (before[0], after[0]), total_gain))
    return tuple(steps)


def _settings(usual: Candidate, to: Candidate) -> list[tuple[str, Candidate]]:
    """What is changed under one model, one thing at a time, and what has come of it; in the first nothing is."""
    settings, current = [("", usual)], usual
    for axis in ("link", "target"):
        if getattr(current, axis) != getattr(to, axis):
            current = replace(current, **{axis: getattr(to, axis)})
            settings.append((AXES[axis], current))
    if _key(replace(to, model=current.model)) != _key(current):
        settings.append(("loss", to))
    return settings


def _mean_step(what: Sequence[str], way: tuple[Entry, Entry], other: tuple[Entry, Entry], total_gain: float) -> Step:
    """One change made in two places: the first is told as the way, and the gain is the mean of both."""
    (source, to), (other_source, other_to) = way, other
    gain = 0.5 * (source.value - to.value + other_source.value - other_to.value)
    return Step(
        tuple(what), source.label, to.label, gain, _share(gain, total_gain), (other_source.label, other_to.label)
    )


def _share(gain: float, total_gain: float) -> float:
    return gain / total_gain if total_gain > 0.0 else float("nan")


def _steps_between(board: Leaderboard, usual: Entry, best: Entry) -> tuple[Step, ...]:
    steps: list[Step] = []
    total_gain = usual.value - best.value
    current, target, pending = usual, usual.candidate, []
    for axis, name in AXES.items():
        if getattr(target, axis) == getattr(best.candidate, axis):
            continue
        target = replace(target, **{axis: getattr(best.candidate, axis)})
        pending.append(name)
        between = _nearest(board.rivals, target)
        if between is not None:
            steps.append(_step(pending, current, between, total_gain))
            current, pending = between, []
    changed = current.candidate.loss != best.candidate.loss
    if current.label != best.label:
        steps.append(_step([*pending, "loss" if changed else "loss's parameters"], current, best, total_gain))
    return tuple(steps)


def threshold_gain(study: Study, board: Leaderboard, entry: Entry) -> TTest | None:
    """The cost with the threshold moved minus that at 1/2, fold by fold; None where no threshold was moved."""
    moved = cost_threshold(study.want)
    of_two = study.want.functional == "label" and not many_classes(study)
    if not of_two or moved == EQUAL_COSTS or entry.candidate.threshold is not None:
        return None
    plain = replace(entry.candidate, threshold=EQUAL_COSTS)
    study_of_plain = replace(study, candidates=[plain])
    rows = score_candidates(study_of_plain, board.primary).by_candidate[plain.label]
    differences: np.ndarray = board.folds[entry.label] - by_fold(study, rows)
    return corrected_t_test(differences, board.ratio)


def _step(what: Sequence[str], source: Entry, to: Entry, total_gain: float) -> Step:
    gain = source.value - to.value
    return Step(tuple(what), source.label, to.label, gain, _share(gain, total_gain))


def _nearest(entries: Sequence[Entry], candidate: Candidate) -> Entry | None:
    """The best candidate with this loss, model, link, target and threshold."""
    return next((e for e in entries if _key(e.candidate) == _key(candidate)), None)


def _is_same(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates differ in nothing: the same loss with smoothed labels is not the usual one."""
    return _key(one) == _key(other) and one.parameters == other.parameters


def _key(candidate: Candidate) -> tuple[object, ...]:
    # A threshold of its own tells a weighted loss from the plain one.
    return candidate.loss, candidate.model, candidate.link, candidate.target, candidate.threshold
