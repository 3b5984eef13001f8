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
    """Bad leverage points: positions, the other rows' errors with them over those without, and the p-value of that."""

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
    sample = np.arange(n)
    if n > MOST_ROWS:
        sample = np.sort(np.random.default_rng(seed).choice(n, MOST_ROWS, replace=False))
    standardised, y = _standardised(columns[sample]), y[sample]
    bad = _bad_leverage(standardised, y, seed)
    if bad is None:
        return None
    if not bad.any() or bad.mean() > MOST_BAD:
        return Leverage(np.empty(0, dtype=np.int64), 1.0, 1.0)
    ratio, p_value = _dragged(standardised, y, bad)
    return Leverage(sample[bad], ratio, p_value)


def _standardised(columns: np.ndarray) -> np.ndarray:
    """Columns minus their medians, over their median absolute deviations."""
    centre = np.median(columns, axis=0)
    spread = np.median(np.abs(columns - centre), axis=0) / NORMAL_MAD
    spread = np.where(spread > 0.0, spread, np.maximum(columns.std(axis=0), 1e-300))
    return np.asarray((columns - centre) / spread)


def _bad_leverage(standardised: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray | None:
    """Which rows are far out in the features and far from the line of most rows; None if that line fits exactly."""
    design = np.column_stack([np.ones(len(y)), standardised])
    residuals = y - design @ least_trimmed_squares(design, y, seed)
    scale = float(np.median(np.abs(residuals))) / NORMAL_MAD
    if scale <= EXACT * float(np.abs(y - np.median(y)).max()):
        return None  # what is left is rounding
    far_out = _distances(standardised, seed) > np.sqrt(stats.chi2.ppf(0.975, standardised.shape[1]))
    return np.asarray(far_out & (np.abs(residuals) > FAR * scale))


def _dragged(standardised: np.ndarray, y: np.ndarray, bad: np.ndarray) -> tuple[float, float]:
    """The other rows' absolute errors with the bad rows over those without them, and the p-value of the test of luck.

    Wilcoxon's signed ranks: whether the errors of more of the other rows are larger than luck would have it.
    """
    design = np.column_stack([np.ones(len(y)), standardised])
    with_bad = np.abs(y - design @ _least_absolute(standardised, y))[~bad]
    without_bad = np.abs(y - design @ _least_absolute(standardised[~bad], y[~bad]))[~bad]
    ratio = float(with_bad.sum() / without_bad.sum()) if without_bad.any() else float("inf")
    if ratio < DRAGGED:
        return ratio, 1.0
    return ratio, float(stats.wilcoxon(with_bad, without_bad, alternative="greater").pvalue)


def _varies(matrix: np.ndarray) -> np.ndarray:
    """Columns of more than two values: indicators have no far ends."""
    return np.array([np.unique(column).size > 2 for column in matrix.T], dtype=bool)


def _least_absolute(standardised: np.ndarray, y: np.ndarray) -> np.ndarray:
    from lossary.choosing.diagnosis.lines import quiet_line  # noqa: PLC0415  imports the fits, which are large

    fit = quiet_line(standardised, y, "absolute_error", tol=1e-6)
    return np.concatenate([[fit.intercept], fit.coef])


def least_trimmed_squares(design: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """The coefficients under which the smaller half of the squared residuals adds up to least."""
    n, p = design.shape
    half = (n + p + 1) // 2
    draw = np.random.default_rng(seed)
    screened = [_improved(design, y, half, draw.permutation(n)[:p], steps=2) for _ in range(STARTS)]
    screened.sort(key=lambda start: start[0])
    converged = [_improved(design, y, half, rows, steps=50) for _, _, rows in screened[:10]]
    return min(converged, key=lambda end: end[0])[1]


def _improved(
    design: np.ndarray, y: np.ndarray, half: int, rows: np.ndarray, steps: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """Concentration: fit the rows, take those of least residual, and again until the sum of squares stays."""
    total = np.inf
    solution = np.zeros(design.shape[1])
    for _ in range(steps):
        solution = np.linalg.lstsq(design[rows], y[rows], rcond=1e-10)[0]
        squares = (y - design @ solution) ** 2
        rows = np.argpartition(squares, half - 1)[:half]
        new_total = float(squares[rows].sum())
        if new_total >= total * (1.0 - 1e-12):
            break
        total = new_total
    return total, solution, rows


def _distances(standardised: np.ndarray, seed: int) -> np.ndarray:
    """Robust distances from the bulk: scikit-learn's minimum covariance determinant."""
    from sklearn.covariance import MinCovDet  # noqa: PLC0415

    sample = standardised
    if len(sample) > FITTED:
        sample = sample[np.random.default_rng(seed).choice(len(sample), FITTED, replace=False)]
    if sample.shape[1] == 1 and np.median(np.abs(sample - np.median(sample))) == 0.0:
        return np.abs(standardised[:, 0])  # most rows have one value, and scikit-learn refuses a bulk without spread
    with warnings.catch_warnings():
        # Of a determinant that is nearly zero: the distances are then large, as they should be.
        warnings.simplefilter("ignore")
        covariance = MinCovDet(random_state=seed).fit(sample)
    return np.sqrt(covariance.mahalanobis(standardised))
