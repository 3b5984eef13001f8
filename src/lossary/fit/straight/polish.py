"""From an interior point to the exact optimum: the kinks it lies on are met exactly, by one small linear system."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from lossary.fit.problem.problem import Problem
from lossary.fit.straight.barrier import Iterate
from lossary.fit.straight.programme import Programme

BETWEEN = 1e-7
"""A dual number this far from its bounds, relative to the jump, marks a kink that the optimum lies on."""


def polished(problem: Problem, programme: Programme, iterate: Iterate) -> tuple[np.ndarray, np.ndarray]:
    """The better of the interior point and the vertex next to it, with the dual numbers that prove most."""
    interior_dual = np.clip(iterate.dual, 0.0, programme.jumps)
    solution = _vertex(programme, iterate)
    if solution is None:
        return iterate.x, interior_dual
    vertex, vertex_dual = solution
    objective = problem.at(iterate.x).objective
    if problem.at(vertex).objective > objective * (1.0 + 1e-15) + gap_of(programme, iterate.x, interior_dual):
        return iterate.x, interior_dual
    return vertex, min((vertex_dual, interior_dual), key=lambda proof: gap_of(programme, vertex, proof))


def _vertex(programme: Programme, iterate: Iterate) -> tuple[np.ndarray, np.ndarray] | None:
    """Unknowns and dual numbers that solve the optimality conditions for the kinks that seem to be met."""
    met = _met(programme, iterate)
    if met is None:
        return None
    rows = programme.rows(met)
    dual = np.where(iterate.above > iterate.below, programme.jumps, 0.0)
    dual[met] = 0.0
    width = programme.design.width
    system = np.zeros((width + len(met), width + len(met)))
    system[range(width), range(width)] = programme.ridge
    system[:width, width:], system[width:, :width] = rows.T, rows
    right = np.concatenate([-(programme.lines + programme.transposed_dot(dual)), programme.kinks[met]])
    # The ridge and the rows may differ by many orders: both sides are scaled to ones first.
    size = np.sqrt(np.maximum(np.abs(system).max(axis=0, initial=0.0), 1e-300))
    try:
        answer = np.linalg.solve(system / np.multiply.outer(size, size), right / size) / size
    except np.linalg.LinAlgError:
        return None
    vertex, dual[met] = answer[:width], answer[width:]
    if not np.isfinite(answer).all():
        return None
    of_penalty = met[met >= programme.row_kinks] - programme.row_kinks
    vertex[programme.penalised[of_penalty]] = 0.0
    np.clip(dual, 0.0, programme.jumps, out=dual)
    return vertex, dual


def _met(programme: Programme, iterate: Iterate) -> np.ndarray | None:
    """The kinks that the optimum lies on: independent ones, as many as there are unknowns if there is no ridge."""
    width = programme.design.width
    with np.errstate(divide="ignore"):
        weight = 1.0 / (iterate.below / iterate.dual + iterate.above / iterate.room)
    if programme.ridge.any():
        met = np.flatnonzero(np.minimum(iterate.dual, iterate.room) > BETWEEN * programme.jumps)
        if len(met) <= width:
            return met
    # More kinks meet than are needed, or all that meet are needed: take those that weigh most and are independent.
    count = min(len(weight), 3 * width + 20)
    met = np.argpartition(-weight, count - 1)[:count]
    rows = programme.rows(met) * np.sqrt(weight[met] / weight[met].max())[:, np.newaxis]
    _, triangle, order = linalg.qr(rows.T, mode="economic", pivoting=True)
    if programme.ridge.any():
        return met[order[:width]]
    if len(met) < width or not np.abs(np.diag(triangle)).min(initial=1.0) > 0.0:
        return None
    return met[order[:width]]


def gap_of(programme: Programme, x: np.ndarray, dual: np.ndarray) -> float:
    """The objective at ``x`` less the lower bound that ``a`` proves, in units of the objective."""
    over = programme.excess(x)
    missed = float(np.maximum(over, 0.0) @ (programme.jumps - dual) + np.maximum(-over, 0.0) @ dual)
    gradient = programme.lines + programme.transposed_dot(dual) + programme.ridge * x
    with np.errstate(divide="ignore", invalid="ignore"):
        # Without a ridge what is left over is rounding, and moves the bound by that much for coefficients as large.
        slack = np.where(programme.ridge > 0.0, 0.5 * gradient * gradient / programme.ridge, np.abs(gradient * x))
    return programme.scale * (missed + float(slack.sum()))
