"""Lines of a comparison: where they do without a penalty, and where one is chosen."""

from __future__ import annotations

import numpy as np

from lossary.choosing.comparison.folds import SplitRows, held_out_splits
from lossary.choosing.training import linear_models
from lossary.choosing.training.training_set import SMALL_TREES, TrainingSet
from lossary.evaluate.registry import get

ROWS = 2000


def training_set(matrix: np.ndarray, y: np.ndarray) -> TrainingSet:
    def score(f: np.ndarray, rows: np.ndarray) -> float:
        return float(np.mean((y[rows] - f) ** 2))

    splits = held_out_splits(SplitRows(y, ordered=True))
    return TrainingSet(matrix, y, None, splits, score, classes=0, seed=0, trees=SMALL_TREES)


def test_parts_of_a_date_that_come_apart_in_the_next_year_do_no_harm():
    """Month and day make the day of the year, or nearly: a line without a penalty exploded beyond the last row."""
    draw = np.random.default_rng(0)
    days = np.sort(draw.uniform(0.0, 364.0, ROWS))
    month, day = np.floor(days / 30.4), days % 30.4
    yearday = 30.4 * month + day + 0.003 * draw.normal(size=ROWS)
    matrix = np.column_stack([days, month, day, yearday])
    matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    y = 3.0 * np.sin(days / 60.0) + draw.normal(size=ROWS)
    fit = linear_models.train(get("squared_error"), training_set(matrix, y))
    new = matrix[-1] + np.array([0.0, -3.0, -1.5, -3.0])  # the first day of the next year
    assert np.all(np.abs(fit.scores.predict(new[None, :])) < 50.0)


def test_columns_that_tell_apart_need_no_penalty():
    draw = np.random.default_rng(1)
    matrix = draw.normal(size=(ROWS, 4))
    y = matrix @ [1.0, -2.0, 0.5, 0.0] + draw.normal(size=ROWS)
    fit = linear_models.train(get("squared_error"), training_set(matrix, y))
    design = np.column_stack([np.ones(ROWS), matrix])
    expected = design @ np.linalg.lstsq(design, y)[0]
    np.testing.assert_allclose(fit.scores.predict(matrix), expected, rtol=1e-6)
