"""What tells a recipe from any other that would give other numbers, across processes: for names of files."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import joblib

from lossary.backends.cpu.cache.key import code_content
from lossary.choosing.training.recipes import Recipe
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss


def recipe_identity(recipe: Recipe) -> dict[str, Any] | None:
    """All that a recipe's numbers depend on beside the data, as plain data; None if nobody can tell.

    Nobody can tell of an estimator in which something is defined outside an installed package: its code may change.
    """
    candidate = recipe.candidate
    plain = replace(
        recipe,
        candidate=replace(candidate, own_loss=None, estimator=None, origin="", name=""),  # words may change
        parts=tuple(replace(part, own=None) for part in recipe.parts),
        why="",
    )
    fields = asdict(plain)
    fields["candidate"].pop("name")  # words may change; what was trained stays
    if candidate.own_loss is not None:
        fields["own_loss"] = _of_loss(candidate.own_loss)
    if candidate.estimator is not None:
        fields["estimator"] = _of_estimator(candidate.estimator)
        if fields["estimator"] is None:
            return None
    return fields


def _of_loss(loss: AnyLoss) -> str:
    """A loss by its formulas, and not by its name: these are in the dialect, and so hide nothing."""
    record = loss.record
    formulas = (
        {name: getattr(record, name) for name in ("value", "grad", "hess", "majorizer", "fisher")}
        if isinstance(loss, LossFunction)
        else record.formulas()  # type: ignore[union-attr]
    )
    codes = {name: code_content(each.__code__) for name, each in formulas.items() if each is not None}
    facts = (record.parameters, loss.target, loss.prediction, loss.link, loss.cost_root, loss.given)
    return repr((loss.name, codes, facts))


def _of_estimator(estimator: Any) -> list[str] | None:
    """The settings of an estimator, with the versions of the packages that it comes from; None if these are unknown."""
    versions = sorted({_package(kind) for kind in _kinds(estimator)})
    return None if "" in versions else [*versions, str(joblib.hash(estimator))]


def _kinds(value: Any) -> Iterator[Any]:
    """The classes and functions that an estimator is made of."""
    yield value if callable(value) and hasattr(value, "__qualname__") else type(value)
    if hasattr(value, "get_params") and not isinstance(value, type):
        for each in value.get_params(deep=False).values():
            yield from _kinds(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _kinds(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _kinds(each)


def _package(kind: Any) -> str:
    """The package that a class or a function comes from, with its version; "" if its file is not of one installed."""
    module = str(getattr(kind, "__module__", None) or "")
    if module == "builtins":
        return "Python"
    file = getattr(sys.modules.get(module), "__file__", None)
    for name in _distributions().get(module.split(".")[0], ()) if file else ():
        distribution = importlib.metadata.distribution(name)
        # Another package may use the same name for a folder of its own, and "tests" is what many call theirs.
        if Path(str(file)).resolve().is_relative_to(Path(str(distribution.locate_file(""))).resolve()):
            return f"{name} {distribution.version}"
    return ""


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())
