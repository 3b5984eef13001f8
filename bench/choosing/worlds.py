"""Synthetic data of which it is known what loss it wants: each world draws features, a truth, and targets around it.

A world's ``best`` are the losses that its noise makes efficient, or that alone aim at what is wanted. Test rows are
drawn from the same world, or where it changes in time, from what comes next (``fresh``); where a world spoils targets
or features (``spoil``), it spoils training rows alone, because what is wanted is the truth behind them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]
Spoil = Callable[[np.random.Generator, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

FEATURES = 4
SLOPES = np.array([1.0, -0.8, 0.5, 0.0])
LARGE = 20_000
"""Rows that only linear models are trained on here: trees would take the bench an hour."""


@dataclass(frozen=True)
class World:
    """One kind of data, what is asked of it, and the losses that it was made for."""

    name: str
    want: str
    best: tuple[str, ...]
    draw: Draw
    spoil: Spoil | None = None
    cost_under: float | None = None
    cost_over: float | None = None
    ordered: bool = False
    """Rows are in order of time."""
    fresh: Draw | None = None
    """How test rows are drawn, if otherwise than training rows."""
    group_rows: int = 0
    """Neighbouring rows that belong together; 0 if each stands alone."""


@dataclass(frozen=True)
class Set:
    """One data set: a world, a number of rows, a seed, and the models that are compared on it."""

    world: World
    rows: int
    seed: int
    models: tuple[str, ...] = ("linear",)

    @property
    def name(self) -> str:
        return f"{self.world.name}, {self.rows:,} rows" + (", trees too" if "boosting" in self.models else "")


def _features(random: np.random.Generator, rows: int) -> np.ndarray:
    return random.normal(size=(rows, FEATURES))


def _line(X: np.ndarray) -> np.ndarray:
    return 1.0 + X @ SLOPES


def _bent(X: np.ndarray) -> np.ndarray:
    """A truth with a bend and a product, for trees."""
    return np.abs(X[:, 0]) * 1.5 + np.where(X[:, 1] > 0.0, X[:, 2], -X[:, 2])


def _around(truth: Callable[[np.ndarray], np.ndarray], noise: Callable[[np.random.Generator, np.ndarray], np.ndarray]):
    def draw(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        X = _features(random, rows)
        return X, truth(X) + noise(random, X)

    return draw


def _positive(targets: Callable[[np.random.Generator, np.ndarray], np.ndarray], level: float = 1.0) -> Draw:
    """Targets drawn around a mean with a log link."""

    def draw(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        X = _features(random, rows)
        return X, targets(random, np.exp(level + X @ (0.6 * SLOPES)))

    return draw


def _tweedie(random: np.random.Generator, mean: np.ndarray, power: float = 1.5, phi: float = 1.5) -> np.ndarray:
    """Compound Poisson-gamma amounts: a Poisson number of gamma claims."""
    number = random.poisson(mean ** (2.0 - power) / (phi * (2.0 - power)))
    shape = (2.0 - power) / (power - 1.0)
    scale = phi * (power - 1.0) * mean ** (power - 1.0)
    return np.where(number > 0, random.gamma(np.maximum(number, 1) * shape), 0.0) * scale


def _shares(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    X = _features(random, rows)
    mean = 1.0 / (1.0 + np.exp(-1.2 * X @ SLOPES))
    return X, np.clip(random.beta(4.0 * mean, 4.0 * (1.0 - mean)), 1e-6, 1.0 - 1e-6)


def _two(offset: float = 0.0, strength: float = 1.5) -> Draw:
    def draw(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        X = _features(random, rows)
        p = 1.0 / (1.0 + np.exp(-(offset + strength * X @ SLOPES)))
        return X, (random.random(rows) < p).astype(float)

    return draw


def _three(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    X = _features(random, rows)
    scores = X[:, :3] * 1.5 + random.gumbel(size=(rows, 3))
    return X, np.array(["a", "b", "c"], dtype=object)[np.argmax(scores, axis=1)]


def _far_feature(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Positive amounts in proportion to a feature with a long tail: the exponential of a line runs away in its end."""
    X = _features(random, rows)
    X[:, 0] = np.abs(random.standard_t(2.5, size=rows))
    mean = 2.0 + 3.0 * X[:, 0] + np.exp(0.3 * X[:, 1])
    return X, mean * random.gamma(4.0, 0.25, size=rows)


def _drifting(begins: float, ends: float) -> Draw:
    """Level and slopes that move with time, from one moment to another."""

    def draw(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        X, moment = _features(random, rows), np.linspace(begins, ends, rows)
        return X, _line(X) + moment * (3.0 + X[:, 1]) + random.normal(size=rows)

    return draw


def _growing_counts(begins: float, ends: float) -> Draw:
    """Counts whose level doubles from moment 0 to moment 1."""

    def draw(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        X, moment = _features(random, rows), np.linspace(begins, ends, rows)
        return X, random.poisson(np.exp(1.0 + np.log(2.0) * moment + X @ (0.5 * SLOPES))).astype(float)

    return draw


GROUP = 8


def _grouped(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Groups of rows with an effect of their own, and a feature by which they can be told from each other."""
    X, group = _features(random, rows), np.arange(rows) // GROUP
    effects, marks = random.normal(size=(2, group[-1] + 1))
    X[:, 3] = marks[group]
    return X, _line(X) + effects[group] + random.normal(size=rows)


def _nothing(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    return _features(random, rows), random.normal(size=rows)


def _flipped(share: float) -> Spoil:
    def spoil(random: np.random.Generator, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return X, np.where(random.random(y.size) < share, 1.0 - y, y)

    return spoil


def _thrown(share: float, far: float) -> Spoil:
    """Some targets are wrong, to one side."""

    def spoil(random: np.random.Generator, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return X, np.where(random.random(y.size) < share, y + far * (1.0 + random.random(y.size)), y)

    return spoil


def _dragged(share: float) -> Spoil:
    """Some rows lie far out in one feature, with targets that have nothing to do with it."""

    def spoil(random: np.random.Generator, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = random.permutation(y.size)[: max(2, round(share * y.size))]
        X, y = X.copy(), y.copy()
        X[rows, 0] = 12.0 + random.normal(size=rows.size)
        y[rows] = -3.0 + 0.3 * random.normal(size=rows.size)
        return X, y

    return spoil


def _copied(share: float) -> Spoil:
    """Some rows stand there again."""

    def spoil(random: np.random.Generator, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = round(share * y.size)
        rows = np.r_[: y.size - count, random.integers(0, y.size - count, count)]
        return X[rows], y[rows]

    return spoil


NORMAL = lambda random, X: random.normal(size=len(X))  # noqa: E731
T2 = lambda random, X: random.standard_t(2.0, size=len(X))  # noqa: E731
T3 = lambda random, X: random.standard_t(3.0, size=len(X))  # noqa: E731
SKEWED = lambda random, X: random.lognormal(0.0, 1.0, size=len(X)) - np.exp(0.5)  # noqa: E731
GROWING = lambda random, X: np.exp(0.5 * X[:, 0]) * random.normal(size=len(X))  # noqa: E731

NORMAL_LINE = _around(_line, NORMAL)
T3_LINE = _around(_line, T3)
CENTRED = _two()
"""Two classes alike but for their names: turn the features round and they change places."""

ROBUST = ("huber", "pseudo_huber", "absolute_error", "student_t_nll", "tukey_biweight")
PROPER = ("logistic",)

WORLDS = (
    World("normal noise", "mean", ("squared_error",), NORMAL_LINE),
    World("normal noise", "median", ("squared_error",), NORMAL_LINE),
    World("t3 noise", "mean", ROBUST, T3_LINE),
    World("t2 noise", "median", ROBUST, _around(_line, T2)),
    World("skewed noise", "mean", ("squared_error",), _around(_line, SKEWED)),
    World("skewed noise", "median", ROBUST, _around(_line, SKEWED)),
    World("growing noise", "quantile:0.9", ("quantile",), _around(_line, GROWING)),
    World("normal noise", "quantile:0.9", ("squared_error",), NORMAL_LINE),
    World("growing noise", "interval:0.8", ("quantile",), _around(_line, GROWING)),
    World("Poisson counts", "mean", ("poisson",), _positive(lambda r, m: r.poisson(m).astype(float))),
    World(
        "overdispersed counts",
        "mean",
        ("negative_binomial", "poisson", "tweedie"),
        _positive(lambda r, m: r.negative_binomial(1.5, 1.5 / (1.5 + m)).astype(float)),
    ),
    World("variance as mean^1.5", "mean", ("tweedie",), _positive(_tweedie)),
    World("variance as mean^2", "mean", ("gamma",), _positive(lambda r, m: r.gamma(2.0, m / 2.0))),
    World("variance as mean^2", "median", ROBUST, _positive(lambda r, m: r.gamma(2.0, m / 2.0))),
    World("shares", "mean", ("binary_cross_entropy", "squared_error"), _shares),
    World("5% of targets wrong", "median", ROBUST, NORMAL_LINE, _thrown(0.05, 8.0)),
    World("5% of rows far out", "median", ("absolute_error", "tukey_biweight"), NORMAL_LINE, _dragged(0.05)),
    World("two classes", "probability", PROPER, CENTRED),
    World("20% of labels flipped", "label", ("logistic", "generalized_cross_entropy"), _two(0.0, 3.0), _flipped(0.2)),
    World("3% of one class", "probability", PROPER, _two(-4.5)),
    World("5% of one class, misses cost 10", "label", PROPER, _two(-4.0), None, 10.0, 1.0),
    World("three classes", "probability", ("softmax_cross_entropy",), _three),
    World("nothing to learn", "mean", ("constant",), _nothing),
    World("a feature runs far out", "mean", ("squared_error",), _far_feature),
    World("a feature runs far out", "median", ("absolute_error",), _far_feature),
    World(
        "level and slopes drift",
        "mean",
        ("squared_error",),
        _drifting(0.0, 1.0),
        ordered=True,
        fresh=_drifting(1.0, 1.1),
    ),
    World(
        "counts that grow",
        "mean",
        ("poisson",),
        _growing_counts(0.0, 1.0),
        ordered=True,
        fresh=_growing_counts(1.0, 1.1),
    ),
    World("groups with effects", "mean", ("squared_error",), _grouped, group_rows=GROUP),
    World(
        "a third of rows are copies",
        "mean",
        ("poisson",),
        _positive(lambda r, m: r.poisson(m).astype(float)),
        _copied(1 / 3),
    ),
)
BENT = (
    World("bent, normal noise", "mean", ("squared_error",), _around(_bent, NORMAL)),
    World("bent, t2 noise", "median", ROBUST, _around(_bent, T2)),
    World("bent, skewed noise", "mean", ("squared_error",), _around(_bent, SKEWED)),
    World("bent, 5% of targets wrong", "median", ROBUST, _around(_bent, NORMAL), _thrown(0.05, 8.0)),
)
WITH_TREES = ("normal noise", "variance as mean^1.5", "Poisson counts", "two classes", "5% of targets wrong")


def sets() -> list[Set]:
    """All data sets: every world at three sizes, and those that trees take part in at one or two."""
    found = [Set(w, rows, 0) for w in WORLDS for rows in (200, 2_000, LARGE)]
    found += [Set(w, rows, 1, ("linear", "boosting")) for w in BENT for rows in (500, 2_000)]
    found += [Set(w, 1_000, 1, ("linear", "boosting")) for w in WORLDS if w.name in WITH_TREES and w.want != "median"]
    return [Set(s.world, s.rows, 1000 * number + s.seed, s.models) for number, s in enumerate(found)]
