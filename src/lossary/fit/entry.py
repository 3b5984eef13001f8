"""``lossary.fit.linear``: from a user's words to a problem, a solver, and a result."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from lossary.evaluate.interface import LossFunction
from lossary.evaluate.registry import AnyLoss, get
from lossary.fit import data as prepare
from lossary.fit import design as designs
from lossary.fit.certificate import ConvergenceWarning, RankWarning
from lossary.fit.choice import SOLVERS, minimised
from lossary.fit.data import Data
from lossary.fit.design import Design
from lossary.fit.penalty import Penalty, penalty_of
from lossary.fit.problem import Problem
from lossary.fit.result import LinearFit, Path
from lossary.fit.scored import Scored
from lossary.fit.solver import Rules, Solved

TOLERANCES = {"interior_point": 1e-9}
TOLERANCE = 1e-8
STEPS = {"lbfgs": 5000, "majorize_minimise": 1000}
USUAL_STEPS = 300

WIDEST_CHECKED = 1500
"""Features up to which their dependence is looked for."""


def linear(
    X: Any,
    y: Any,
    loss: str | AnyLoss = "squared_error",
    *,
    penalty: str | None = "l2",
    alpha: float = 0.0,
    l1_ratio: float = 0.5,
    fit_intercept: bool = True,
    sample_weight: Any = None,
    offset: Any = None,
    solver: str = "auto",
    tol: float | None = None,
    max_iter: int | None = None,
    start: LinearFit | tuple[Any, Any] | None = None,
    trace: bool = False,
    random_state: int = 0,
    **parameters: Any,
) -> LinearFit:
    settled = get(loss)
    settled = settled.using(**parameters) if parameters else settled
    data = prepare.prepared(X, y, sample_weight, offset)
    weights = penalty_of(penalty, alpha, l1_ratio)
    with _controller().limit(limits=1, user_api="blas"):
        design = _independent(designs.made(data.features, fit_intercept), weights, data)
        scored = Scored(settled, data.y, data.weight, data.offset)
        scored.checked(np.zeros(design.rows))
        ridge, lasso = weights.on(design)
        problem = Problem(scored, design, ridge, lasso)
        solved = minimised(problem, solver, Rules(tol or 1e-9, max_iter or 300), None, random_state)
    intercept, coef = design.in_units_of_data(solved.unknowns)
    return LinearFit(settled, coef, intercept, solved.objective, solved.cost, None, solved.certificate, solved.iterations,
                     solved.certificate.reached, solved.solver, scored.is_convex, penalty, alpha, l1_ratio, data.names, None, scored.output, problem)


def _independent(design: Design, penalty: Penalty, data: Data) -> Design:
    if not penalty.is_none or design.width > WIDEST_CHECKED: return design
    found = design.reduced(design.gram(np.full(design.rows, 1.0 / design.rows)))
    if found is not design:
        warnings.warn(RankWarning("dependent"), stacklevel=3)
    return found


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
