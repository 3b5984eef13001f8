"""What scikit-learn's estimators train on beside what the dictionary says it is, and that it names all of them."""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pytest
from tests.support.beside import difference, ours

import lossary
from lossary.elsewhere import LIBRARIES, SAME

pytest.importorskip("sklearn")

NAMES = LIBRARIES["sklearn"].names
CHOSEN = np.random.default_rng(1957)
Y, F = CHOSEN.normal(size=(10, 1)), 2.0 * CHOSEN.normal(size=(10, 5))
BITS = CHOSEN.integers(0, 2, (10, 1)).astype(float)
SIGNS = 2.0 * BITS - 1.0
AMOUNTS = CHOSEN.gamma(2.0, size=(10, 1))
TINY = 1e-10
GIVEN = {
    "HistGradientBoostingRegressor:quantile": {"quantile": 0.3},
    "GradientBoostingRegressor:quantile": {},
}


def estimators():
    from sklearn.utils import all_estimators  # noqa: PLC0415

    return dict(all_estimators())


def options_of(estimator) -> dict[str, set[str]]:
    """What its loss may be, by the name of the parameter; what it hides as deprecated is left out."""
    taken = getattr(estimator, "_parameter_constraints", {})
    return {
        name: {option for each in taken[name] for option in getattr(each, "options", ())}
        for name in ("loss", "beta_loss")
        if name in taken
    }


def test_every_loss_of_an_estimator_is_known_and_no_other() -> None:
    taken = {
        f"{name}:{option}"
        for name, estimator in estimators().items()
        for options in options_of(estimator).values()
        for option in options
        if isinstance(option, str)
    }
    spoken = {f"MiniBatchNMF:{name.partition(':')[2]}" for name in NAMES if name.startswith("NMF:")}
    known = {name for name in NAMES if ":" in name}
    assert taken == known | spoken
    assert {name for name, entry in NAMES.items() if not entry.metric and ":" not in name} <= set(estimators())
    assert {name for entry in NAMES.values() for name in entry.also} <= set(estimators())


def test_metrics_that_look_like_losses_are_known() -> None:
    metrics = importlib.import_module("sklearn.metrics")
    public = {name for name in metrics.__all__ if name.endswith(("_loss", "_error", "_deviance"))}
    assert public == {name for name, entry in NAMES.items() if entry.metric} | set(LIBRARIES["sklearn"].no_losses)


def test_parameters_are_those_of_scikit_learn_and_so_are_their_defaults() -> None:
    places = {**vars(importlib.import_module("sklearn.metrics")), **estimators()}
    for name, entry in NAMES.items():
        taken = inspect.signature(places[name.partition(":")[0]]).parameters
        assert {*entry.parameters} <= {*taken}, name
        if entry.refused or "must be given" in entry.trap:
            continue
        ours = {p.name: p.default for p in lossary.get(entry.loss).parameters} | entry.fixed
        assert all(taken[theirs].default == ours[here] for theirs, here in entry.parameters.items()), name


# Losses that can be evaluated.


def evaluated(loss, y: np.ndarray, f: np.ndarray) -> np.ndarray:
    """The values of one of scikit-learn's losses, Python's or Cython's."""
    y = np.broadcast_to(y, f.shape)
    if hasattr(loss, "py_loss"):
        pairs = zip(f.ravel(), y.ravel(), strict=True)
        return np.reshape([loss.py_loss(p, t) for p, t in pairs], f.shape)
    out = np.empty(f.size)
    arguments = (np.ascontiguousarray(y.ravel()), np.ascontiguousarray(f.ravel()), None)
    found = loss.loss(*arguments, out, 1) if "Cy" in type(loss).__name__ else loss.loss(*arguments)
    return np.reshape(out if found is None else found, f.shape)


def targets_of(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Targets as scikit-learn has them, and as they are given here."""
    loss = ours("sklearn", name).record
    if loss.target == lossary.hinge.record.target:
        coded = BITS if name.endswith(("log_loss", "exponential")) else SIGNS
        return coded, SIGNS
    return (AMOUNTS, AMOUNTS) if loss.link == "log" else (BITS, BITS) if loss.link == "logit" else (Y, Y)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("SGD")])
def test_losses_of_gradient_descent(name: str) -> None:
    estimator, _, loss = name.partition(":")
    made, *arguments = getattr(importlib.import_module("sklearn.linear_model"), estimator).loss_functions[loss]
    theirs, here = targets_of(name)
    assert difference("sklearn", name, evaluated(made(*arguments), theirs, F), here, F) < TINY
    for parameter in NAMES[name].parameters:
        other = evaluated(made(0.7), theirs, F)
        assert difference("sklearn", name, other, here, F, {parameter: 0.7}) < TINY
        assert difference("sklearn", name, other, here, F) > 1e-3


@pytest.mark.parametrize("name", [name for name in NAMES if "GradientBoosting" in name and not NAMES[name].refused])
def test_losses_of_gradient_boosting(name: str) -> None:
    estimator, _, loss = name.partition(":")
    given = GIVEN.get(name, {})
    made = estimators()[estimator](loss=loss, **given)
    made.n_trees_per_iteration_, made.n_classes_ = 1, 2
    theirs, here = targets_of(name)
    values = evaluated(made._get_loss(sample_weight=None), theirs, F)
    assert difference("sklearn", name, values, here, F, given) < TINY


def test_the_huber_loss_of_gradient_boosting_moves_its_bend() -> None:
    from sklearn.ensemble import GradientBoostingRegressor  # noqa: PLC0415

    loss = GradientBoostingRegressor(loss="huber")._get_loss(sample_weight=None)
    y, f = np.zeros(101), np.linspace(0.0, 5.0, 101)
    loss.fit_intercept_only(y)
    before = loss.closs.delta
    loss.closs.delta = float(np.quantile(np.abs(y - f), loss.quantile))
    assert loss.quantile == 0.9  # alpha's default: a quantile of residuals
    np.testing.assert_allclose(evaluated(loss, y, f), lossary.huber(y, f, delta=4.5), rtol=1e-12)
    assert before != 4.5


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("MLPRegressor")])
def test_losses_of_networks(name: str) -> None:
    loss = importlib.import_module("sklearn.neural_network._base").LOSS_FUNCTIONS[name.partition(":")[2]]
    y, scores = (AMOUNTS, 0.3 * F) if name.endswith("poisson") else (Y, F)
    outputs = np.exp(scores) if name.endswith("poisson") else scores
    rows = [[loss(y[i : i + 1], outputs[i : i + 1, j : j + 1]) for j in range(5)] for i in range(10)]
    assert difference("sklearn", name, rows, y, scores) < TINY


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("NMF")])
def test_divergences_of_factorisations(name: str) -> None:
    module = importlib.import_module("sklearn.decomposition._nmf")
    mean = CHOSEN.gamma(2.0, size=10)
    loss = module._beta_loss_to_float(name.partition(":")[2])
    values = [
        module._beta_divergence(np.array([[y]]), np.array([[m]]), np.array([[1.0]]), loss)
        for y, m in zip(AMOUNTS[:, 0], mean, strict=True)
    ]
    assert difference("sklearn", name, values, AMOUNTS[:, 0], mean) < TINY


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("RANSAC")])
def test_consensus_takes_rows_by_the_loss(name: str) -> None:
    x = np.arange(20.0)[:, None]
    y = x[:, 0] + CHOSEN.normal(size=20) + np.where(np.arange(20) % 7 == 3, 9.0, 0.0)
    made = estimators()["RANSACRegressor"](
        loss=name.partition(":")[2], residual_threshold=1.7, max_trials=1, min_samples=20, random_state=0
    )
    made.fit(x, y)
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415

    near = ours("sklearn", name)(y, LinearRegression().fit(x, y).predict(x)) <= 1.7
    np.testing.assert_array_equal(made.inlier_mask_, near)
    assert 0 < near.sum() < 20


@pytest.mark.filterwarnings("ignore:Class Passive:FutureWarning", "ignore:.*deprecated.*:FutureWarning")
@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("PassiveAggressive")])
def test_a_passive_aggressive_step_makes_the_loss_nothing(name: str) -> None:
    estimator, _, loss = name.partition(":")
    x = np.array([[1.0, -2.0]])
    made = estimators()[estimator](loss=loss, C=1e9, fit_intercept=False)
    if estimator.endswith("Classifier"):
        made.partial_fit(x, [1], classes=[-1, 1])
        score, target = made.decision_function(x), np.array([1.0])
    else:
        made.partial_fit(x, [4.0])
        score, target = made.predict(x), np.array([4.0])
    given = {"epsilon": made.epsilon} if NAMES[name].parameters else {}
    assert ours("sklearn", name, given)(target, score)[0] == pytest.approx(0.0, abs=1e-6)
    assert ours("sklearn", name, given)(target, 0.9 * score)[0] > 0.0


# Losses that cannot: their fit is the minimum of ours beside the penalty.

X = CHOSEN.normal(size=(60, 2))
NUMBERS = X @ [1.0, -0.5] + 0.5 * CHOSEN.standard_t(3, 60)
LABELS = np.where(X @ [1.0, -0.5] + CHOSEN.logistic(size=60) > 0.0, 1.0, -1.0)
SUMMED = {"C": 0.02, "fit_intercept": False}
MEAN = {"alpha": 1.0, "fit_intercept": False}
FITTED = {
    "LinearSVC:hinge": ({"loss": "hinge", "tol": 1e-8, "max_iter": 200000, "random_state": 0, **SUMMED}, LABELS),
    "LinearSVC:squared_hinge": ({"tol": 1e-10, **SUMMED}, LABELS),
    "LinearSVR:epsilon_insensitive": ({"tol": 1e-10, "max_iter": 200000, "random_state": 0, **SUMMED}, NUMBERS),
    "LinearSVR:squared_epsilon_insensitive": (
        {"loss": "squared_epsilon_insensitive", "dual": False, "tol": 1e-10, **SUMMED},
        NUMBERS,
    ),
    "LogisticRegression": ({"tol": 1e-10, **SUMMED}, (LABELS + 1.0) / 2.0),
    "PoissonRegressor": ({"tol": 1e-10, "max_iter": 1000, **MEAN}, np.exp(NUMBERS)),
    "GammaRegressor": ({"tol": 1e-10, "max_iter": 1000, **MEAN}, np.exp(NUMBERS)),
}


@pytest.mark.parametrize("name", FITTED)
def test_a_fit_is_the_minimum_of_the_loss_beside_its_penalty(name: str) -> None:
    options, target = FITTED[name]
    made = estimators()[name.partition(":")[0]](**options).fit(X, target)
    coefficients = made.coef_.ravel()

    def objective(w: np.ndarray, times: float = 1.0) -> float:
        costs = times * ours("sklearn", name)(target, X @ w)
        weight = options["C"] if "C" in options else 1.0 / 60.0 / options["alpha"]
        return float(weight * costs.sum() + 0.5 * w @ w)

    steps = [scale * direction for scale in (1e-2, 3e-2) for direction in CHOSEN.normal(size=(40, 2))]
    assert min(objective(coefficients + step) for step in steps) >= objective(coefficients) - 1e-9
    for other in (0.5, 2.0):  # with another factor it is not
        here = objective(coefficients, other)
        assert min(objective(coefficients * (1.0 + s), other) for s in (-0.1, -0.03, 0.03, 0.1)) < here


def test_fits_without_a_penalty_are_those_of_the_loss() -> None:
    linear = importlib.import_module("sklearn.linear_model")
    found = linear.LinearRegression().fit(X, NUMBERS)
    expected = lossary.fit.linear(X, NUMBERS, ours("sklearn", "LinearRegression"))
    np.testing.assert_allclose(found.coef_, expected.coef, rtol=1e-6)
    for quantile in (0.5, 0.8):
        found = linear.QuantileRegressor(quantile=quantile, alpha=0).fit(X, NUMBERS)
        loss = ours("sklearn", "QuantileRegressor", {"quantile": quantile})
        best = lossary.fit.linear(X, NUMBERS, loss)
        costs = [
            loss.cost(NUMBERS, a + X @ b) for a, b in ((found.intercept_, found.coef_), (best.intercept, best.coef))
        ]
        assert costs[0] == pytest.approx(costs[1], rel=1e-6)


@pytest.mark.parametrize("name", ["SVC", "SVR"])
def test_support_vector_machines_minimise_the_loss(name: str) -> None:
    target = LABELS if name == "SVC" else NUMBERS
    made = estimators()[name](kernel="linear", C=0.1, tol=1e-8).fit(X, target)
    w, b = made.coef_.ravel(), float(made.intercept_[0])
    loss = ours("sklearn", name)

    def objective(w: np.ndarray, b: float) -> float:
        return float(0.1 * loss(target, X @ w + b).sum() + 0.5 * w @ w)

    steps = 1e-2 * CHOSEN.normal(size=(60, 3))
    assert min(objective(w + step[:2], b + step[2]) for step in steps) >= objective(w, b) - 1e-6
    assert objective(0.9 * w, b) > objective(w, b)


def test_the_perceptron_is_sgd_of_its_loss() -> None:
    linear = importlib.import_module("sklearn.linear_model")
    assert issubclass(
        linear.Perceptron, importlib.import_module("sklearn.linear_model._stochastic_gradient").BaseSGDClassifier
    )
    assert linear.Perceptron().loss == "perceptron"
    assert SAME["sklearn"]["Perceptron"] == SAME["sklearn"]["SGDClassifier:perceptron"]
