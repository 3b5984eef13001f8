"""What of a user's arrays lies inside a loss's domain."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax.numpy as jnp

from lossary.backends.jax.rows import totals
from lossary.formula import REALS, Choice, Domain, Interval
from lossary.rowwise import RowLoss


def inside(domain: Domain, x: Any) -> Any:
    """Which numbers belong to the domain; NaN never does."""
    if isinstance(domain, Choice):
        return functools.reduce(jnp.logical_or, (x == value for value in domain.values))
    if domain == REALS:
        return jnp.isfinite(x)
    low, high = (_held(end, jnp.result_type(x)) for end in (domain.low, domain.high))
    above = x >= low if domain.low_closed else x > low
    below = x <= high if domain.high_closed else x < high
    return above & below


def _held(end: float, dtype: Any) -> float:
    """A finite end of an interval as numbers of this dtype can have it; XLA takes subnormal ones for zero."""
    if end == 0.0 or not math.isfinite(end) or not jnp.issubdtype(dtype, jnp.floating):
        return end
    limits = jnp.finfo(dtype)
    return math.copysign(min(max(abs(end), float(limits.tiny)), float(limits.max)), end)


def in_closure(domain: Domain, x: Any) -> Any:
    """Which numbers belong to the domain or are its ends, infinite ones too: where a loss has a limit."""
    if domain == REALS:
        return ~jnp.isnan(x)
    low, high = (domain.low, domain.high) if isinstance(domain, Interval) else (min(domain.values), max(domain.values))
    return (x >= low) & (x <= high)


TARGET_RULES = {
    "distribution": "targets must be finite, not negative, and sum to one (or be zeros, for a row without a label)",
    "labels": "targets must be in [0, 1]",
    "relevance": "targets must be finite and not negative",
    "scores": "targets must be scores below infinity",
}
PREDICTION_RULES = {
    "probabilities": "predictions must be in [0, 1] and sum to one",
    "independent_probabilities": "predictions must be in [0, 1]",
    "log_probabilities": "predictions must be log-probabilities, whose exponentials sum to one",
    "increasing": "predictions must increase along a row",
    "scores": "",
}


def good_targets(loss: RowLoss, t: Any, tolerance: float) -> Any:
    """Which rows (..., 1) hold valid target weights; ``tolerance`` is how far from one their sum may be."""
    return judged_targets(loss, t, tolerance)[0]


def judged_targets(loss: RowLoss, t: Any, tolerance: float) -> tuple[Any, Any]:
    """Which rows (..., 1) hold valid target weights, and which of these are distributions of nothing: all zeros."""
    if loss.targets == "scores":
        return (t < math.inf).all(axis=-1, keepdims=True), None
    high = 1.0 if loss.targets == "labels" else float(jnp.finfo(t.dtype).max)
    if loss.targets != "distribution":
        return ((t >= 0.0) & (t <= high)).all(axis=-1, keepdims=True), None
    # One reduction, not two: a weight that is none makes the sum NaN.
    (total,) = totals(jnp.where((t >= 0.0) & (t <= high), t, math.nan))
    empty = total == 0.0
    return (jnp.abs(total - 1.0) <= tolerance) | empty, empty


def good_predictions(loss: RowLoss, f: Any, tolerance: float) -> Any:
    """Which rows (..., 1) of predictions are inside their domain, or infinite scores; their sums are not looked at."""
    match loss.prediction:
        case "probabilities" | "independent_probabilities":
            good = (f >= 0.0) & (f <= 1.0)
        case "log_probabilities":
            good = f <= tolerance
        case "increasing":
            return (f[..., 1:] > f[..., :-1]).all(axis=-1, keepdims=True) & ~jnp.isnan(f[..., :1])
        case _:
            # A maximum, as most losses take it anyway.
            return ~jnp.isnan(f.max(axis=-1, keepdims=True))
    return good.all(axis=-1, keepdims=True)


def sums_to_one(loss: RowLoss, f: Any, tolerance: float) -> Any:
    """Which rows (..., 1) of predictions are distributions; all of those that need not be."""
    if loss.prediction not in ("probabilities", "log_probabilities"):
        return jnp.ones((*f.shape[:-1], 1), bool)
    (total,) = totals(jnp.exp(f) if loss.prediction == "log_probabilities" else f)
    return jnp.abs(total - 1.0) <= tolerance
