"""What the minimiser of an expected loss says: the true probabilities, or at least which class is likeliest.

Classes are drawn with known probabilities; many climbers look for the row of least expected loss, some of them among
the rows that rank another class first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import mpmath
import numpy as np

from lossary.proof.rows.arena import Arena
from lossary.proof.rows.points import FREE, softmax
from lossary.proof.rows.search import descend
from lossary.proof.rows.subject import Number, short
from lossary.rowwise import RowLoss

SHARES = np.array([(0.6, 0.3, 0.1), (0.25, 0.4, 0.35), (0.03, 0.07, 0.9), (0.36, 0.24, 0.4)])
"""Probabilities of three classes; the likeliest has all, much or less than half of the probability."""

AGREE = 1e-9


def proper(arena: Arena) -> str | None:
    """Probabilities for which another prediction costs less than the true one, or no more and says something else."""
    searched = _searched(arena)
    for shares, found, rival in zip(SHARES, searched.free, searched.rival, strict=True):
        true = _free(arena.loss, shares)
        at_truth, least = (_expected(arena, shares, z) for z in (true, found))
        if not at_truth <= least + _grain(arena, shares, least):
            return _said(arena, shares, found, least, f"the true one {mpmath.nstr(at_truth, 12)}")
        said = predicted(arena.loss, FREE[arena.loss.prediction](rival))
        if said is not None and np.abs(said - shares).max() > 0.01:
            return _said(arena, shares, rival, _expected(arena, shares, rival), "as little as the true one")
    return None


def calibrated(arena: Arena) -> str | None:
    """Probabilities for which a prediction that ranks another class first, or as high, is as good as the best."""
    searched = _searched(arena)
    for shares, free, wrong in zip(SHARES, searched.free, searched.wrong, strict=True):
        best, other = (_expected(arena, shares, z) for z in (free, wrong))
        if other <= best + _grain(arena, shares, best):
            return _said(arena, shares, wrong, other, f"the best {mpmath.nstr(best, 12)}, though it ranks them wrong")
    return None


def _grain(arena: Arena, shares: np.ndarray, best: Number) -> Number:
    """The smallest difference of costs that counts, beside the best and that of an undecided prediction."""
    plain = abs(_expected(arena, shares, np.zeros(len(shares) - arena.loss.more_classes)))
    return AGREE * (abs(best) + (plain if mpmath.isfinite(plain) else 0))


def _said(arena: Arena, shares: np.ndarray, z: np.ndarray, cost: Number, than: str) -> str:
    f = short(FREE[arena.loss.prediction](z).tolist(), 8)
    return f"of probabilities {tuple(shares.tolist())} the prediction {f} costs {mpmath.nstr(cost, 12)}, {than}"


def predicted(loss: RowLoss, f: np.ndarray) -> np.ndarray | None:
    """The class probabilities that predictions stand for; None where they are scores of nothing in particular."""
    if loss.prediction == "increasing" or loss.more_classes:
        # Cumulative logits: P(class <= j) is the sigmoid of score j.
        up = 0.5 * (1.0 + np.tanh(0.5 * f))
        ends = np.zeros((*f.shape[:-1], 1))
        return np.diff(np.concatenate([ends, up, ends + 1.0], axis=-1), axis=-1)
    if loss.prediction == "scores":
        links = {"softmax": softmax, "sigmoid": FREE["independent_probabilities"]}
        return links[loss.link](f) if loss.link in links else None
    return np.exp(f) if loss.prediction == "log_probabilities" else f


def _free(loss: RowLoss, shares: np.ndarray) -> np.ndarray:
    """The free numbers of the prediction that states these probabilities."""
    logit = np.log(shares) - np.log1p(-shares)
    if loss.prediction == "increasing" or loss.more_classes:
        up = shares.cumsum()[:-1]
        f = np.log(up) - np.log1p(-up)
        return f if loss.prediction == "scores" else np.concatenate([f[:1], np.log(np.diff(f))])
    if loss.prediction == "independent_probabilities" or (loss.prediction, loss.link) == ("scores", "sigmoid"):
        return logit
    return shares if (loss.prediction, loss.link) == ("scores", "identity") else np.log(shares)


@dataclass(frozen=True)
class Searched:
    """The best rows of free numbers found for each of ``SHARES``: of all, and of those that rank wrong.

    A rival is as good as the best, and of all these says what is farthest from the truth.
    """

    free: np.ndarray
    wrong: np.ndarray
    rival: np.ndarray


@lru_cache(maxsize=64)
def _searched(arena: Arena) -> Searched:
    loss, k = arena.loss, SHARES.shape[1] - arena.loss.more_classes
    chosen = np.random.default_rng(1857)
    starts = []
    for shares in SHARES:
        true = _free(loss, shares)
        starts.append(
            [true, np.zeros(k), *(true + 0.3 * chosen.normal(size=(2, k))), *2.0 * chosen.normal(size=(4, k))]
        )
    start = np.array(starts)
    each = start.shape[1]
    shares = np.repeat(SHARES, 2 * each, axis=0)
    top = shares.argmax(axis=1)
    is_wrong = np.tile(np.arange(2 * each) >= each, len(SHARES))
    both = np.concatenate([start, start], axis=1).reshape(-1, k)
    rows = np.arange(len(both))
    ordered = loss.prediction != "increasing" and not loss.more_classes

    def into(z: np.ndarray) -> np.ndarray:
        """Climbers of the wrong half keep the likeliest class no higher than another."""
        if not ordered:
            return z
        others = np.where(np.arange(k) == top[:, np.newaxis], -np.inf, z).max(axis=1)
        kept = z.copy()
        kept[rows, top] = np.where(is_wrong, np.minimum(z[rows, top], others), z[rows, top])
        return kept

    def heights(z: np.ndarray) -> np.ndarray:
        cost = arena.terrain.expected(shares, z)
        if ordered:
            return cost
        said = predicted(loss, FREE[loss.prediction](z))
        assert said is not None
        ranks_right = (said.argmax(axis=1) == top) & (np.sort(said, axis=1)[:, -1] > np.sort(said, axis=1)[:, -2])
        return np.where(is_wrong & ranks_right, np.inf, cost)

    ends, low = descend(heights, both, into=into)
    costs, shaped = low.reshape(len(SHARES), 2, each), ends.reshape(len(SHARES), 2, each, k)
    pick, best = np.arange(len(SHARES)), costs.argmin(axis=2)
    free = shaped[:, 0]
    said = predicted(loss, FREE[loss.prediction](free))
    off = np.zeros((len(SHARES), each)) if said is None else np.abs(said - SHARES[:, np.newaxis]).max(axis=2)
    least = costs[:, 0].min(axis=1, keepdims=True)
    rival = np.where(costs[:, 0] <= least + 1e-12 * (1.0 + np.abs(least)), off, -1.0).argmax(axis=1)
    return Searched(free[pick, best[:, 0]], shaped[pick, 1, best[:, 1]], free[pick, rival])


def _expected(arena: Arena, shares: np.ndarray, z: np.ndarray) -> Number:
    """The referee's mean loss of a row found."""
    if arena.loss.targets == "scores":
        return arena.value(*arena.found(np.log(shares), z))
    classes = len(shares)
    return mpmath.fsum(
        mpmath.mpf(share) * arena.value(*arena.found(np.eye(classes)[c], z)) for c, share in enumerate(shares.tolist())
    )
