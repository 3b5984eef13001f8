"""An interior-point method for losses made of straight pieces, with squares and absolute values in the penalty.

With every row's loss written as a line plus ``jump * max(0, f - kink)`` for each kink (``pieces.py``), the dual has one
number ``a`` a kink, between 0 and the jump, and one equation an unknown:

    minimise   first' f + sum(jump * max(0, f - kink)) + x' R x / 2      over x, with f = A x
    maximise   -sum(a * kink) - g' inv(R) g / 2,  g = A' (first + a)     over 0 <= a <= jump

(g must be 0 where R is). Both are followed at once by Mehrotra's predictor and corrector; a step costs one matrix of
p x p, whatever the number of rows. For quantile regression this is the Frisch-Newton method of Portnoy and Koenker
(1997), doi:10.1214/ss/1030037960; with a ridge and the hinge it is the support vector machine.
"""

from __future__ import annotations

import numpy as np

from lossary.fit.problem.certificate import GAP, Certificate
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.solver import Rules, Solved
from lossary.fit.straight.barrier import Iterate, started, typical, walked
from lossary.fit.straight.polish import gap_of, polished
from lossary.fit.straight.programme import Programme, programme
from lossary.fit.straight.thinning import MANY, thinned

CLOSE = 1e-3
"""The interior points stop at this share of the gap asked for: the polishing step wants to know the kinks hit."""

SMALL = 1e-4
"""An objective this small beside the cost of no fit at all counts as that small."""


def interior_point(problem: Problem, rules: Rules) -> Solved:
    """The exact minimum, with a duality gap to prove it."""
    given = programme(problem)
    # A perfect fit costs nothing: gaps are then measured beside what no fit at all would cost.
    least = SMALL * given.scale * typical(given, -given.kinks)
    found = None
    if problem.design.rows >= MANY:
        found = thinned(problem, given, CLOSE * rules.tolerance, least, rules)
    x, a, iterations = _direct(problem, given, least, rules) if found is None else found
    final = problem.at(x)
    gap = gap_of(given, x, a)
    if problem.pointwise.is_nonnegative:
        gap = min(gap, final.objective)
    beside = max(abs(final.objective), least)
    certificate = Certificate(GAP, max(gap / beside, 0.0) if beside > 0.0 else 0.0, rules.tolerance)
    return Solved(x, final.objective, final.cost, iterations, certificate, "interior_point")


def _direct(problem: Problem, given: Programme, least: float, rules: Rules) -> tuple[np.ndarray, np.ndarray, int]:
    """Unknowns, dual numbers and steps, from all rows at once."""
    now = started(given)
    # One wild target may be nearly all of the objective: the gap is to be small beside what is typical.
    most = given.scale * typical(given, given.over(now.x))

    def enough(at: Iterate) -> bool:
        worth = problem.scored.cost(at.scores) + problem.penalty(at.x)
        rules.watch(at.x, worth)
        gap = given.scale * at.gap
        gap = min(gap, worth) if problem.pointwise.is_nonnegative else gap
        return gap <= CLOSE * rules.tolerance * max(min(worth, most), least)

    steps = walked(given, now, enough, rules.max_iter)
    x, a = polished(problem, given, now)
    return x, a, steps
