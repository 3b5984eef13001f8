"""What is fitted: a loss, a size, a penalty, and data of a fixed seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import lossary

NUMBERS, SIGNS, LABELS, CLASSES = "numbers", "signs", "labels", "classes"

HOW_MANY_CLASSES = 5
DELTA = 1.345


@dataclass(frozen=True)
class FitCase:
    """A loss by name, the kind of its targets, a size, and the weight of the squares of the coefficients."""

    loss: str
    kind: str
    rows: int
    features: int
    alpha: float = 0.0
    intercept: bool = True

    @property
    def race(self) -> str:
        ridge = f", l2 {self.alpha:g}" if self.alpha else ""
        return f"{self.loss}, {self.rows:,} x {self.features}{ridge}"


@dataclass(frozen=True)
class FitData:
    """Features and targets."""

    case: FitCase
    X: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Fitted:
    """What a contestant found, as ours gives it."""

    intercept: np.ndarray | float
    coef: np.ndarray


CASES = (
    FitCase("quantile:0.3", NUMBERS, 20_000, 20),
    FitCase("quantile:0.3", NUMBERS, 200_000, 20),
    FitCase("huber:1.345", NUMBERS, 20_000, 20),
    FitCase("huber:1.345", NUMBERS, 200_000, 20),
    FitCase("hinge", SIGNS, 20_000, 20, 1e-4, intercept=False),
    FitCase("logistic", LABELS, 20_000, 20, 1e-4),
    FitCase("logistic", LABELS, 200_000, 50, 1e-4),
    FitCase("softmax_cross_entropy", CLASSES, 20_000, 20, 1e-4),
    FitCase("softmax_cross_entropy", CLASSES, 200_000, 20, 1e-4),
)
QUICK = (
    FitCase("quantile:0.3", NUMBERS, 2_000, 5),
    FitCase("huber:1.345", NUMBERS, 20_000, 20),
    FitCase("hinge", SIGNS, 2_000, 5, 1e-3, intercept=False),
    FitCase("logistic", LABELS, 20_000, 20, 1e-4),
    FitCase("softmax_cross_entropy", CLASSES, 20_000, 20, 1e-4),
)


def made(case: FitCase, seed: int = 0) -> FitData:
    """Correlated features; targets with the tails, flips or overlap that give the loss something to do."""
    draw = np.random.default_rng(seed)
    mixing = np.eye(case.features) + 0.3 * draw.standard_normal((case.features, case.features)) / np.sqrt(case.features)
    X = draw.standard_normal((case.rows, case.features)) @ mixing
    if case.kind == CLASSES:
        weights = draw.standard_normal((case.features, HOW_MANY_CLASSES)) / 2.0
        y = (X @ weights + draw.gumbel(size=(case.rows, HOW_MANY_CLASSES))).argmax(axis=1)
        return FitData(case, X, y)
    score = X @ draw.standard_normal(case.features) / 2.0
    if case.kind == NUMBERS:
        y = score + draw.standard_t(3, case.rows)
        return FitData(case, X, y / scale_of(X, y) if case.loss.startswith("huber") else y)
    ones = score + draw.logistic(size=case.rows) > 0.0
    return FitData(case, X, np.where(ones, 1.0, -1.0) if case.kind == SIGNS else ones.astype(float))


def scale_of(X: np.ndarray, y: np.ndarray) -> float:
    """The scale at which the mean of min(|residual / scale|, delta)**2 is one: what HuberRegressor takes it to be.

    In its units HuberRegressor and a Huber loss of fixed delta have the same coefficients, and can be raced.
    """
    scale = float(np.std(y))
    for _ in range(100):
        fit = lossary.fit.linear(X, y, "huber", delta=DELTA * scale)
        size = np.minimum(np.abs(y - fit.predict(X)) / scale, DELTA)
        found = scale * float(np.sqrt(np.mean(size * size)))
        if abs(found - scale) <= 1e-9 * scale:
            break
        scale = found
    return scale


def objective(data: FitData, found: Fitted) -> float:
    """The mean loss and the penalty, by our exact sums."""
    f = data.X @ np.asarray(found.coef).T + found.intercept
    cost = lossary.get(data.case.loss).cost(data.y, f)
    return float(cost + 0.5 * data.case.alpha * np.sum(np.square(found.coef)))


def steepest(data: FitData, found: Fitted) -> float:
    """The largest derivative of the objective by a coefficient or an intercept."""
    f = data.X @ np.asarray(found.coef).T + found.intercept
    _, pull = lossary.get(data.case.loss).cost_and_gradient(data.y, f)
    by_coef = pull.T @ data.X + data.case.alpha * np.asarray(found.coef)
    by_intercept = np.abs(pull.sum(axis=0)).max() if data.case.intercept else 0.0
    return float(max(np.abs(by_coef).max(), by_intercept))
