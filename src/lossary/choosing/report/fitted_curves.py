"""What linear candidates predict along one feature, the one that the target depends on most, as a report draws it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossary.choosing.comparison.study import Fold
from lossary.choosing.planning import Inspection
from lossary.choosing.report.standardised import standardised_numbers
from lossary.choosing.training import fold_fit
from lossary.choosing.training.problem import Problem

MOST_CURVES = 5
GRID_POINTS = 60
MOST_ROWS = 5000
"""Rows that curves are fitted on, at most."""


@dataclass(frozen=True)
class FittedCurves:
    """Predictions along one feature, one curve a loss; ``points`` are the feature and target of (some) rows."""

    feature: str
    x: np.ndarray
    curves: Mapping[str, np.ndarray]
    points: tuple[np.ndarray, np.ndarray] | None = None


def fitted_curves(inspection: Inspection, trained: Collection[str]) -> tuple[FittedCurves, ...]:
    """The curves of linear candidates that were ``trained``, fitted on all rows, the other features at their medians.

    Empty where there is no numeric feature, or no single number to draw.
    """
    problem = inspection.problem
    recipes = [r for r in inspection.workload.recipes if r.model == "linear" and r.label in trained][:MOST_CURVES]
    positions, standardised = standardised_numbers(problem.features)
    is_one_number = inspection.want.functional != "interval" and len(problem.classes) <= 2
    if not recipes or not positions or not is_one_number:
        return ()
    column = positions[_strongest(standardised, problem.y)]
    values = problem.features.matrix[:, column]
    grid = np.linspace(float(np.nanquantile(values, 0.005)), float(np.nanquantile(values, 0.995)), GRID_POINTS)
    rows = np.arange(problem.y.size)
    if rows.size > MOST_ROWS:
        rows = np.sort(np.random.default_rng(problem.seed).choice(rows.size, MOST_ROWS, replace=False))
    curves = {}
    with_grid, fold = _with_grid(problem, rows, column, grid)
    for recipe in recipes:
        try:
            curves[recipe.label] = fold_fit.run(with_grid, recipe, fold).predictions
        except (ValueError, ArithmeticError, RuntimeError):
            continue
    finite = {label: curve for label, curve in curves.items() if np.isfinite(curve).all()}
    if not finite:
        return ()
    complete = rows[~np.isnan(values[rows])]
    points = (values[complete], problem.y[complete])
    return (FittedCurves(problem.features.names[column], grid, finite, points),)


def _strongest(standardised: np.ndarray, y: np.ndarray) -> int:
    """Which column correlates most with the ranks of the target."""
    ranks = np.argsort(np.argsort(y)).astype(np.float64)
    return int(np.argmax(np.abs(standardised.T @ (ranks - ranks.mean()))))


def _with_grid(problem: Problem, rows: np.ndarray, column: int, grid: np.ndarray) -> tuple[Problem, Fold]:
    """The rows to train on, and after them a typical row at each point of the grid, to predict."""
    typical = _typical(problem.features.matrix[rows], problem.features.kinds)
    at_grid = np.tile(typical, (grid.size, 1))
    at_grid[:, column] = grid
    if problem.features.kinds[column] == "levels":
        at_grid[:, column] = np.round(grid)
    matrix = np.vstack([problem.features.matrix[rows], at_grid])
    y = np.concatenate([problem.y[rows], np.full(grid.size, problem.y[rows[0]])])
    weight = None if problem.weight is None else np.concatenate([problem.weight[rows], np.ones(grid.size)])
    features = replace(problem.features, matrix=matrix, codes={})
    fold = Fold(np.arange(rows.size), np.arange(rows.size, rows.size + grid.size))
    return replace(problem, features=features, y=y, weight=weight, groups=None, key=""), fold


def _typical(matrix: np.ndarray, kinds: Sequence[str]) -> np.ndarray:
    """A row of medians, and of the most frequent categories."""
    typical = np.empty(matrix.shape[1])
    for j, kind in enumerate(kinds):
        values = matrix[~np.isnan(matrix[:, j]), j]
        if kind == "number":
            typical[j] = np.median(values) if values.size else np.nan
        else:
            categories, counts = np.unique(values, return_counts=True)
            typical[j] = categories[np.argmax(counts)] if values.size else np.nan
    return typical
