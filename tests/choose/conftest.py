"""Small studies with known answers: models fitted here, by other code than the library's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from scipy.optimize import linprog
from threadpoolctl import threadpool_limits

from lossary.choosing.comparison.study import Candidate, Fold, Study, Want


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """As the command and the function have it: two test processes of two threads each wait for each other."""
    with threadpool_limits(1):
        yield


Fit = Callable[[np.ndarray, np.ndarray], Callable[[np.ndarray], np.ndarray]]


def ols(X, y):
    slope = np.linalg.lstsq(X, y, rcond=None)[0]
    return lambda new: new @ slope


def quantile(level):
    def fit(X, y):
        n, p = X.shape
        price = np.concatenate([np.zeros(p), np.full(n, level), np.full(n, 1.0 - level)])
        bounds = [(None, None)] * p + [(0.0, None)] * (2 * n)
        found = linprog(price, A_eq=np.hstack([X, np.eye(n), -np.eye(n)]), b_eq=y, bounds=bounds)
        slope = found.x[:p]
        return lambda new: new @ slope

    return fit


def log_link(power):
    """Newton's method (Fisher scoring) for variance proportional to mean**power."""

    def fit(X, y):
        slope = np.zeros(X.shape[1])
        slope[0] = np.log(y.mean())
        for _ in range(60):
            mean = np.exp(X @ slope)
            weight = mean ** (2.0 - power)
            step = np.linalg.solve(X.T @ (weight[:, None] * X), X.T @ (mean ** (1.0 - power) * (y - mean)))
            slope = slope + step
            if np.abs(step).max() < 1e-10:
                break
        return lambda new: np.exp(new @ slope)

    return fit


def log1p_ols(X, y):
    inner = ols(X, np.log1p(y))
    return lambda new: np.expm1(inner(new))


def logistic(X, y):
    slope = np.zeros(X.shape[1])
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-X @ slope))
        slope = slope + np.linalg.solve(X.T @ ((p * (1.0 - p))[:, None] * X) + 1e-9 * np.eye(X.shape[1]), X.T @ (y - p))
    return lambda new: 1.0 / (1.0 + np.exp(-new @ slope))


FITS: Mapping[str, tuple[Fit, dict]] = {
    "squared": (ols, {"loss": "squared_error", "link": "identity", "kind": "reference"}),
    "absolute": (quantile(0.5), {"loss": "absolute_error", "link": "identity", "complexity": 1}),
    "quantile 0.9": (quantile(0.9), {"loss": "quantile", "link": "identity", "parameters": {"tau": 0.9}}),
    "squared, log link": (log_link(0.0), {"loss": "squared_error", "link": "log", "complexity": 1}),
    "poisson": (log_link(1.0), {"loss": "poisson", "link": "log", "complexity": 1}),
    "log1p": (log1p_ols, {"loss": "squared_error", "link": "identity", "target": "log1p", "complexity": 1}),
    "logistic": (logistic, {"loss": "logistic", "link": "logit", "kind": "reference"}),
}


def folds(n: int, k: int, repeats: int, seed: int) -> list[Fold]:
    random, found = np.random.default_rng(seed), []
    for repeat in range(repeats):
        for test in np.array_split(random.permutation(n), k):
            found.append(Fold(np.setdiff1d(np.arange(n), test), np.sort(test), repeat))
    return found


def candidate(label: str, **given) -> Candidate:
    settled = {"loss": "squared_error", "parameters": {}, "model": "linear", "link": "identity", **given}
    return Candidate(label=label, **settled)


def build(
    X: np.ndarray, y: np.ndarray, fits: list[str], want: Want, k: int = 5, repeats: int = 2, seed: int = 0, **more
) -> Study:
    """Fit the named models on every fold; ``X`` gets a column of ones."""
    columns, y = np.column_stack([np.ones(len(y)), X]), np.asarray(y, dtype=np.float64)
    split = folds(len(y), k, repeats, seed)
    predictions = {name: np.full((repeats, len(y)), np.nan) for name in fits}
    level = want.level if want.level is not None else 0.5
    constants = []
    for fold in split:
        train = y[fold.train]
        constants.append(np.quantile(train, level) if want.functional in ("median", "quantile") else train.mean())
        for name in fits:
            predict = FITS[name][0](columns[fold.train], train)
            predictions[name][fold.repeat, fold.test] = predict(columns[fold.test])
    return Study(
        want=want,
        y=y,
        weight=None,
        folds=split,
        candidates=[candidate(name, **FITS[name][1]) for name in fits],
        predictions=predictions,
        constants=np.array(constants),
        seconds=dict.fromkeys(fits, 0.5),
        seed=seed,
        **more,
    )


def given(
    y: np.ndarray, predictions: Mapping[str, np.ndarray], want: Want, k: int = 5, repeats: int = 1, **more
) -> Study:
    """A study of predictions made up beforehand: the same ones in every repeat."""
    y = np.asarray(y, dtype=np.float64)
    candidates = more.pop("candidates", None) or [candidate(name) for name in predictions]
    constants = more.pop("constants", None)
    split = folds(len(y), k, repeats, more.get("seed", 0))
    if constants is None:
        constants = np.array([y[f.train].mean() for f in split])
    repeated = {
        name: np.repeat(np.asarray(p, dtype=np.float64)[None], repeats, axis=0) for name, p in predictions.items()
    }
    return Study(want, y, more.pop("weight", None), split, candidates, repeated, constants, **more)


@pytest.fixture
def random() -> np.random.Generator:
    """The same numbers in every test, whatever ran before."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def study_of() -> Callable[..., Study]:
    """``build``: fits models and keeps their out-of-fold predictions."""
    return build


@pytest.fixture(scope="session")
def study_from() -> Callable[..., Study]:
    """``given``: takes predictions as they are."""
    return given


@pytest.fixture(scope="session")
def made() -> Callable[..., Candidate]:
    """``candidate``: one with defaults."""
    return candidate


@pytest.fixture(scope="session")
def engel() -> tuple[np.ndarray, np.ndarray]:
    """Income, and what is spent on food, of 235 households (Engel 1857)."""
    from pathlib import Path  # noqa: PLC0415

    path = Path(__file__).parents[2] / "examples" / "data" / "engel.csv"
    table = np.genfromtxt(path, delimiter=",", names=True)
    return table["income"], table["foodexp"]


@pytest.fixture(scope="session")
def hours() -> Study:
    """Counts with an exponential mean: the squared-error line predicts negative ones."""
    random = np.random.default_rng(5)
    x = random.normal(0.0, 1.0, 600)
    mean = np.exp(1.5 + 1.0 * x)
    y = random.poisson(random.gamma(3.0, mean / 3.0))
    return build(x, y, ["squared", "squared, log link", "poisson", "log1p"], Want("mean"), k=5, repeats=2)
