"""Rows far out in the features that drag a line with them, so that no convex loss resists.

A fit by least trimmed squares (Rousseeuw and Van Driessen 2006, doi:10.1007/s10618-005-0024-4) says where most rows
want the line. Rows that lie far from it, and far from the others in the features (robust distances), are bad leverage
points. They matter where the line of least absolute errors, which resists everything but leverage, fits the other rows
visibly worse than it does without the bad ones, and more of them than luck would have.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lossary.choosing.diagnosis.pilot import NORMAL_MAD

MOST_COLUMNS = 30
ROWS_A_COLUMN = 10
MOST_ROWS = 1000
MOST_BAD = 0.2
STARTS = 100
FITTED = 400
"""Rows that the covariance of the bulk is learned from."""

FAR = 2.5
EXACT = 1e-10
"""Residuals beside targets from which a line goes through most rows exactly."""
DRAGGED = 1.25
"""The other rows' mean absolute error with the bad rows over that without them, from which a line counts as dragged."""
LUCK = 0.01
"""The p-value of the other rows' errors being no larger (Wilcoxon's signed ranks) below which it is no luck."""


@dataclass(frozen=True)
class Leverage:
    """Bad leverage points: their positions, how much larger the other rows' errors are for them, and by what luck."""

    rows: np.ndarray
    dragged: float
    p: float

    @property
    def matters(self) -> bool:
        """Whether the line is dragged visibly, and beyond luck."""
        return self.dragged >= DRAGGED and self.p < LUCK


def leverage(matrix: np.ndarray, y: np.ndarray, seed: int) -> Leverage | None:
    """The bad leverage points among rows of numeric features; None where nothing can be told."""
    columns = matrix[:, _varies(matrix)]
    n, p = columns.shape
    if p == 0 or p > MOST_COLUMNS or n < ROWS_A_COLUMN * (p + 1):
        return None
    picked = np.arange(n)
    if n > MOST_ROWS:
        picked = np.sort(np.random.default_rng(seed).choice(n, MOST_ROWS, replace=False))
    columns, y = columns[picked], y[picked]
    centre = np.median(columns, axis=0)
    spread = np.median(np.abs(columns - centre), axis=0) / NORMAL_MAD
    spread = np.where(spread > 0.0, spread, np.maximum(columns.std(axis=0), 1e-300))
    standard = (columns - centre) / spread
    design = np.column_stack([np.ones(len(y)), standard])
    trimmed = least_trimmed_squares(design, y, seed)
    residuals = y - design @ trimmed
    scale = float(np.median(np.abs(residuals))) / NORMAL_MAD
    if scale <= EXACT * float(np.abs(y - np.median(y)).max()):
        return None  # what is left is rounding
    far = _distances(standard, seed) > np.sqrt(stats.chi2.ppf(0.975, p))
    bad = far & (np.abs(residuals) > FAR * scale)
    if not bad.any() or bad.mean() > MOST_BAD:
        return Leverage(np.empty(0, dtype=np.int64), 1.0, 1.0)
    with_bad = np.abs(y - design @ _least_absolute(standard, y))[~bad]
    without = np.abs(y - design @ _least_absolute(standard[~bad], y[~bad]))[~bad]
    ratio = float(with_bad.sum() / without.sum()) if without.any() else float("inf")
    luck = stats.wilcoxon(with_bad, without, alternative="greater").pvalue if ratio >= DRAGGED else 1.0
    return Leverage(picked[bad], ratio, float(luck))


def _varies(matrix: np.ndarray) -> np.ndarray:
    """Columns of more than two values: indicators have no far ends."""
    return np.array([np.unique(column).size > 2 for column in matrix.T], dtype=bool)


def _least_absolute(standard: np.ndarray, y: np.ndarray) -> np.ndarray:
    from lossary.fit import linear  # noqa: PLC0415  large

    fit = linear(standard, y, "absolute_error", tol=1e-6)
    return np.concatenate([[fit.intercept], fit.coef])


def least_trimmed_squares(design: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """The coefficients under which the smaller half of the squared residuals adds up to least."""
    n, p = design.shape
    half = (n + p + 1) // 2
    draw = np.random.default_rng(seed)
    screened = [_improved(design, y, half, draw.permutation(n)[:p], steps=2) for _ in range(STARTS)]
    screened.sort(key=lambda found: found[0])
    finished = [_improved(design, y, half, rows, steps=50) for _, _, rows in screened[:10]]
    return min(finished, key=lambda found: found[0])[1]


def _improved(
    design: np.ndarray, y: np.ndarray, half: int, rows: np.ndarray, steps: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """Concentration: fit the rows, take those of least residual, and again until nothing changes."""
    known = np.inf
    solution = np.zeros(design.shape[1])
    for _ in range(steps):
        solution = np.linalg.lstsq(design[rows], y[rows], rcond=1e-10)[0]
        squares = (y - design @ solution) ** 2
        rows = np.argpartition(squares, half - 1)[:half]
        now = float(squares[rows].sum())
        if now >= known * (1.0 - 1e-12):
            break
        known = now
    return known, solution, rows


def _distances(standard: np.ndarray, seed: int) -> np.ndarray:
    """Robust distances from the bulk: scikit-learn's minimum covariance determinant."""
    from sklearn.covariance import MinCovDet  # noqa: PLC0415

    picked = standard
    if len(standard) > FITTED:
        picked = standard[np.random.default_rng(seed).choice(len(standard), FITTED, replace=False)]
    if picked.shape[1] == 1 and np.median(np.abs(picked - np.median(picked))) == 0.0:
        return np.abs(standard[:, 0])  # most rows have one value, and scikit-learn refuses a bulk without spread
    with warnings.catch_warnings():
        # Of a determinant that is nearly zero: the distances are then large, as they should.
        warnings.simplefilter("ignore")
        found = MinCovDet(random_state=seed).fit(picked)
    return np.sqrt(found.mahalanobis(standard))
