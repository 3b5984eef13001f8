"""Partial dependence (Friedman 2001): mean predictions of held-out rows with a column set to one value after another.

Values are those of rows that are there, so that the parts of a date, or a category's number, are set together as they
occur; scikit-learn's own takes single numeric columns of a matrix.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lossary.choosing.explaining.columns import TableColumn
from lossary.choosing.explaining.held_out import HeldOut
from lossary.choosing.training.problem import Problem

GRID = 20
"""Values of a number or a date, at equal shares of the rows."""
MOST_CATEGORIES = 10
EDGES = 0.01
"""Shares of the rows beyond which the least and the greatest values are not drawn."""


def values_along(problem: Problem, column: TableColumn) -> np.ndarray:
    """Rows whose values of a column are set, in order: of a category those of the most frequent ones."""
    cells = problem.features.matrix[:, column.positions]
    if column.kind == "category":
        _, first, counts = np.unique(cells[:, 0], return_index=True, return_counts=True)
        return np.asarray(first[np.argsort(-counts, kind="stable")][:MOST_CATEGORIES])
    order = np.argsort(cells[:, 0], kind="stable")
    order = order[~np.isnan(cells[order, 0])]
    places = np.linspace(EDGES * (order.size - 1), (1.0 - EDGES) * (order.size - 1), GRID).round().astype(np.int64)
    chosen = order[np.unique(places)]
    _, first = np.unique(cells[chosen, 0], return_index=True)
    return np.asarray(chosen[first])


def mean_predictions(
    problem: Problem, held: HeldOut, column: TableColumn, values: np.ndarray, classes: Sequence[int] | None
) -> np.ndarray:
    """(g,) mean predictions at each value, or (g, 2) of both ends; of many classes those of the one that is named."""
    matrix = problem.features.matrix
    weight = None if problem.weight is None else problem.weight[held.rows]
    found = []
    for row in values:
        changed = matrix[held.rows]
        changed[:, column.positions] = matrix[row, column.positions]
        predicted = held.predictor.predict(changed)
        predicted = predicted[:, classes] if classes is not None else predicted
        found.append(np.average(predicted, axis=0, weights=weight))
    stacked = np.array(found)
    return stacked[:, 0] if stacked.ndim == 2 and stacked.shape[1] == 1 else stacked
