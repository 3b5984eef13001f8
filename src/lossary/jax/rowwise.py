"""The function of a rowwise loss: arguments and options checked, then one compiled computation."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lossary.backends.jax import validity
from lossary.backends.jax.chains import SOFT_CAP, differentiable
from lossary.backends.jax.row_functions import row_value
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.missing import asked, by_label
from lossary.evaluate.arrays.placeholders import plain_row
from lossary.evaluate.rows import options as row_options
from lossary.formula import NONNEGATIVE, POSITIVE, REALS, Interval
from lossary.jax import arguments, layout
from lossary.rowwise import RowLoss

# What is done to targets and scores has numbers that may be traced; the rest says how arrays are read.
NUMBERS = (
    "label_smoothing",
    "class_weight",
    "ignore_index",
    "temperature",
    "soft_cap",
    "class_prior",
    "prior_strength",
)
WITHIN = {
    "label_smoothing": Interval(0.0, 1.0, low_closed=True),
    "class_weight": NONNEGATIVE,
    "temperature": POSITIVE,
    "soft_cap": POSITIVE,
    "class_prior": POSITIVE,
    "prior_strength": REALS,
}
"""Where a traced number may lie; beyond, the loss is NaN."""
OPTIONS: dict[str, object] = {
    "axis": -1,
    "where": None,
    "weights": None,
    "check": False,
    "missing": "error",
    **dict.fromkeys(NUMBERS),
}


def loss(record: RowLoss, predictions: Any, targets: Any, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """The loss of every row."""
    arguments.known_names(record.name, given, [p.name for p in record.parameters], list(OPTIONS))
    options = {**OPTIONS, **given}
    if not isinstance(options["axis"], int | np.integer):
        predictions, targets, options = layout.one_axis(record, predictions, targets, options)
    f, y = _classes_last(record, predictions, targets, options["axis"])
    indexed = y.ndim < f.ndim
    dtype = arguments.common_dtype(f) if indexed else arguments.common_dtype(f, y)
    f = arguments.floating("predictions", f).astype(dtype)
    tolerances = _tolerance(y), _tolerance(f)
    if not indexed:
        y = arguments.floating("targets", y).astype(dtype)
    computing = arguments.computing_dtype(dtype)
    weights, where = options["weights"], options["where"]
    if weights is not None:
        arguments.common_shape(False, {"predictions without their axis": f[..., 0], "weights": weights})
        weights = arguments.as_weights(weights, computing)
    if where is not None:
        where = layout.classes_that_count(record, where, f, options["axis"])
        # A row in which no class takes part does not count.
        some = where.any(axis=-1)
        weights = jnp.where(some, jnp.ones((), computing) if weights is None else weights, 0.0)
    if asked(options["missing"]) and not indexed:
        y, weights, where = _without_missing(record, y, weights, where, computing)
    numbers = _numbers(record, options, f.shape[-1], indexed, computing)
    parameters = arguments.parameters(record, defaults, given)
    for p, x in zip(record.parameters, parameters, strict=True):
        arguments.refuse_lost(computing, record.name, p.name, x)
    for p, x in zip(record.parameters, parameters, strict=True):
        if np.ndim(x):
            raise ShapeError(f"{record.name}: {p.name} must be one number, not an array of shape {np.shape(x)}")
    if options["check"]:
        _demand(record, f, y, weights, numbers, tolerances)
    parameters = tuple(jnp.asarray(x, computing) for x in parameters)
    return _computed(record, tolerances, f, y, weights, where, numbers, parameters)


def _classes_last(record: RowLoss, predictions: Any, targets: Any, axis: int) -> tuple[Any, Any]:
    """Predictions with the classes last, and targets: indices with one dimension fewer, or rows as well."""
    f, y = jnp.asarray(predictions), jnp.asarray(arguments.unwrapped(targets))
    if f.ndim == 0 or not -f.ndim <= axis < f.ndim:
        raise ShapeError(f"{record.name}: predictions of shape {f.shape} have no axis {axis} for the classes")
    place = axis % f.ndim
    f = jnp.moveaxis(f, place, -1)
    leading, k = f.shape[:-1], f.shape[-1]
    if k == 0:
        raise ShapeError(f"{record.name}: predictions have no classes along axis {axis}")
    if y.shape == leading and record.targets != "scores":
        if not jnp.issubdtype(y.dtype, jnp.integer):
            raise TypeError(f"{record.name}: class indices must be whole numbers, but targets have dtype {y.dtype}")
        return f, y
    if y.ndim == f.ndim:
        y = jnp.moveaxis(y, place, -1)
        if y.shape == (*leading, k + record.more_classes):
            return f, y
    either = "" if record.targets == "scores" else f"{leading} for class indices, or "
    weights = (*leading[:place], k + record.more_classes, *leading[place:])
    raise ShapeError(
        f"{record.name}: targets have shape {np.shape(targets)} but predictions have shape {np.shape(predictions)}; "
        f"targets must have shape {either}{weights}"
    )


def _tolerance(array: Any) -> float:
    """How far from one a sum may be: half the digits of its dtype."""
    dtype = array.dtype if jnp.issubdtype(array.dtype, jnp.floating) else jnp.result_type(float)
    return float(np.sqrt(float(jnp.finfo(dtype).eps)))


def _without_missing(record: RowLoss, y: Any, weights: Any, where: Any, computing: Any) -> tuple[Any, Any, Any]:
    """Targets, weights and classes that count, with what is missing taken out: see ``evaluate.arrays.missing``."""
    known_labels = ~jnp.isnan(y)
    if not by_label(record):
        known = known_labels.all(axis=-1)
    else:
        known = known_labels.any(axis=-1)
        y, where = jnp.where(known_labels, y, 0.0), known_labels if where is None else where & known_labels
    return y, jnp.where(known, jnp.ones((), computing) if weights is None else weights, 0.0), where


def _numbers(record: RowLoss, options: Mapping[str, Any], k: int, indexed: bool, computing: Any) -> dict[str, Any]:
    """The options that are numbers, as arrays; those that are known now are checked as ``lossary`` checks them."""
    given = {name: options[name] for name in NUMBERS if options[name] is not None}
    placeholders = {"class_weight": [1.0], "class_prior": [1.0], "ignore_index": 0, "temperature": 1.0, "soft_cap": 1.0}
    known = {n: placeholders.get(n, 0.0) if arguments.is_traced(x) else x for n, x in given.items()}
    row_options.parsed(record, known)
    if "ignore_index" in given and not indexed:
        raise TypeError(f"{record.name}: ignore_index is for class indices; for rows of weights pass weights=")
    for name, size in (("class_weight", k + record.more_classes), ("class_prior", k)):
        if name in given and np.shape(given[name]) != (size,):
            raise ShapeError(f"{record.name}: {name} has shape {np.shape(given[name])}, but there are {size} classes")
    whole = given.pop("ignore_index", None)
    for name, x in given.items():
        arguments.refuse_lost(computing, record.name, name, x)
    numbers = {name: jnp.asarray(x, computing) for name, x in given.items()}
    return numbers if whole is None else {**numbers, "ignore_index": jnp.asarray(whole)}


def _demand(
    record: RowLoss, f: Any, y: Any, weights: Any, numbers: Mapping[str, Any], tolerances: tuple[float, float]
) -> None:
    left_out = jnp.zeros(f.shape[:-1], bool)
    if weights is not None:
        good = validity.inside(NONNEGATIVE, weights)
        arguments.demand(record.name, f"weights must be in {NONNEGATIVE}", good, weights)
        left_out = weights == 0.0
    if "ignore_index" in numbers:
        left_out = left_out | (y == numbers["ignore_index"])
    if y.ndim < f.ndim:
        classes = f.shape[-1] + record.more_classes
        good = _is_class(y, classes) | left_out
        arguments.demand(record.name, f"class indices must be whole numbers from 0 to {classes - 1}", good, y)
    else:
        good = validity.good_targets(record, y, tolerances[0]) | left_out[..., jnp.newaxis]
        arguments.demand(record.name, validity.TARGET_RULES[record.targets], good, y, arguments.NAN)
    left_out = left_out | jnp.isnan(f).any(axis=-1)  # NaN scores are no error; their loss is NaN
    good = validity.good_predictions(record, f, tolerances[1]) & validity.sums_to_one(record, f, tolerances[1])
    good = good | left_out[..., jnp.newaxis]
    arguments.demand(record.name, validity.PREDICTION_RULES[record.prediction], good, f)


@functools.partial(jax.jit, static_argnums=(0, 1), inline=True)
def _computed(
    record: RowLoss,
    tolerances: tuple[float, float],
    f: Any,
    y: Any,
    weights: Any,
    where: Any,
    numbers: Mapping[str, Any],
    parameters: tuple[Any, ...],
) -> Any:
    dtype = f.dtype
    computing = arguments.computing_dtype(dtype)
    x = _transformed(f.astype(computing), where, numbers)
    t, good, empty = _targets(record, y, x, tolerances[0], numbers)
    good = good & validity.good_predictions(record, x, tolerances[1])[..., 0]
    for p, number in zip(record.parameters, parameters, strict=True):
        good = good & validity.inside(p.within, number)
    for name, number in numbers.items():
        good = good & validity.inside(WITHIN[name], number).all() if name in WITHIN else good
    weights = _row_weights(y, t, good, weights, numbers)
    if t.ndim == x.ndim:
        t = _mixed(record, t, x, numbers)
    counts = None if weights is None else weights != 0.0
    if counts is not None:
        t, x = _with_plain_rows(record, counts, t, x)
        good = good & validity.inside(NONNEGATIVE, weights)
    # A factor of NaN spoils the loss and all its derivatives; chosen by ``where`` it would leave these alone.
    factor = jnp.where(good, 1.0 if weights is None else weights, jnp.nan)
    factor = factor.astype(computing if weights is None else jnp.result_type(computing, weights))
    if counts is not None:
        factor = jnp.where(counts, factor, 0.0)
    if empty is not None:
        factor = jnp.where(empty & good, 0.0, factor)
    return (row_value(record)(t, x, *parameters) * factor).astype(dtype)


def _with_plain_rows(record: RowLoss, counts: Any, t: Any, x: Any) -> tuple[Any, Any]:
    """Targets and scores, with ordinary ones in the rows that do not count."""
    plain_t, plain_x = (jnp.asarray(row, x.dtype) for row in plain_row(record, x.shape[-1]))
    t = jnp.where(counts[..., jnp.newaxis], t, plain_t) if t.ndim == x.ndim else jnp.where(counts, t, 0)
    return t, jnp.where(counts[..., jnp.newaxis], x, plain_x)


def _transformed(f: Any, where: Any, numbers: Mapping[str, Any]) -> Any:
    """The scores that the loss sees."""
    x = f if where is None else jnp.where(where, f, -jnp.inf)
    if "soft_cap" in numbers:
        x = differentiable(SOFT_CAP)(x, numbers["soft_cap"])
    if "class_prior" in numbers:
        x = x + numbers.get("prior_strength", 1.0) * jnp.log(numbers["class_prior"])
    return x / numbers["temperature"] if "temperature" in numbers else x


def _targets(record: RowLoss, y: Any, x: Any, tolerance: float, numbers: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Target weights, or class indices where nothing is mixed into them; which rows are valid, and which hold zeros."""
    if y.ndim == x.ndim:
        t = y.astype(x.dtype)
        good, empty = validity.judged_targets(record, t, tolerance)
        return t, good[..., 0], None if empty is None else empty[..., 0]
    classes = x.shape[-1] + record.more_classes
    good = _is_class(y, classes)
    index = jnp.where(good, y, 0).astype(jnp.int32)
    if "class_weight" in numbers or "label_smoothing" in numbers:
        return (index[..., jnp.newaxis] == jnp.arange(classes)).astype(x.dtype), good, None
    return index, good, None


def _is_class(y: Any, classes: int) -> Any:
    """Which numbers are a class index, compared in a dtype that holds both."""
    top = min(classes - 1, jnp.iinfo(y.dtype).max)
    return (y >= 0) & (y <= jnp.asarray(top, y.dtype))


def _row_weights(y: Any, t: Any, good: Any, weights: Any, numbers: Mapping[str, Any]) -> Any:
    """What each row weighs: its weight, times that of its class, zero if its index is ignored; None if all weigh 1."""
    if "class_weight" in numbers:
        classes = jnp.where(t == 0.0, 0.0, t * numbers["class_weight"]).sum(axis=-1)
        classes = jnp.where(good, classes, jnp.nan)  # what is no class has no weight, not even zero
        weights = classes if weights is None else jnp.where(weights == 0.0, 0.0, weights * classes)
    if "ignore_index" in numbers:
        counts = y != numbers["ignore_index"]
        weights = jnp.where(counts, 1.0 if weights is None else weights, 0.0)
    return weights


def _mixed(record: RowLoss, t: Any, x: Any, numbers: Mapping[str, Any]) -> Any:
    """Target weights with class weights and smoothing in them, of mass as before."""
    if "class_weight" in numbers:
        weighted = t * numbers["class_weight"]
        mass = weighted.sum(axis=-1, keepdims=True)
        t = weighted / jnp.where(mass == 0.0, 1.0, mass)
    if "label_smoothing" not in numbers:
        return t
    share = numbers["label_smoothing"]
    if record.targets == "labels":
        return (1.0 - share) * t + jnp.where(x != -jnp.inf, 0.5 * share, 0.0)
    takes_part = jnp.ones_like(t, bool) if record.more_classes else x != -jnp.inf
    even = t.sum(axis=-1, keepdims=True) / takes_part.sum(axis=-1, keepdims=True)
    return (1.0 - share) * t + jnp.where(takes_part, share * even, 0.0)
