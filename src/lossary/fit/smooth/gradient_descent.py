"""Gradient descent and stochastic gradient descent, plain, to be looked at step by step.

They walk in the standardised features that every solver here works with; the path is given in the data's units. For a
fit that is to be used the other solvers are faster and exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.fit.problem.problem import Problem
from lossary.fit.problem.solver import Rules, Solved

BACKTRACK = 0.5
GROW = 1.25
SHORTEST = 1e-14

DECAY = 0.5
"""Stochastic steps shrink as 1 / (1 + DECAY * epoch): enough to settle, and not too soon to arrive."""

USUAL_BATCH = 32
"""Rows in a batch, or a tenth of all if that is less."""


def gradient_descent(problem: Problem, start: np.ndarray, rules: Rules, learning_rate: float | None) -> Solved:
    """Steps along the gradient: all of one length if ``learning_rate`` is given, else as long as the cost falls."""
    point = problem.at(start)
    rules.watch(point.unknowns, point.objective)
    certificate = problem.certificate(point, rules.tolerance)
    rate = 1.0 if learning_rate is None else learning_rate
    steps = 0
    while steps < rules.max_iter and not certificate.reached:
        gradient = problem.stationarity(point)
        next_point = problem.at(point.unknowns - rate * gradient)
        if learning_rate is None:
            enough = 0.5 * float(np.vdot(gradient, gradient))
            while not next_point.objective <= point.objective - rate * enough and rate > SHORTEST:
                rate *= BACKTRACK
                next_point = problem.at(point.unknowns - rate * gradient)
            if not next_point.objective <= point.objective:
                break
            rate *= GROW
        elif not np.isfinite(next_point.objective):
            raise ValueError(
                f"gradient descent diverged after {steps} steps: choose a smaller learning_rate than {rate:g}"
            )
        steps += 1
        point = next_point
        rules.watch(point.unknowns, point.objective)
        certificate = problem.certificate(point, rules.tolerance)
    return Solved(point.unknowns, point.objective, point.cost, steps, certificate, "gradient_descent")


@dataclass(frozen=True)
class Batches:
    """The rows of a stochastic step, their order, and how long steps are; a size or rate of None is found."""

    size: int | None
    learning_rate: float | None
    seed: int


def stochastic(problem: Problem, start: np.ndarray, rules: Rules, batches: Batches) -> Solved:
    """Steps along the gradient of a few random rows; ``max_iter`` counts passes over all of them."""
    generator = np.random.default_rng(batches.seed)
    rows = problem.design.rows
    size = max(1, min(USUAL_BATCH, rows // 10)) if batches.size is None else min(batches.size, rows)
    first_rate = _careful_rate(problem, start, size) if batches.learning_rate is None else batches.learning_rate
    unknowns = start.copy()
    rules.watch(unknowns, problem.at(unknowns).objective)
    for epoch in range(rules.max_iter):
        rate = first_rate / (1.0 + DECAY * epoch)
        order = generator.permutation(rows)
        for i in range(0, rows, size):
            batch_problem = problem.taking(order[i : i + size])
            unknowns = unknowns - rate * batch_problem.stationarity(batch_problem.at(unknowns))
        objective = problem.at(unknowns).objective
        if not np.isfinite(objective):
            raise ValueError(f"sgd diverged in epoch {epoch + 1}: choose a smaller learning_rate than {first_rate:g}")
        rules.watch(unknowns, objective)
    point = problem.at(unknowns)
    certificate = problem.certificate(point, rules.tolerance)
    return Solved(unknowns, point.objective, point.cost, rules.max_iter, certificate, "sgd")


def _careful_rate(problem: Problem, start: np.ndarray, batch: int) -> float:
    """The step that gradient descent finds safe from the start, less the more a batch may differ from all rows."""
    point = problem.at(start)
    gradient = problem.stationarity(point)
    rate, enough = 1.0, 0.5 * float(np.vdot(gradient, gradient))
    while rate > SHORTEST and not problem.at(start - rate * gradient).objective <= point.objective - rate * enough:
        rate *= BACKTRACK
    return rate / (1.0 + problem.design.width / batch)
