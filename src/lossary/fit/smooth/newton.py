"""Newton's method with a damped step and a line search that costs no product with the design.

Where the Hessian is not positive definite (a loss with straight parts, or one that is not convex) the step is taken
with the majorizer if the loss has one, else with ever more damping, which turns it towards the gradient.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from lossary.fit.problem.problem import Point, Problem
from lossary.fit.problem.solver import Rules, Solved

DAMPINGS = (0.0, 1e-10, 1e-7, 1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6)
"""What is added to the diagonal of the Hessian, scaled to ones, until it is positive definite."""

ENOUGH = 1e-4
"""The share of the decrease foreseen by the gradient that a step must bring."""

SHORTEST = 1e-10
NOISE = 8.0 * np.finfo(float).eps
"""Decreases below this share of the objective are rounding."""


def newton(problem: Problem, start: np.ndarray, rules: Rules, curvature: str = "exact") -> Solved:
    """The nearest minimum of a smooth objective."""
    point = problem.at(start, curvature)
    certificate = problem.certificate(point, rules.tolerance)
    iterations = stalled = 0
    rules.watch(point.unknowns, point.objective)
    while not certificate.reached and iterations < rules.max_iter and stalled < 3:
        moved = _moved(problem, point, curvature)
        if moved is None:
            break
        iterations += 1
        found = problem.certificate(moved, rules.tolerance)
        noise = point.objective - moved.objective <= NOISE * abs(point.objective)
        stalled = stalled + 1 if noise and found.value >= 0.5 * certificate.value else 0
        point, certificate = moved, found
        rules.watch(point.unknowns, point.objective)
    return Solved(point.unknowns, point.objective, point.cost, iterations, certificate, "newton")


def _moved(problem: Problem, point: Point, curvature: str) -> Point | None:
    """The next point; None where no step lowers the objective."""
    hessian = problem.hessian(point)
    majorized = curvature == "majorizer" or not problem.scored.has_majorizer
    for least in (0.0,) if majorized else (0.0, None):
        if least is None:
            # Newton's parabola does not describe the objective here; the majorizer lies above it.
            hessian = problem.hessian(problem.at(point.unknowns, "majorizer", point.scores))
        step = damped(hessian, point.slope)
        found = _searched(problem, point, step, curvature, SHORTEST if majorized or least is None else 0.05)
        if found is not None:
            return found
    return None


def damped(hessian: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Newton's step, with as little damping as makes the Hessian positive definite."""
    diagonal = np.diag(hessian)
    top = float(np.abs(diagonal).max(initial=0.0))
    if top == 0.0:
        return -slope
    size = np.sqrt(np.maximum(np.abs(diagonal), 1e-14 * top))
    scaled = hessian / np.multiply.outer(size, size)
    towards = -slope / size
    for damping in DAMPINGS:
        try:
            factor = linalg.cho_factor(scaled + damping * np.eye(len(slope)), check_finite=False)
        except linalg.LinAlgError:
            continue
        step = linalg.cho_solve(factor, towards, check_finite=False) / size
        if np.isfinite(step).all():
            return step
    return towards / size


def _searched(problem: Problem, point: Point, step: np.ndarray, curvature: str, shortest: float) -> Point | None:
    """A point along the step, a full one if that lowers the objective as it should; None if none does."""
    along = problem.design.dot(step)
    fall = float(np.vdot(point.slope, step))
    if fall >= 0.0:
        return None
    length = 1.0
    noise = NOISE * abs(point.objective)
    while length >= shortest:
        unknowns = point.unknowns + length * step
        found = problem.at(unknowns, curvature, point.scores + length * along)
        if found.objective <= point.objective + ENOUGH * length * fall:
            return found
        # Near the optimum the objective cannot tell any more; the gradient can.
        if -length * fall <= noise and found.objective <= point.objective + noise:
            return found
        length *= _shorter(point.objective, found.objective, length * fall)
    return None


def _shorter(here: float, there: float, fall: float) -> float:
    """By how much to shorten a step: to the lowest point of the parabola through what is known, within reason."""
    excess = there - here - fall
    if not np.isfinite(excess) or excess <= 0.0:
        return 0.1
    return float(min(max(-0.5 * fall / excess, 0.1), 0.5))
