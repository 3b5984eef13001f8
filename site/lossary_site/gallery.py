"""The gallery: a card for every loss, and what the filters of the page look at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

import lossary
from lossary.evaluate.notebook import curves_of, drawing
from lossary.evaluate.page import predicts
from lossary.evaluate.registry import AnyLoss
from lossary_site.markdown import raw

TASKS = {
    "regression": "numbers",
    "robust": "numbers, some of them wild",
    "counts": "counts and amounts",
    "distribution": "a distribution of numbers",
    "binary": "one of two classes",
    "multiclass": "one of many classes",
    "ordinal": "ordered classes",
    "divergence": "a distribution over classes",
    "ranking": "an order",
}
"""What is predicted under the losses of a family."""

LIBRARIES = {
    "torch": "PyTorch",
    "keras": "Keras",
    "optax": "Optax",
    "sklearn": "scikit-learn",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
    "statsmodels": "statsmodels",
    "scipy": "SciPy",
    "R": "R",
}
SAME = {"scikit-learn": "sklearn", "jax": "optax"}
"""Libraries by another name, as records may have it."""

FILTERS = ("task", "predicts", "convex", "robust", "library")


def pages() -> dict[str, str]:
    """The gallery."""
    losses = lossary.catalogue()
    intro = f"{len(losses)} losses, each with its curve of value and, dashed, of gradient. All run in every host."
    cards = "".join(map(_card, losses))
    script = '<script src="_static/gallery.js" defer></script>'
    page = raw(f'{_form(losses)}<ul id="cards" class="cards lossary-loss">{cards}</ul>\n{script}')
    parts = ["# Gallery", intro, page, *_contents(losses)]
    return {"gallery.md": "\n\n".join(parts) + "\n"}


def facts(loss: AnyLoss) -> dict[str, list[str]]:
    """What the filters look at: for each of them the values that a loss has."""
    claims = loss.claims
    steepest = claims.get("lipschitz", claims.get("steepest"))
    bounds = {"gradient bounded": steepest, "value bounded": claims.get("bounded")}
    libraries = {SAME.get(name, name) for name in loss.elsewhere}
    convex = claims.get("convex")
    return {
        "task": [TASKS[loss.family]],
        "predicts": [_kind(loss)],
        "convex": [] if convex is None else ["convex" if convex else "not convex"],
        "robust": [name for name, bound in bounds.items() if bound is not None and math.isfinite(bound)],
        "library": [name for key, name in LIBRARIES.items() if key in libraries],
    }


def _kind(loss: AnyLoss) -> str:
    """What it predicts, without a level: the 0.5-quantile is a quantile."""
    return loss.functional if getattr(loss.record, "functional_level", None) else predicts(loss)


def _card(loss: AnyLoss) -> str:
    still = curves_of(loss)
    picture = drawing(still, loss.title) if still is not None else ""
    data = "".join(f' data-{name}="{escape("|".join(values))}"' for name, values in facts(loss).items())
    title = loss.title[:1].upper() + loss.title[1:]
    words = escape(" ".join([loss.name.replace("_", " "), *loss.aliases, *loss.elsewhere.values()]).lower())
    return (
        f'<li class="loss-card"{data} data-words="{words}"><a href="losses/{loss.name}.html">{picture}'
        f'<span class="loss-title">{escape(title)}</span></a><p>{escape(loss.brief)}</p>'
        f'<p class="loss-predicts">Predicts: {escape(predicts(loss))}</p></li>'
    )


def _form(losses: Sequence[AnyLoss]) -> str:
    """The filters, hidden until there is a script to heed them."""
    labels = {"task": "Task", "predicts": "Predicts", "convex": "Convex", "robust": "Robust", "library": "Also in"}
    selects = "".join(_select(name, labels[name], losses) for name in FILTERS)
    text = '<label>Name<input type="search" name="q" placeholder="pinball, MSELoss, rlm"></label>'
    return (
        f'<form id="filters" class="filters" hidden>{text}{selects}'
        '<button type="reset">Show all</button></form>\n<p id="count" class="count" role="status"></p>'
    )


def _select(name: str, label: str, losses: Sequence[AnyLoss]) -> str:
    found = dict.fromkeys(value for loss in losses for value in facts(loss)[name])
    order = [LIBRARIES[key] for key in LIBRARIES if LIBRARIES[key] in found] if name == "library" else [*found]
    options = "".join(f'<option value="{escape(value)}">{escape(value)}</option>' for value in order)
    return f'<label>{label}<select name="{name}"><option value="">any</option>{options}</select></label>'


def _contents(losses: Iterable[AnyLoss]) -> list[str]:
    """The pages of the losses in the sidebar, by family."""
    families = groupby(sorted(losses, key=lambda loss: [*TASKS].index(loss.family)), key=lambda loss: loss.family)
    return [_toctree(family.capitalize(), [loss.name for loss in some]) for family, some in families]


def _toctree(caption: str, names: Sequence[str]) -> str:
    entries = "\n".join(f"{name} <losses/{name}>" for name in names)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{entries}\n```"
