"""Gradient descent and stochastic gradient descent, plain, to be looked at step by step.

They walk in the standardised features that every solver here works with, from the mean target, in steps whose first
length is found by trying; so the units of neither features nor target matter. The path is given in the data's units.
For a fit that is to be used the other solvers are faster and exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.fit.problem.problem import Problem
from lossary.fit.problem.solver import Rules, Solved

BACKTRACK = 0.5
GROW = 1.25
SHORTEST = 1e-14
"""Of the first step's length: shorter steps are not tried."""

TRIES = 1000
"""Doublings or halvings until a first step is given up: they reach from the smallest number to the largest."""

SETBACKS = 40
"""How often a pass of stochastic steps is taken back, and its steps made shorter, before that is an error."""

SHORTER = 0.25

DECAY = 0.5
"""Stochastic steps shrink as 1 / (1 + DECAY * epoch): enough to settle, and not too soon to arrive."""

USUAL_BATCH = 32
"""Rows in a batch, or a tenth of all if that is less."""


def gradient_descent(problem: Problem, start: np.ndarray, rules: Rules, learning_rate: float | None) -> Solved:
    """Steps along the gradient: all of one length if ``learning_rate`` is given, else as long as the cost falls."""
    point = problem.at(start)
    rules.watch(point.unknowns, point.objective)
    certificate = problem.certificate(point, rules.tolerance)
    rate = _first_rate(problem, start) if learning_rate is None else learning_rate
    shortest = SHORTEST * rate
    steps = 0
    while steps < rules.max_iter and not certificate.reached:
        gradient = problem.stationarity(point)
        next_point = problem.at(point.unknowns - rate * gradient)
        if learning_rate is None:
            enough = 0.5 * float(np.vdot(gradient, gradient))
            while not next_point.objective <= point.objective - rate * enough and rate > shortest:
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
    careful = _first_rate(problem, start) / (1.0 + problem.design.width / size)
    first_rate = careful if batches.learning_rate is None else batches.learning_rate
    unknowns, objective = start.copy(), problem.at(start).objective
    worst = objective
    rules.watch(unknowns, objective)
    epoch = setbacks = 0
    while epoch < rules.max_iter:
        order = generator.permutation(rows)
        next_unknowns = _passed(problem, unknowns, order, size, first_rate / (1.0 + DECAY * epoch))
        objective = problem.at(next_unknowns).objective
        if batches.learning_rate is None and not objective <= worst and setbacks < SETBACKS:
            # Worse than where it began: the steps that one gradient found safe are too long for those of a few rows.
            first_rate, setbacks = SHORTER * first_rate, setbacks + 1
            continue
        if not np.isfinite(objective):
            raise ValueError(f"sgd diverged in epoch {epoch + 1}: choose a smaller learning_rate than {first_rate:g}")
        unknowns, epoch = next_unknowns, epoch + 1
        rules.watch(unknowns, objective)
    point = problem.at(unknowns)
    certificate = problem.certificate(point, rules.tolerance)
    return Solved(point.unknowns, point.objective, point.cost, rules.max_iter, certificate, "sgd")


def _passed(problem: Problem, unknowns: np.ndarray, order: np.ndarray, size: int, rate: float) -> np.ndarray:
    """The unknowns after one pass over all rows; it ends early where they are no numbers any more."""
    for i in range(0, len(order), size):
        batch_problem = problem.taking(order[i : i + size])
        unknowns = unknowns - rate * batch_problem.stationarity(batch_problem.at(unknowns))
        if not np.isfinite(unknowns).all():
            break
    return unknowns


def _first_rate(problem: Problem, start: np.ndarray) -> float:
    """About the longest step along the gradient at the start that brings half of what the gradient promises."""
    point = problem.at(start)
    gradient = problem.stationarity(point)
    enough = 0.5 * float(np.vdot(gradient, gradient))
    if not 0.0 < enough < np.inf:
        return 1.0

    def is_safe(rate: float) -> bool:
        return problem.at(start - rate * gradient).objective <= point.objective - rate * enough

    rate, tries = 1.0, 0
    grows = is_safe(rate)
    while tries < TRIES and is_safe(2.0 * rate if grows else rate) == grows:
        rate, tries = (2.0 * rate if grows else BACKTRACK * rate), tries + 1
    return rate
