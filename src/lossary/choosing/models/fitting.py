"""The recommended candidate, or the average where that pays, trained on all rows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from lossary.choosing.comparison.thresholds import cost_threshold
from lossary.choosing.judging.decide import Decision
from lossary.choosing.models.content import Class, Content, Training
from lossary.choosing.models.model import ChosenModel, model_of
from lossary.choosing.models.promise import promise_of
from lossary.choosing.models.summaries import summaries_of
from lossary.choosing.models.tables import CATEGORY, NUMBER, Column, Schema, schema_of
from lossary.choosing.planning import Inspection
from lossary.choosing.scheduling.store import versions
from lossary.choosing.training.fold_fit import constant
from lossary.choosing.training.predictors import AveragePredictor, ConstantPredictor, Predictor
from lossary.choosing.training.recipe_fit import fit
from lossary.choosing.training.recipes import Recipe, loss_of
from lossary.evaluate.predictions.probabilities import gives_probabilities


def fitted_model(inspection: Inspection, decision: Decision) -> ChosenModel:
    """Train what a decision recommends; where it recommends nothing, what scored best, and that is noted.

    The same data, question, seed and libraries give the same model. Raises ValueError where a candidate that could be
    trained on the folds cannot be on all rows.
    """
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in the folds: what matters is a remark
        trained = _Trained(inspection)
        selected = _recommended(decision, trained)
        return model_of(_content(inspection, decision, selected, [*_notes_on_advice(decision), *trained.remarks]))


def fitted_candidate(inspection: Inspection, decision: Decision, label: str) -> ChosenModel:
    """Train one candidate, whatever the decision recommends: what somebody asked for.

    Raises ValueError where a candidate that could be trained on the folds cannot be on all rows.
    """
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in the folds
        trained = _Trained(inspection)
        selected = _Selected(trained.predictor(label), label, label, trained.recipe(label))
        return model_of(_content(inspection, decision, selected, trained.remarks))


@dataclass(frozen=True)
class _Selected:
    """What predicts, under which label it was judged and by which it is shown; ``recipe`` where it is a candidate."""

    predictor: Predictor
    label: str
    shown: str
    recipe: Recipe | None = None
    is_average: bool = False


def _recommended(decision: Decision, trained: _Trained) -> _Selected:
    label, average, recommended = decision.shown_label, decision.average, decision.verdict.recommended
    if average is not None and average.pays and recommended is not None:
        members = tuple(trained.predictor(member.label) for member in average.members)
        predictor = AveragePredictor(members, tuple(member.weight for member in average.members))
        shown = " + ".join(f"{member.weight:.0%} {member.label}" for member in average.members)
        return _Selected(predictor, label, shown, is_average=True)
    if recommended is not None and recommended.kind == "constant":
        constant = ConstantPredictor(np.asarray(trained.constant(), dtype=np.float64))
        return _Selected(constant, recommended.label, recommended.label)
    return _Selected(trained.predictor(label), label, label, trained.recipe(label))


def _content(inspection: Inspection, decision: Decision, selected: _Selected, notes: list[str]) -> Content:
    problem, data = inspection.whole, inspection.data
    is_constant = isinstance(selected.predictor, ConstantPredictor)
    schema = schema_of(data, problem.features)
    recipe = selected.recipe
    threshold = None if recipe is None else recipe.candidate.threshold
    return Content(
        label=selected.shown,
        want=problem.want,
        target=_target(inspection),
        classes=_classes(inspection),
        threshold=cost_threshold(problem.want) if threshold is None else threshold,
        is_probable=bool(problem.classes) and (recipe is None or _is_probable(recipe)),
        schema=Schema(schema.names, (), ()) if is_constant else schema,
        predictor=selected.predictor,
        promise=promise_of(decision, selected.label, selected.is_average),
        summaries=summaries_of(data.columns),
        training=Training(int(problem.y.size), problem.seed, versions()),
        notes=(*_notes_on_rows(inspection), *notes),
    )


def _notes_on_advice(decision: Decision) -> list[str]:
    if decision.verdict.recommended is not None:
        return []
    return [f"no candidate is recommended, and this is the one that scored best: {decision.verdict.headline}"]


def _notes_on_rows(inspection: Inspection) -> list[str]:
    rows, whole = inspection.data.y.size, inspection.whole.y.size
    if whole == rows:
        return []
    return [f"trained on {whole:,} of {rows:,} rows, those compared: more would not have ended in the time budget"]


class _Trained:
    """Recipes trained on all rows, and the remarks on that."""

    def __init__(self, inspection: Inspection) -> None:
        self._problem = inspection.whole
        self._recipes = {recipe.label: recipe for recipe in inspection.workload.recipes}
        self.remarks: list[str] = []

    def recipe(self, label: str) -> Recipe:
        return self._recipes[label]

    def predictor(self, label: str) -> Predictor:
        fitted = fit(self._problem, self.recipe(label), np.arange(self._problem.y.size))
        if fitted.remark:
            self.remarks.append(f"{label}: {fitted.remark}")
        return fitted.predictor

    def constant(self) -> object:
        return constant(self._problem, np.arange(self._problem.y.size))


def _is_probable(recipe: Recipe) -> bool:
    """Whether predictions of classes are probabilities: not of a loss of labels alone, nor of weighted classes."""
    if recipe.estimator is not None:
        return hasattr(recipe.estimator, "predict_proba")
    return recipe.weights is None and gives_probabilities(loss_of(recipe.parts[0], ""))


def _target(inspection: Inspection) -> Column:
    """The target as a column, whose categories are the classes in their order."""
    data, classes = inspection.data, inspection.whole.classes
    reading = data.readings.get(data.target)
    if data.y.dtype == object:
        return Column(data.target, CATEGORY, reading, levels=classes)
    return Column(data.target, NUMBER, reading, flag=bool(np.isin(data.y, (0.0, 1.0)).all()))


def _classes(inspection: Inspection) -> tuple[Class, ...]:
    """The classes as the target has them: text, or numbers, whole ones as such."""
    names, y = inspection.whole.classes, inspection.data.y
    if not names or y.dtype == object:
        return names
    values = np.unique(y).tolist()
    values = values[::-1] if inspection.want.positive else values
    return tuple(int(value) if value == int(value) else value for value in values)
