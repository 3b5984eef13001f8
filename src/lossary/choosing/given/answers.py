"""Whether a loss that a user gives can answer the question, and how its predictions are read.

The rules are those of the library's own candidates: a loss of another centre takes part as it is where the mean or the
median is wanted, and is moved by a quantile of residuals where a quantile is; what has no answer is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.choosing.comparison.levels import quantile_level
from lossary.choosing.comparison.study import Want
from lossary.choosing.given.losses import GivenLoss
from lossary.choosing.given.units import is_free_of_units
from lossary.choosing.table.task import Task
from lossary.choosing.training.recipes import Recipe, recipe
from lossary.evaluate.arrays.refusals import inside
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.predictions.probabilities import gives_probabilities, is_binary
from lossary.formula import UNIT

WHY = "asked for"
SHIFTED = ("quantile", "interval")


def recipe_of(given: GivenLoss, model: str, want: Want, task: Task, places: np.ndarray | None = None) -> Recipe:
    """How a given loss is trained under a model. Raises ValueError where it cannot answer the question.

    ``places`` are the rows' in their table, from 0, if these are not all of it, in order.
    """
    options = _options(given, want, task, places)
    return recipe(
        given.name,
        model,
        _parameters(given),
        own=given.own,
        origin=given.origin,
        exact=True,
        complexity=2,
        why=_why(given, want, shifted=options.get("shifted", False)),
        **options,
    )


def _parameters(given: GivenLoss) -> dict[str, float]:
    """Those that were stated, those in units of the target, which are scaled with it, and all of a user's own."""
    in_units = {each.name for each in given.loss.parameters if "units of y" in each.meaning}
    known = {name: float(value) for name, value in given.loss.given.items()}
    return {name: value for name, value in known.items() if given.own or name in in_units or name in given.parameters}


def _options(given: GivenLoss, want: Want, task: Task, places: np.ndarray | None) -> dict[str, Any]:
    if not task.is_number:
        _refuse_classes(given, want, task)
        return {}
    loss = _of_numbers(given, want, task)
    options: dict[str, Any] = {"link": given.link} if given.link else {}
    if given.link == "logit" or loss.target == UNIT:
        options["bounds"] = _bounds(given, want, task)
    else:
        _refuse_targets(given, loss, task, places)
        plain = recipe(given.name, "linear", _parameters(given), own=given.own, exact=True, **options)
        options["own_units"] = not is_free_of_units(plain.parts[0], plain.candidate.link)
    return options | ({"shifted": True} if want.functional in SHIFTED else {})


def _why(given: GivenLoss, want: Want, shifted: bool) -> str:
    if shifted:
        return f"{WHY}; its predictions are moved by a quantile of residuals"
    functional = given.loss.functional
    return WHY if functional in ("unknown", want.functional) else f"{WHY}; it aims at the {functional}"


# Numbers.


def _of_numbers(given: GivenLoss, want: Want, task: Task) -> LossFunction:
    loss = given.loss
    if not isinstance(loss, LossFunction):
        raise ValueError(
            f"{given.shown} takes a row of class scores, and the {_asked(want)} of {task.name!r} is a number: leave it "
            "out, or ask for the probability or the label"
        )
    if is_binary(loss) and loss.target != UNIT:
        raise ValueError(
            f"{given.shown} takes the labels of two classes, and the {_asked(want)} of {task.name!r} is a number: "
            "leave it out, or ask for the probability or the label"
        )
    level = float(loss.given["tau"]) if loss.name == "quantile" else None
    if level is not None and (want.functional in ("mean", "interval") or level != quantile_level(want)):
        otherwise = "" if want.functional == "interval" else f", or ask for quantile:{level:g}"
        raise ValueError(
            f"{given.shown} predicts the {level:g}-quantile, and the {_asked(want)} is wanted, which it can neither be "
            f"nor be moved to: leave it out{otherwise}"
        )
    return loss


def _asked(want: Want) -> str:
    """What is wanted, in a word or two."""
    return f"{quantile_level(want):g}-quantile" if want.functional == "quantile" else want.functional


def _bounds(given: GivenLoss, want: Want, task: Task) -> tuple[float, float]:
    """The ends of the scale that targets become shares of."""
    if task.bounds is not None:
        return task.bounds
    low, high = float(task.y.min()), float(task.y.max())
    if low >= 0.0 and high <= 1.0:
        return 0.0, 1.0
    raise ValueError(
        f"{given.shown} takes targets between two known ends, and {task.name!r}, whose {_asked(want)} is wanted, goes "
        f"from {low:g} to {high:g} without such: leave it out, or make shares of the targets"
    )


def _refuse_targets(given: GivenLoss, loss: LossFunction, task: Task, places: np.ndarray | None) -> None:
    wrong = ~inside(loss.target, task.y)
    if wrong.any():
        first = int(np.argmax(wrong))
        row = 1 + (first if places is None else int(places[first]))
        more = int(wrong.sum()) - 1
        others = f" and {more:,} more such" if more else ""
        raise ValueError(
            f"{given.shown} takes targets in {loss.target}, and {task.name!r} has {task.y[first]:g} in row {row}"
            f"{others}: leave it out"
        )


# Classes.


def _refuse_classes(given: GivenLoss, want: Want, task: Task) -> None:
    """Refuse a loss that is not of classes, of more of them than two or of two, or that gives labels alone."""
    loss, count = given.loss, len(task.classes)
    if isinstance(loss, LossFunction):
        if not is_binary(loss):
            raise ValueError(
                f"{given.shown} takes targets in {loss.target}, and {task.name!r} has {count} classes, whose "
                f"{want.functional} is wanted: leave it out (a loss of your own is of two classes if its target is "
                "LABELS, SIGNS or UNIT)"
            )
        if count > 2:
            raise ValueError(
                f"{given.shown} is of two classes, and {task.name!r} has {count}, whose {want.functional} is wanted: "
                "leave it out"
            )
    elif loss.record.targets in ("scores", "relevance"):
        raise ValueError(
            f"{given.shown} takes {loss.target}, and {task.name!r} has classes, whose {want.functional} is wanted: "
            "leave it out"
        )
    elif loss.record.prediction not in ("scores", "increasing"):
        raise ValueError(
            f"{given.shown} takes {loss.prediction}, which no model here is trained to give, and the "
            f"{want.functional} of {task.name!r} is wanted: leave it out, or give a loss of class scores, such as "
            "softmax_cross_entropy"
        )
    elif loss.record.prediction == "increasing" and not task.ordered:
        raise ValueError(
            f"{given.shown} is of classes in order, and those of {task.name!r}, whose {want.functional} is wanted, "
            "have none: leave it out"
        )
    if want.functional == "probability" and not gives_probabilities(loss):
        raise ValueError(
            f"{given.shown} tells which class of {task.name!r} is likelier and not how likely, and the probability is "
            "wanted: leave it out, or ask for the label"
        )
