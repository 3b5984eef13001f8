"""Where solvers start: cheap, and for losses with several minima from robust fits and random subsets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import linalg

from lossary.evaluate.registry import pointwise
from lossary.fit.problem.design import Design
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.scored import Scored, claimed
from lossary.fit.problem.solver import Rules
from lossary.fit.problem.tails import walls_of
from lossary.fit.straight.interior_point import interior_point
from lossary.formula import Interval

SCREENED = 5000
"""Rows that random starts are compared on."""


def in_units_of_target(scored: Scored) -> bool:
    """Whether scores are predictions of the target itself, so that least squares is a sensible start."""
    loss = scored.loss
    return loss.link == "identity" and scored.output.is_identity and isinstance(loss.target, Interval)


def first_start(problem: Problem) -> np.ndarray:
    """Least squares, or the fit of the loss's straight walls; the score of the mean target; or nothing."""
    scored, design = problem.pointwise, problem.design
    if in_units_of_target(scored):
        start = least_squares(design, scored, problem.ridge)
        walls = walls_of(problem, start)
        return start if walls is None else interior_point(walls, Rules()).unknowns
    return constant_start(problem)


def constant_start(problem: Problem) -> np.ndarray:
    """The score of the mean target and no slopes; zeros where that is not what the loss is after."""
    scored, design = problem.pointwise, problem.design
    nothing = np.zeros(design.width)
    is_of_mean = in_units_of_target(scored) or scored.loss.functional == "mean" or bool(claimed(scored.loss, "proper"))
    if design.intercept and is_of_mean:
        score = scored.mean_score() - (0.0 if scored.offset is None else float(np.mean(scored.offset)))
        constant = design.from_units_of_data(score, np.zeros(len(design.spread)))
        return constant if np.isfinite(scored.cost(design.dot(constant))) else nothing
    return nothing


def least_squares(design: Design, scored: Scored, ridge: np.ndarray) -> np.ndarray:
    """The fit of least (ridge-penalised) squares to the targets."""
    y = scored.y if scored.offset is None else scored.y - scored.offset
    weight = np.full(len(y), 1.0 / len(y)) if scored.weight is None else scored.weight / scored.total_weight
    matrix = design.gram(weight)
    matrix[np.diag_indices_from(matrix)] += ridge + 1e-13
    return np.asarray(linalg.solve(matrix, design.transposed_dot(weight * y), assume_a="pos"))


def robust_start(problem: Problem) -> np.ndarray:
    """The fit of least absolute errors."""
    absolute = replace(problem, scored=replace(problem.pointwise, loss=pointwise("absolute_error")))
    return interior_point(absolute, Rules(tolerance=1e-6)).unknowns


def robust_starts(problem: Problem, seed: int, subsets: int) -> list[np.ndarray]:
    """The fit of least absolute errors, that of least squares, and exact fits to random rows."""
    scored, design = problem.pointwise, problem.design
    if not in_units_of_target(scored):
        return [first_start(problem)]
    starts = [robust_start(problem), least_squares(design, scored, problem.ridge)]
    generator = np.random.default_rng(seed)
    y = scored.y if scored.offset is None else scored.y - scored.offset
    subset_size = min(design.width + 1, design.rows)
    for _ in range(subsets):
        rows = generator.choice(design.rows, subset_size, replace=False)
        starts.append(np.linalg.lstsq(design.some(rows), y[rows], rcond=1e-8)[0])
    return starts


def screened(problem: Problem, seed: int) -> Problem:
    """The problem on a random part of its rows, if they are many."""
    rows = problem.design.rows
    if rows <= SCREENED:
        return problem
    sampled = np.sort(np.random.default_rng(seed).choice(rows, SCREENED, replace=False))
    return problem.taking(sampled)
