"""From a linear score to the prediction a loss takes: the score itself, or what keeps it inside the loss's domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lossary.evaluate.links import INVERSES
from lossary.formula import REALS, Domain, Interval


@dataclass(frozen=True)
class Output:
    """A function of the score with its first two derivatives, and the score that gives a prediction."""

    name: str
    apply: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray], np.ndarray]
    second_derivative: Callable[[np.ndarray], np.ndarray]
    score: Callable[[float], float]

    @property
    def is_identity(self) -> bool:
        return self.name == "identity"


IDENTITY = Output("identity", lambda s: s, np.ones_like, np.zeros_like, float)


def output_for(domain: Domain, loss: str) -> Output:
    """The score itself for a loss that takes any number; else an exponential or a sigmoid, as the domain asks."""
    if domain == REALS:
        return IDENTITY
    if isinstance(domain, Interval) and np.isfinite(domain.low) and domain.high == np.inf:
        exp, low = INVERSES["log"], domain.low
        name = "exp" if low == 0.0 else f"exp {'-' if low < 0.0 else '+'} {abs(low):g}"
        return Output(name, lambda s: exp(s) + low, exp, exp, lambda f: float(np.log(f - low)))
    if isinstance(domain, Interval) and (domain.low, domain.high) == (0.0, 1.0):
        sigmoid = INVERSES["logit"]

        def derivative(s: np.ndarray) -> np.ndarray:
            return sigmoid(s) * sigmoid(-s)

        def second_derivative(s: np.ndarray) -> np.ndarray:
            return derivative(s) * (sigmoid(-s) - sigmoid(s))

        return Output("sigmoid", sigmoid, derivative, second_derivative, lambda f: float(np.log(f) - np.log1p(-f)))
    raise ValueError(f"{loss} takes predictions in {domain}, which no linear model here can keep to")
