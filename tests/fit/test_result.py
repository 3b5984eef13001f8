"""What a fit hands back: it prints, pickles, starts another fit, and shows its path."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from tests.support.fits import features, targets

import lossary

X = features(60, 2) / [1.0, 10.0]
Y = targets(X, "numbers")


def test_pickle_predicts_the_same() -> None:
    for name, y in (("huber", Y), ("binary_cross_entropy", targets(X, "labels"))):
        fit = lossary.fit.linear(X, y, name)
        back = pickle.loads(pickle.dumps(fit))
        assert np.array_equal(back.predict(X), fit.predict(X))
        assert repr(back) == repr(fit)
        with pytest.raises(ValueError, match="without its data"):
            back.standard_errors("sandwich")


def test_it_cannot_be_changed() -> None:
    fit = lossary.fit.linear(X, Y)
    with pytest.raises(AttributeError):
        fit.intercept = 1.0  # type: ignore[misc]


def test_repr_names_the_columns() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"income": X[:, 0], "age": X[:, 1]})
    shown = repr(lossary.fit.linear(frame, Y, "huber"))
    for word in ("huber(delta=1)", "minimum", "income", "age", "intercept", "newton", "gradient norm"):
        assert word in shown


def test_a_start_at_the_optimum_is_the_end() -> None:
    y = targets(X, "labels")
    fit = lossary.fit.linear(X, y, "logistic")
    again = lossary.fit.linear(X, y, "logistic", start=fit)
    assert again.iterations <= 1
    pair = lossary.fit.linear(X, y, "logistic", start=(fit.intercept, fit.coef))
    assert pair.iterations <= 1


def test_wrong_number_of_features() -> None:
    fit = lossary.fit.linear(X, Y)
    with pytest.raises(ValueError, match="3 features, but the model was fitted on 2"):
        fit.predict(np.ones((4, 3)))


@pytest.mark.parametrize("solver", ["auto", "gradient_descent", "sgd", "lbfgs"])
def test_path_leads_from_the_start_to_the_fit(solver: str) -> None:
    y = targets(X, "labels")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lossary.fit.ConvergenceWarning)
        fit = lossary.fit.linear(X, y, "logistic", alpha=0.1, solver=solver, trace=True)
    path = fit.path
    assert len(path) == len(path.objectives) == len(path.coefs) == len(path.intercepts)
    assert path.coefs[-1] == pytest.approx(fit.coef)
    for objective, coef, intercept in zip(path.objectives, path.coefs, path.intercepts, strict=True):
        cost = lossary.logistic.cost(y, X @ coef + intercept) + 0.05 * coef @ coef
        assert objective == pytest.approx(cost, rel=1e-9)
    if solver != "sgd":
        assert np.all(np.diff(path.objectives) <= 1e-12)
    best = lossary.fit.linear(X, y, "logistic", alpha=0.1).objective
    assert path.objectives[-1] <= best * 1.05
    assert path.objectives[0] > best


@pytest.mark.parametrize("solver", ["gradient_descent", "sgd"])
@pytest.mark.parametrize(
    "name",
    ["huber", "absolute_error", "quantile:0.9", "squared_error", "gamma", "poisson", "inverse_gaussian", "log_cosh"],
)
def test_teaching_solvers_get_there_in_any_unit(solver: str, name: str) -> None:
    """A hundred steps, or twenty passes, from the mean target, on prices and on features in units of their own."""
    draw = np.random.default_rng(0)
    standard = draw.normal(size=(300, 3))
    price = np.exp(10.5 + 0.5 * standard[:, 0] + 0.4 * draw.normal(size=300))
    raw = standard * [1.0, 1e3, 1e-2] + [50.0, 5000.0, 3.0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lossary.fit.FitWarning)
        for unit in (1e-6, 1.0, 1e6):
            y = unit * price
            best = lossary.fit.linear(raw, y, name).objective
            steps = 100 if solver == "gradient_descent" else 20
            path = lossary.fit.linear(raw, y, name, solver=solver, max_iter=steps, trace=True).path
            assert path.objectives[-1] - best <= 1e-2 * (path.objectives[0] - best)


def test_stochastic_steps_that_are_too_long_are_taken_back_but_not_a_user_s_own() -> None:
    """Heavy tails: what one gradient of all rows finds safe is far too long for those of a few."""
    draw = np.random.default_rng(1)
    wild = draw.normal(size=(200, 2)) * np.exp(2.5 * draw.normal(size=(200, 1)))
    y = draw.poisson(np.exp(np.clip(0.02 * wild[:, 0], -3.0, 3.0))).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lossary.fit.ConvergenceWarning)
        path = lossary.fit.linear(wild, y, "poisson", solver="sgd", batch_size=1, trace=True).path
    assert np.isfinite(path.objectives).all()
    assert path.objectives.max() == path.objectives[0]
    with pytest.raises(ValueError, match=r"sgd diverged in epoch .: choose a smaller learning_rate than 1e\+06"):
        lossary.fit.linear(wild, y, "squared_error", solver="sgd", learning_rate=1e6)


def test_gradient_descent_reaches_the_optimum_if_let() -> None:
    fit = lossary.fit.linear(X, Y, "squared_error", solver="gradient_descent", max_iter=20000)
    assert fit.converged
    assert fit.coef == pytest.approx(lossary.fit.linear(X, Y, "squared_error").coef, rel=1e-5)


def test_too_long_steps_are_an_error() -> None:
    with pytest.raises(ValueError, match="smaller learning_rate"):
        lossary.fit.linear(X, Y, "squared_error", solver="gradient_descent", learning_rate=1e3, max_iter=1000)


def test_random_state_settles_sgd() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lossary.fit.ConvergenceWarning)
        one, same, other = (
            lossary.fit.linear(X, Y, "squared_error", solver="sgd", random_state=seed) for seed in (0, 0, 1)
        )
    assert np.array_equal(one.coef, same.coef)
    assert not np.array_equal(one.coef, other.coef)
