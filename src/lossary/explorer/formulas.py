"""The catalogue's formulas and facts, as the script of the page."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from lossary.backends import trace
from lossary.discovery import record, records
from lossary.evaluate.curves import is_of_residuals
from lossary.evaluate.page import PREDICTED
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.predictions.probabilities import gives_probabilities
from lossary.explorer.functions import functions_script
from lossary.formula import UNIT, Interval, Loss, Parameter
from lossary.rowwise import RowLoss

FAMILIES = ("regression", "robust")
OF_ROWS = (
    "softmax_cross_entropy",
    "focal_softmax",
    "softmax_brier",
    "kl_target_prediction_logits",
    "kl_prediction_target_logits",
)
OF_TWO_CLASSES = (
    "logistic",
    "focal",
    "exponential",
    "hinge",
    "smoothed_hinge",
    "squared_hinge",
    "modified_huber",
)
EXPORTED = ("exp", "log", "expm1_over", "tanh")
"""Primitives that the page itself takes, for its scales, its distribution and the units of its network."""


def shown() -> list[Loss]:
    """The losses of residuals, each once: those whose cost alone differs (a root) draw the same line."""
    return [
        loss
        for loss in records()
        if loss.family in FAMILIES
        and not loss.cost_root
        and is_of_residuals(LossFunction(loss))
        and kinks_script(loss) is not None
    ]


def of_two_classes() -> list[Loss]:
    """The losses of two classes, in the order in which the page offers them."""
    return [loss for loss in map(record, OF_TWO_CLASSES) if isinstance(loss, Loss)]


def formulas_script() -> str:
    """``PRIMITIVES``, ``LOSSES``, ``TWO``, ``ROWS`` and ``FUNCTIONS``: formulas, with what the page tells of them."""
    losses = ",\n".join(f"{loss.name}: {_loss(loss)}" for loss in shown())
    two = ",\n".join(f"{loss.name}: {_of_two_classes(loss)}" for loss in of_two_classes())
    rows = ",\n".join(f"{loss.name}: {_row(loss)}" for loss in map(record, OF_ROWS) if isinstance(loss, RowLoss))
    return (
        "const { PRIMITIVES, LOSSES, TWO, ROWS, FUNCTIONS, TYPED, TAKEN } = (() => {\n"
        f"{trace.primitives_script()}\n{functions_script()}"
        f"return {{ PRIMITIVES: {{ {', '.join(EXPORTED)} }},\n"
        f"LOSSES: {{\n{losses}\n}}, TWO: {{\n{two}\n}}, ROWS: {{\n{rows}\n}}, FUNCTIONS, TYPED, TAKEN }};\n}})();\n"
    )


def _told(loss: Loss | RowLoss) -> str:
    told = {
        "title": loss.title or loss.name.replace("_", " "),
        "brief": loss.brief,
        "predicts": PREDICTED.get(loss.functional, f"the {loss.functional}"),
        "parameters": [told_parameter(each) for each in loss.parameters],
    }
    return ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in told.items())


def _row(loss: RowLoss) -> str:
    return f"{{ {_told(loss)}, row: {trace.row_script(loss)} }}"


def _loss(loss: Loss) -> str:
    return f"{{ {_told(loss)}, kinks: {kinks_script(loss)},\n    ...{trace.loss_script(loss)} }}"


def _of_two_classes(loss: Loss) -> str:
    labels = [0, 1] if loss.target == UNIT else [-1, 1]
    tells = gives_probabilities(LossFunction(loss))
    told = f"labels: {json.dumps(labels)}, hasProbabilities: {json.dumps(tells)}"
    return f"{{ {_told(loss)}, {told}, kinks: {kinks_script(loss)},\n    ...{trace.loss_script(loss)} }}"


def told_parameter(parameter: Parameter) -> dict[str, Any]:
    within: Interval = parameter.within
    return {
        "name": parameter.name,
        "default": parameter.default,
        "low": within.low if math.isfinite(within.low) else None,
        "high": within.high if math.isfinite(within.high) else None,
        "lowClosed": within.low_closed,
        "highClosed": within.high_closed,
        "meaning": parameter.meaning,
        "isOfResiduals": "units of y" in parameter.meaning,
    }


def kinks_script(loss: Loss) -> str | None:
    """Where derivatives jump, as a function of ``(y, ...parameters)``; None where that takes more than a formula."""
    names = ["y", *(p.name for p in loss.parameters)]
    kinks: Callable[..., tuple[Any, ...]] | None = loss.kinks
    try:
        places = kinks(*map(trace.variable, names)) if kinks is not None else ()
    except TypeError:
        return None
    given = ", ".join(names)
    called = [f"({trace.arrow(trace.number(place), names)})({given})" for place in places]
    return f"({given}) => [{', '.join(called)}]"
