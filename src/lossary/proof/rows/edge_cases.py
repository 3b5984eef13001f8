"""Rows where digits are lost: confident, tied, masked, shifted, on the edge of the domain, or just as the target says.

Nothing here knows a loss: rows of predictions by kind, targets for them by kind, and a sample of all combinations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from lossary.proof.rows.cases import (
    FROM_UNCONSTRAINED,
    Case,
    Target,
    log_softmax,
    rounded,
    settings,
    softmax,
    takes_index,
)
from lossary.rowwise import RowLoss

SIZES = (2, 3, 5, 10)
ROWS = 260
"""About how many rows of a loss are judged in one dtype."""

Rows = Iterator[tuple[str, np.ndarray]]
"""Rows of predictions, and what is special about each."""


def _far(dtype: type) -> tuple[float, float]:
    """A gap whose exponential is nothing beside one, and one whose exponential is subnormal."""
    return (800.0, 740.0) if dtype is np.float64 else (90.0, 100.0)


def _tiny(dtype: type) -> float:
    return 1e-300 if dtype is np.float64 else 1e-38


# Predictions.


def scores(k: int, dtype: type, generator: np.random.Generator) -> Rows:
    """Scores of every size; -inf for a class that is masked out."""
    gap, under = _far(dtype)
    z = generator.normal(size=k)
    top, other = generator.permutation(k)[:2]
    is_top, is_other = np.eye(k)[top], np.eye(k)[other]
    yield "plain", z
    yield "wide", 10.0 * generator.normal(size=k)
    yield "common offset", 1e4 + z
    yield "common offset below", -1e4 + 3.0 * z
    for lead in (20.0, 40.0, gap):
        yield f"one {lead:g} above", z + lead * is_top
    yield f"one {under:g} below", z - under * is_top
    yield "tie at the top", np.where(is_top + is_other > 0.0, z.max() + 1.0, z)
    yield "tie far above", np.where(is_top + is_other > 0.0, 50.0, z)
    near_tie = rounded(z + 5.0 * is_top, dtype)
    second = np.nextafter(dtype(near_tie[top]), dtype(-np.inf))
    yield "an ulp below the top", np.where(is_other > 0.0, float(second), near_tie)
    yield "all equal", np.zeros(k)
    yield "all equal, far off", np.full(k, 1234.5)
    yield "nearly equal", 1.0 + 1e-7 * z
    yield "large", 1e5 * z
    yield "a loser masked", np.where(z == z.min(), -math.inf, z)
    yield "the top masked", np.where(z == z.max(), -math.inf, z)
    if k > 2:
        yield "all but two masked", np.where(is_top + is_other > 0.0, z, -math.inf)
    yield "all but one masked", np.where(is_top > 0.0, z, -math.inf)


def scores_next_to_zero(k: int, dtype: type, generator: np.random.Generator) -> Rows:
    """Scores far smaller than one: nearly equal, and yet so fine that their own ulps forgive nothing."""
    z = generator.normal(size=k)
    yield "next to zero", 1e-9 * z
    yield "tiny", _tiny(dtype) * z


def probabilities(k: int, dtype: type, generator: np.random.Generator) -> Rows:
    """The simplex: inside, on its faces, at its corners and close to them."""
    z = generator.normal(size=k)
    first, second = np.eye(k)[generator.permutation(k)[:2]]
    eps = float(np.finfo(dtype).eps)
    yield "plain", softmax(z)
    yield "wide", softmax(8.0 * z)
    yield "uniform", np.full(k, 1.0 / k)
    yield "a corner", first
    yield "an ulp from a corner", (1.0 - eps) * first + eps * second
    yield "one tiny", np.where(second > 0.0, _tiny(dtype), softmax(z + 60.0 * first - 60.0 * second))
    yield "half and half", 0.5 * first + 0.5 * second
    yield "a class at zero", softmax(np.where(second > 0.0, -math.inf, z))


def log_probabilities(k: int, dtype: type, generator: np.random.Generator) -> Rows:
    """Their logarithms, from -inf to zero."""
    gap, _ = _far(dtype)
    z = generator.normal(size=k)
    first, second = np.eye(k)[generator.permutation(k)[:2]]
    yield "plain", log_softmax(z)
    yield "wide", log_softmax(10.0 * z)
    yield "uniform", np.full(k, -math.log(k))
    yield "one 20 above", log_softmax(z + 20.0 * first)
    yield f"one {gap:g} above", log_softmax(z + gap * first)
    yield "a corner", np.where(first > 0.0, 0.0, -math.inf)
    yield "a class at zero", log_softmax(np.where(second > 0.0, -math.inf, z))


def independent_probabilities(k: int, dtype: type, generator: np.random.Generator) -> Rows:
    """Any numbers between zero and one, the ends too."""
    eps = float(np.finfo(dtype).eps)
    z = generator.random(k)
    first, second = np.eye(k)[generator.permutation(k)[:2]]
    yield "plain", z
    yield "zeros and ones", np.round(z)
    yield "all zero", np.zeros(k)
    yield "all one", np.ones(k)
    yield "a half each", np.full(k, 0.5)
    yield "one tiny, one nearly one", np.where(first > 0.0, _tiny(dtype), np.where(second > 0.0, 1.0 - eps / 2.0, z))
    yield "small", 1e-6 * z


def increasing(k: int, dtype: type, generator: np.random.Generator) -> Rows:
    """Cumulative logits: together and apart, near zero and far from it."""
    gap, _ = _far(dtype)
    steps = generator.exponential(size=k).cumsum()
    z = steps - steps.mean()
    yield "plain", z
    yield "wide", 10.0 * z
    yield "close together", 1e-4 * z + 0.5
    yield "far to the right", gap + z
    yield "far to the left", -gap + z
    yield "common offset", 1e4 + z
    yield "far apart", gap * (np.arange(k) - (k - 1) / 2.0)
    yield "20 apart", 20.0 * (np.arange(k) - (k - 1) / 2.0)
    neighbours = [dtype(0.75)]
    for _ in range(k - 1):
        neighbours.append(np.nextafter(neighbours[-1], dtype(np.inf)))
    yield "an ulp apart", np.array(neighbours, np.float64)


PREDICTIONS: dict[str, Callable[[int, type, np.random.Generator], Rows]] = {
    "scores": scores,
    "probabilities": probabilities,
    "log_probabilities": log_probabilities,
    "independent_probabilities": independent_probabilities,
    "increasing": increasing,
}

BEYOND: dict[str, Callable[[int, type, np.random.Generator], Rows]] = {"scores": scores_next_to_zero}
"""Rows that a sweep takes only when asked to."""


# Targets for a row of predictions.


def targets(loss: RowLoss, f: np.ndarray, dtype: type, generator: np.random.Generator) -> Iterator[tuple[str, Target]]:
    """Targets of the loss's kind, none of which gives weight to a class that is masked out."""
    is_unmasked = np.ones(f.size + loss.more_classes, bool)
    is_unmasked[: f.size] = f != -math.inf
    classes = np.flatnonzero(is_unmasked)
    if takes_index(loss):
        yield "top", int(f.argmax())
        yield "bottom", int(np.where(f == -math.inf, math.inf, f).argmin())
        yield "class", int(generator.choice(classes))
        if loss.more_classes:
            yield "last class", f.size
    for what, t in SOFT[loss.targets](loss, f, is_unmasked, generator):
        yield what, rounded(t, dtype)


def _like(loss: RowLoss, f: np.ndarray) -> np.ndarray | None:
    """The distribution, or the labels, that the row itself predicts; None where there is no such thing."""
    if loss.more_classes:
        return None
    if loss.prediction == "log_probabilities":
        return np.asarray(np.exp(f))
    if loss.prediction != "scores":
        return f
    return FROM_UNCONSTRAINED["independent_probabilities"](f) if loss.targets == "labels" else softmax(f)


Soft = Iterator[tuple[str, np.ndarray]]


def _distributions(loss: RowLoss, f: np.ndarray, is_unmasked: np.ndarray, generator: np.random.Generator) -> Soft:
    soft = np.where(is_unmasked, generator.random(is_unmasked.size), 0.0)
    one_hot = np.eye(is_unmasked.size)[int(generator.choice(np.flatnonzero(is_unmasked)))]
    soft = soft / soft.sum() if soft.sum() > 0.0 else one_hot
    yield "one-hot", one_hot
    yield "soft", soft
    yield "smoothed", 0.9375 * one_hot + 0.0625 * is_unmasked / is_unmasked.sum()
    yield "barely soft", (1.0 - 2.0**-20) * one_hot + 2.0**-20 * soft
    predicted = _like(loss, f)
    if predicted is not None:
        yield "as predicted", predicted
        yield "nearly as predicted", (1.0 - 1e-6) * predicted + 1e-6 * soft


def _labels(loss: RowLoss, f: np.ndarray, is_unmasked: np.ndarray, generator: np.random.Generator) -> Soft:
    yield "some", np.where(is_unmasked, generator.integers(0, 2, is_unmasked.size), 0.0)
    yield "none", np.zeros(is_unmasked.size)
    yield "all", is_unmasked.astype(float)
    yield "fractions", np.where(is_unmasked, generator.random(is_unmasked.size), 0.0)
    predicted = _like(loss, f)
    if predicted is not None:
        yield "as predicted", predicted


def _relevance(loss: RowLoss, f: np.ndarray, is_unmasked: np.ndarray, generator: np.random.Generator) -> Soft:
    yield "grades", np.where(is_unmasked, generator.integers(0, 5, is_unmasked.size), 0.0)
    yield "fractions", np.where(is_unmasked, 3.0 * generator.random(is_unmasked.size), 0.0)
    yield "one", np.eye(is_unmasked.size)[int(generator.choice(np.flatnonzero(is_unmasked)))]
    yield "none", np.zeros(is_unmasked.size)
    yield "all alike", 2.0 * is_unmasked


def _teachers(loss: RowLoss, f: np.ndarray, is_unmasked: np.ndarray, generator: np.random.Generator) -> Soft:
    z = np.where(is_unmasked, generator.normal(size=is_unmasked.size), -math.inf)
    one_hot = np.eye(is_unmasked.size)[int(generator.choice(np.flatnonzero(is_unmasked)))]
    yield "plain", z
    yield "wide", 10.0 * z
    yield "confident", z + 60.0 * one_hot
    yield "common offset", 1e4 + z
    yield "all equal", np.where(is_unmasked, 0.0, -math.inf)
    if is_unmasked.sum() > 1:
        yield "masked", np.where(one_hot > 0.0, -math.inf, z)
    if loss.more_classes == 0:
        yield "as predicted", f
        yield "nearly as predicted", f + 1e-6 * np.where(is_unmasked, generator.normal(size=f.size), 0.0)
        yield "shifted", f + 3.0


SOFT: dict[str, Callable[[RowLoss, np.ndarray, np.ndarray, np.random.Generator], Soft]] = {
    "distribution": _distributions,
    "labels": _labels,
    "relevance": _relevance,
    "scores": _teachers,
}


# Cases.


def edge_cases(
    loss: RowLoss,
    parameters: tuple[float, ...],
    dtype: type,
    sizes: Iterable[int] = SIZES,
    seed: int = 1857,
    beyond: bool = False,
) -> list[Case]:
    """Every kind of row with every kind of target, at one setting of the parameters."""
    kinds = (BEYOND if beyond else PREDICTIONS).get(loss.prediction)
    if kinds is None:
        return []
    generator = np.random.default_rng(seed)
    cases = []
    for k in (*((1,) if loss.more_classes else ()), *sizes):
        # One score cannot stand out among others.
        for what, row in kinds(max(k, 2), dtype, generator):
            f = rounded(row[:k], dtype)
            if loss.prediction == "increasing" and not np.all(np.diff(f) > 0.0):
                continue
            for of_target, y in targets(loss, np.array(f), dtype, generator):
                cases.append(Case(y, f, parameters, f"{what}; {of_target}"))
    return cases


def sweep(loss: RowLoss, dtype: type, size: int = ROWS, seed: int = 1857, beyond: bool = False) -> Iterator[Case]:
    """About ``size`` edge cases, shared out over the settings of the parameters."""
    generator = np.random.default_rng(seed)
    all_settings = settings(loss)
    share = max(size // len(all_settings), 40)
    for raw in all_settings:
        parameters = rounded(raw, dtype)
        if not all(x in p.within for x, p in zip(parameters, loss.parameters, strict=True)):
            continue  # rounding took it out of its range
        cases = edge_cases(loss, parameters, dtype, seed=int(generator.integers(2**31)), beyond=beyond)
        # Each kind of prediction in turn, so that a small sample has them all.
        picked = generator.permutation(len(cases))
        rounds: dict[str, int] = {}
        order = []
        for i in picked:
            kind = cases[i].kind.split(";")[0]
            rounds[kind] = rounds.get(kind, 0) + 1
            order.append((rounds[kind], int(i)))
        yield from (cases[i] for _, i in sorted(order)[:share])


def wide(loss: RowLoss, dtype: type, k: int, seed: int = 1857) -> list[Case]:
    """One row of ``k`` scores of each kind, the kinds of target in turn, at the defaults."""
    kinds: dict[str, list[Case]] = {}
    for case in edge_cases(loss, rounded(loss.defaults(), dtype), dtype, (k,), seed):
        if len(case.f) == k:
            kinds.setdefault(case.kind.split(";")[0], []).append(case)
    return [cases[i % len(cases)] for i, cases in enumerate(kinds.values())]
