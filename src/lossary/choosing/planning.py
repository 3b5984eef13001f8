"""The first stage, of seconds: what the data is, what is asked of it, what residuals show, and what to compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from lossary.choosing.candidates import Asked, candidates, left_out
from lossary.choosing.comparison.folds import FoldPlan, group_numbers, plan_folds
from lossary.choosing.comparison.study import Want
from lossary.choosing.diagnosis.diagnose import Diagnosis, diagnose
from lossary.choosing.diagnosis.levels import with_levels_settled
from lossary.choosing.diagnosis.pilot import Pilot, pilot
from lossary.choosing.given.estimators import recipes_of, split_models
from lossary.choosing.given.losses import GivenLoss, given_losses
from lossary.choosing.scheduling.budget import MODEL_SHARE, Workload, plan_work, usual_repeats
from lossary.choosing.scheduling.counts import Table
from lossary.choosing.scheduling.store import problem_key
from lossary.choosing.table.data import Data
from lossary.choosing.table.features import Features, features_of
from lossary.choosing.table.task import OF_CLASSES, Task, question_for, task_of, with_positive
from lossary.choosing.training.problem import Problem, subset
from lossary.choosing.training.recipes import MODELS
from lossary.choosing.training.tree_settings import settle_trees
from lossary.choosing.training.trees import has_lightgbm
from lossary.evaluate.registry import AnyLoss


@dataclass(frozen=True)
class Inspection:
    """All that is known before anything is compared.

    ``whole`` is the problem that the model is trained on: all rows, also where the comparison has fewer of them, unless
    a time budget allows no more.
    """

    data: Data
    task: Task
    want: Want
    problem: Problem
    whole: Problem
    pilot: Pilot
    diagnosis: Diagnosis
    plan: FoldPlan
    workload: Workload
    notes: tuple[str, ...] = field(default=())

    @property
    def features(self) -> Features:
        return self.problem.features

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings, lists and dicts alone."""
        recipes = self.workload.recipes
        return {
            "target": self.task.name,
            "task": self.task.described(),
            "rows": int(self.problem.y.size),
            "features": list(self.features.names),
            "want": self.want.functional,
            "level": self.want.level,
            "stated": self.want.stated,
            "findings": [finding.to_dict() for finding in self.diagnosis.findings],
            "candidates": [
                {"label": r.label, "name": r.name, "why": r.why, "parameters": dict(r.candidate.parameters)}
                for r in recipes
            ],
            "fits": self.workload.fits,
            "folds": self.workload.folds,
            "repeats": self.workload.repeats,
            "split": self.plan.kind,
            "seconds": self.workload.seconds,
            "notes": list(self.notes),
        }


def task_and_question(data: Data, want: Want | None, positive: object = None) -> tuple[Task, Want]:
    """The task that the target sets, and the question: what was asked, or the usual one for such a target.

    ``positive`` is the class that is to be the second of two.
    """
    functional = None if want is None else want.functional
    as_classes = None
    if functional in OF_CLASSES:
        as_classes = True
    elif functional in ("mean", "median", "interval") or (
        functional == "quantile" and want is not None and want.level is not None
    ):
        as_classes = False
    task = task_of(data.target, data.y, as_classes if data.y.dtype != object else None, data.rows, data.order)
    question = question_for(want, task)
    if positive is None:
        return task, question
    task, has_changed = with_positive(task, positive)
    return task, replace(question, positive=task.classes[1] if has_changed else "")


def inspect_and_plan(
    data: Data,
    want: Want | None = None,
    *,
    models: Sequence[Any] = MODELS,
    losses: Sequence[str | AnyLoss] = (),
    only: bool = False,
    folds: int = 5,
    repeats: int | None = None,
    time_budget: float | None = None,
    jobs: int | None = 1,
    seed: int = 0,
    positive: object = None,
) -> Inspection:
    """Look at the data, fit a pilot, and plan the comparison from what is counted there: no clock is read.

    ``time_budget`` is in seconds, from the first look to the report. With ``jobs=None`` there are as many processes as
    cores, where the work is worth them. ``positive`` is the class that is to be the second of two. ``models`` are names
    and estimators; ``losses`` take part beside those that suit, or with ``only`` in their place.
    """
    named, estimators = split_models(models)
    given = given_losses(losses)
    _require_something_asked(given, estimators, named, only)
    if folds < 2 or (repeats is not None and repeats < 1):
        raise ValueError(f"it takes 2 folds and 1 repeat at least, not {folds} and {repeats}")
    if time_budget is not None and not time_budget >= 1.0:
        raise ValueError(f"time_budget is in seconds, 1 at least, not {time_budget:g}; None lets the plan decide")
    task, question = task_and_question(data, want, positive)
    of_estimators = recipes_of(estimators, question, task, seed)
    asked = Asked(given, only, data.rows if data.rows.size else None)
    problem = _problem(data, task, question, seed)
    if folds > problem.y.size:
        raise ValueError(f"{problem.y.size} rows cannot be split into {folds} folds; lower the number of folds")
    fitted = pilot(problem, task)
    diagnosis = diagnose(problem, task, fitted, data.missing, named_groups=data.groups is not None)
    trainable, notes = _trainable_models(named, estimators)
    recipes = candidates(question, task, diagnosis, trainable, asked) + of_estimators
    untrainable = left_out(question, task, diagnosis, trainable, asked)
    if untrainable:
        notes.append(f"LightGBM is not installed, so these were left out: {'; '.join(untrainable)}")
    problem = replace(problem, trees=settle_trees(problem, recipes))
    if repeats is None:
        repeats = usual_repeats(problem.y.size, time_budget)
    asked_for = Workload(tuple(recipes), folds, 1 if data.time is not None else repeats, problem.y.size)
    workload = plan_work(Table(problem, recipes), asked_for, time_budget, jobs)
    whole = problem
    problem, plan = _with_folds(whole, workload, named_groups=data.groups is not None)
    if time_budget is not None and workload.seconds_of_model > MODEL_SHARE * time_budget:
        whole = problem
    notes = [*data.notes, *problem.features.notes, *_notes_on_weights(data), *notes, *plan.notes, *workload.notes]
    workload = replace(workload, folds=len(plan.folds) // workload.repeats)
    return Inspection(data, task, question, problem, whole, fitted, diagnosis, plan, workload, tuple(notes))


def _notes_on_weights(data: Data) -> list[str]:
    return [f"{data.unweighted:,} rows of weight zero were left out"] if data.unweighted else []


def _problem(data: Data, task: Task, want: Want, seed: int) -> Problem:
    features = features_of(data.columns, data.rows, data.times)
    features = with_levels_settled(features, task.y, len(task.classes), seed)
    groups = group_numbers(features.matrix, task.y, data.groups)
    return Problem(features, task.y, task.classes, data.weight, want, groups, data.time is not None, seed)


def _with_folds(problem: Problem, workload: Workload, named_groups: bool) -> tuple[Problem, FoldPlan]:
    """The problem on as many rows as the budget allows, and its folds."""
    if workload.rows < problem.y.size:
        drawn = np.random.default_rng(problem.seed).choice(problem.y.size, workload.rows, replace=False)
        problem = subset(problem, np.sort(drawn))
    plan = plan_folds(problem.split_rows(), workload.folds, workload.repeats, named_groups)
    return replace(problem, key=problem_key(problem)), plan


def _require_something_asked(
    given: Sequence[GivenLoss], estimators: Sequence[Any], named: Sequence[str], only: bool
) -> None:
    """Refuse losses that no model would be trained under, and the wish for nothing else than nothing."""
    if given and not named:
        raise ValueError(
            f"{given[0].shown} is a loss to train a model under, and estimators have their own: name one of "
            f"{', '.join(MODELS)} too"
        )
    if only and not given and not estimators:
        raise ValueError("only what is asked for is to be compared, and nothing is: name a loss, such as huber:delta=2")


def _trainable_models(models: Sequence[str], estimators: Sequence[Any]) -> tuple[list[str], list[str]]:
    """The models that what is installed can train, and notes on the others."""
    trainable, notes = list(dict.fromkeys(models)), []
    if "mlp" in trainable and find_spec("torch") is None:
        trainable.remove("mlp")
        notes.append("neural networks were left out: PyTorch is not installed (pip install 'lossary[torch]')")
        if not trainable and not estimators:
            raise ValueError(notes[0])
    if "boosting" in trainable and not has_lightgbm():
        notes.append("trees are scikit-learn's, with its own few losses: LightGBM is not installed")
    return trainable, notes
