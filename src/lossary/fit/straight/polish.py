"""From an interior point to the exact optimum: the kinks it lies on are met exactly, by one small linear system."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from lossary.fit.problem.problem import Problem
from lossary.fit.straight.barrier import Iterate
from lossary.fit.straight.programme import Programme

BETWEEN = 1e-7
"""A dual number this far from its bounds, relative to the jump, marks a kink that the optimum lies on."""


def polished(problem: Problem, given: Programme, now: Iterate) -> tuple[np.ndarray, np.ndarray]:
    """The better of the interior point and the vertex next to it, with the dual numbers that prove most."""
    a = np.clip(now.a, 0.0, given.jumps)
    found = _vertex(given, now)
    if found is None:
        return now.x, a
    vertex, dual = found
    here = problem.at(now.x).objective
    if problem.at(vertex).objective > here * (1.0 + 1e-15) + gap_of(given, now.x, a):
        return now.x, a
    return vertex, min((dual, a), key=lambda proof: gap_of(given, vertex, proof))


def _vertex(given: Programme, now: Iterate) -> tuple[np.ndarray, np.ndarray] | None:
    """Unknowns and dual numbers that solve the optimality conditions for the kinks that seem to be met."""
    met = _met(given, now)
    if met is None:
        return None
    rows = given.rows(met)
    dual = np.where(now.above > now.below, given.jumps, 0.0)
    dual[met] = 0.0
    width = given.design.width
    system = np.zeros((width + len(met), width + len(met)))
    system[range(width), range(width)] = given.ridge
    system[:width, width:], system[width:, :width] = rows.T, rows
    right = np.concatenate([-(given.lines + given.pull(dual)), given.kinks[met]])
    # The ridge and the rows may differ by many orders: both sides are scaled to ones first.
    size = np.sqrt(np.maximum(np.abs(system).max(axis=0, initial=0.0), 1e-300))
    try:
        answer = np.linalg.solve(system / np.multiply.outer(size, size), right / size) / size
    except np.linalg.LinAlgError:
        return None
    vertex, dual[met] = answer[:width], answer[width:]
    if not np.isfinite(answer).all():
        return None
    own = met[met >= given.of_rows] - given.of_rows
    vertex[given.bent[own]] = 0.0
    np.clip(dual, 0.0, given.jumps, out=dual)
    return vertex, dual


def _met(given: Programme, now: Iterate) -> np.ndarray | None:
    """The kinks that the optimum lies on: independent ones, as many as there are unknowns if there is no ridge."""
    width = given.design.width
    with np.errstate(divide="ignore"):
        weight = 1.0 / (now.below / now.a + now.above / now.room)
    if given.ridge.any():
        found = np.flatnonzero(np.minimum(now.a, now.room) > BETWEEN * given.jumps)
        if len(found) <= width:
            return found
    # More kinks meet than are needed, or all that meet are needed: take those that weigh most and are independent.
    many = min(len(weight), 3 * width + 20)
    found = np.argpartition(-weight, many - 1)[:many]
    rows = given.rows(found) * np.sqrt(weight[found] / weight[found].max())[:, np.newaxis]
    _, triangle, order = linalg.qr(rows.T, mode="economic", pivoting=True)
    if given.ridge.any():
        return found[order[:width]]
    if len(found) < width or not np.abs(np.diag(triangle)).min(initial=1.0) > 0.0:
        return None
    return found[order[:width]]


def gap_of(given: Programme, x: np.ndarray, a: np.ndarray) -> float:
    """The objective at ``x`` less the lower bound that ``a`` proves, in units of the objective."""
    over = given.over(x)
    missed = float(np.maximum(over, 0.0) @ (given.jumps - a) + np.maximum(-over, 0.0) @ a)
    left = given.lines + given.pull(a) + given.ridge * x
    with np.errstate(divide="ignore", invalid="ignore"):
        # Without a ridge what is left over is rounding, and moves the bound by that much for coefficients as large.
        slack = np.where(given.ridge > 0.0, 0.5 * left * left / given.ridge, np.abs(left * x))
    return given.scale * (missed + float(slack.sum()))
