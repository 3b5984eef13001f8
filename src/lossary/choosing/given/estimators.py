"""Estimators of scikit-learn's interface that a user adds: each is a candidate with a loss of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn.base import clone, is_classifier, is_regressor

from lossary.choosing.comparison.study import Candidate, Want
from lossary.choosing.comparison.thresholds import EQUAL_COSTS
from lossary.choosing.table.task import Task
from lossary.choosing.training.recipes import MODELS, OWN_LOSS, Part, Recipe

COMPLEXITY = 30
"""Nobody knows how simple an estimator is: of two that do as well the library's models come first."""

SHIFTED = ("quantile", "interval")


def split_models(models: Sequence[Any]) -> tuple[list[str], list[Any]]:
    """The library's models by name, and a user's estimators.

    Raises ValueError for a name that no model has, an estimator's class in place of an estimator, what is neither, and
    where there is nothing.
    """
    if isinstance(models, str) or not isinstance(models, Sequence):
        raise ValueError(f"models is a sequence of names and estimators: [{models!r}], not {models!r}")
    if not models:
        raise ValueError(f"name a model at least: {', '.join(MODELS)}")
    named = [model for model in models if isinstance(model, str)]
    for name in named:
        if name not in MODELS:
            raise ValueError(f"no model is called {name!r}; there are {', '.join(MODELS)}")
    estimators = [model for model in models if not isinstance(model, str)]
    for each in estimators:
        if isinstance(each, type):
            raise ValueError(f"models has the class {each.__name__}; give an estimator of it: {each.__name__}()")
        if not all(hasattr(each, method) for method in ("fit", "predict", "get_params")):
            raise ValueError(
                f"models has {each!r}, which is neither one of {', '.join(MODELS)} nor an estimator of scikit-learn's "
                "interface, with fit, predict and get_params"
            )
    return list(dict.fromkeys(named)), estimators


def recipes_of(estimators: Sequence[Any], want: Want, task: Task, seed: int) -> list[Recipe]:
    """A candidate of each estimator; its model is called after its class.

    Raises ValueError for a classifier of numbers, a regressor of classes, and a classifier without probabilities where
    these are wanted.
    """
    labels: list[str] = []
    for each in estimators:
        name = type(each).__name__
        used = sum(label == name or label.startswith(f"{name} (") for label in labels)
        labels.append(f"{name} ({used + 1})" if used else name)
    return [_recipe(each, label, want, task, seed) for each, label in zip(estimators, labels, strict=True)]


def _recipe(estimator: Any, label: str, want: Want, task: Task, seed: int) -> Recipe:
    _refuse_unfit(estimator, label, want, task)
    gives_labels = not task.is_number and not hasattr(estimator, "predict_proba")
    candidate = Candidate(
        label=label,
        loss=OWN_LOSS,
        parameters={},
        model=label,
        link="identity",
        complexity=COMPLEXITY,
        threshold=EQUAL_COSTS if gives_labels else None,
        shifted=task.is_number and want.functional in SHIFTED,
        own_units=True,
        estimator=_seeded(estimator, seed),
    )
    moved = "; its predictions are moved by a quantile of residuals" if candidate.shifted else ""
    return Recipe(candidate, (Part(_stand_in(task), {}),), f"asked for; it is trained under a loss of its own{moved}")


def _stand_in(task: Task) -> str:
    """A loss whose predictions are those of the estimator as they are: numbers, or probabilities."""
    if task.is_number:
        return "squared_error"
    return "brier" if len(task.classes) == 2 else "multiclass_brier"


def _refuse_unfit(estimator: Any, label: str, want: Want, task: Task) -> None:
    wanted, suits = ("regressor", is_regressor) if task.is_number else ("classifier", is_classifier)
    if not suits(estimator):
        what_it_predicts = "numbers" if task.is_number else "classes"
        raise ValueError(
            f"{label} is no {wanted}, and the {want.functional} of {task.name!r} is one of {what_it_predicts}: give a "
            f"{wanted} of scikit-learn's interface"
        )
    if want.functional == "probability" and not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"{label} has no predict_proba, and the probability of {task.name!r} is wanted: ask for the label, or put "
            "it into scikit-learn's CalibratedClassifierCV"
        )


def _seeded(estimator: Any, seed: int) -> Any:
    """A copy whose random numbers are settled wherever it left them open: the same run gives the same numbers."""
    copy = clone(estimator)
    open_states = {
        name: seed
        for name, value in copy.get_params(deep=True).items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    return copy.set_params(**open_states) if open_states else copy
