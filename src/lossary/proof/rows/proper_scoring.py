"""What the minimiser of an expected loss says: the true probabilities, or at least which class is likeliest.

Classes are drawn with known probabilities. Random searches look for the row of least expected loss, half of them among
the rows that rank another class first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import mpmath
import numpy as np

from lossary.proof.rows.cases import FROM_UNCONSTRAINED, softmax
from lossary.proof.rows.exact_loss import Number, short
from lossary.proof.rows.loss_under_test import RowLossUnderTest
from lossary.proof.rows.random_search import minimise
from lossary.rowwise import RowLoss

TRUE_PROBABILITIES = np.array([(0.6, 0.3, 0.1), (0.25, 0.4, 0.35), (0.03, 0.07, 0.9), (0.36, 0.24, 0.4)])
"""Probabilities of three classes; the likeliest has all, much or less than half of the probability."""

TOLERANCE = 1e-9


def proper(loss: RowLossUnderTest) -> str | None:
    """Probabilities for which another prediction costs less than the true one, or no more and says something else."""
    minima = _minima(loss)
    for truth, best, rival in zip(TRUE_PROBABILITIES, minima.best, minima.rival, strict=True):
        at_truth, at_best = (_expected(loss, truth, z) for z in (_unconstrained(loss.record, truth), best))
        if not at_truth <= at_best + _tolerance(loss, truth, at_best):
            return _worded(loss, truth, best, at_best, f"the true one {mpmath.nstr(at_truth, 12)}")
        stated = predicted(loss.record, FROM_UNCONSTRAINED[loss.record.prediction](rival))
        if stated is not None and np.abs(stated - truth).max() > 0.01:
            return _worded(loss, truth, rival, _expected(loss, truth, rival), "as little as the true one")
    return None


def calibrated(loss: RowLossUnderTest) -> str | None:
    """Probabilities for which a prediction that ranks another class first, or as high, is as good as the best."""
    minima = _minima(loss)
    for truth, best, misranked in zip(TRUE_PROBABILITIES, minima.best, minima.misranked, strict=True):
        at_best, at_misranked = (_expected(loss, truth, z) for z in (best, misranked))
        if at_misranked <= at_best + _tolerance(loss, truth, at_best):
            than = f"the best {mpmath.nstr(at_best, 12)}, though it ranks them wrong"
            return _worded(loss, truth, misranked, at_misranked, than)
    return None


def _tolerance(loss: RowLossUnderTest, truth: np.ndarray, least: Number) -> Number:
    """The smallest difference of costs that counts, beside the least and that of an undecided prediction."""
    undecided = abs(_expected(loss, truth, np.zeros(len(truth) - loss.record.more_classes)))
    return TOLERANCE * (abs(least) + (undecided if mpmath.isfinite(undecided) else 0))


def _worded(loss: RowLossUnderTest, truth: np.ndarray, z: np.ndarray, cost: Number, than: str) -> str:
    f = short(FROM_UNCONSTRAINED[loss.record.prediction](z).tolist(), 8)
    return f"of probabilities {tuple(truth.tolist())} the prediction {f} costs {mpmath.nstr(cost, 12)}, {than}"


def _is_cumulative(record: RowLoss) -> bool:
    """Whether score j stands for P(class <= j), as a cumulative logit does."""
    return record.prediction == "increasing" or record.more_classes > 0


def predicted(record: RowLoss, f: np.ndarray) -> np.ndarray | None:
    """The class probabilities that predictions stand for; None where they are scores of nothing in particular."""
    if _is_cumulative(record):
        cumulative = 0.5 * (1.0 + np.tanh(0.5 * f))
        zero = np.zeros((*f.shape[:-1], 1))
        return np.diff(np.concatenate([zero, cumulative, zero + 1.0], axis=-1), axis=-1)
    if record.prediction == "scores":
        links = {"softmax": softmax, "sigmoid": FROM_UNCONSTRAINED["independent_probabilities"]}
        return links[record.link](f) if record.link in links else None
    return np.exp(f) if record.prediction == "log_probabilities" else f


def _unconstrained(record: RowLoss, probabilities: np.ndarray) -> np.ndarray:
    """The unconstrained numbers of the prediction that states these probabilities."""
    if _is_cumulative(record):
        cumulative = probabilities.cumsum()[:-1]
        f = np.log(cumulative) - np.log1p(-cumulative)
        return f if record.prediction == "scores" else np.concatenate([f[:1], np.log(np.diff(f))])
    if record.prediction == "independent_probabilities" or (record.prediction, record.link) == ("scores", "sigmoid"):
        return np.asarray(np.log(probabilities) - np.log1p(-probabilities))
    identity = (record.prediction, record.link) == ("scores", "identity")
    return probabilities if identity else np.asarray(np.log(probabilities))


@dataclass(frozen=True)
class Minima:
    """The best rows of unconstrained numbers found, one for each of ``TRUE_PROBABILITIES``.

    best        of all rows
    misranked   of those that rank another class first, or as high
    rival       as good as the best, and of all such rows the one that states what is farthest from the truth
    """

    best: np.ndarray
    misranked: np.ndarray
    rival: np.ndarray


class _Searches:
    """Searches from several starts for each of the true probabilities: once over all rows, once over misranked ones."""

    def __init__(self, loss: RowLossUnderTest) -> None:
        self._loss, self._record = loss, loss.record
        self._scores = TRUE_PROBABILITIES.shape[1] - loss.record.more_classes
        starts = self._starts()
        self._starts_each = starts.shape[1]
        self.start = np.concatenate([starts, starts], axis=1).reshape(-1, self._scores)
        self._truths = np.repeat(TRUE_PROBABILITIES, 2 * self._starts_each, axis=0)
        self._top = self._truths.argmax(axis=1)
        half = np.arange(2 * self._starts_each) >= self._starts_each
        self._must_misrank = np.tile(half, len(TRUE_PROBABILITIES))

    def _starts(self) -> np.ndarray:
        generator, k = np.random.default_rng(1857), self._scores
        starts = []
        for truth in TRUE_PROBABILITIES:
            z = _unconstrained(self._record, truth)
            near = z + 0.3 * generator.normal(size=(2, k))
            starts.append([z, np.zeros(k), *near, *2.0 * generator.normal(size=(4, k))])
        return np.array(starts)

    def project(self, z: np.ndarray) -> np.ndarray:
        """Keep the likeliest class no higher than another, in the searches among misranked rows."""
        if _is_cumulative(self._record):
            return z
        rows = np.arange(len(z))
        others = np.where(np.arange(self._scores) == self._top[:, np.newaxis], -np.inf, z).max(axis=1)
        projected = z.copy()
        top = z[rows, self._top]
        projected[rows, self._top] = np.where(self._must_misrank, np.minimum(top, others), top)
        return projected

    def objective(self, z: np.ndarray) -> np.ndarray:
        """The expected loss; infinite for rows of cumulative logits that rank right where they must not."""
        cost = self._loss.on_numpy.expected(self._truths, z)
        if not _is_cumulative(self._record):
            return cost
        stated = predicted(self._record, FROM_UNCONSTRAINED[self._record.prediction](z))
        assert stated is not None
        ascending = np.sort(stated, axis=1)
        ranks_right = (stated.argmax(axis=1) == self._top) & (ascending[:, -1] > ascending[:, -2])
        return np.where(self._must_misrank & ranks_right, np.inf, cost)

    def minima(self) -> Minima:
        ends, costs = minimise(self.objective, self.start, project=self.project)
        count = len(TRUE_PROBABILITIES)
        ends = ends.reshape(count, 2, self._starts_each, self._scores)
        costs = costs.reshape(count, 2, self._starts_each)
        truth, best = np.arange(count), costs.argmin(axis=2)
        rival = self._farthest_from_truth(ends[:, 0], costs[:, 0])
        return Minima(ends[truth, 0, best[:, 0]], ends[truth, 1, best[:, 1]], ends[truth, 0, rival])

    def _farthest_from_truth(self, ends: np.ndarray, costs: np.ndarray) -> np.ndarray:
        """Of the ends of equally low cost, which states what is farthest from the truth."""
        stated = predicted(self._record, FROM_UNCONSTRAINED[self._record.prediction](ends))
        distance = np.zeros(costs.shape)
        if stated is not None:
            distance = np.abs(stated - TRUE_PROBABILITIES[:, np.newaxis]).max(axis=2)
        least = costs.min(axis=1, keepdims=True)
        return np.where(costs <= least + 1e-12 * (1.0 + np.abs(least)), distance, -1.0).argmax(axis=1)


@lru_cache(maxsize=64)
def _minima(loss: RowLossUnderTest) -> Minima:
    return _Searches(loss).minima()


def _expected(loss: RowLossUnderTest, probabilities: np.ndarray, z: np.ndarray) -> Number:
    """The referee's mean loss of a row that a search found."""
    if loss.record.targets == "scores":
        return loss.value(*loss.found(np.log(probabilities), z))
    classes = len(probabilities)
    return mpmath.fsum(
        mpmath.mpf(probability) * loss.value(*loss.found(np.eye(classes)[c], z))
        for c, probability in enumerate(probabilities.tolist())
    )
