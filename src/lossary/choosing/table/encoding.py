"""The pipeline from features to a model's matrix, fitted within each training fold: scikit-learn's own parts.

Missing numbers become the median, with a column that says so; numbers are standardised; categories become columns of
zeros and ones, rare ones together. Trees get whole numbers of few values as numbers, lines as categories.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lossary.choosing.table.features import MISSING, Features

FEWEST = 5
"""Rows from which a category has a column of its own: of a thousand rows each of fifty states has one."""

MOST_CATEGORIES = 100


@dataclass(frozen=True)
class Encoder:
    """A fitted pipeline."""

    pipeline: ColumnTransformer
    levels: list[int]

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """The model's matrix: float64, without missing numbers."""
        with warnings.catch_warnings():
            # Categories that training has not seen count as the rare ones, or as none: nothing to warn of.
            warnings.simplefilter("ignore", UserWarning)
            return np.ascontiguousarray(self.pipeline.transform(_filled(matrix, self.levels)), dtype=np.float64)


def encoder(features: Features, train: np.ndarray, for_trees: bool) -> Encoder:
    """The pipeline, fitted on the training rows."""
    as_numbers = features.of_kind("number", "levels") if for_trees else features.of_kind("number")
    levels = features.of_kind("category") if for_trees else features.of_kind("category", "levels")
    rows = _filled(features.matrix[train], levels)
    as_numbers = [j for j in as_numbers if not np.isnan(rows[:, j]).all()]
    imputer: Any = SimpleImputer(strategy="median", add_indicator=True)
    numbers = imputer if for_trees else make_pipeline(imputer, StandardScaler())
    categories = OneHotEncoder(
        # A line has an intercept, which makes the first category's column superfluous.
        drop=None if for_trees else "first",
        handle_unknown="infrequent_if_exist",
        min_frequency=FEWEST,
        max_categories=MOST_CATEGORIES,
        sparse_output=False,
    )
    positions = [np.asarray(columns, dtype=np.intp) for columns in (as_numbers, levels)]  # lists are slow to check
    pipeline = ColumnTransformer([("numbers", numbers, positions[0]), ("categories", categories, positions[1])])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return Encoder(pipeline.fit(rows), levels)


def _filled(matrix: np.ndarray, levels: list[int]) -> np.ndarray:
    """Missing levels as a category of their own."""
    is_missing = np.isnan(matrix[:, levels])
    if not is_missing.any():
        return matrix
    filled = matrix.copy()
    filled[:, levels] = np.where(is_missing, MISSING, matrix[:, levels])
    return filled
