"""How far a comparison has come, and who leads on the folds that all candidates have finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.scores import score_candidates
from lossary.choosing.comparison.study import Candidate, Fold, Study
from lossary.choosing.comparison.yardsticks import Yardstick, panel
from lossary.choosing.training.fold_fit import Outcome
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Recipe


@dataclass(frozen=True)
class Progress:
    """How far a comparison has come: fits done and to do, and the name of the best candidate so far, with its score."""

    done: int
    total: int
    best: str = ""
    score: float = float("nan")
    yardstick: str = ""


Watch = Callable[[Progress], None]


class Reporter:
    """Tells a watcher of every fit; what was scored once is not scored again."""

    def __init__(self, problem: Problem, recipes: Sequence[Recipe], folds: Sequence[Fold], watch: Watch | None) -> None:
        self._problem, self._folds, self._watch = problem, folds, watch
        self._candidates = {recipe.label: recipe.candidate for recipe in recipes}
        self._total = len(recipes) * len(folds)
        self._scores: dict[tuple[str, int], float] = {}

    def report(self, outcomes: Mapping[tuple[str, int], Outcome], failed: Mapping[str, str]) -> None:
        """Tell of the outcomes so far, by label and fold, and leave candidates that failed out of the lead."""
        if self._watch is None:
            return
        yardstick = primary_yardstick(self._problem)
        for (label, index), outcome in outcomes.items():
            if (label, index) not in self._scores:
                score = _fold_score(self._problem, yardstick, self._candidates[label], self._folds[index], outcome)
                self._scores[label, index] = score
        best, score = self._leader(failed)
        name = self._candidates[best].name if best else ""
        self._watch(Progress(len(outcomes), self._total, name, score, yardstick.shown))

    def _leader(self, failed: Mapping[str, str]) -> tuple[str, float]:
        """The best candidate on the folds that all have finished, but those that lag behind by more than a fold."""
        folds_of = {label: {index for scored, index in self._scores if scored == label} for label in self._candidates}
        running = [label for label in self._candidates if label not in failed and folds_of[label]]
        if not running:
            return "", float("nan")
        most = max(len(folds_of[label]) for label in running)
        compared = [label for label in running if len(folds_of[label]) >= max(1, most - 1)]
        shared = set.intersection(*(folds_of[label] for label in compared))
        if not shared:
            return "", float("nan")
        means = {label: float(np.mean([self._scores[label, index] for index in shared])) for label in compared}
        best = min(means, key=lambda label: (not np.isfinite(means[label]), means[label]))
        return best, means[best]


def primary_yardstick(problem: Problem) -> Yardstick:
    """The first yardstick of the question."""
    return panel(Study(problem.want, problem.y, problem.weight, (), (), {}, np.empty(0), problem.classes))[0]


def _fold_score(problem: Problem, yardstick: Yardstick, candidate: Candidate, fold: Fold, outcome: Outcome) -> float:
    """The yardstick's mean on the test rows of one fold, as people read it."""
    rows = fold.test
    weight = None if problem.weight is None else problem.weight[rows]
    study = Study(
        want=problem.want,
        y=problem.y[rows],
        weight=weight,
        folds=(Fold(np.empty(0, dtype=np.int64), np.arange(rows.size)),),
        candidates=(candidate,),
        predictions={candidate.label: outcome.predictions[None]},
        constants=outcome.predictions[:1],  # nobody looks at it, but it must be possible
        classes=problem.classes,
    )
    scores = score_candidates(study, yardstick).by_candidate.get(candidate.label)
    return float("inf") if scores is None else yardstick.read(float(np.average(scores[0], weights=weight)))
