"""What of a user's arrays lies inside a loss's domain."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from lossary.formula import Choice, Domain, Interval
from lossary.rowwise import RowLoss


def inside(domain: Domain, x: Any) -> Any:
    """Which numbers belong to the domain; NaN never does."""
    if isinstance(domain, Choice):
        return jnp.isin(x, jnp.asarray(domain.values, x.dtype))
    above = x >= domain.low if domain.low_closed else x > domain.low
    below = x <= domain.high if domain.high_closed else x < domain.high
    return above & below


def in_closure(domain: Domain, x: Any) -> Any:
    """Which numbers belong to the domain or are its ends, infinite ones too: where a loss has a limit."""
    low, high = (domain.low, domain.high) if isinstance(domain, Interval) else (min(domain.values), max(domain.values))
    return (x >= low) & (x <= high)


TARGET_RULES = {
    "distribution": "targets must be finite, not negative, and sum to one",
    "labels": "targets must be in [0, 1]",
    "relevance": "targets must be finite and not negative",
    "scores": "targets must be scores below infinity",
}
PREDICTION_RULES = {
    "probabilities": "predictions must be in [0, 1]",
    "independent_probabilities": "predictions must be in [0, 1]",
    "log_probabilities": "predictions must be log-probabilities, at most 0",
    "increasing": "predictions must increase along a row",
    "scores": "",
}


def good_targets(loss: RowLoss, t: Any, tolerance: float) -> Any:
    """Which rows (..., 1) hold valid target weights; ``tolerance`` is how far from one their sum may be."""
    match loss.targets:
        case "distribution":
            found = ((t >= 0.0) & (t < math.inf)).all(axis=-1, keepdims=True)
            return found & (jnp.abs(t.sum(axis=-1, keepdims=True) - 1.0) <= tolerance)
        case "labels":
            return ((t >= 0.0) & (t <= 1.0)).all(axis=-1, keepdims=True)
        case "relevance":
            return ((t >= 0.0) & (t < math.inf)).all(axis=-1, keepdims=True)
    return (t < math.inf).all(axis=-1, keepdims=True)


def good_predictions(loss: RowLoss, f: Any, tolerance: float) -> Any:
    """Which rows (..., 1) of predictions are inside their domain, or NaN; their sums are not looked at."""
    match loss.prediction:
        case "probabilities" | "independent_probabilities":
            wrong = (f < 0.0) | (f > 1.0)
        case "log_probabilities":
            wrong = f > tolerance
        case "increasing":
            wrong = f[..., 1:] <= f[..., :-1]
        case _:
            wrong = jnp.zeros_like(f, bool)
    return ~wrong.any(axis=-1, keepdims=True)
