"""What solvers are called, what each takes beside a problem, and what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lossary.fit.problem.certificate import Certificate

TEACHING = ("gradient_descent", "sgd")
"""Solvers to be looked at step by step."""

SOLVERS = ("auto", "newton", "lbfgs", "proximal_newton", "interior_point", "majorize_minimise", *TEACHING)
"""Their names, as a user gives them."""


def _unwatched(unknowns: np.ndarray, objective: float) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class Rules:
    """When to stop, and who is told of every step: ``watch(unknowns, objective)``."""

    tolerance: float = 1e-8
    max_iter: int = 200
    watch: Callable[[np.ndarray, float], None] = _unwatched


@dataclass(frozen=True)
class Solved:
    """A solver's answer."""

    unknowns: np.ndarray
    objective: float
    cost: float
    iterations: int
    certificate: Certificate
    solver: str
