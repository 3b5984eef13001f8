"""Proximal Newton: smooth losses with absolute values in the penalty, to exact zeros.

Each step minimises the loss's parabola plus the penalty itself by coordinate descent, which needs only the Hessian's
p x p numbers, and ends with a direct solve on the coefficients that are not zero. Lee, Sun and Saunders (2014),
doi:10.1137/130921428.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from lossary.fit.problem.problem import Point, Problem
from lossary.fit.problem.solver import Rules, Solved
from lossary.fit.smooth.descent import SHORTEST, Method, descended, is_accepted

SWEEPS = 200


def proximal_newton(problem: Problem, start: np.ndarray, rules: Rules, curvature: str = "exact") -> Solved:
    """The nearest minimum of a smooth loss and a lasso penalty."""
    return descended(Method("proximal_newton", _step), problem, start, rules, curvature)


def _step(problem: Problem, point: Point, curvature: str) -> Point | None:
    """The next point; None where no step lowers the objective."""
    hessian = problem.hessian(point)
    lowest = float(linalg.eigvalsh(hessian, subset_by_index=(0, 0))[0])
    largest = float(np.abs(np.diag(hessian)).max(initial=0.0)) or 1.0
    # A little more curvature where there is none or less, so that the parabola has a lowest point.
    hessian[np.diag_indices_from(hessian)] += max(0.0, 1e-9 * largest - lowest)
    goal = _lowest(hessian, point.gradient - hessian @ point.unknowns, problem.lasso, point.unknowns)
    step = goal - point.unknowns
    penalty_change = float(np.sum(problem.lasso * (np.abs(goal) - np.abs(point.unknowns))))
    decrease = float(point.gradient @ step) + penalty_change
    if decrease >= 0.0:
        return None
    score_step = problem.design.dot(step)
    length = 1.0
    while length >= SHORTEST:
        # A full step lands on the goal itself, zeros and all.
        unknowns = goal if length == 1.0 else point.unknowns + length * step
        candidate = problem.at(unknowns, curvature, point.scores + length * score_step)
        if is_accepted(point, candidate, length, decrease):
            return candidate
        length *= 0.5
    return None


def _lowest(hessian: np.ndarray, linear: np.ndarray, lasso: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The minimum of ``x' H x / 2 + linear' x + sum(lasso |x|)``."""
    x = start.copy()
    gradient = linear + hessian @ x
    diagonal = np.diag(hessian)
    for _ in range(SWEEPS):
        largest = 0.0
        for j in range(len(x)):
            pushed = diagonal[j] * x[j] - gradient[j]
            new = np.sign(pushed) * max(abs(pushed) - lasso[j], 0.0) / diagonal[j]
            change = new - x[j]
            if change:
                gradient += hessian[j] * change
                x[j] = new
                largest = max(largest, abs(change) * np.sqrt(diagonal[j]))
        exact = _on_support(hessian, linear, lasso, x)
        if exact is not None:
            return exact
        if largest <= 1e-14 * float(np.sqrt(diagonal) @ np.abs(x)):
            break
    return x


def _on_support(hessian: np.ndarray, linear: np.ndarray, lasso: np.ndarray, x: np.ndarray) -> np.ndarray | None:
    """The minimum if its signs are those of ``x``; None if they are not."""
    free = (x != 0.0) | (lasso == 0.0)
    signs = np.sign(x[free]) * (lasso[free] > 0.0)
    exact = np.zeros_like(x)
    if free.any():
        block = hessian[np.ix_(free, free)]
        try:
            exact[free] = linalg.solve(block, -linear[free] - lasso[free] * signs, assume_a="pos")
        except (linalg.LinAlgError, linalg.LinAlgWarning):
            return None
    if np.any(np.sign(exact[free]) * (lasso[free] > 0.0) != signs):
        return None
    gradient = linear + hessian @ exact
    return exact if np.all(np.abs(gradient[~free]) <= lasso[~free] * (1.0 + 1e-12)) else None
