"""Which solver a problem calls for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lossary.fit.nonconvex.majorize_minimise import majorize_minimise
from lossary.fit.nonconvex.starts import constant_start, first_start, in_units_of_target
from lossary.fit.problem.certificate import SeparationError
from lossary.fit.problem.ordered import OrderedProblem
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.row_scored import RowScored
from lossary.fit.problem.scored import Scored
from lossary.fit.problem.solver import TEACHING, Rules, Solved
from lossary.fit.problem.tails import rises_on_both_sides
from lossary.fit.request import Request
from lossary.fit.smooth.gradient_descent import Batches, gradient_descent, stochastic
from lossary.fit.smooth.lbfgs import lbfgs
from lossary.fit.smooth.newton import newton
from lossary.fit.smooth.proximal_newton import proximal_newton
from lossary.fit.straight.interior_point import interior_point
from lossary.fit.straight.pieces import is_piecewise_linear
from lossary.fit.straight.row_interior_point import is_maximum, row_interior_point

FEW = 500
"""Unknowns up to which their matrix of second derivatives is worth making."""


def solver_for(problem: Problem) -> str:
    """The solver that a problem calls for."""
    scored = problem.scored
    if isinstance(problem, OrderedProblem):
        return "proximal_newton" if problem.has_lasso else "newton"
    if isinstance(scored, RowScored):
        return "interior_point" if is_maximum(scored) and not problem.has_lasso else "lbfgs"
    few = problem.design.width <= FEW
    if is_piecewise_linear(scored.loss):
        return "interior_point"
    # Losses of class scores (focal) may bend the wrong way too, but have no basins to miss: there parabolas are slow.
    if not scored.is_convex and scored.has_majorizer and few and in_units_of_target(problem.pointwise):
        return "majorize_minimise"
    if problem.has_lasso:
        return "proximal_newton" if few else "lbfgs"
    return "newton" if few else "lbfgs"


def refuse_unfit(problem: Problem, solver: str) -> None:
    """Raise where a solver that was asked for cannot solve the problem."""
    name = problem.scored.loss.name
    if isinstance(problem.scored, RowScored):
        others = () if isinstance(problem, OrderedProblem) else ("lbfgs", *TEACHING)
        fitting = [solver_for(problem), *others]
        if solver not in fitting:
            raise ValueError(f"{name} is fitted by {', '.join(dict.fromkeys(fitting))}, not by {solver}")
        return
    straight = is_piecewise_linear(problem.scored.loss)
    if solver == "interior_point" and not straight:
        raise ValueError(f"interior_point is for convex losses made of straight pieces, which {name} is not")
    if straight and solver in ("newton", "proximal_newton", "lbfgs", "majorize_minimise"):
        raise ValueError(f"{name} has no curvature for {solver} to follow; use solver='interior_point' or 'auto'")
    if solver == "newton" and problem.has_lasso:
        raise ValueError("newton takes no l1 penalty; use solver='proximal_newton' or 'auto'")
    if solver == "majorize_minimise" and not problem.scored.has_majorizer:
        raise ValueError(f"{name} has no majorizer; use solver='newton' or 'auto'")


def minimised(problem: Problem, solver: str, rules: Rules, start: np.ndarray | None, request: Request) -> Solved:
    """The solver's answer; SeparationError if the objective has no lowest point."""
    refuse_unfit(problem, solver)
    if solver == "interior_point":
        rowwise = isinstance(problem.scored, RowScored)
        return (row_interior_point if rowwise else interior_point)(problem, rules)
    if solver == "majorize_minimise":
        return majorize_minimise(problem, rules, start, request.seed)
    if solver in TEACHING:
        first = constant_start(problem) if start is None else start
        if solver == "sgd":
            batches = Batches(request.batch_size, request.learning_rate, request.seed)
            return stochastic(problem, first, rules, batches)
        return gradient_descent(problem, first, rules, request.learning_rate)
    last = _LastStep(rules)
    first = first_start(problem) if start is None else start
    run = {"newton": newton, "proximal_newton": proximal_newton, "lbfgs": lbfgs}[solver]
    solved = run(problem, first, replace(rules, watch=last.watch))
    if not problem.ridge.any() and not problem.has_lasso:
        refuse_endless(problem, solved.unknowns, last.step)
    return solved


class _LastStep:
    """Remembers the last step, and tells whoever else watches."""

    def __init__(self, rules: Rules) -> None:
        self._watch = rules.watch
        self._unknowns: np.ndarray | None = None
        self.step: np.ndarray | None = None

    def watch(self, unknowns: np.ndarray, objective: float) -> None:
        if self._unknowns is not None:
            self.step = unknowns - self._unknowns
        self._unknowns = unknowns
        self._watch(unknowns, objective)


FAR = 5.0
"""How far scores are moved to see whether the cost goes on falling."""


def refuse_endless(problem: Problem, unknowns: np.ndarray, step: np.ndarray | None) -> None:
    """Raise a SeparationError if the cost goes on falling far beyond where the solver stopped."""
    if step is None:
        return
    along = problem.design.dot(step)
    reach = float(np.abs(along).max(initial=0.0))
    if not 0.0 < reach < np.inf:
        return
    scores = problem.design.dot(unknowns)
    if not problem.scored.cost(scores + FAR / reach * along) < problem.scored.cost(scores):
        return
    # A solver that stops short of a minimum is no sign that there is none.
    if (
        isinstance(problem.scored, Scored)
        and in_units_of_target(problem.scored)
        and rises_on_both_sides(problem.scored)
    ):
        return
    raise SeparationError(
        f"{problem.scored.loss}: the cost falls for ever as coefficients grow, so no finite ones are best. For labels "
        "this means that the features separate the classes, for counts that a feature goes with zeros only. "
        "Add a penalty (penalty='l2', alpha=1e-4 or more), or drop the features that do this"
    )
