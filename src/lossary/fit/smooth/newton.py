"""Newton's method with a damped step and a line search that costs no product with the design.

Where the Hessian is not positive definite (a loss with straight parts, or one that is not convex) the step is taken
with the majorizer if the loss has one, else with ever more damping, which turns it towards the gradient.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from lossary.fit.problem.problem import Point, Problem
from lossary.fit.problem.solver import Rules, Solved
from lossary.fit.smooth.descent import SHORTEST, Method, descended, is_accepted

DAMPINGS = (0.0, 1e-10, 1e-7, 1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6)
"""What is added to the diagonal of the Hessian, scaled to ones, until it is positive definite."""

SHORTEST_TO_TRUST = 0.05
"""Where Newton's parabola needs a shorter step than this, the majorizer's is taken instead."""


def newton(problem: Problem, start: np.ndarray, rules: Rules, curvature: str = "exact") -> Solved:
    """The nearest minimum of a smooth objective."""
    return descended(Method("newton", _step), problem, start, rules, curvature)


def _step(problem: Problem, point: Point, curvature: str) -> Point | None:
    """The next point; None where no step lowers the objective."""
    hessian = problem.hessian(point)
    if curvature == "majorizer" or not problem.scored.has_majorizer:
        return _along(problem, point, damped(hessian, point.gradient), curvature, SHORTEST)
    candidate = _along(problem, point, damped(hessian, point.gradient), curvature, SHORTEST_TO_TRUST)
    if candidate is not None:
        return candidate
    # Newton's parabola does not describe the objective here; the majorizer lies above it.
    hessian = problem.hessian(problem.at(point.unknowns, "majorizer", point.scores))
    return _along(problem, point, damped(hessian, point.gradient), curvature, SHORTEST)


def damped(hessian: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Newton's step, with as little damping as makes the Hessian positive definite."""
    diagonal = np.diag(hessian)
    largest = float(np.abs(diagonal).max(initial=0.0))
    if largest == 0.0:
        return -gradient
    size = np.sqrt(np.maximum(np.abs(diagonal), 1e-14 * largest))
    scaled = hessian / np.multiply.outer(size, size)
    scaled_descent = -gradient / size
    for damping in DAMPINGS:
        try:
            factor = linalg.cho_factor(scaled + damping * np.eye(len(gradient)), check_finite=False)
        except linalg.LinAlgError:
            continue
        step = linalg.cho_solve(factor, scaled_descent, check_finite=False) / size
        if np.isfinite(step).all():
            return step
    return scaled_descent / size


def _along(problem: Problem, point: Point, step: np.ndarray, curvature: str, shortest: float) -> Point | None:
    """A point along the step, a full one if that lowers the objective as it should; None if none does."""
    score_step = problem.design.dot(step)
    decrease = float(np.vdot(point.gradient, step))
    if decrease >= 0.0:
        return None
    length = 1.0
    while length >= shortest:
        candidate = problem.at(point.unknowns + length * step, curvature, point.scores + length * score_step)
        if is_accepted(point, candidate, length, decrease):
            return candidate
        length *= _shorter(point.objective, candidate.objective, length * decrease)
    return None


def _shorter(objective: float, objective_after: float, decrease: float) -> float:
    """By how much to shorten a step: to the lowest point of the parabola through what is known, within reason."""
    excess = objective_after - objective - decrease
    if not np.isfinite(excess) or excess <= 0.0:
        return 0.1
    return float(min(max(-0.5 * decrease / excess, 0.1), 0.5))
