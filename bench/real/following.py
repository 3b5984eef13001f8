"""Doing what ``lossary choose`` says, and taking the leader of its leaderboard instead; both refitted on all rows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import lossary
from bench.real.asked import Asked
from bench.real.question import RealSet
from bench.real.scoring import score
from bench.real.trial import HeldOut, Prediction
from lossary.choosing.choose import Choice, choose
from lossary.choosing.comparison.study import Candidate, Fold, Study
from lossary.choosing.comparison.thresholds import decided_classes
from lossary.choosing.judging import gains
from lossary.choosing.judging.averaging import Average
from lossary.choosing.scheduling.store import Store
from lossary.choosing.table.features import Features, features_of
from lossary.choosing.table.frames import columns_of
from lossary.choosing.training import fold_fit
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Recipe

RECOMMENDED = "lossary choose"
SINGLE = "lossary choose, one candidate"
LEADER = "its own leader"
CONSTANT = "constant"
AVERAGE = "average"


@dataclass(frozen=True)
class Following:
    """``options`` go to ``choose``; every candidate is refitted and scored too, which shows what was left lying.

    With a ``folder`` among the options refits are kept there as well as the fits of ``choose``.
    """

    options: tuple[tuple[str, Any], ...] = ()
    answers: Sequence[str] = (RECOMMENDED, SINGLE, LEADER)

    def enters(self, chosen: RealSet) -> bool:
        return True

    def answer(self, case: HeldOut, chosen: RealSet, repeat: int, folder: Path) -> list[Prediction]:
        began = time.perf_counter()
        choice = _chosen(case, chosen, dict(self.options))
        took = time.perf_counter() - began
        refit = Refit(choice, case, dict(self.options).get("folder"))
        single, leader = recommended_label(choice), choice.leaderboard.best.label
        average = choice.average
        recommended = single if average is None or not average.pays else AVERAGE
        held_out = {label: refit.score(label) for label in refit.labels}
        seconds = time.perf_counter() - began
        common = {"seconds": took, "sources": sources(), "options": dict(self.options)}
        found = {**common, "code": choice.verdict.code, "headline": choice.verdict.headline, "candidate": recommended}
        found |= {
            "single": single,
            "average": _average(average),
            "leader": leader,
            "candidates": _candidates(choice, held_out),
            "seconds_with_refits": seconds,
        }
        return [
            Prediction(RECOMMENDED, refit.predictions(recommended), found),
            Prediction(SINGLE, refit.predictions(single), {**common, "candidate": single}),
            Prediction(LEADER, refit.predictions(leader), {**common, "candidate": leader}),
        ]


def _chosen(case: HeldOut, chosen: RealSet, options: dict[str, Any]) -> Choice:
    """The training rows' choice, with the options that the question needs."""
    train, question = case.trial.train, case.question
    if question.costs is not None:
        options |= {"cost_under": question.costs[0], "cost_over": question.costs[1]}
    y = _as_given(question, case.trial.y)
    return choose(
        train.features, y, chosen.want, groups=train.groups, time=train.times, seed=case.trial.seed, **options
    )


def _as_given(question: Asked, y: np.ndarray) -> np.ndarray:
    """Classes by the names that they had: numbers stay numbers."""
    if not question.of_classes:
        return y
    names = pd.to_numeric(pd.Series(question.classes), errors="coerce").to_numpy()
    return np.asarray(np.asarray(question.classes, dtype=object)[y] if np.isnan(names).any() else names[y])


def recommended_label(choice: Choice) -> str:
    """The candidate to use; where no loss is recommended, the usual one under the model that suits best."""
    recommended = choice.verdict.recommended
    if recommended is None:
        usual = gains.usual_under_best_model(choice.leaderboard) or gains.reference(choice.leaderboard)
        return choice.leaderboard.best.label if usual is None else usual.label
    return CONSTANT if recommended.kind == CONSTANT else recommended.label


class Refit:
    """Candidates trained on all training rows, and what they predict for the rows held out."""

    def __init__(self, choice: Choice, case: HeldOut, fits: str | None = None) -> None:
        self._case = case
        self._problem, self._fold = _whole(choice, case)
        self._store = Store(None if fits is None else Path(fits), self._problem)
        recipes = [r for r in choice.inspection.workload.recipes if r.label not in choice.study.failures]
        self._recipes = {recipe.label: recipe for recipe in recipes}
        self._average = choice.average
        self._raw: dict[str, np.ndarray] = {}
        self._kept: dict[str, np.ndarray] = {}

    @property
    def labels(self) -> list[str]:
        """The constant, every candidate, and the average, where there is one."""
        return [CONSTANT, *self._recipes, *([AVERAGE] if self._average is not None else [])]

    def predictions(self, label: str) -> np.ndarray:
        """In the shape that the question asks for."""
        if label not in self._kept:
            self._kept[label] = self._mean() if label == AVERAGE else self._answered(label)
        return self._kept[label]

    def _mean(self) -> np.ndarray:
        """The average of its members' predictions; of labels, of the probabilities behind them."""
        assert self._average is not None
        total = sum(member.weight * self._found(member.label) for member in self._average.members)
        return self._as_asked(np.asarray(total), None)

    def score(self, label: str) -> float | None:
        """The held-out score; None for predictions that have none."""
        try:
            return score(self._case.question, self._case.y, self.predictions(label))
        except ValueError:
            return None

    def _answered(self, label: str) -> np.ndarray:
        candidate = None if label == CONSTANT else self._recipes[label].candidate
        return self._as_asked(self._found(label), candidate)

    def _found(self, label: str) -> np.ndarray:
        """What a candidate predicts, in the comparison's own shape."""
        if label not in self._raw:
            if label == CONSTANT:
                constant = fold_fit.constants(self._problem, [self._fold])[0]
                found = np.broadcast_to(constant, (self._fold.test.size, *np.shape(constant)))
            else:
                found = self._refitted(self._recipes[label])
            self._raw[label] = np.asarray(found, dtype=np.float64)
        return self._raw[label]

    def _refitted(self, recipe: Recipe) -> np.ndarray:
        """From the fits that are kept, if there."""
        outcome = self._store.find(recipe, self._fold)
        if outcome is None:
            outcome = fold_fit.run(self._problem, recipe, self._fold)
            self._store.keep(recipe, self._fold, outcome)
        return outcome.predictions

    def _as_asked(self, found: np.ndarray, candidate: Candidate | None) -> np.ndarray:
        question, problem = self._case.question, self._problem
        if not question.of_classes:
            return np.sort(found, axis=1) if question.functional == "interval" else found
        order = [problem.classes.index(name) for name in question.classes]
        if question.functional == "label":
            study = Study(problem.want, problem.y, None, [self._fold], (), {}, np.empty(0), problem.classes)
            numbers = decided_classes(study, found, None if candidate is None else candidate.threshold)
            return np.argsort(order)[numbers.astype(np.int64)]
        rows = np.column_stack([1.0 - found, found]) if found.ndim == 1 else found
        return rows[:, order]


def _whole(choice: Choice, case: HeldOut) -> tuple[Problem, Fold]:
    """Training rows and those held out as one problem, and the split between them. Targets held out are unknown."""
    problem, trial = choice.inspection.problem, case.trial
    known, fresh = trial.y.size, len(trial.test)
    both = features_of(columns_of(pd.concat([trial.train.features, trial.test], ignore_index=True)))
    features = _as_chosen(both, problem.features)
    y = trial.y.astype(np.float64)
    if problem.classes:
        number = np.array([problem.classes.index(name) for name in case.question.classes], dtype=np.float64)
        y = number[trial.y]
    groups = None if trial.train.groups is None else np.concatenate([trial.train.groups, np.full(fresh, -1)])
    everything = np.concatenate([y, np.full(fresh, np.nan)])
    whole = replace(problem, features=features, y=everything, weight=None, groups=groups, key="")
    return whole, Fold(np.arange(known), np.arange(known, known + fresh))


def _as_chosen(both: Features, chosen: Features) -> Features:
    """Features of all rows, but the columns and their kinds are those that ``choose`` settled on the training rows."""
    places = [both.names.index(name) for name in chosen.names]
    return replace(both, matrix=both.matrix[:, places], names=chosen.names, kinds=chosen.kinds)


def _candidates(choice: Choice, held_out: dict[str, float | None]) -> list[dict[str, Any]]:
    """Each candidate's score by cross-validation, in the yardstick's own units, and on the rows held out."""
    board = choice.leaderboard
    known = {entry.label: entry for entry in board.entries}
    found = []
    for label, score_of_refit in held_out.items():
        entry = known.get(label)
        found.append(
            {
                "label": label,
                "cross_validated": None if entry is None else entry.score,
                "held_out": score_of_refit,
                "tied": entry is not None and entry.tied,
            }
        )
    return found


@cache
def sources() -> str:
    """A digest of the sources that ``choose`` is made of: results of different ones are told apart by it."""
    root = Path(lossary.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _average(average: Average | None) -> dict[str, Any] | None:
    """The members and what cross-validation says of them."""
    return None if average is None else {**asdict(average), "members": {m.label: m.weight for m in average.members}}
