"""The function of a pointwise loss: arguments checked, then one compiled computation."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lossary.backends.jax import validity
from lossary.backends.jax.chains import chain_of, differentiable
from lossary.evaluate.arrays.missing import asked
from lossary.evaluate.arrays.placeholders import member
from lossary.formula import NONNEGATIVE, Loss
from lossary.jax import arguments

OPTIONS: dict[str, object] = {"where": None, "weights": None, "broadcast": False, "check": False, "missing": "error"}


def loss(record: Loss, predictions: Any, targets: Any, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """The loss of every example."""
    arguments.known_names(record.name, given, [p.name for p in record.parameters], list(OPTIONS))
    options = {**OPTIONS, **given}
    f, y = jnp.asarray(predictions), jnp.asarray(targets)
    dtype = arguments.common_dtype(f, y)
    f, y = (arguments.floating(n, x).astype(dtype) for n, x in (("predictions", f), ("targets", y)))
    parameters = arguments.parameters(record, defaults, given)
    weights, where = options["weights"], options["where"]
    shaped = {"predictions": f, "targets": y}
    shaped |= {name: x for name, x in (("weights", weights), ("where", where)) if x is not None}
    shaped |= {p.name: x for p, x in zip(record.parameters, parameters, strict=True) if np.ndim(x)}
    shape = arguments.common_shape(bool(options["broadcast"]), shaped)
    f, y = jnp.broadcast_to(f, shape), jnp.broadcast_to(y, shape)
    computing = arguments.computing_dtype(dtype)
    weights = None if weights is None else arguments.as_weights(weights, computing)
    where = None if where is None else jnp.asarray(where).astype(bool)
    if asked(options["missing"]):
        known = ~jnp.isnan(y)
        where = known if where is None else where & known
    if options["check"]:
        _demand(record, f, y, weights, where)
    fixed = arguments.beyond_single(record, parameters, computing)
    placeholders = {p.name: p.default for p in record.parameters if p.name in dict(fixed)}
    parameters = tuple(
        jnp.asarray(placeholders.get(p.name, x), computing) for p, x in zip(record.parameters, parameters, strict=True)
    )
    return _computed(record, fixed, f, y, weights, where, parameters)


def _counts(weights: Any, where: Any) -> Any:
    """Which examples count: None if all do."""
    if weights is None:
        return where
    return weights != 0.0 if where is None else where & (weights != 0.0)


def _demand(record: Loss, f: Any, y: Any, weights: Any, where: Any) -> None:
    if weights is not None:
        arguments.demand(
            record.name, f"weights must be in {NONNEGATIVE}", validity.inside(NONNEGATIVE, weights), weights
        )
    counts = _counts(weights, where)
    left_out = False if counts is None else ~counts
    targets = validity.inside(record.target, y) | left_out
    arguments.demand(record.name, f"targets must be in {record.target}", targets, y, arguments.NAN)
    predictions = validity.inside(record.prediction, f) | ~jnp.isfinite(f) | left_out
    arguments.demand(record.name, f"predictions must be in {record.prediction}", predictions, f)


@functools.partial(jax.jit, static_argnums=(0, 1), inline=True)
def _computed(
    record: Loss,
    fixed: tuple[tuple[str, float], ...],
    f: Any,
    y: Any,
    weights: Any,
    where: Any,
    parameters: tuple[Any, ...],
) -> Any:
    dtype = f.dtype
    computing = arguments.computing_dtype(dtype)
    f, y = f.astype(computing), y.astype(computing)
    good = validity.inside(record.target, y) & validity.in_closure(record.prediction, f)
    for p, x in zip(record.parameters, parameters, strict=True):
        good = good & validity.inside(p.within, x)
    # A NaN for a target spoils the loss and all its derivatives; one chosen at the end would leave the latter alone.
    y = jnp.where(good, y, jnp.nan)
    counts = _counts(weights, where)
    if counts is not None:
        y = jnp.where(counts, y, member(record.target))
        f = jnp.where(counts, f, member(record.prediction))
    losses = differentiable(chain_of(record, fixed))(y, f, *parameters)
    if weights is not None:
        losses = losses * jnp.where(validity.inside(NONNEGATIVE, weights), weights, jnp.nan)
    if counts is not None:
        losses = jnp.where(counts, losses, 0.0)
    return losses.astype(dtype)
