"""The matrix a solver works with: a column of ones, then the features, centred and scaled to unit variance.

Solvers see numbers near one whatever the units of the data, so that a tolerance means the same everywhere. Columns lie
one after another in memory: products with few columns then run at the speed of memory. Sparse features are scaled, not
centred. The work is shared out by the pool of the kernels, while BLAS keeps to one thread in each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import linalg, sparse

from lossary.backends.cpu.runtime import threads

PIECE = 4096
"""Rows a product of columns takes at a time: their scaled copy should stay in the cache."""

SHARE = 1 << 32
"""Multiplications a thread takes at a time, about: a tenth of a second, for which an interrupt may have to wait."""

COLLINEAR = 1e-10
"""A direction in which the features vary by this small a share of their variance is taken for none."""


@dataclass(frozen=True)
class Design:
    """The working matrix and the way back to the data's units. The unknowns are ``(p,)``, or ``(p, k)`` for classes.

    ``basis`` (p, r), if the columns are dependent, spans the unknowns of least norm; solvers then work with r columns.
    """

    columns: Any
    intercept: bool
    centre: np.ndarray
    spread: np.ndarray
    basis: np.ndarray | None = None

    @property
    def rows(self) -> int:
        return int(self.columns.shape[1])

    @property
    def width(self) -> int:
        """How many unknowns there are (for each class)."""
        return int(self.columns.shape[0])

    @property
    def free(self) -> int:
        """How many unknowns come first that no penalty touches."""
        return int(self.intercept)

    def dot(self, unknowns: np.ndarray) -> np.ndarray:
        """The scores of every row."""
        if sparse.issparse(self.columns) or unknowns.ndim == 2:
            return np.ascontiguousarray(self.columns.T @ unknowns)
        scores = np.empty(self.rows)
        _shared(self.rows, lambda i, j: np.dot(unknowns, self.columns[:, i:j], out=scores[i:j]), self.width)
        return scores

    def transposed_dot(self, gradient: np.ndarray) -> np.ndarray:
        """The gradient by the unknowns, from the gradient by the scores."""
        if sparse.issparse(self.columns):
            return np.asarray(self.columns @ gradient)
        return _summed(_shared(self.rows, lambda i, j: self.columns[:, i:j] @ gradient[i:j], self.width))

    def gram(self, weight: np.ndarray) -> np.ndarray:
        """The sum over rows of weight times the outer product of the row with itself."""
        if sparse.issparse(self.columns):
            weighted = self.columns.multiply(weight).tocsc()
            return np.asarray((weighted @ self.columns.T).toarray())
        signed = bool(weight.min(initial=0.0) < 0.0)
        factors = weight if signed else np.sqrt(weight)

        def gram_of_rows(start: int, stop: int) -> np.ndarray:
            total = np.zeros((self.width, self.width))
            scratch = np.empty((self.width, min(PIECE, stop - start)))
            for i in range(start, stop, PIECE):
                j = min(i + PIECE, stop)
                scaled = scratch[:, : j - i]
                np.multiply(self.columns[:, i:j], factors[i:j], out=scaled)
                total += scaled @ (self.columns[:, i:j].T if signed else scaled.T)
            return total

        return _summed(_shared(self.rows, gram_of_rows, self.width**2))

    def squared_lengths(self, matrix: np.ndarray) -> np.ndarray:
        """``x @ matrix @ x`` for every row x."""
        if sparse.issparse(self.columns):
            return np.asarray(self.columns.multiply(matrix @ self.columns).sum(axis=0)).ravel()
        lengths = np.empty(self.rows)
        for i in range(0, self.rows, PIECE):
            piece = self.columns[:, i : i + PIECE]
            lengths[i : i + PIECE] = np.einsum("pn,pn->n", piece, matrix @ piece)
        return lengths

    def some(self, rows: np.ndarray) -> np.ndarray:
        """A few rows as a dense array."""
        if sparse.issparse(self.columns):
            return np.asarray(self.columns.tocsc()[:, rows].toarray()).T
        return np.ascontiguousarray(self.columns[:, rows].T)

    def taking(self, rows: np.ndarray) -> Design:
        """The same columns of some rows only."""
        columns = self.columns.tocsc()[:, rows].tocsr() if sparse.issparse(self.columns) else self.columns[:, rows]
        return replace(self, columns=columns)

    def in_units_of_data(self, unknowns: np.ndarray) -> tuple[Any, np.ndarray]:
        """The intercept and the coefficients."""
        in_columns = unknowns if self.basis is None else self.basis @ unknowns
        slopes = (in_columns[1:] if self.intercept else in_columns).T / self.spread
        # An exact zero stays one, whatever its sign.
        slopes = slopes + 0.0
        at_zero = in_columns[0] - slopes @ self.centre if self.intercept else np.zeros(in_columns.shape[1:])
        return (float(at_zero) if np.ndim(at_zero) == 0 else np.asarray(at_zero)), slopes

    def from_units_of_data(self, intercept: Any, coef: np.ndarray) -> np.ndarray:
        """The unknowns of a model in the units of the data."""
        slopes = (np.asarray(coef) * self.spread).T
        if not self.intercept:
            in_columns = slopes
        else:
            first = np.asarray(intercept + np.asarray(coef) @ self.centre)
            in_columns = np.concatenate([first[np.newaxis], slopes])
        return in_columns if self.basis is None else self.basis.T @ in_columns

    def reduced(self) -> tuple[Design, list[int]]:
        """The design without the directions in which its columns are dependent, and columns that take part in them."""
        values, vectors = linalg.eigh(self.gram(np.full(self.rows, 1.0 / self.rows)))
        is_determined = values > COLLINEAR * values[-1]
        if is_determined.all():
            return self, []
        involved = np.flatnonzero(np.abs(vectors[:, ~is_determined]).max(axis=1) > 1e-6).tolist()
        basis = np.ascontiguousarray(vectors[:, is_determined])
        return replace(self, columns=np.ascontiguousarray(basis.T @ self.columns), basis=basis), involved


def design_of(features: Any, fit_intercept: bool, weight: np.ndarray | None = None) -> Design:
    """The design of a matrix of features, dense or CSR; a row of weight two counts as two rows."""
    share = np.full(features.shape[0], 1.0 / features.shape[0]) if weight is None else weight / weight.sum()
    design = _sparse if sparse.issparse(features) else _dense
    return design(features, fit_intercept, share)


def _dense(features: np.ndarray, intercept: bool, share: np.ndarray) -> Design:
    rows, count = features.shape
    first = int(intercept)
    columns = np.empty((count + first, rows))
    columns[:first] = 1.0
    feature_columns = columns[first:]
    step = max(64, PIECE * 16 // max(count, 1))
    for i in range(0, rows, step):
        feature_columns[:, i : i + step] = features[i : i + step].T
    centre = np.zeros(count)
    if intercept:
        # The mean of all rows first, whose rounding is small, and then what the weighted one differs by: a constant
        # column is zero after that, but for rounding.
        mean = feature_columns.mean(axis=1)
        feature_columns -= mean[:, np.newaxis]
        correction = feature_columns @ share
        feature_columns -= correction[:, np.newaxis]
        centre = mean + correction
    # BLAS's norm does not overflow where the squares would.
    root = np.sqrt(share)
    spread = np.array([linalg.blas.dnrm2(root * column) for column in feature_columns])
    constant = spread <= 8.0 * np.finfo(float).eps * np.abs(centre)  # all zero counts as constant
    spread[constant] = 1.0
    feature_columns[constant] = 0.0
    feature_columns /= spread[:, np.newaxis]
    return Design(columns, intercept, centre, spread)


def _sparse(features: Any, intercept: bool, share: np.ndarray) -> Design:
    rows, count = features.shape
    columns = sparse.csr_array(features.T)
    largest = abs(columns).max(axis=1).toarray().ravel() if count else np.zeros(0)
    size = np.where(largest > 0.0, largest, 1.0)  # first to one, so that no square overflows
    scaled = sparse.diags_array(1.0 / size) @ columns
    mean_square = np.asarray(scaled.multiply(scaled) @ share).ravel()
    spread = np.where(largest > 0.0, size * np.sqrt(mean_square), 1.0)
    scaled = sparse.diags_array(1.0 / spread) @ columns
    if intercept:
        scaled = sparse.vstack([sparse.csr_array(np.ones((1, rows))), scaled])
    return Design(sparse.csr_array(scaled), intercept, np.zeros(count), spread)


def _shared(rows: int, work: Callable[[int, int], Any], effort: int) -> list[tuple[int, Any]]:
    """``work`` over pieces of the rows, by as many threads as that is worth; a row takes ``effort`` multiplications.

    The pieces are the same for any number of threads, and so is a sum over them.
    """
    step = max(PIECE, min(threads.SMALLEST_SHARE, SHARE // max(effort, 1)))
    if rows <= step:
        return [(0, work(0, rows))]
    return threads.share(rows, threads.helpers(rows), lambda i, j: (i, work(i, j)), step)


def _summed(parts: list[tuple[int, Any]]) -> np.ndarray:
    """The sum of what the pieces gave, in their order, so that it does not depend on who was first."""
    ordered = [array for _, array in sorted(parts, key=lambda each: each[0])]
    total = ordered[0]
    for array in ordered[1:]:
        total = total + array
    return np.asarray(total)
