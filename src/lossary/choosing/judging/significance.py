"""Is a difference more than luck? Tests for scores of cross-validation, whose folds share most of their rows.

Scores of overlapping training sets are not independent: a plain t-test over folds takes the same evidence many times
and finds differences everywhere. No unbiased estimate of their variance exists (Bengio and Grandvalet 2004), so what is
here is approximate, and errs on the side of saying "a tie".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

AT_ONCE = 4_000_000
"""Row numbers drawn at a time by the bootstrap."""


@dataclass(frozen=True)
class TTest:
    """A mean difference, its standard error, and Student's t with its two-sided p-value."""

    mean: float
    error: float
    t: float
    degrees: int
    p: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Where the true difference lies, at this level."""
        half = self.error * float(stats.t.ppf(0.5 + level / 2.0, self.degrees)) if self.error else 0.0
        return self.mean - half, self.mean + half

    @property
    def less(self) -> float:
        """The one-sided p-value of the difference not being below zero."""
        return self.p / 2.0 if self.mean < 0.0 else 1.0 - self.p / 2.0


def corrected_t_test(differences: np.ndarray, ratio: float) -> TTest:
    """Nadeau and Bengio's corrected resampled t-test (2003, doi:10.1023/A:1024068626366).

    Parameters
    ----------
    differences : array of shape (folds of all repeats,)
        One candidate's mean score minus another's, fold by fold (Bouckaert and Frank 2004).
    ratio : float
        Rows tested over rows trained on: 1/9 for ten folds. With 0 this is the plain t-test, which over-claims.

    Examples
    --------
    >>> import numpy as np
    >>> found = corrected_t_test(np.array([1.0, 2.0, 3.0, 2.0, 2.0]), ratio=0.25)
    >>> round(found.t, 3), found.degrees
    (4.216, 4)
    """
    count = differences.size
    if count < 2:
        raise ValueError(f"a t-test over folds wants two or more, not {count}")
    mean, spread = float(differences.mean()), float(differences.std(ddof=1))
    error = spread * float(np.sqrt(1.0 / count + ratio))
    if error == 0.0:
        return TTest(mean, 0.0, float("inf") * np.sign(mean) if mean else 0.0, count - 1, 0.0 if mean else 1.0)
    t = mean / error
    return TTest(mean, error, t, count - 1, float(2.0 * stats.t.sf(abs(t), count - 1)))


@dataclass(frozen=True)
class Odds:
    """How probable it is that one candidate is better than another, practically equal, or worse."""

    better: float
    equal: float
    worse: float


def bayesian_correlated_t_test(differences: np.ndarray, correlation: float, rope: float) -> Odds:
    """The Bayesian correlated t-test with a region of practical equivalence (Benavoli et al. 2017, JMLR 18:77).

    Parameters
    ----------
    differences : array of shape (folds of all repeats,)
        The candidate's mean score minus the other's: below zero is better.
    correlation : float
        Between folds: the share of rows tested, 1/k.
    rope : float
        Differences no larger than this are practically none.

    Examples
    --------
    >>> import numpy as np
    >>> bayesian_correlated_t_test(np.array([-1.0, -2.0, -3.0]), correlation=0.25, rope=10.0).equal > 0.97
    True
    """
    error = corrected_t_test(differences, correlation / (1.0 - correlation))
    if error.error == 0.0:
        below, above = float(error.mean < -rope), float(error.mean > rope)
        return Odds(below, 1.0 - below - above, above)
    posterior = stats.t(error.degrees, loc=error.mean, scale=error.error)
    better, worse = float(posterior.cdf(-rope)), float(posterior.sf(rope))
    return Odds(better, max(1.0 - better - worse, 0.0), worse)


def holm(p_values: Sequence[float]) -> np.ndarray:
    """p-values adjusted for as many questions (Holm 1979).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(2)
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    p_in_order = np.empty_like(p)
    p_in_order[order] = np.minimum(adjusted, 1.0)
    return p_in_order


# The bootstrap of rows.


@dataclass(frozen=True)
class Resampler:
    """Draws rows again: one by one, in blocks of neighbours where they are in order of time, or in whole groups."""

    rows: int
    ordered: bool = False
    groups: np.ndarray | None = None
    block: int | None = None
    """Neighbours drawn together; by default the cube root of the rows (Hall, Horowitz and Jing 1995)."""

    def counts(self, draws: int, seed: int) -> list[np.ndarray]:
        """How often each row is drawn: arrays of shape (some draws, rows), all of them ``draws`` in number."""
        random = np.random.default_rng(seed)
        at_once = max(1, min(draws, AT_ONCE // self.rows))
        sizes = [min(at_once, draws - start) for start in range(0, draws, at_once)]
        return [self._counts(size, random) for size in sizes]

    def _counts(self, draws: int, random: np.random.Generator) -> np.ndarray:
        if self.groups is not None:
            _, member = np.unique(self.groups, return_inverse=True)
            drawn = _tally(random.integers(0, member.max() + 1, (draws, member.max() + 1)), int(member.max()) + 1)
            return drawn[:, member]
        if not self.ordered:
            return _tally(random.integers(0, self.rows, (draws, self.rows)), self.rows)
        length = min(self.rows, self.block or max(1, round(self.rows ** (1.0 / 3.0))))
        starts = random.integers(0, self.rows, (draws, -(-self.rows // length)))
        drawn = (starts[:, :, None] + np.arange(length)).reshape(draws, -1)[:, : self.rows] % self.rows
        return _tally(drawn, self.rows)


def _tally(drawn: np.ndarray, rows: int) -> np.ndarray:
    draws = drawn.shape[0]
    places = drawn + rows * np.arange(draws)[:, None]
    return np.bincount(places.ravel(), minlength=draws * rows).reshape(draws, rows)


def bootstrap_means(scores: np.ndarray, weight: np.ndarray, resampler: Resampler, draws: int, seed: int) -> np.ndarray:
    """Weighted mean scores of rows drawn again: (draws, candidates), from scores of shape (rows, candidates)."""
    weighted = scores * weight[:, None]
    means = [(counts @ weighted) / (counts @ weight)[:, None] for counts in resampler.counts(draws, seed)]
    return np.concatenate(means)


@dataclass(frozen=True)
class ConfidenceSet:
    """Which candidates may be the best: ``p`` is that of each, and those of at least 1 - level are in the set."""

    p: np.ndarray
    level: float

    @property
    def inside(self) -> np.ndarray:
        """Whether each candidate is in the set."""
        return self.p >= 1.0 - self.level


def model_confidence_set(
    scores: np.ndarray,
    weight: np.ndarray | None = None,
    *,
    level: float = 0.9,
    resampler: Resampler | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> ConfidenceSet:
    """The candidates not distinguishable from the best, by the range statistic of Hansen, Lunde and Nason (2011).

    Parameters
    ----------
    scores : array of shape (rows, candidates)
        Each row's score, less is better. It is taken as given how the candidates were trained: that another training
        set would have given other scores is not in these p-values (doi:10.3982/ECTA5771).
    weight : array of shape (rows,), optional
    level : float
        How sure the set is to hold the best candidate.
    resampler, draws, seed
        How rows are drawn again, how often, and from which seed.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal([0.0, 0.0, 1.0], 1.0, (200, 3))
    >>> model_confidence_set(rows).inside
    array([ True,  True, False])
    """
    rows, candidates = scores.shape
    weight = np.ones(rows) if weight is None else weight
    means = np.average(scores, axis=0, weights=weight)
    drawn = bootstrap_means(scores, weight, resampler or Resampler(rows), draws, seed) - means
    gaps = means[:, None] - means
    drawn_gaps = drawn[:, :, None] - drawn[:, None, :]
    spread = np.sqrt((drawn_gaps**2).mean(axis=0))
    # Candidates that predict the same have no spread, and no difference.
    scale = np.where(spread > 0.0, spread, 1.0)
    t, drawn_t = gaps / scale, np.abs(drawn_gaps) / scale
    alive, p, running = np.arange(candidates), np.ones(candidates), 0.0
    while alive.size > 1:
        among_alive = np.ix_(alive, alive)
        largest = drawn_t[:, alive[:, None], alive].max(axis=(1, 2))
        running = max(running, float(np.mean(largest >= t[among_alive].max())))
        worst = alive[int(np.argmax(t[among_alive].max(axis=1)))]
        p[worst] = running
        alive = alive[alive != worst]
    return ConfidenceSet(p, level)


@dataclass(frozen=True)
class Optimism:
    """The winner's score as cross-validation shows it, and freed of the luck that made it the winner."""

    apparent: float
    corrected: float
    low: float
    high: float


def corrected_winner(
    scores: np.ndarray,
    weight: np.ndarray | None = None,
    *,
    resampler: Resampler | None = None,
    draws: int = 500,
    seed: int = 0,
) -> Optimism:
    """What "take the best" really scores: bootstrap bias-corrected cross-validation (Tsamardinos et al. 2018).

    Rows are drawn again, the best candidate on them is taken, and scored on the rows not drawn; nothing is refitted
    (doi:10.1007/s10994-018-5714-4). Luck is what it scores there beyond the best of all rows: rows that are hard for
    both are no part of it. ``low`` and ``high`` hold the middle 95% of the scores on rows not drawn.

    Examples
    --------
    >>> import numpy as np
    >>> same = np.random.default_rng(0).normal(1.0, 1.0, (100, 8))
    >>> found = corrected_winner(same)
    >>> found.apparent < found.corrected
    True
    """
    rows, _ = scores.shape
    weight = np.ones(rows) if weight is None else weight
    weighted = scores * weight[:, None]
    best = int(np.argmin(np.average(scores, axis=0, weights=weight)))
    scores_outside: list[np.ndarray] = []
    for counts in (resampler or Resampler(rows)).counts(draws, seed):
        chosen = np.argmin((counts @ weighted) / (counts @ weight)[:, None], axis=1)
        not_drawn = counts == 0
        weight_outside = not_drawn @ weight
        has_outside = weight_outside > 0.0
        total_outside = not_drawn @ weighted
        both = np.column_stack([total_outside[np.arange(chosen.size), chosen], total_outside[:, best]])
        scores_outside.append(both[has_outside] / weight_outside[has_outside, None])
    of_chosen, of_best = np.concatenate(scores_outside).T
    apparent = float(np.average(scores, axis=0, weights=weight).min())
    low, high = np.quantile(of_chosen, [0.025, 0.975])
    # Luck taken out never makes a winner better.
    return Optimism(apparent, apparent + max(0.0, float(np.mean(of_chosen - of_best))), float(low), float(high))
