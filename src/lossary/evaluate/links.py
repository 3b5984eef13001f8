"""From raw prediction to predicted mean: the inverse of each link, out of the primitives that the losses use."""

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
