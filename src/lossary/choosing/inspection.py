"""The first stage: what the data is, what is asked of it, what residuals show, and what is to be compared. Seconds."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from lossary.choosing import folds as splits
from lossary.choosing.budget import Allowance, allowed, fits_end
from lossary.choosing.candidates import candidates, left_out
from lossary.choosing.diagnose import Diagnosis, diagnose
from lossary.choosing.features import Features, coded, features_of
from lossary.choosing.folds import Plan
from lossary.choosing.frames import Columns, column, columns_of, require_same_index
from lossary.choosing.pilot import Pilot, pilot
from lossary.choosing.recipes import MODELS
from lossary.choosing.store import problem_key
from lossary.choosing.study import Want
from lossary.choosing.task import OF_CLASSES, Task, agreed, settled
from lossary.choosing.training import Problem, only
from lossary.choosing.trees import has_lightgbm


@dataclass(frozen=True)
class Data:
    """Columns of features, target, weight, groups and times, rows without a target left out."""

    columns: Columns
    target: str
    y: np.ndarray
    weight: np.ndarray | None = None
    groups: np.ndarray | None = None
    time: np.ndarray | None = None
    missing: int = 0
    """Rows without a target, which are not here."""
    unweighted: int = 0
    """Rows of weight zero, which are not here."""
    weights: str = ""
    """The name of the weights' column, if they have one."""
    times: str = ""
    grouping: str = ""
    """The names of the columns of times and groups."""


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


def gathered(
    X: Any, y: Any, sample_weight: Any = None, groups: Any = None, time: Any = None, drop: Sequence[str] = ()
) -> Data:
    """Features, target and the rest; each of the rest is a column's name, or a column.

    Raises ValueError for columns that are not there, with the nearest name, and for lengths that differ.
    """
    for what, values in (("y", y), ("sample_weight", sample_weight), ("groups", groups), ("time", time)):
        require_same_index(X, values, what)
    columns = dict(columns_of(X))
    target = y if isinstance(y, str) else getattr(y, "name", None) or "y"
    used = [name for name in (y, sample_weight, groups, time) if isinstance(name, str)]
    for name in (*used, *drop):
        _require(name, columns)
    for role, name in (("weights", sample_weight), ("groups", groups), ("times", time)):
        if isinstance(name, str) and isinstance(y, str) and name == y:
            raise ValueError(f"{name!r} is the target; it cannot be the {role} too")
    found = {
        "y": _taken(y, columns, "y"),
        "weight": _taken(sample_weight, columns, "sample_weight"),
        "groups": _taken(groups, columns, "groups"),
        "time": _taken(time, columns, "time"),
    }
    # A time column stays among the features: its parts may well predict something.
    gone = {name for name in (y, sample_weight, groups, *drop) if isinstance(name, str)}
    columns = {name: values for name, values in columns.items() if name not in gone}
    if not columns:
        raise ValueError("no column is left to predict from: drop fewer")
    rows = next((values.size for values in columns.values()), 0)
    for what, values in found.items():
        if values is not None and values.size != rows:
            raise ValueError(f"{what} has {values.size:,} values, but X has {rows:,} rows")
    if found["y"] is None:
        raise ValueError("there is no target: name a column, or pass one as y")
    weights, times, grouping = (name if isinstance(name, str) else "" for name in (sample_weight, time, groups))
    return replace(_complete(columns, str(target), found), weights=weights, times=times, grouping=grouping)


def _taken(given: Any, columns: Mapping[str, np.ndarray], what: str) -> np.ndarray | None:
    if given is None:
        return None
    try:
        return columns[given] if isinstance(given, str) else column(given)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{what}: {error}") from None


def _require(name: str, columns: Mapping[str, np.ndarray]) -> None:
    if name in columns:
        return
    near = difflib.get_close_matches(name, list(columns), n=2, cutoff=0.5)
    have = ", ".join(list(columns)[:12]) + (", ..." if len(columns) > 12 else "")
    raise ValueError(
        f"there is no column {name!r}; " + (f"did you mean {' or '.join(near)}?" if near else f"there are {have}")
    )


def _complete(columns: Columns, target: str, found: Mapping[str, np.ndarray | None]) -> Data:
    """Without the rows that have no target; in order of time, where that was given."""
    y, time, weight = found["y"], found["time"], found["weight"]
    assert y is not None
    gone = _missing(y)
    missing = int(gone.sum())
    if gone.all():
        raise ValueError(f"the target {target!r} is missing in every row")
    for name, values in (("time", time), ("groups", found["groups"]), ("sample_weight", weight)):
        if values is not None and _missing(values)[~gone].any():
            row = int(np.flatnonzero(_missing(values) & ~gone)[0]) + 1
            raise ValueError(f"{name} is missing in row {row}; fill it in, or leave the row out")
    if weight is not None:
        weight = _weights(weight, gone)
    order = np.flatnonzero(~gone)
    if time is not None:
        if time.dtype == object:
            raise ValueError("times must be numbers or dates, such as 2024-03-31, not other text")
        order = order[np.argsort(time[order], kind="stable")]
    groups = found["groups"]
    return Data(
        {name: values[order] for name, values in columns.items()},
        target,
        y[order],
        None if weight is None else weight[order],
        None if groups is None else (coded(groups)[0] if groups.dtype == object else groups)[order],
        None if time is None else time[order],
        missing,
        int(gone.sum()) - missing,
    )


def _missing(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return np.array([v is None for v in values])
    return np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)


def _weights(weight: np.ndarray, gone: np.ndarray) -> np.ndarray:
    if weight.dtype.kind != "f":
        raise ValueError("weights must be numbers")
    wrong = ~gone & ~(np.isfinite(weight) & (weight >= 0.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"the weight in row {row + 1} is {weight[row]:g}; weights are zero or more")
    if not (weight[~gone] > 0.0).any():
        raise ValueError("every weight is zero: no row counts")
    # A row that does not count must not be trained on, tested or looked at.
    gone |= weight == 0.0
    return weight


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
        problem = only(problem, np.sort(draw))
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
