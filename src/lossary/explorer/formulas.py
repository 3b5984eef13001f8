"""The catalogue's formulas and facts, as the script of the page."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from lossary.backends import trace
from lossary.discovery import records
from lossary.evaluate.curves import is_of_residuals
from lossary.evaluate.description import PREDICTED
from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import Interval, Loss, Parameter

FAMILIES = ("regression", "robust")
EXPORTED = ("exp", "log", "expm1_over")
"""Primitives that the page itself takes, for its scales and its distribution."""


def shown() -> list[Loss]:
    """The losses of residuals, each once: those whose cost alone differs (a root) draw the same line."""
    return [
        loss
        for loss in records()
        if loss.family in FAMILIES
        and not loss.cost_root
        and is_of_residuals(LossFunction(loss))
        and _kinks(loss) is not None
    ]


def formulas_script() -> str:
    """``PRIMITIVES`` and ``LOSSES``: the formulas as functions, with what the page tells of them."""
    losses = ",\n".join(f"{loss.name}: {_loss(loss)}" for loss in shown())
    return (
        "const { PRIMITIVES, LOSSES } = (() => {\n"
        f"{trace.primitives_script()}\n"
        f"return {{ PRIMITIVES: {{ {', '.join(EXPORTED)} }}, LOSSES: {{\n{losses}\n}} }};\n}})();\n"
    )


def _loss(loss: Loss) -> str:
    told = {
        "title": loss.title or loss.name.replace("_", " "),
        "brief": loss.brief,
        "predicts": PREDICTED.get(loss.functional, f"the {loss.functional}"),
        "parameters": [_parameter(each) for each in loss.parameters],
    }
    facts = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in told.items())
    return f"{{ {facts}, kinks: {_kinks(loss)},\n    ...{trace.loss_script(loss)} }}"


def _parameter(parameter: Parameter) -> dict[str, Any]:
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


def _kinks(loss: Loss) -> str | None:
    """Where derivatives jump, as a function of ``(y, ...parameters)``; None where that takes more than a formula."""
    names = ["y", *(p.name for p in loss.parameters)]
    kinks: Callable[..., tuple[Any, ...]] | None = loss.kinks
    try:
        places = kinks(*map(trace.variable, names)) if kinks is not None else ()
    except TypeError:
        return None
    given = ", ".join(names)
    called = [f"({trace.arrow(place, names)})({given})" for place in places]
    return f"({given}) => [{', '.join(called)}]"
