"""Lossary: loss functions, each written once, exact and fast.

>>> import lossary
>>> lossary.huber([0.0, 0.0], [0.5, 3.0], delta=1.0)
array([0.125, 2.5  ])

Importing this imports no framework and no compiler; a loss is imported when it is first named.
"""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING, Any

from lossary.discovery import names as _names

if TYPE_CHECKING:
    from lossary.backends.cpu.runtime.threads import thread_count, threads
    from lossary.choosing.choose import choose
    from lossary.choosing.models.model import load
    from lossary.evaluate.arrays.memory import release_memory
    from lossary.evaluate.linear.cross_entropy import linear_cross_entropy
    from lossary.evaluate.pointwise.function import LossFunction
    from lossary.evaluate.predictions.with_link import with_link
    from lossary.evaluate.registry import catalogue, define, get
    from lossary.evaluate.rows.labels import one_hot, smooth_labels
    from lossary.evaluate.rows.softmax import log_softmax, logsumexp, sigmoid, softmax
    from lossary.plotting.plot import plot
    from lossary.proof.report import check
    from lossary.tables.files import read_table

__version__ = "0.1.0"

_PLACES = {
    "catalogue": "lossary.evaluate.registry",
    "get": "lossary.evaluate.registry",
    "check": "lossary.proof.report",
    "choose": "lossary.choosing.choose",
    "define": "lossary.evaluate.registry",
    "LossFunction": "lossary.evaluate.pointwise.function",
    "linear_cross_entropy": "lossary.evaluate.linear.cross_entropy",
    "load": "lossary.choosing.models.model",
    "log_softmax": "lossary.evaluate.rows.softmax",
    "logsumexp": "lossary.evaluate.rows.softmax",
    "one_hot": "lossary.evaluate.rows.labels",
    "plot": "lossary.plotting.plot",
    "read_table": "lossary.tables.files",
    "release_memory": "lossary.evaluate.arrays.memory",
    "sigmoid": "lossary.evaluate.rows.softmax",
    "smooth_labels": "lossary.evaluate.rows.labels",
    "softmax": "lossary.evaluate.rows.softmax",
    "thread_count": "lossary.backends.cpu.runtime.threads",
    "threads": "lossary.backends.cpu.runtime.threads",
    "with_link": "lossary.evaluate.predictions.with_link",
}

_PACKAGES = ("boosting", "cache", "catboost", "fit", "jax", "keras", "lightgbm", "proof", "sklearn", "torch", "xgboost")
"""What is imported when it is first named: hosts need libraries that may not be there."""

_HIDDEN = {"annotations", "difflib", "importlib", "Any", "TYPE_CHECKING"}
"""What this file itself imports: nobody looks for it here."""

__all__ = [
    "LossFunction",
    "catalogue",
    "check",
    "choose",
    "define",
    "get",
    "linear_cross_entropy",
    "load",
    "log_softmax",
    "logsumexp",
    "one_hot",
    "plot",
    "read_table",
    "release_memory",
    "sigmoid",
    "smooth_labels",
    "softmax",
    "thread_count",
    "threads",
    "with_link",
]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f"lossary.{name}")
    if name in _PLACES:
        found = getattr(importlib.import_module(_PLACES[name]), name)
    elif name in _names():
        from lossary.evaluate.registry import named  # noqa: PLC0415  losses are imported when named

        found = named(name)
    else:
        # Named, so that a traceback adds no guess of its own.
        raise AttributeError(f"lossary has no {name!r}{_advice(name)}", name=name)
    globals()[name] = found
    return found


def _advice(name: str) -> str:
    """The nearest names, by a loss's aliases too; nothing for what Python itself asks a module about."""
    if name.startswith("_"):
        return ""
    from lossary.discovery import aliases  # noqa: PLC0415  this imports every loss

    if name in aliases():
        return f"; lossary.get({name!r}) is lossary.{aliases()[name]}"
    near = difflib.get_close_matches(name.lower(), [*_names(), *aliases(), *__all__, *_PACKAGES], n=3)
    own = dict.fromkeys(aliases().get(each, each) for each in near)
    hint = f"; did you mean {', '.join(own)}?" if own else ";"
    return f"{hint} `lossary list` shows the losses, lossary.get() takes other libraries' names"


def __dir__() -> list[str]:
    public = [name for name in globals() if name not in _HIDDEN]
    return sorted({*public, *__all__, *_PACKAGES, *_names()})
