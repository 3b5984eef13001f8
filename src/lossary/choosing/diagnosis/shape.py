"""Numbers that describe residuals: tails, lopsidedness, spread that changes, variance as a power of the mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from lossary.choosing.diagnosis.pilot import NORMAL_MAD
from lossary.evaluate.registry import pointwise

SAMPLED = 1000
"""Residuals that the medcouple looks at: it takes all pairs."""

FREEDOM = (2.0, 3.0, 4.0, 5.0, 8.0, 15.0, 30.0)
"""Degrees of freedom among which Student's t chooses."""


def beyond(residuals: np.ndarray, spread: float, sigmas: float) -> float:
    """The share of residuals further from their median than that many robust sigmas."""
    return float(np.mean(np.abs(residuals - np.median(residuals)) > sigmas * spread))


def tail_index(residuals: np.ndarray) -> float:
    """Hill's estimate from the largest residuals: the median of those from the root of n up to a tenth of n of them.

    A power law of tail has that power; of normal residuals it is about 5.
    """
    size = np.sort(np.abs(residuals - np.median(residuals)))[::-1]
    size = size[size > 0.0]
    few, many = max(10, int(np.sqrt(size.size))), max(12, size.size // 10)
    if size.size <= many + 1:
        return float("inf")
    logs = np.log(size[: many + 1])
    excess = np.cumsum(logs[:-1]) / np.arange(1, many + 1) - logs[1:]
    inverse = float(np.median(excess[few - 1 :])) if few <= many else float(excess[-1])
    return 1.0 / inverse if inverse > 0.0 else float("inf")


def medcouple(residuals: np.ndarray, seed: int = 0) -> float:
    """A robust skewness between -1 and 1 (Brys, Hubert and Struyf 2004), of at most a thousand residuals."""
    if residuals.size > SAMPLED:
        residuals = np.random.default_rng(seed).choice(residuals, SAMPLED, replace=False)
    centred = residuals - np.median(residuals)
    left, right = centred[centred < 0.0], centred[centred > 0.0]
    if not left.size or not right.size:
        return 0.0
    pairs = (right[:, None] + left[None, :]) / (right[:, None] - left[None, :])
    return float(np.median(pairs))


@dataclass(frozen=True)
class Spread:
    """Koenker's test: its p-value, and the variance of the noisiest fifth of rows over that of the calmest."""

    p: float
    ratio: float


def breusch_pagan(squares: np.ndarray, columns: np.ndarray) -> Spread:
    """Whether squared residuals depend on columns, in Koenker's form, which wants no normal distribution."""
    matrix = np.column_stack([np.ones(squares.size), columns])
    solution, _, rank, _ = np.linalg.lstsq(matrix, squares, rcond=1e-8)
    fitted = matrix @ solution
    total = float(np.sum((squares - squares.mean()) ** 2))
    explained = float(np.sum((fitted - fitted.mean()) ** 2))
    if total == 0.0 or rank < 2:
        return Spread(1.0, 1.0)
    order = np.argsort(fitted)
    fifth = max(1, squares.size // 5)
    calm, noisy = squares[order[:fifth]].mean(), squares[order[-fifth:]].mean()
    p = float(stats.chi2.sf(squares.size * explained / total, rank - 1))
    return Spread(p, float(noisy / calm) if calm > 0.0 else float("inf"))


@dataclass(frozen=True)
class Power:
    """The power of the mean that the variance grows by, and its standard error."""

    power: float
    error: float


def park(y: np.ndarray, mean: np.ndarray) -> Power | None:
    """The modified Park test (Manning and Mullahy 2001): a gamma regression of squared residuals on log means.

    None where means are not positive, or hardly differ.
    """
    from lossary.choosing.diagnosis.lines import quiet_line  # noqa: PLC0415  imports the fits, which are large

    usable = mean > 0.0
    if usable.mean() < 0.5:
        return None
    # A fit may predict next to nothing here and there: such a logarithm would outweigh all others.
    logs = np.log(np.maximum(mean[usable], np.quantile(mean[usable], 0.01)))
    squares = (y[usable] - mean[usable]) ** 2
    squares = np.maximum(squares, 1e-12 * squares.mean())
    if np.std(logs) < 0.05 or squares.mean() == 0.0:
        return None
    fit = quiet_line(logs[:, None], squares / squares.mean(), "gamma")
    error = float(fit.standard_errors("sandwich").coef[0])
    return Power(float(fit.coef[0]), error)


def overdispersion(y: np.ndarray, mean: np.ndarray) -> float:
    """Pearson's statistic of Poisson counts over the number of rows, where a positive mean is predicted."""
    usable = mean > max(1e-3 * float(y.mean()), 0.0)
    return float(np.mean((y[usable] - mean[usable]) ** 2 / mean[usable])) if usable.any() else float("nan")


def dispersion(y: np.ndarray, mean: np.ndarray) -> float:
    """Alpha of a negative binomial, variance = mean + alpha mean**2, by moments (Cameron and Trivedi 1990)."""
    usable = mean > 0.0
    m, excess = mean[usable], (y[usable] - mean[usable]) ** 2 - mean[usable]
    return max(float(np.sum(excess * m**2) / np.sum(m**4)), 1e-3) if usable.any() else 1.0


@dataclass(frozen=True)
class StudentT:
    """Degrees of freedom and scale under which residuals are likeliest."""

    df: float
    scale: float


def student_t(residuals: np.ndarray, spread: float) -> StudentT:
    """The likeliest Student's t among a few degrees of freedom, each with its own best scale."""
    loss = pointwise("student_t_nll")
    centred = np.ascontiguousarray(residuals - np.median(residuals))
    nothing = np.zeros_like(centred)
    best = (float("inf"), FREEDOM[0], spread)
    for df in FREEDOM:

        def cost(log_scale: float, df: float = df) -> float:
            return loss.cost(centred, nothing, scale=float(np.exp(log_scale)), df=df)

        middle = float(np.log(spread))
        best_scale = optimize.minimize_scalar(cost, bounds=(middle - 2.0, middle + 2.0), method="bounded")
        best = min(best, (float(best_scale.fun), df, float(np.exp(best_scale.x))))
    return StudentT(best[1], best[2])


def log_spread(y: np.ndarray, median: np.ndarray) -> float:
    """The robust sigma of residuals on the scale of log1p."""
    residuals = np.log1p(y) - np.log1p(np.maximum(median, 0.0))
    spread = float(np.median(np.abs(residuals - np.median(residuals)))) / NORMAL_MAD
    return spread or float(np.std(residuals)) or 1.0


def log_kurtosis(y: np.ndarray, fitted: np.ndarray) -> float:
    """The excess kurtosis of residuals on the log scale, of rows where both are positive."""
    usable = (y > 0.0) & (fitted > 0.0)
    if usable.sum() < 20:
        return float("nan")
    return float(stats.kurtosis(np.log(y[usable]) - np.log(fitted[usable])))


def lag_correlation(residuals: np.ndarray) -> float:
    """The correlation of neighbours' residuals, in the order of the rows, by ranks."""
    if residuals.size < 20:
        return 0.0
    ranks = stats.rankdata(residuals)
    if np.ptp(ranks) == 0.0:
        return 0.0
    return float(np.corrcoef(ranks[:-1], ranks[1:])[0, 1])


def is_sorted(y: np.ndarray) -> bool:
    """Whether rows are in order of their targets, up or down, in a few blocks at most; targets that wander are not."""
    steps = np.diff(y)
    turns = min(int(np.sum(steps < 0.0)), int(np.sum(steps > 0.0)))
    return bool(turns <= FEW_TURNS * y.size)


FEW_TURNS = 0.01


def shared_variance(residuals: np.ndarray, groups: np.ndarray) -> float:
    """The part of residuals' variance that lies between groups, corrected for how many groups there are."""
    number = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(number)
    n, k = residuals.size, sizes.size
    if n <= k + 1:
        return 0.0
    means = np.bincount(number, residuals) / sizes
    within = float(np.sum((residuals - means[number]) ** 2)) / (n - k)
    total = float(np.sum((residuals - residuals.mean()) ** 2)) / (n - 1)
    return 1.0 - within / total if total > 0.0 else 0.0


def mean_gap(y: np.ndarray, median: np.ndarray) -> float:
    """By how much means exceed medians on average, given the features."""
    residuals = y - median
    return float(residuals.mean() - pointwise("absolute_error").optimal_constant(residuals))
