"""Code that takes a loss into each host, written from its record; a test runs it for every loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import lossary.keras
import lossary.torch
from lossary.evaluate.registry import AnyLoss
from lossary.formula import LABELS, SIGNS, UNIT, Loss, Point
from lossary.keras.names import class_name
from lossary.rowwise import RowLoss, RowPoint

MOST = 3
"""So many examples stand in the code."""


@dataclass(frozen=True)
class Snippet:
    """Code for one host; ``given`` names what the reader brings: features and targets, or nothing."""

    host: str
    code: str
    given: str = ""


def snippets(loss: AnyLoss) -> list[Snippet]:
    """The code for each host that takes the loss."""
    return [*_of_arrays(loss), *_of_models(loss)]


def examples(record: Loss | RowLoss) -> tuple[list[object], list[object]]:
    """Targets and predictions of a few examples, which the loss's own file knows."""
    points = [fact for fact in record.facts if isinstance(fact, Point | RowPoint)]
    known = [p for p in points if "inf" not in repr((p.y, p.f))]
    same = [p for p in known if _shape(p) == _shape(known[0])][:MOST]
    return [_plain(p.y) for p in same], [_plain(p.f) for p in same]


def _shape(point: Point | RowPoint) -> tuple[object, ...]:
    return tuple(len(x) if isinstance(x, tuple) else type(x) for x in (point.y, point.f))


def _plain(numbers: object) -> object:
    return list(numbers) if isinstance(numbers, tuple) else numbers


def _of_arrays(loss: AnyLoss) -> Iterator[Snippet]:
    y, f = examples(loss.record)
    rooted = isinstance(loss.record, Loss) and loss.record.cost_root
    mean = "their mean's root" if rooted else "their mean"
    name, keywords = loss.name, "".join(f", {p.name}={p.default:g}" for p in loss.parameters)
    options = keywords.removeprefix(", ")
    yield Snippet(
        "NumPy",
        f"import lossary\n\ny_true = {y}\ny_pred = {f}\n"
        f"\n# the loss of each example\nlossary.{name}(y_true, y_pred{keywords})\n"
        f"# {mean}, and its gradient\ncost, gradient = lossary.{name}.cost_and_gradient(y_true, y_pred)",
    )
    torch_class = getattr(lossary.torch, name).__name__
    dtype = "" if _is_index(y) else ", dtype=torch.float32"
    yield Snippet(
        "PyTorch",
        "import torch\nimport lossary.torch\n\n"
        f"loss = lossary.torch.{torch_class}({options})\n"
        f"prediction = torch.tensor({f}, dtype=torch.float32, requires_grad=True)\n"
        f"target = torch.tensor({y}{dtype})\nloss(prediction, target).backward()",
    )
    dtype = "" if _is_index(y) else ", jnp.float32"
    cost = f"lossary.jax.{name}(f, target{keywords}).mean()"
    cost = f"jnp.sqrt({cost})" if rooted else cost
    yield Snippet(
        "JAX",
        "import jax\nimport jax.numpy as jnp\nimport lossary.jax\n\n"
        f"prediction, target = jnp.array({f}, jnp.float32), jnp.array({y}{dtype})\n"
        f"cost, gradient = jax.value_and_grad(lambda f: {cost})(prediction)",
    )
    yield Snippet(
        "Keras",
        f"import lossary.keras\n\nmodel.compile(loss=lossary.keras.{class_name(loss.record)}({options}))",
        "model",
    )


def _is_index(y: list[object]) -> bool:
    return all(isinstance(each, int) for each in y)


def is_of_labels(record: Loss | RowLoss) -> bool:
    """Whether targets are labels, so that a model of the loss is a classifier."""
    return isinstance(record, RowLoss) or record.target in (LABELS, SIGNS, UNIT)


def _of_models(loss: AnyLoss) -> Iterator[Snippet]:
    record = loss.record
    if isinstance(record, RowLoss) and record.targets == "scores":
        return  # a teacher's scores are no labels of a table
    kind = "Classifier" if is_of_labels(record) else "Regressor"
    given = "X, labels" if is_of_labels(record) else "X, y"
    yield Snippet(
        "scikit-learn",
        f"from lossary.sklearn import Linear{kind}\n\n{_fitted('Linear' + kind, loss, given)}",
        given,
    )
    for host, package in (("XGBoost", "xgboost"), ("LightGBM", "lightgbm"), ("CatBoost", "catboost")):
        yield Snippet(
            host,
            f"from lossary.{package} import Loss{kind}\n\n{_fitted('Loss' + kind, loss, given)}",
            given,
        )


def _fitted(estimator: str, loss: AnyLoss, given: str) -> str:
    return f'model = {estimator}("{loss.name}").fit({given})\nmodel.predict(X)'
