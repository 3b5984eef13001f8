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

from lossary.fit.problem.certificate import gap_certificate
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.solver import Rules, Solved
from lossary.fit.straight.barrier import Iterate, starting_iterate, take_steps, typical
from lossary.fit.straight.polish import gap_of, polished
from lossary.fit.straight.programme import GapTolerance, PrimalDual, Programme, programme_of
from lossary.fit.straight.thinning import MANY, thinned

CLOSE = 1e-3
"""The interior points stop at this share of the gap asked for: the polishing step wants to know the kinks hit."""

SMALL = 1e-4
"""An objective this small beside the cost of no fit at all counts as that small."""


def interior_point(problem: Problem, rules: Rules) -> Solved:
    """The exact minimum, with a duality gap to prove it."""
    programme = programme_of(problem)
    # A perfect fit costs nothing: gaps are then measured beside what no fit at all would cost.
    smallest_objective = SMALL * programme.scale * typical(programme, -programme.kinks)
    tolerance = GapTolerance(CLOSE * rules.tolerance, smallest_objective)
    answer = thinned(problem, programme, tolerance, rules) if problem.design.rows >= MANY else None
    x, dual, steps = _with_all_rows(problem, programme, tolerance, rules) if answer is None else answer
    final = problem.at(x)
    gap = gap_of(programme, x, dual)
    if problem.pointwise.is_nonnegative:
        gap = min(gap, final.objective)
    certificate = gap_certificate(gap, max(abs(final.objective), smallest_objective), rules.tolerance)
    return Solved(x, final.objective, final.cost, steps, certificate, "interior_point")


def _with_all_rows(problem: Problem, programme: Programme, tolerance: GapTolerance, rules: Rules) -> PrimalDual:
    """The answer from all rows at once."""
    iterate = starting_iterate(programme)
    typical_objective = programme.scale * typical(programme, programme.excess(iterate.x))

    def enough(current: Iterate) -> bool:
        objective = problem.scored.cost(current.scores) + problem.penalty(current.x)
        rules.watch(current.x, objective)
        gap = programme.scale * current.gap
        gap = min(gap, objective) if problem.pointwise.is_nonnegative else gap
        return gap <= tolerance.gap(objective, typical_objective)

    steps = take_steps(programme, iterate, enough, rules.max_iter)
    return PrimalDual(*polished(problem, programme, iterate), steps)
