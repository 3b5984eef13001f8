"""Code that fits a user's own estimator, as the comparison did: written from its parameters."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any

from sklearn import config_context

from lossary.choosing.report.code import classes, hosts
from lossary.choosing.report.code.numbers import residual_quantile
from lossary.choosing.report.code.winner import Winner
from lossary.choosing.training.estimators import weights_argument

NOTE = "An estimator of your own, under the loss that it has itself, with the comparison's random numbers."
LONGEST = 10**6


def code(winner: Winner) -> str:
    """Imports, the fit on all rows, and predictions in the units of the target, or of the classes."""
    imports, written = _written(winner.candidate.estimator)
    argument = weights_argument(winner.candidate.estimator) if winner.weighted else ""
    weights = f", {argument}=weight" if argument else ""
    fitted = winner.labels if winner.study.classes else "y"
    body = hosts.class_codes(winner.study.classes, winner.has_own_order) if winner.study.classes else []
    body += [f"model = {written}", f"model.fit(X, {fitted}{weights})"]
    body += _of_classes(winner) if winner.study.classes else _of_numbers(winner)
    lines = {"import numpy as np", *imports, *_imports_of_residuals(winner)}
    return "\n".join([*hosts.import_lines(sorted(lines)), "", *body])


def _imports_of_residuals(winner: Winner) -> list[str]:
    if not winner.candidate.shifted:
        return []
    tools = "GroupKFold, cross_val_predict" if winner.grouped else "cross_val_predict"
    return ["import lossary"] * winner.weighted + [f"from sklearn.model_selection import {tools}"]


def _of_numbers(winner: Winner) -> list[str]:
    if not winner.candidate.shifted:
        return ["predictions = model.predict(X_new)"]
    how = "cv=GroupKFold(), groups=groups" if winner.grouped else "cv=5"
    weights = "weight" if winner.weighted else ""
    moves = [residual_quantile("residuals", f"{level:g}", weights) for level in winner.levels]
    ends = [f"model.predict(X_new) + {move}" for move in moves]
    lines = [f"residuals = y - cross_val_predict(model, X, y, {how})"]
    if len(ends) == 1:
        return [*lines, f"predictions = {ends[0]}"]
    return [*lines, "predictions = np.column_stack([", *(f"    {end}," for end in ends), "])"]


def _of_classes(winner: Winner) -> list[str]:
    estimator = winner.candidate.estimator
    if not hasattr(estimator, "predict_proba"):
        labels = "classes[model.predict(X_new)]" if winner.has_own_order else "model.predict(X_new)"
        return [f"labels = {labels}", "predictions = np.eye(len(classes))[np.searchsorted(classes, labels)]"]
    column = "" if winner.many else f"[:, {int(not winner.study.want.positive or winner.has_own_order)}]"
    lines = [f"predictions = model.predict_proba(X_new){column}"]
    if winner.study.want.positive and not winner.has_own_order:
        lines += ["classes = classes[::-1]  # the second class is the positive one"]
    return [*lines, *classes.decided(winner)]


def _written(estimator: Any) -> tuple[list[str], str]:
    """Import lines, and the estimator as Python; where that is no expression, a name to be filled in."""
    with config_context(print_changed_only=True):
        text = " ".join(_whole(estimator).split())
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return [], f"estimator  # fill in: the {type(estimator).__name__} that was given to the comparison"
    return sorted({_import(kind) for kind in _kinds(estimator)}), text


def _whole(estimator: Any) -> str:
    """The representation, without the ellipsis that scikit-learn puts into long ones."""
    of_any_length: Any = type(estimator).__repr__
    try:
        return str(of_any_length(estimator, N_CHAR_MAX=LONGEST))
    except TypeError:
        return repr(estimator)


def _kinds(value: Any) -> Iterator[type]:
    if hasattr(value, "get_params") and not isinstance(value, type):
        yield type(value)
        for each in value.get_params(deep=False).values():
            yield from _kinds(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _kinds(each)


def _import(kind: type) -> str:
    """Where a class is imported from: the shortest public module above its own that has it."""
    parts = kind.__module__.split(".")
    public = [".".join(parts[: n + 1]) for n in range(len(parts)) if not any(p.startswith("_") for p in parts[: n + 1])]
    found = next((m for m in public if getattr(sys.modules.get(m), kind.__name__, None) is kind), kind.__module__)
    return f"from {found} import {kind.__name__}"
