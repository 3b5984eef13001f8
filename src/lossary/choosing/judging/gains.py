"""Where a gain comes from: the model, the link, the transformed target, or the loss.

From the reference to the best candidate one thing is changed at a time, as far as candidates in between were compared:
another model with the same loss, then the link, then the target, and the loss last. So the loss is credited with
nothing that the usual loss could have had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossary.choosing.comparison.scores import by_fold, scored
from lossary.choosing.comparison.study import Candidate, Study, many_classes
from lossary.choosing.comparison.thresholds import EVEN, cost_threshold
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.judging.significance import TTest, corrected_t_test

AXES = {"model": "model", "link": "link", "target": "transformation of the target"}
PLURALS = {"linear": "linear models", "boosting": "boosted trees", "mlp": "neural networks"}


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
    found = [e for e in board.rivals if e.candidate.kind == "reference"]
    return min(found, key=lambda e: (e.candidate.complexity, e.score), default=None)


def home(board: Leaderboard) -> Entry | None:
    """The reference's loss, link and target under the best candidate's model: whom the best loss must beat."""
    usual = reference(board)
    if usual is None:
        return None
    return _nearest(board.rivals, replace(usual.candidate, model=board.best.candidate.model))


def is_usual(board: Leaderboard, candidate: Candidate) -> bool:
    """Whether a candidate is the reference, up to the model."""
    usual = reference(board)
    return usual is not None and _key(replace(usual.candidate, model=candidate.model)) == _key(candidate)


def steps(board: Leaderboard) -> tuple[Step, ...]:
    """The way from the reference to the best candidate; empty if the reference is the best, or there is none."""
    usual = reference(board)
    return () if usual is None else _way(board, usual, board.best)


def by_model(board: Leaderboard) -> dict[str, tuple[Step, ...]]:
    """For each model the way from the reference's loss to the best candidate of that model."""
    usual = reference(board)
    found = {}
    for model in dict.fromkeys(e.candidate.model for e in board.rivals):
        start = None if usual is None else _nearest(board.rivals, replace(usual.candidate, model=model))
        if start is not None:
            best = next(e for e in board.rivals if e.candidate.model == model)
            found[model] = _way(board, start, best)
    return found


def _way(board: Leaderboard, usual: Entry, best: Entry) -> tuple[Step, ...]:
    found: list[Step] = []
    whole = usual.value - best.value
    here, wanted, pending = usual, usual.candidate, []
    for axis, name in AXES.items():
        if getattr(wanted, axis) == getattr(best.candidate, axis):
            continue
        wanted = replace(wanted, **{axis: getattr(best.candidate, axis)})
        pending.append(name)
        between = _nearest(board.rivals, wanted)
        if between is not None:
            found.append(_step(pending, here, between, whole))
            here, pending = between, []
    changed = here.candidate.loss != best.candidate.loss
    if here.label != best.label:
        found.append(_step([*pending, "loss" if changed else "loss's parameters"], here, best, whole))
    return tuple(found)


def threshold_gain(study: Study, board: Leaderboard, entry: Entry) -> TTest | None:
    """The cost with the threshold moved minus that at 1/2, fold by fold; None where no threshold was moved."""
    moved = cost_threshold(study.want)
    of_two = study.want.functional == "label" and not many_classes(study)
    if not of_two or moved == EVEN or entry.candidate.threshold is not None:
        return None
    plain = replace(entry.candidate, threshold=EVEN)
    only = replace(study, candidates=[plain])
    rows = scored(only, board.primary).by_candidate[plain.label]
    differences: np.ndarray = board.folds[entry.label] - by_fold(study, rows)
    return corrected_t_test(differences, board.ratio)


def _step(what: Sequence[str], source: Entry, to: Entry, whole: float) -> Step:
    gain = source.value - to.value
    return Step(tuple(what), source.label, to.label, gain, gain / whole if whole > 0.0 else float("nan"))


def _nearest(entries: Sequence[Entry], wanted: Candidate) -> Entry | None:
    """The best candidate with this loss, model, link, target and threshold."""
    return next((e for e in entries if _key(e.candidate) == _key(wanted)), None)


def _key(candidate: Candidate) -> tuple[object, ...]:
    # A threshold of its own tells a weighted loss from the plain one.
    return candidate.loss, candidate.model, candidate.link, candidate.target, candidate.threshold
