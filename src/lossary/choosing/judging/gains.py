"""Where a gain comes from: the model, the link, the transformed target, or the loss.

From the reference to the best candidate one thing is changed at a time, as far as candidates in between were compared:
another model with the same loss, then the link, then the target, and the loss last. So the loss is credited with
nothing that the usual loss could have had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossary.choosing.comparison.scores import by_fold, score_candidates
from lossary.choosing.comparison.study import Candidate, Study, many_classes
from lossary.choosing.comparison.thresholds import EQUAL_COSTS, cost_threshold
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.judging.significance import TTest, corrected_t_test

AXES = {"model": "model", "link": "link", "target": "transformation of the target"}
MODELS_IN_WORDS = {"linear": "linear models", "boosting": "boosted trees", "mlp": "neural networks"}


@dataclass(frozen=True)
class Step:
    """One change on the way from the reference to the best: what changed, between which candidates, and its gain.

    ``gain`` is the score saved (negative if lost), ``share`` that of the whole way's.
    """

    what: tuple[str, ...]
    source: str
    to: str
    gain: float
    share: float


def reference(board: Leaderboard) -> Entry | None:
    """What is done by default; of several references the simplest, None if none has a score."""
    references = [e for e in board.rivals if e.candidate.kind == "reference"]
    return min(references, key=lambda e: (e.candidate.complexity, e.score), default=None)


def usual_under_best_model(board: Leaderboard) -> Entry | None:
    """The reference's loss, link and target under the best candidate's model: whom the best loss must beat."""
    usual = reference(board)
    if usual is None:
        return None
    return _nearest(board.rivals, replace(usual.candidate, model=board.best.candidate.model))


def is_usual(board: Leaderboard, candidate: Candidate) -> bool:
    """Whether a candidate is the reference, up to the model."""
    usual = reference(board)
    return usual is not None and _key(replace(usual.candidate, model=candidate.model)) == _key(candidate)


def gain_steps(board: Leaderboard) -> tuple[Step, ...]:
    """The way from the reference to the best candidate; empty if the reference is the best, or there is none."""
    usual = reference(board)
    return () if usual is None else _steps_between(board, usual, board.best)


def gain_steps_by_model(board: Leaderboard) -> dict[str, tuple[Step, ...]]:
    """For each model the way from the reference's loss to the best candidate of that model."""
    usual = reference(board)
    steps = {}
    for model in dict.fromkeys(e.candidate.model for e in board.rivals):
        start = None if usual is None else _nearest(board.rivals, replace(usual.candidate, model=model))
        if start is not None:
            best = next(e for e in board.rivals if e.candidate.model == model)
            steps[model] = _steps_between(board, start, best)
    return steps


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
    return Step(tuple(what), source.label, to.label, gain, gain / total_gain if total_gain > 0.0 else float("nan"))


def _nearest(entries: Sequence[Entry], candidate: Candidate) -> Entry | None:
    """The best candidate with this loss, model, link, target and threshold."""
    return next((e for e in entries if _key(e.candidate) == _key(candidate)), None)


def _key(candidate: Candidate) -> tuple[object, ...]:
    # A threshold of its own tells a weighted loss from the plain one.
    return candidate.loss, candidate.model, candidate.link, candidate.target, candidate.threshold
