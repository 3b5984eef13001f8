"""Predictors as documents: JSON, beside which stand arrays, called by their numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from lossary.boosting.activation import Activation, Exponential, Identity, Increasing, Sigmoid, Softmax
from lossary.choosing.models.boosters import ARRAYS, Trees, arrays_in, booster_of, trees_of
from lossary.choosing.models.nodes import Malformed, Node
from lossary.choosing.table.encoding import NOWHERE, Category, Encoder, Numbers
from lossary.choosing.training.estimators import EstimatorScores
from lossary.choosing.training.predictions import TargetScale
from lossary.choosing.training.predictors import (
    AveragePredictor,
    ClassPredictor,
    ConstantPredictor,
    NumberPart,
    NumberPredictor,
    Predictor,
)
from lossary.choosing.training.recipes import Part
from lossary.choosing.training.scores import HistogramScores, LinearScores, NetworkScores, Scores, TreeScores
from lossary.discovery import names as losses
from lossary.evaluate.links import INVERSES

Document = dict[str, Any]
Keep = Callable[[np.ndarray], int]
"""Keeps an array beside the document, and gives its number."""

MOST_MEMBERS, MOST_CLASSES = 100, 1000


def predictor_document(predictor: Predictor, keep: Keep) -> Document:
    """A predictor as a document. Raises ValueError for one that no data describes."""
    if isinstance(predictor, AveragePredictor):
        members = [predictor_document(member, keep) for member in predictor.members]
        return {"kind": "average", "members": members, "weights": list(predictor.weights)}
    if isinstance(predictor, ConstantPredictor):
        return {"kind": "constant", "value": np.atleast_1d(predictor.value).tolist()}
    if isinstance(predictor, NumberPredictor):
        return {
            "kind": "numbers",
            "encoder": _encoder_document(predictor.encode, keep),
            "parts": [_part_document(part, keep) for part in predictor.parts],
            "shifts": list(predictor.shifts),
            "smear": predictor.smear,
        }
    assert isinstance(predictor, ClassPredictor)
    return {
        "kind": "classes",
        "encoder": _encoder_document(predictor.encode, keep),
        "scores": _scores_document(predictor.scores, keep),
        "loss": _catalogued(predictor.part.loss),
        "parameters": dict(predictor.part.parameters),
        "classes": predictor.classes,
    }


def predictor_in(node: Node, columns: int, depth: int = 0) -> Predictor:
    """The predictor of a document, of so many features."""
    kind = node["kind"].one_of(("numbers", "classes", "constant", *(() if depth else ("average",))))
    if kind == "average":
        node.only("kind", "members", "weights")
        members = [predictor_in(member, columns, depth + 1) for member in node["members"].items()]
        weights = [weight.number() for weight in node["weights"].items()]
        if not members or len(members) != len(weights) or len(members) > MOST_MEMBERS:
            node.refuse("an average of some members, each with a weight")
        return AveragePredictor(tuple(members), tuple(weights))
    if kind == "constant":
        values = [value.number() for value in node.only("kind", "value")["value"].items()]
        if not values:
            node.refuse("a constant")
        return ConstantPredictor(np.array(values) if len(values) > 1 else np.array(values[0]))
    encode = _encoder_in(node["encoder"], columns)
    if kind == "classes":
        return _class_predictor_in(node, encode)
    node.only("kind", "encoder", "parts", "shifts", "smear")
    parts = [_part_in(part, encode.width) for part in node["parts"].items()]
    shifts = tuple(shift.number() for shift in node["shifts"].items())
    if not 1 <= len(parts) <= 2 or (len(parts) == 2 and len(shifts) not in (0, 2)) or len(shifts) > 2:
        node.refuse("one model, or one for each end of an interval")
    smear = node["smear"].optional()
    return NumberPredictor(encode, tuple(parts), shifts, None if smear is None else smear.number())


def _class_predictor_in(node: Node, encode: Encoder) -> ClassPredictor:
    node.only("kind", "encoder", "scores", "loss", "parameters", "classes")
    loss = node["loss"].one_of(tuple(losses()))
    part = Part(loss, {name: each.number() for name, each in node["parameters"].named()})
    scores = _scores_in(node["scores"], encode.width)
    predictor = ClassPredictor(encode, scores, part, node["classes"].integer(2, MOST_CLASSES))
    try:
        known = {parameter.name for parameter in predictor.loss.parameters}
    except (TypeError, ValueError) as error:
        raise Malformed(f"{node.path} has parameters that its loss refuses: {error}") from None
    if not known.issuperset(part.parameters):
        node["parameters"].refuse(f"parameters of {loss}")
    return predictor


def _catalogued(loss: str) -> str:
    if loss not in losses():
        raise ValueError(
            f"the model cannot be saved: {loss} is a loss of your own, whose function it takes to predict classes, and "
            "a file of data holds no functions"
        )
    return loss


# Parts.


def _part_document(part: NumberPart, keep: Keep) -> Document:
    return {"link": part.link, "scale": asdict(part.scale), "scores": _scores_document(part.scores, keep)}


def _part_in(node: Node, width: int) -> NumberPart:
    node.only("link", "scale", "scores")
    scale = node["scale"].only("centre", "unit", "log1p")
    settled = TargetScale(scale["centre"].number(), scale["unit"].number(), scale["log1p"].flag())
    return NumberPart(_scores_in(node["scores"], width), node["link"].one_of(tuple(INVERSES)), settled)


# Scores.


def _scores_document(scores: Scores, keep: Keep) -> Document:
    if isinstance(scores, LinearScores):
        numbers = {"coef": keep(scores.coef), "intercept": keep(scores.intercept), "ordered": scores.ordered}
        return {"kind": "linear", **numbers, "activation": _activation_document(scores.activation)}
    if isinstance(scores, NetworkScores):
        return {
            "kind": "network",
            "layers": [[keep(weight), keep(bias)] for weight, bias in scores.layers],
            **{name: keep(getattr(scores, name)) for name in ("centre", "spread", "start")},
            "unit": scores.unit,
            "activation": _activation_document(scores.activation),
            "rows": scores.rows,
        }
    if isinstance(scores, TreeScores):
        trees = trees_of(scores.booster, scores.rounds)
        arrays = {name: keep(array) for name, array in arrays_in(trees).items()}
        return {
            "kind": "trees",
            **arrays,
            "features": trees.features,
            "scores": trees.scores,
            "activation": _activation_document(scores.activation),
            "rows": scores.rows,
        }
    if isinstance(scores, EstimatorScores):
        raise ValueError(
            f"the model cannot be saved: {type(scores.model).__name__} is an estimator of your own, which is code, and "
            "a file of data holds none; joblib.dump keeps the model for yourself"
        )
    assert isinstance(scores, HistogramScores)
    raise ValueError(
        "the model cannot be saved: its trees are scikit-learn's, which are kept as code; pip install lightgbm and "
        "choose again"
    )


def _scores_in(node: Node, width: int) -> Scores:
    kind = node["kind"].one_of(("linear", "network", "trees"))
    activation = _activation_in(node["activation"])
    if kind == "linear":
        return _linear_in(node.only("kind", "coef", "intercept", "ordered", "activation"), width, activation)
    if kind == "network":
        node.only("kind", "layers", "centre", "spread", "start", "unit", "activation", "rows")
        return _network_in(node, width, activation)
    node.only("kind", "leaves", *ARRAYS, "features", "scores", "activation", "rows")
    pieces: dict[str, Any] = {
        name: node[name].array("f" if dtype is np.float64 else "i") for name, (_, dtype) in ARRAYS.items()
    }
    pieces |= {name: node[name].integer(1) for name in ("features", "scores")}
    trees = Trees(leaves=node["leaves"].array("i"), **pieces)
    if trees.features != width:
        node["features"].refuse(f"the {width} columns of the matrix")
    rows = node["rows"].flag()
    if trees.scores > 1 and not rows:
        node["rows"].refuse("what trees of several scores have")
    try:
        booster = booster_of(trees)
    except ValueError as error:
        raise Malformed(f"{node.path}: {error}") from None
    return TreeScores(booster, trees.rounds, activation, rows)


def _linear_in(node: Node, width: int, activation: Activation) -> LinearScores:
    intercepts = node["intercept"].array("f", _ndim(node["intercept"]))
    coef = node["coef"].array("f", _ndim(node["coef"]))
    ordered = node["ordered"].flag()
    rows = (coef.shape[0],) if coef.ndim == 2 else ()
    fitting = intercepts.ndim == 1 and coef.ndim == 1 if ordered else intercepts.shape == rows
    if coef.ndim not in (1, 2) or coef.shape[-1] != width or not fitting:
        node.refuse(f"a line of {width} columns")
    return LinearScores(coef, intercepts, activation, ordered)


def _ndim(node: Node) -> int:
    """The dimensions of an array that may have several."""
    number = node.integer(0, max(0, len(node.arrays) - 1))
    return node.arrays[number].ndim if node.arrays else 0


def _network_in(node: Node, width: int, activation: Activation) -> NetworkScores:
    layers, inputs = [], width
    for layer in node["layers"].items():
        pair = layer.items()
        if len(pair) != 2:
            layer.refuse("weights and biases")
        weight, bias = pair[0].array("f", 2), pair[1].array("f")
        if weight.shape != (bias.size, inputs):
            layer.refuse(f"a layer of {inputs} inputs")
        layers.append((weight, bias))
        inputs = bias.size
    centre, spread, start = (node[name].array("f") for name in ("centre", "spread", "start"))
    rows = node["rows"].flag()
    if not layers or centre.shape != (width,) or spread.shape != (width,) or start.shape != (inputs,):
        node.refuse(f"a network of {width} columns")
    if inputs != 1 and not rows:
        node.refuse("a network of one score")
    return NetworkScores(tuple(layers), centre, spread, start, node["unit"].number(), activation, rows)


# Activations.

ACTIVATIONS: Mapping[str, Callable[..., Activation]] = {
    "identity": Identity,
    "softmax": Softmax,
    "increasing": Increasing,
    "exp": Exponential,
    "sigmoid": Sigmoid,
}
BOUNDS: Mapping[str, tuple[str, ...]] = {"exp": ("low",), "sigmoid": ("low", "high")}


def _activation_document(activation: Activation) -> Document:
    bounds = {name: getattr(activation, name) for name in BOUNDS.get(activation.name, ())}
    return {"name": activation.name, **bounds}


def _activation_in(node: Node) -> Activation:
    name = node["name"].one_of(tuple(ACTIVATIONS))
    bounds = BOUNDS.get(name, ())
    node.only("name", *bounds)
    return ACTIVATIONS[name](**{each: node[each].number() for each in bounds})


# Encoders.


def _encoder_document(encode: Encoder, keep: Keep) -> Document:
    numbers = {name: keep(np.asarray(getattr(encode.numbers, name))) for name in NUMBERS}
    categories = [
        {
            "column": category.column,
            "values": keep(category.values),
            "places": keep(category.places.astype(np.int64)),
            "unknown": category.unknown,
            "width": category.width,
        }
        for category in encode.categories
    ]
    return {"numbers": numbers, "categories": categories}


NUMBERS: Mapping[str, str] = {"columns": "i", "medians": "f", "marked": "i", "means": "f", "scales": "f"}


def _encoder_in(node: Node, columns: int) -> Encoder:
    node.only("numbers", "categories")
    found = {name: node["numbers"].only(*NUMBERS)[name].array(kind) for name, kind in NUMBERS.items()}
    numbers = Numbers(**found)
    size = numbers.columns.size
    scaled = numbers.means.shape == numbers.scales.shape and numbers.means.size in (0, numbers.width)
    if numbers.medians.size != size or not scaled or (numbers.scales == 0.0).any():
        node["numbers"].refuse("what fills and scales columns")
    if not (_within(numbers.columns, columns) and _within(numbers.marked, size)):
        node["numbers"].refuse("of columns that are there")
    return Encoder(numbers, tuple(_category_in(each, columns) for each in node["categories"].items()))


def _within(places: np.ndarray, size: int) -> bool:
    return bool(((places >= 0) & (places < size)).all())


def _category_in(node: Node, columns: int) -> Category:
    node.only("column", "values", "places", "unknown", "width")
    values, places = node["values"].array("f"), node["places"].array("i")
    width = node["width"].integer(0, values.size)
    unknown = node["unknown"].integer(NOWHERE, width - 1)
    if values.size != places.size or not values.size or not _within(places - NOWHERE, width - NOWHERE):
        node.refuse("a column of categories")
    if (np.diff(values) <= 0.0).any():
        node["values"].refuse("sorted")
    return Category(node["column"].integer(0, columns - 1), values, places, unknown, width)
