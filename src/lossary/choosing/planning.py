"""The first stage: what the data is, what is asked of it, what residuals show, and what is to be compared. Seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from lossary.choosing.candidates import candidates, left_out
from lossary.choosing.comparison import folds as splits
from lossary.choosing.comparison.folds import Plan
from lossary.choosing.comparison.study import Want
from lossary.choosing.diagnosis.diagnose import Diagnosis, diagnose
from lossary.choosing.diagnosis.pilot import Pilot, pilot
from lossary.choosing.scheduling.budget import Allowance, allowed, fits_end
from lossary.choosing.scheduling.store import problem_key
from lossary.choosing.table.data import Data
from lossary.choosing.table.features import Features, features_of
from lossary.choosing.table.task import OF_CLASSES, Task, agreed, settled
from lossary.choosing.training.problem import Problem, subset
from lossary.choosing.training.recipes import MODELS
from lossary.choosing.training.trees import has_lightgbm


@dataclass(frozen=True)
class Inspection:
    """All that is known before anything is compared."""

    data: Data
    task: Task
    want: Want
    problem: Problem
    pilot: Pilot
    diagnosis: Diagnosis
    plan: Plan
    allowance: Allowance
    notes: tuple[str, ...] = field(default=())

    @property
    def features(self) -> Features:
        return self.problem.features

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings, lists and dicts alone."""
        recipes = self.allowance.recipes
        return {
            "target": self.task.name,
            "task": self.task.described(),
            "rows": int(self.problem.y.size),
            "features": list(self.features.names),
            "want": self.want.functional,
            "level": self.want.level,
            "stated": self.want.stated,
            "findings": [f.to_dict() for f in self.diagnosis.findings],
            "candidates": [
                {"label": r.label, "why": r.why, "parameters": dict(r.candidate.parameters)} for r in recipes
            ],
            "fits": self.allowance.fits,
            "folds": self.allowance.folds,
            "repeats": self.allowance.repeats,
            "split": self.plan.kind,
            "seconds": self.allowance.seconds,
            "notes": list(self.notes),
        }


def settle(data: Data, want: Want | None) -> tuple[Task, Want]:
    """The task, and the question that was asked of it or goes without saying."""
    asked = None if want is None else want.functional
    as_classes = True if asked in OF_CLASSES else False if asked in ("mean", "median", "interval") else None
    if asked == "quantile" and want is not None and want.level is not None:
        as_classes = False
    task = settled(data.target, data.y, as_classes if data.y.dtype != object else None)
    return task, agreed(want, task)


def inspect(
    data: Data,
    want: Want | None = None,
    *,
    models: Sequence[str] = MODELS,
    folds: int = 5,
    repeats: int = 2,
    time_budget: float | None = None,
    began: float | None = None,
    jobs: int = 1,
    seed: int = 0,
) -> Inspection:
    """Look at the data, fit a pilot, and plan the comparison.

    ``time_budget`` counts from ``began``, by ``time.monotonic``; by default from now.
    """
    until = fits_end(time_budget, began)
    _known_models(models)
    if folds < 2 or repeats < 1:
        raise ValueError(f"it takes 2 folds and 1 repeat at least, not {folds} and {repeats}")
    task, asked = settle(data, want)
    problem = _problem(data, task, asked, seed)
    if folds > problem.y.size:
        raise ValueError(f"{problem.y.size} rows cannot be split into {folds} folds; lower the number of folds")
    fitted = pilot(problem, task)
    told = diagnose(problem, task, fitted, data.missing, data.groups is not None, problem.bound)
    kept, notes = _installed(models)
    recipes = candidates(asked, task, told, kept)
    absent = left_out(asked, task, told, kept)
    if absent:
        notes.append(f"LightGBM is not installed, so these were left out: {', '.join(absent)}")
    repeats = 1 if data.time is not None else repeats
    allowance = allowed(problem, recipes, folds, repeats, until, jobs)
    problem, plan = _fitting(problem, task, allowance, data)
    notes = [*problem.features.notes, *_weightless(data), *notes, *plan.notes, *allowance.notes]
    allowance = replace(allowance, folds=len(plan.folds) // allowance.repeats)
    return Inspection(data, task, asked, problem, fitted, told, plan, allowance, tuple(notes))


def _weightless(data: Data) -> list[str]:
    return [f"{data.unweighted:,} rows of weight zero were left out"] if data.unweighted else []


def _problem(data: Data, task: Task, want: Want, seed: int) -> Problem:
    features = features_of(data.columns)
    bound = splits.together(features.matrix, task.y, data.groups)
    return Problem(features, task.y, task.classes, data.weight, want, bound, data.time is not None, seed)


def _fitting(problem: Problem, task: Task, allowance: Allowance, data: Data) -> tuple[Problem, Plan]:
    """The problem on as many rows as the budget allows, and its folds."""
    if allowance.rows < problem.y.size:
        draw = np.random.default_rng(problem.seed).choice(problem.y.size, allowance.rows, replace=False)
        problem = subset(problem, np.sort(draw))
    plan = splits.planned(
        problem.y,
        len(task.classes),
        allowance.folds,
        allowance.repeats,
        problem.seed,
        problem.bound,
        data.groups is not None,
        problem.ordered,
    )
    return replace(problem, key=problem_key(problem)), plan


def _known_models(models: Sequence[str]) -> None:
    if isinstance(models, str):
        raise ValueError(f"models is a sequence of names: [{models!r}], not {models!r}")
    for model in models:
        if model not in MODELS:
            raise ValueError(f"no model is called {model!r}; there are {', '.join(MODELS)}")
    if not models:
        raise ValueError(f"name a model at least: {', '.join(MODELS)}")


def _installed(models: Sequence[str]) -> tuple[list[str], list[str]]:
    kept, notes = list(dict.fromkeys(models)), []
    if "mlp" in kept and find_spec("torch") is None:
        kept.remove("mlp")
        notes.append("neural networks were left out: PyTorch is not installed (pip install 'lossary[torch]')")
        if not kept:
            raise ValueError(notes[0])
    if "boosting" in kept and not has_lightgbm():
        notes.append("trees are scikit-learn's, with its own few losses: LightGBM is not installed")
    return kept, notes
