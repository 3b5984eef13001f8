"""The curves of a loss that a reader can move: its formulas as JavaScript, and where to look."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from lossary import primitives
from lossary.backends import trace
from lossary.evaluate.curves import is_of_residuals, telling_range, telling_target
from lossary.evaluate.notebook import curves_of, drawing, varied
from lossary.evaluate.registry import AnyLoss
from lossary.explorer.formulas import kinks_script, told_parameter
from lossary.formula import REALS, Choice, Interval, Loss
from lossary.rowwise import RowLoss

PARTS = ("drawing", "numbers")
"""What is taken from the explorer, before our own file."""

NAMES = ("exp", "log", *primitives.BASE, *primitives.CONSTANTS, *(f.__name__ for f in primitives.DERIVED))


def script() -> str:
    """The script of every loss's page: the primitives, the explorer's drawing, and ours."""
    parts = [files("lossary.explorer").joinpath("parts", f"{name}.js").read_text("utf-8") for name in PARTS]
    own = (Path(__file__).parents[1] / "parts" / "live.js").read_text("utf-8")
    names = ", ".join(_written())
    given = f"const PRIMITIVES = (() => {{\n{trace.primitives_script()}\nreturn {{ {names} }};\n}})();\n"
    return f'(() => {{\n"use strict";\n{given}{"".join(parts)}{own}}})();\n'


def _written() -> list[str]:
    """The primitives that the script has, each once."""
    text = trace.primitives_script()
    return [name for name in dict.fromkeys(NAMES) if re.search(rf"(?:const |: ){name}\b", text)]


def curves(loss: AnyLoss) -> str:
    """The picture as HTML: what stands there without a script, and what the script makes of it."""
    still = curves_of(loss)
    title = escape(f"Curves of {loss.title}")
    picture = drawing(still, loss.title) if still is not None else ""
    return (
        f'<section class="live lossary-loss" aria-label="{title}">'
        f'<div id="live-figure" class="live-figure">{picture}</div>'
        '<div id="live" hidden><dl id="live-numbers" class="live-numbers" aria-live="off"></dl>'
        '<div id="live-controls" class="live-controls"></div></div></section>\n'
        f"<script>window.lossaryCurve = {_facts(loss)};</script>\n"
        '<script src="../_static/live.js" defer></script>'
    )


def _facts(loss: AnyLoss) -> str:
    record = loss.record
    told: Mapping[str, Any] = {
        "title": loss.title,
        "parameters": [told_parameter(each) for each in record.parameters],
        **(_of_row(record) if isinstance(record, RowLoss) else _of_pair(loss)),
    }
    facts = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in told.items())
    formulas = _row_formulas(record) if isinstance(record, RowLoss) else _pair_formulas(record)
    taken = [name for name in _written() if re.search(rf"\b{name}\b", formulas)]
    text = f"{{ {facts}, formulas: ({{ {', '.join(taken)} }}) => ({formulas}) }}"
    return text.replace("</", "<\\/")


def _pair_formulas(record: Loss) -> str:
    kinks = kinks_script(record) or "() => []"
    return f"{{ kinks: {kinks}, ...{trace.loss_script(record)} }}"


def _row_formulas(record: RowLoss) -> str:
    return f"{{ row: {trace.row_script(record)} }}"


def _of_pair(loss: AnyLoss) -> dict[str, Any]:
    y = telling_target([loss])
    low, high = telling_range([loss], y)
    residuals = is_of_residuals(loss)
    return {
        "isOfResiduals": residuals,
        "y": y,
        "f": round(low + 0.7 * (high - low), 2),
        "low": low,
        "high": high,
        "targets": None if residuals else _targets(loss.record.target),
        "about": "prediction",
    }


def _targets(domain: Interval | Choice) -> dict[str, Any]:
    """Which targets a reader may choose."""
    if isinstance(domain, Choice):
        return {"values": list(domain.values)}
    if domain == REALS:
        return {"low": -4.0, "high": 4.0}
    low = domain.low if domain.low_closed else domain.low + 0.01
    if domain.high == math.inf:
        return {"low": low, "high": domain.low + 10.0}
    return {"low": low, "high": domain.high if domain.high_closed else domain.high - 0.01}


def _of_row(record: RowLoss) -> dict[str, Any]:
    what = varied(record, {p.name: p.default for p in record.parameters})
    f = round(what.low + 0.7 * (what.high - what.low), 2)
    facts = {"row": what.kind, "target": what.target, "low": what.low, "high": what.high, "about": what.about}
    return {"isOfResiduals": False, "y": 0.0, "f": f, **facts}
