"""Majorize and minimise, for losses with several minima: iteratively reweighted least squares from many starts.

Each step minimises parabolas that lie above the loss, so the objective only falls; where the loss itself is curved
upwards Newton's steps finish. The lowest minimum found is returned, and is called a local one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lossary.fit.nonconvex.starts import robust_starts, screened
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.solver import Rules, Solved
from lossary.fit.smooth.newton import newton
from lossary.fit.smooth.proximal_newton import proximal_newton

SUBSETS = 20
"""Random starts; each takes ``BRIEF`` steps, and the best ``KEPT`` go on to the end."""

BRIEF = 4
KEPT = 4
ROUGH = 1e-3
"""The certificate from which Newton's steps take over."""


def majorize_minimise(problem: Problem, rules: Rules, start: np.ndarray | None, seed: int) -> Solved:
    """The lowest local minimum found."""
    starts = [start] if start is not None else _promising(problem, seed)
    # Who watches is told of the descent from the first start: the robust one.
    minima = [
        _descended(problem, each_start, rules if i == 0 else Rules(rules.tolerance, rules.max_iter))
        for i, each_start in enumerate(starts)
    ]
    best = min(minima, key=lambda minimum: (minimum.objective, minimum.certificate.value))
    return replace(best, solver="majorize_minimise")


def _promising(problem: Problem, seed: int) -> list[np.ndarray]:
    starts = robust_starts(problem, seed, SUBSETS)
    deterministic, random = starts[:2], starts[2:]
    sample = screened(problem, seed)
    brief = Rules(max_iter=BRIEF)
    improved = [_descend(sample, random_start, brief, "majorizer") for random_start in random]
    improved.sort(key=lambda solved: solved.objective)
    return deterministic + [solved.unknowns for solved in improved[:KEPT]]


def _descend(problem: Problem, start: np.ndarray, rules: Rules, curvature: str) -> Solved:
    return (proximal_newton if problem.has_lasso else newton)(problem, start, rules, curvature)


def _descended(problem: Problem, start: np.ndarray, rules: Rules) -> Solved:
    """From a start to the minimum below it."""
    rough = _descend(problem, start, replace(rules, tolerance=max(ROUGH, rules.tolerance)), "majorizer")
    steps_left = max(rules.max_iter - rough.iterations, 0)
    final = _descend(problem, rough.unknowns, replace(rules, max_iter=steps_left), "exact")
    return replace(final, iterations=rough.iterations + final.iterations)
