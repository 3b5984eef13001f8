"""The reference: a page for each package, with what its docstrings say of every public name."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any

import lossary
from lossary import discovery
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.rows.function import RowLossFunction

PACKAGES = {
    "lossary": "Functions of the package itself; every loss is one of its names too, and has [a page](../gallery.md).",
    "lossary.fit": "Linear models under any loss, with certificates; networks. See [fitting](../docs/fitting.md).",
    "lossary.torch": "For [PyTorch](../docs/torch.md).",
    "lossary.torch.functional": "The same losses for [PyTorch](../docs/torch.md), as functions.",
    "lossary.jax": "For [JAX](../docs/jax.md), Flax and Optax.",
    "lossary.keras": "For [Keras](../docs/keras.md), on torch or JAX.",
    "lossary.sklearn": "Estimators and scorers for scikit-learn. See [choosing](../docs/choosing.md).",
    "lossary.xgboost": "Objectives, metrics and estimators for [XGBoost](../docs/boosting.md).",
    "lossary.lightgbm": "Objectives, metrics and estimators for [LightGBM](../docs/boosting.md).",
    "lossary.catboost": "Objectives, metrics and estimators for [CatBoost](../docs/boosting.md).",
    "lossary.cache": "Kernels kept on disk. See [the cache](../docs/cache.md).",
}

MORE = {
    "lossary.sklearn": ("LossChooser", "MLPClassifier", "MLPRegressor", "hist_gradient_boosting"),
    "lossary.fit": ("mlp",),
}
"""Public names that are imported when they are first asked for, and that ``__all__`` leaves out for that reason."""

NOT_OURS = ("set_fit_request", "set_partial_fit_request", "set_predict_request", "set_score_request")
"""Methods that scikit-learn writes into every estimator, with links into its own pages."""

CLASSES = {"LossFunction": LossFunction, "RowLossFunction": RowLossFunction}


def pages() -> dict[str, str]:
    """A page for each package, and one for what every loss can do."""
    made = {f"reference/{package}.md": _page(package) for package in PACKAGES}
    return {**made, "reference/a-loss.md": _methods()}


@cache
def public() -> Mapping[str, Any]:
    """Every public name with its package in front, and what it stands for; losses apart, which have pages of their own."""
    found: dict[str, Any] = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        found |= {f"{package}.{name}": getattr(module, name) for name in _names(package)}
    return found


def _names(package: str) -> list[str]:
    module = importlib.import_module(package)
    told = getattr(module, "__all__", None) or [name for name in dir(module) if not name.startswith("_")]
    return sorted({*told, *MORE.get(package, ())} - {"functional"})


def _page(package: str) -> str:
    """The package's own docstring, its names of its own in full, and its losses in a line each."""
    names = _names(package)
    losses = {name: loss for name in names if (loss := loss_of(package, name)) is not None}
    own = [name for name in names if name not in losses]
    lines = [f"# `{package}`", "", PACKAGES[package], "", "```{eval-rst}", f".. py:module:: {package}", ""]
    for name in own:
        lines += [*_documented(package, name), ""]
    lines += ["```", ""]
    if losses:
        lines += _losses(package, losses)
    return "\n".join(lines)


def _documented(package: str, name: str) -> list[str]:
    thing = public()[f"{package}.{name}"]
    if inspect.ismodule(thing):
        members = ", ".join(getattr(thing, "__all__", ()))
        return [f".. automodule:: {package}.{name}", f"   :members: {members}"]
    if package == "lossary" and name in CLASSES:
        return [f".. autoclass:: {package}.{name}", "", "   Its methods are on :doc:`a page of their own <a-loss>`."]
    if inspect.isclass(thing):
        return [f".. autoclass:: {package}.{name}", "   :members:", f"   :exclude-members: {', '.join(NOT_OURS)}"]
    return [f".. autofunction:: {package}.{name}"]


def loss_of(package: str, name: str) -> str | None:
    """The loss of the catalogue that a host's name is made from; None for what is more than a loss."""
    if package not in ("lossary.torch", "lossary.torch.functional", "lossary.jax", "lossary.keras"):
        return None
    thing = getattr(importlib.import_module(package), name)
    if name in discovery.names():
        return name
    host = package.split(".")[1]
    plain = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
    try:
        return lossary.get(f"{host}:{name}").name if inspect.isclass(thing) else lossary.get(plain).name
    except ValueError:
        pass
    try:
        return lossary.get(plain).name
    except ValueError:
        return None


def _losses(package: str, losses: Mapping[str, str]) -> list[str]:
    """Losses in a line each, with their signatures."""
    lines = ["## Losses", "", "Each is described on its loss's page.", "", "```{eval-rst}"]
    for name, loss in losses.items():
        thing = getattr(importlib.import_module(package), name)
        kind = "class" if inspect.isclass(thing) else "function"
        lines += [
            f".. py:{kind}:: {name}{_signature(thing)}",
            f"   :module: {package}",
            "",
            f"   :doc:`{lossary.get(loss).title} <../losses/{loss}>`.",
            "",
        ]
    return [*lines, "```", ""]


def _signature(thing: Any) -> str:
    """Parameters with their defaults; annotations would make a line of twenty."""
    signature = inspect.signature(thing)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def _methods() -> str:
    lines = [
        "# What every loss can do",
        "",
        "A loss such as `lossary.huber` is a `LossFunction`; one of a row of scores,",
        "such as `lossary.softmax_cross_entropy`, a `RowLossFunction`.",
        "",
    ]
    for name, kind in CLASSES.items():
        lines += [
            f"## `{name}`",
            "",
            "```{eval-rst}",
            f".. autoclass:: {kind.__module__}.{name}",
            "   :members:",
            "   :inherited-members: Generic, ABC",
            "```",
            "",
        ]
    return "\n".join(lines)
