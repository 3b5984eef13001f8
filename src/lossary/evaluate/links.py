"""Links from a mean to the raw prediction, and their inverses out of the primitives that the losses use."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lossary import primitives


def _quiet(function: Callable) -> Callable:
    def inverse(f: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", under="ignore"):
            return function(f)

    return inverse


INVERSES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda f: f,
    "log": _quiet(primitives.exp),
    "logit": _quiet(primitives.sigmoid),
    "half_logit": _quiet(lambda f: primitives.sigmoid(2.0 * f)),
}


LINK_WORDS = {"log": "the mean's logarithm", "logit": "a logit", "half_logit": "half a logit"}
"""What a prediction is under a link, in words."""


def _logit(p: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(p) - np.log1p(-p))


LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda p: p,
    "log": np.log,
    "logit": _logit,
    "half_logit": lambda p: 0.5 * _logit(p),
}
"""Infinite at the ends of their domains, NaN beyond."""


def softmax(f: np.ndarray) -> np.ndarray:
    """The probabilities of rows of scores, along the last axis."""
    with np.errstate(all="ignore"):
        e = primitives.exp(f - f.max(axis=-1, keepdims=True))
        return np.asarray(e / e.sum(axis=-1, keepdims=True))


ROW_INVERSES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda f: f,
    "softmax": softmax,
    "sigmoid": _quiet(primitives.sigmoid),
}
