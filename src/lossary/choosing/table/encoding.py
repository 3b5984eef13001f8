"""From features to a model's matrix: what scikit-learn's pipeline finds in the training rows, kept as arrays.

Missing numbers become the median, with a column that says so; numbers are standardised; categories become columns of
zeros and ones, rare ones together. Trees get whole numbers of few values as numbers, lines as categories.

scikit-learn's parts are fitted, and what they found is read off them: arrays can be written to a file that runs nothing
when it is read, are applied faster, and give the same numbers to the bit.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
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

NOWHERE = -1
"""The place of a category without a column of its own: the first of a line, which its intercept stands for."""


@dataclass(frozen=True)
class Numbers:
    """Columns of numbers: ``columns`` are their places in the features, ``medians`` what is filled in.

    ``marked`` are the places, among these columns, of those that get another column saying where they were missing.
    All of them are then less ``means``, over ``scales``; both are empty for trees.
    """

    columns: np.ndarray
    medians: np.ndarray
    marked: np.ndarray
    means: np.ndarray
    scales: np.ndarray

    @property
    def width(self) -> int:
        return int(self.columns.size + self.marked.size)

    def into(self, out: np.ndarray, features: np.ndarray) -> None:
        """Write the columns, (n, width)."""
        values = features[:, self.columns]
        is_missing = np.isnan(values)
        out[:, : self.columns.size] = np.where(is_missing, self.medians, values)
        out[:, self.columns.size :] = is_missing[:, self.marked]
        if self.means.size:
            out -= self.means
            out /= self.scales


@dataclass(frozen=True)
class Category:
    """One column of categories: the ``values`` known, sorted, and the ``places`` of their columns of zeros and ones.

    ``unknown`` is the place of all others: with the rare ones, or ``NOWHERE``. There are ``width`` columns.
    """

    column: int
    values: np.ndarray
    places: np.ndarray
    unknown: int
    width: int

    def numbers(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each row's place, and whether its category is a known one."""
        values = features[:, self.column]
        values = np.where(np.isnan(values), MISSING, values)
        found = np.minimum(np.searchsorted(self.values, values), self.values.size - 1)
        is_known = self.values[found] == values
        return np.where(is_known, self.places[found], self.unknown), is_known

    def into(self, out: np.ndarray, features: np.ndarray) -> None:
        """Write the columns, (n, width), which are zeros."""
        places, _ = self.numbers(features)
        rows = np.flatnonzero(places != NOWHERE)
        out[rows, places[rows]] = 1.0


@dataclass(frozen=True)
class Encoder:
    """From features, (n, p) with NaN where missing, to a model's matrix; every row by itself."""

    numbers: Numbers
    categories: tuple[Category, ...]

    @property
    def width(self) -> int:
        """How many columns the matrix has."""
        return self.numbers.width + sum(category.width for category in self.categories)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """The model's matrix: float64, without missing numbers."""
        matrix = np.zeros((len(features), self.width))
        end = self.numbers.width
        self.numbers.into(matrix[:, :end], features)
        for category in self.categories:
            category.into(matrix[:, end : end + category.width], features)
            end += category.width
        return matrix


def encoder(features: Features, train: np.ndarray, for_trees: bool) -> Encoder:
    """What the training rows tell of how to encode any."""
    pipeline = fitted_pipeline(features, train, for_trees)
    numbers, categories = (columns for _, _, columns in pipeline.transformers)
    return Encoder(
        _numbers(pipeline.named_transformers_["numbers"], numbers, for_trees),
        _categories(pipeline.named_transformers_["categories"], categories),
    )


def fitted_pipeline(features: Features, train: np.ndarray, for_trees: bool) -> ColumnTransformer:
    """scikit-learn's pipeline, fitted on the training rows, whose missing levels are a level (``filled``)."""
    as_numbers = features.of_kind("number", "levels") if for_trees else features.of_kind("number")
    levels = features.of_kind("category") if for_trees else features.of_kind("category", "levels")
    rows = filled(features.matrix[train], levels)
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
        return pipeline.fit(rows)


def filled(matrix: np.ndarray, levels: Sequence[int]) -> np.ndarray:
    """Missing levels as a category of their own."""
    is_missing = np.isnan(matrix[:, levels])
    if not is_missing.any():
        return matrix
    complete = matrix.copy()
    complete[:, levels] = np.where(is_missing, MISSING, matrix[:, levels])
    return complete


def _numbers(fitted: Any, columns: np.ndarray, for_trees: bool) -> Numbers:
    nothing = np.empty(0)
    if not columns.size:
        return Numbers(columns, nothing, columns, nothing, nothing)
    imputer, scaler = (fitted, None) if for_trees else (fitted[0], fitted[1])
    return Numbers(
        columns,
        np.asarray(imputer.statistics_, dtype=np.float64),
        np.asarray(imputer.indicator_.features_, dtype=np.intp),
        nothing if scaler is None else np.asarray(scaler.mean_, dtype=np.float64),
        nothing if scaler is None else np.asarray(scaler.scale_, dtype=np.float64),
    )


def _categories(fitted: Any, columns: np.ndarray) -> tuple[Category, ...]:
    """Where the fitted encoder puts each value that it knows, and one that it does not: it is asked, not imitated."""
    if not columns.size:
        return ()
    known = [np.asarray(values, dtype=np.float64) for values in fitted.categories_]
    probes = np.full((1 + max(values.size for values in known), columns.size), UNSEEN_PROBE)
    for j, values in enumerate(known):
        probes[: values.size, j] = values
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of unknown categories, which are asked for on purpose
        encoded = np.asarray(fitted.transform(probes))
    found, end = [], 0
    for j, (column, values) in enumerate(zip(columns.tolist(), known, strict=True)):
        joined = fitted.infrequent_categories_[j]
        is_dropped = fitted.drop_idx_ is not None and fitted.drop_idx_[j] is not None
        width = values.size - (0 if joined is None else len(joined) - 1) - is_dropped
        block = encoded[:, end : end + width]
        places = np.where(block.any(axis=1), block.argmax(axis=1) if width else 0, NOWHERE)
        found.append(Category(column, values, places[: values.size], int(places[-1]), width))
        end += width
    return tuple(found)


UNSEEN_PROBE = -9e15
"""A number that no category has."""
