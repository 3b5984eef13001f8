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
from lossary.fit.smooth.newton import ENOUGH, NOISE, SHORTEST

SWEEPS = 200


def proximal_newton(problem: Problem, start: np.ndarray, rules: Rules, curvature: str = "exact") -> Solved:
    """The nearest minimum of a smooth loss and a lasso penalty."""
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
    return Solved(point.unknowns, point.objective, point.cost, iterations, certificate, "proximal_newton")


def _moved(problem: Problem, point: Point, curvature: str) -> Point | None:
    hessian = problem.hessian(point)
    lowest = float(linalg.eigvalsh(hessian, subset_by_index=(0, 0))[0])
    top = float(np.abs(np.diag(hessian)).max(initial=0.0)) or 1.0
    # A little more curvature where there is none or less, so that the parabola has a lowest point.
    hessian[np.diag_indices_from(hessian)] += max(0.0, 1e-9 * top - lowest)
    goal = _lowest(hessian, point.slope - hessian @ point.unknowns, problem.lasso, point.unknowns)
    step = goal - point.unknowns
    shrunk = float(np.sum(problem.lasso * (np.abs(goal) - np.abs(point.unknowns))))
    fall = float(point.slope @ step) + shrunk
    if fall >= 0.0:
        return None
    along = problem.design.dot(step)
    noise = NOISE * abs(point.objective)
    length = 1.0
    while length >= SHORTEST:
        # A full step lands on the goal itself, zeros and all.
        unknowns = goal if length == 1.0 else point.unknowns + length * step
        found = problem.at(unknowns, curvature, point.scores + length * along)
        if found.objective <= point.objective + ENOUGH * length * fall:
            return found
        if -length * fall <= noise and found.objective <= point.objective + noise:
            return found
        length *= 0.5
    return None


def _lowest(hessian: np.ndarray, linear: np.ndarray, lasso: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The minimum of ``x' H x / 2 + linear' x + sum(lasso |x|)``."""
    x = start.copy()
    slope = linear + hessian @ x
    diagonal = np.diag(hessian)
    for _ in range(SWEEPS):
        largest = 0.0
        for j in range(len(x)):
            pushed = diagonal[j] * x[j] - slope[j]
            new = np.sign(pushed) * max(abs(pushed) - lasso[j], 0.0) / diagonal[j]
            change = new - x[j]
            if change:
                slope += hessian[j] * change
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
        part = hessian[np.ix_(free, free)]
        try:
            exact[free] = linalg.solve(part, -linear[free] - lasso[free] * signs, assume_a="pos")
        except (linalg.LinAlgError, linalg.LinAlgWarning):
            return None
    if np.any(np.sign(exact[free]) * (lasso[free] > 0.0) != signs):
        return None
    slope = linear + hessian @ exact
    return exact if np.all(np.abs(slope[~free]) <= lasso[~free] * (1.0 + 1e-12)) else None
