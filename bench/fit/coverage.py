"""How often nominal 95% intervals of coefficients hold the truth: ``python -m bench.fit.coverage [--quick]``.

Each loss is fitted to samples drawn from a distribution under which it estimates the coefficients they were drawn with,
or, where it estimates something else, those it finds in a very large sample. Prints a table, and writes it to
``docs/benchmarks/standard-errors.md`` with ``--publish``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import lossary
from bench.table_page import run

ROWS = 500
REPEATS = 400
NORMAL = 1.959963984540054
LARGE = 400_000
SLOPES = np.array([0.4, -0.3])
PAGE = Path("docs/benchmarks/standard-errors.md")

Draw = Callable[[np.random.Generator, np.ndarray], np.ndarray]
"""From the linear score of each row to its target."""


def _errors(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    return score + 0.7 * rng.standard_t(5, size=score.shape)


def _uneven_errors(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    return score + 0.7 * np.exp(0.8 * (score - score.mean())) * rng.normal(size=score.shape)


def _labels(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    return (rng.uniform(size=score.shape) < 1.0 / (1.0 + np.exp(-score))).astype(float)


def _signs(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    return 2.0 * _labels(rng, score) - 1.0


def _poisson(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    return rng.poisson(np.exp(score)).astype(float)


def _negative_binomial(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    return rng.poisson(np.exp(score) * rng.gamma(1.0, 1.0, size=score.shape)).astype(float)


def _gamma(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    return 1e3 * np.exp(score) * rng.gamma(3.0, 1.0 / 3.0, size=score.shape)


def _inverse_gaussian(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    return 1e3 * rng.wald(np.exp(score), 4.0)


def _tweedie(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    """A Poisson number of gamma amounts, of power 1.5 and a dispersion of 8 in this unit."""
    mean, dispersion = 100.0 * np.exp(score), 8.0
    number = rng.poisson(2.0 * np.sqrt(mean) / dispersion)
    return np.where(number > 0, rng.gamma(np.maximum(number, 1), 0.5 * dispersion * np.sqrt(mean)), 0.0)


def _shifted_lognormal(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    return np.exp(score + 0.5 * rng.normal(size=score.shape)) - 1.0


@dataclass(frozen=True)
class World:
    """A loss, how its targets are drawn, and the multiple of the slopes they are drawn with that it finds, if known."""

    loss: str
    draw: Draw
    truth: float | None = 1.0
    kind: str = "auto"

    @property
    def name(self) -> str:
        return f"{self.loss}, {self.kind}" if self.kind != "auto" else self.loss


RESIDUALS = (
    "squared_error",
    "half_squared_error",
    "root_mean_squared_error",
    "expectile:0.8",
    "squared_epsilon_insensitive",
    "gaussian_nll",
    "huber",
    "smooth_l1",
    "pseudo_huber",
    "log_cosh",
    "fair",
    "barron",
    "cauchy",
    "welsch",
    "geman_mcclure",
    "tukey_biweight",
    "student_t_nll",
    "lp:1.8",
    "lp:3",
)

WORLDS = (
    *(World(loss, _errors) for loss in RESIDUALS),
    *(World(loss, _uneven_errors, kind=kind) for loss in ("squared_error", "huber") for kind in ("sandwich", "HC3")),
    *(World(loss, _labels) for loss in ("logistic", "binary_cross_entropy", "brier")),
    World("logistic:pos_weight=3,label_smoothing=0", _labels, None),
    World("focal", _labels, None),
    World("logistic_margin", _signs),
    World("exponential", _signs, 0.5),
    *(World(loss, _signs, None) for loss in ("squared_hinge", "modified_huber", "smoothed_hinge")),
    *(World(loss, _poisson) for loss in ("poisson", "poisson_deviance")),
    *(World(loss, _negative_binomial) for loss in ("negative_binomial", "negative_binomial_deviance")),
    World("poisson", _negative_binomial, kind="sandwich"),
    *(World(loss, _gamma) for loss in ("gamma", "gamma_deviance")),
    *(World(loss, _inverse_gaussian) for loss in ("inverse_gaussian", "inverse_gaussian_deviance")),
    *(World(loss, _tweedie) for loss in ("tweedie", "tweedie_deviance")),
    *(World(loss, _shifted_lognormal) for loss in ("squared_log_error", "root_mean_squared_log_error")),
)


def _sample(world: World, rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    X = rng.normal(size=(rows, 2))
    return X, world.draw(rng, 0.5 + X @ SLOPES)


def _target(world: World, seed: int) -> tuple[float, np.ndarray]:
    """The intercept near which fits start, and the slopes that their intervals should hold."""
    fit = lossary.fit.linear(
        *_sample(world, np.random.default_rng(seed), LARGE if world.truth is None else 4000), world.loss
    )
    return fit.intercept, fit.coef if world.truth is None else world.truth * SLOPES


@dataclass(frozen=True)
class Coverage:
    """The share of intervals that hold the truth, the kind of standard error, and how many intervals there were."""

    share: float
    kind: str
    intervals: int


def coverage(world: World, rows: int = ROWS, repeats: int = REPEATS, seed: int = 0) -> Coverage:
    """Fit samples and count the 95% intervals that hold the slopes."""
    intercept, slopes = _target(world, seed)
    rng = np.random.default_rng(seed + 1)
    held, kind = [], ""
    for _ in range(repeats):
        fit = lossary.fit.linear(*_sample(world, rng, rows), world.loss, start=(intercept, slopes))
        errors = fit.standard_errors(world.kind)
        held.append(np.abs(fit.coef - slopes) <= NORMAL * errors.coef)
        kind = errors.kind
    return Coverage(float(np.mean(held)), kind, 2 * repeats)


def page(rows: int, repeats: int) -> Iterator[str]:
    """The table, line by line."""
    yield "# Standard errors: how often 95% intervals hold the truth"
    yield ""
    yield f"{repeats} samples of {rows} rows for each loss, two slopes each: `python -m bench.fit.coverage --publish`."
    yield f"Two standard deviations of a share of 95% are {200.0 * np.sqrt(0.95 * 0.05 / (2 * repeats)):.1f} points."
    yield ""
    yield "| loss | kind | intervals that hold the slope |"
    yield "| --- | --- | --- |"
    for world in WORLDS:
        found = coverage(world, rows, repeats)
        yield f"| {world.name.split(',')[0]} | {found.kind} | {found.share:.1%} |"


def main() -> None:
    """Print the table, and publish it if asked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lossary.fit.FitWarning)
        run(
            "bench.fit.coverage",
            PAGE,
            lambda is_quick: page(ROWS, REPEATS // 10 if is_quick else REPEATS),
            quick="a tenth of the samples",
        )


if __name__ == "__main__":
    main()
