"""Losses made of straight pieces end at the exact optimum: HiGHS is the referee."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import optimize, sparse
from tests.support.fits import features, targets

import lossary
from lossary.evaluate.pointwise.function import LossFunction

EXACT = 1e-9

CASES = ("absolute_error", "quantile:0.1", "quantile:0.9", "epsilon_insensitive:0.5", "hinge")


def of_linear_programme(
    loss: LossFunction, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None, lasso: float = 0.0
) -> float:
    """The least cost by a general solver: one bound on each row's cost for each slope that the loss has there."""
    weight = np.ones(len(y)) if weight is None else weight
    design = np.column_stack([np.ones(len(y)), X])
    rows, width = design.shape
    # A tangent at each of a few predictions is a lower bound, and together they are the loss.
    kinks = np.sort(np.array(np.broadcast_arrays(*loss.record.kinks(y, *loss.given.values()))), axis=0)
    places = [kinks[0] - 1.0, *(0.5 * (kinks[1:] + kinks[:-1])), kinks[-1] + 1.0]
    above, right = [], []
    for place in places:
        slope = loss.gradient(y, place)
        above.append(
            sparse.hstack(
                [sparse.diags_array(slope) @ design, -sparse.eye_array(rows), sparse.csr_array((rows, width))]
            )
        )
        right.append(slope * place - loss(y, place))
    pinned = np.eye(width)
    above.append(sparse.hstack([pinned, sparse.csr_array((width, rows)), -pinned]))
    above.append(sparse.hstack([-pinned, sparse.csr_array((width, rows)), -pinned]))
    price = np.full(width, lasso * weight.sum())
    price[0] = 0.0
    found = optimize.linprog(
        np.concatenate([np.zeros(width), weight, price]),
        A_ub=sparse.vstack(above),
        b_ub=np.concatenate([*right, np.zeros(2 * width)]),
        bounds=(None, None),
        method="highs",
    )
    assert found.status == 0
    return float(found.fun / weight.sum())


def sample(name: str, rows: int = 80, count: int = 3, seed: int = 0) -> tuple[LossFunction, np.ndarray, np.ndarray]:
    loss = lossary.get(name)
    X = features(rows, count, seed)
    return loss, X, targets(X, "signs" if loss.name == "hinge" else "numbers", seed + 1)


@pytest.mark.parametrize("name", CASES)
def test_optimum_is_that_of_the_linear_programme(name: str) -> None:
    loss, X, y = sample(name)
    fit = lossary.fit.linear(X, y, loss)
    assert fit.objective == pytest.approx(of_linear_programme(loss, X, y), rel=EXACT)
    assert fit.certificate.kind == "duality gap"
    assert fit.converged


def test_referee_can_tell() -> None:
    loss, X, y = sample("quantile:0.1")
    other = lossary.fit.linear(X, y, "quantile:0.15")
    assert loss.cost(y, other.predict(X)) > of_linear_programme(loss, X, y) * (1.0 + EXACT)


def test_larger_problem() -> None:
    loss, X, y = sample("quantile:0.3", rows=3000, count=8)
    fit = lossary.fit.linear(X, y, loss)
    assert fit.objective == pytest.approx(of_linear_programme(loss, X, y), rel=EXACT)


@pytest.mark.parametrize("name", CASES)
def test_ties_weights_and_repeated_rows(name: str) -> None:
    """Targets of few values, features of few values: many rows meet their kink at the optimum."""
    loss = lossary.get(name)
    draw = np.random.default_rng(3)
    X = draw.integers(0, 3, size=(120, 2)).astype(float)
    y = np.where(draw.random(120) < 0.5, -1.0, 1.0) if loss.name == "hinge" else draw.integers(0, 4, 120).astype(float)
    weight = draw.integers(0, 3, 120).astype(float)
    fit = lossary.fit.linear(X, y, loss, sample_weight=weight)
    times = weight.astype(int)
    repeated = lossary.fit.linear(np.repeat(X, times, axis=0), np.repeat(y, times), loss)
    best = of_linear_programme(loss, X[weight > 0], y[weight > 0], weight[weight > 0])
    assert fit.objective == pytest.approx(best, rel=EXACT)
    assert repeated.objective == pytest.approx(best, rel=EXACT)


@pytest.mark.parametrize("name", ["quantile:0.3", "hinge"])
def test_lasso_has_exact_zeros(name: str) -> None:
    loss, X, y = sample(name, count=6)
    X = X / X.std(axis=0)
    fit = lossary.fit.linear(X, y, loss, penalty="l1", alpha=0.05)
    assert fit.objective == pytest.approx(of_linear_programme(loss, X, y, lasso=0.05), rel=EXACT)
    assert np.count_nonzero(fit.coef == 0.0) > 0
    assert fit.converged


@pytest.mark.parametrize("alpha", [1e-6, 1e-2, 1.0])
@pytest.mark.parametrize("name", ["hinge", "absolute_error", "epsilon_insensitive:0.5"])
def test_ridge_meets_the_optimality_conditions(name: str, alpha: float) -> None:
    """The coefficients are minus a mean of features, each times a slope that the loss has there, over alpha."""
    loss, X, y = sample(name)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    fit = lossary.fit.linear(X, y, loss, alpha=alpha)
    f = fit.predict(X)
    near = 1e-7 * (1.0 + np.abs(f))
    low, high = loss.gradient(y, f - near), loss.gradient(y, f + near)
    design = np.column_stack([np.ones(len(y)), X])
    goal = -np.concatenate([[0.0], alpha * fit.coef]) * len(y)
    found = optimize.lsq_linear(design.T, goal, bounds=(low - 1e-12, high + 1e-12), tol=1e-15)
    assert np.abs(design.T @ found.x - goal).max() <= 1e-6 * len(y) * max(alpha, 1e-6)


def test_separable_classes_cost_nothing() -> None:
    X = np.arange(10.0)[:, None]
    y = np.where(X[:, 0] > 4.0, 1.0, -1.0)
    fit = lossary.fit.linear(X, y, "hinge")
    assert fit.objective <= 1e-12
    assert fit.converged


def test_extreme_targets() -> None:
    """How far a target lies beyond the fit does not matter to a median: a hundred and 1e15 are the same."""
    X = features(200)
    y = targets(X, "numbers")
    y[7] = 100.0
    near = lossary.fit.linear(X, y, "quantile:0.5")
    y[7] = 1e15
    far = lossary.fit.linear(X, y, "quantile:0.5")
    assert far.coef == pytest.approx(near.coef, rel=1e-9)
    assert far.converged


def test_gap_is_a_true_bound() -> None:
    """Stopped early, the gap still covers what is missing."""
    loss, X, y = sample("quantile:0.9")
    best = of_linear_programme(loss, X, y)
    for steps in range(1, 9):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", lossary.fit.ConvergenceWarning)
            fit = lossary.fit.linear(X, y, loss, max_iter=steps, tol=1e-14)
        assert steps > 1 or not fit.converged
        assert fit.objective * (1.0 - fit.certificate.value) <= best * (1.0 + EXACT)


@pytest.mark.parametrize(("name", "alpha"), [("quantile:0.3", 0.0), ("hinge", 1e-3), ("epsilon_insensitive:0.5", 0.0)])
def test_leaving_rows_out_does_not_change_the_optimum(name: str, alpha: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many rows are thinned; the result is that of all rows, and its proof is of all rows."""
    loss, X, y = sample(name, rows=4000)
    X = X / X.std(axis=0)
    whole = lossary.fit.linear(X, y, loss, alpha=alpha)
    monkeypatch.setattr("lossary.fit.straight.interior_point.MANY", 100)
    thin = lossary.fit.linear(X, y, loss, alpha=alpha)
    assert thin.objective == pytest.approx(whole.objective, rel=1e-13)
    assert thin.coef == pytest.approx(whole.coef, rel=1e-7)
    assert thin.certificate.reached
    assert name == "hinge" or thin.iterations != whole.iterations
