"""What Newton's method and proximal Newton have in common: steps that lower the objective, until no more is gained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lossary.fit.problem.problem import Point, Problem
from lossary.fit.problem.solver import Rules, Solved

ENOUGH = 1e-4
"""The share of the decrease foreseen by the gradient that a step must bring."""

SHORTEST = 1e-10
NOISE = 8.0 * np.finfo(float).eps
"""Decreases below this share of the objective are rounding."""

STALLED = 3
"""So many steps in a row that gain nothing end the descent."""

Step = Callable[[Problem, Point, str], Point | None]
"""From a point, and the kind of curvature to follow, to the next point; None where no step lowers the objective."""


@dataclass(frozen=True)
class Method:
    """A solver's name and its step."""

    name: str
    step: Step


def descended(method: Method, problem: Problem, start: np.ndarray, rules: Rules, curvature: str) -> Solved:
    """Take steps from a point until the certificate is reached, or no more is gained."""
    point = problem.at(start, curvature)
    certificate = problem.certificate(point, rules.tolerance)
    iterations = stalled = 0
    rules.watch(point.unknowns, point.objective)
    while not certificate.reached and iterations < rules.max_iter and stalled < STALLED:
        next_point = method.step(problem, point, curvature)
        if next_point is None:
            break
        iterations += 1
        next_certificate = problem.certificate(next_point, rules.tolerance)
        is_noise = point.objective - next_point.objective <= NOISE * abs(point.objective)
        stalled = stalled + 1 if is_noise and next_certificate.value >= 0.5 * certificate.value else 0
        point, certificate = next_point, next_certificate
        rules.watch(point.unknowns, point.objective)
    return Solved(point.unknowns, point.objective, point.cost, iterations, certificate, method.name)


def is_accepted(point: Point, candidate: Point, length: float, decrease: float) -> bool:
    """Whether a step of this length lowers the objective as it should.

    ``decrease`` is what the gradient foresees for a full step, a number below zero.
    """
    if candidate.objective <= point.objective + ENOUGH * length * decrease:
        return True
    # Near the optimum the objective cannot tell any more; the gradient can.
    noise = NOISE * abs(point.objective)
    return bool(-length * decrease <= noise and candidate.objective <= point.objective + noise)
