"""Whether a loss's parameter in the units of y is anywhere near the residuals: a delta of 1 on prices is not."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.pointwise.tuning import mad, scale_parameter
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.tails import gradient_at, spread_rows
from lossary.formula import Loss

FAR = 100.0
"""How many times the residuals' scale, or what part of it, a parameter may be before it is worth a word."""

EXACT = 1e-10
"""Residuals below this share of the targets are rounding, and have no scale."""


def remark_on_scale(problem: Problem, unknowns: np.ndarray) -> str | None:
    """What to tell a user whose parameter is far from the residuals' scale; None if it is not."""
    scored = problem.pointwise
    name = _bending(scored.loss)
    if name is None:
        return None
    rows = spread_rows(problem.design.rows)
    y = scored.y[rows]
    offset = 0.0 if scored.offset is None else scored.offset[rows]
    weight = None if scored.weight is None else scored.weight[rows]
    scale = mad(y - problem.design.some(rows) @ unknowns - offset, weight)
    given = float(scored.loss.given[name])
    if scale <= EXACT * float(np.abs(y).max(initial=0.0)) or scale / FAR <= given <= scale * FAR:
        return None
    where = "far below" if given < scale else "far above"
    return (
        f"{scored.loss}: {name} is {where} the residuals' scale of {scale:.3g}, so hardly any row lies near where the "
        f"loss bends; give {name} in the units of y, or have it follow the residuals with scale='mad'"
    )


def _bending(loss: LossFunction) -> str | None:
    """The parameter in the units of y, if the coefficients depend on it."""
    if any(isinstance(value, np.ndarray) for value in loss.given.values()):
        return None
    return _bending_parameter(loss.record, tuple((k, float(v)) for k, v in loss.given.items()))


@lru_cache(maxsize=256)
def _bending_parameter(record: Loss, given: tuple[tuple[str, float], ...]) -> str | None:
    loss = LossFunction(record, dict(given))
    name = scale_parameter(loss)
    if name is None:
        return None
    # A parameter that only multiplies the gradient, as a Laplace distribution's scale does, moves no fit.
    probes = np.array([0.125, 0.5, 1.0, 1.5, 3.0, 12.0])
    narrow, wide = (gradient_at(loss.using(**{name: at}), np.zeros_like(probes), probes) for at in (1.0, 2.0))
    return None if np.allclose(narrow / np.abs(narrow).max(), wide / np.abs(wide).max(), rtol=1e-9) else name
