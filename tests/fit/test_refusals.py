"""Bad input never gives a plausible model: errors say what, where, and what to do."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from tests.support.fits import features, targets

import lossary

X = features(30, 2)
Y = targets(X, "numbers")


def spoiled(value: float) -> np.ndarray:
    found = X.copy()
    found[3, 1] = value
    return found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X[:, 0], Y, "squared_error"), "two dimensions.*reshape"),
        ((X, Y[:-1], "squared_error"), "X has 30 rows but y has shape"),
        ((X, Y[:, None], "squared_error"), "ravel"),
        ((spoiled(np.nan), Y, "squared_error"), r"X\[3, 1\] is nan.*weight of zero"),
        ((spoiled(np.inf), Y, "squared_error"), r"X\[3, 1\] is inf"),
        ((X, np.where(np.arange(30) == 4, np.nan, Y), "squared_error"), r"y_true\[4\] is nan"),
        ((X, Y, "logistic"), "must be in"),
        ((X, np.where(Y > 0.0, 1.0, 0.0), "hinge"), "-1/"),
        ((X, -np.ones(30), "poisson"), r"y_true\[0\] is -1"),
        ((X, Y, "no_such_loss"), "no loss is named"),
        ((X[:0], Y[:0], "squared_error"), "no row counts"),
    ],
)
def test_bad_data(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lossary.fit.linear(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty": "l3"}, "penalty must be one of"),
        ({"alpha": -1.0}, "alpha must be"),
        ({"penalty": None, "alpha": 1.0}, "without a penalty"),
        ({"penalty": "elastic_net", "alpha": 1.0, "l1_ratio": 2.0}, "l1_ratio"),
        ({"solver": "magic"}, "solver must be one of"),
        ({"solver": "interior_point"}, "straight pieces"),
        ({"solver": "newton", "penalty": "l1", "alpha": 1.0}, "proximal_newton"),
        ({"tol": 0.0}, "tol must be"),
        ({"max_iter": 0}, "max_iter must be"),
        ({"learning_rate": 0.1}, "learning_rate is for"),
        ({"sample_weight": np.ones(29)}, "sample_weight has shape"),
        ({"sample_weight": -np.ones(30)}, "weights must be in"),
        ({"sample_weight": np.zeros(30)}, "no row counts"),
        ({"offset": np.full(30, np.nan)}, r"offset\[0\] is nan"),
        ({"start": (0.0, np.zeros(3))}, "start has coefficients"),
    ],
)
def test_bad_options(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lossary.fit.linear(X, Y, "squared_error", **options)


def test_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(TypeError, match="did you mean delta"):
        lossary.fit.linear(X, Y, "huber", dleta=2.0)


@pytest.mark.parametrize("name", ["squared_error", "quantile:0.3"])
def test_dependent_features_are_named_and_predictions_are_the_same(name: str) -> None:
    extra = np.column_stack([X, X[:, 0] + X[:, 1], np.ones(30)])
    with pytest.warns(lossary.fit.RankWarning, match=r"X\[:, 2\].*X\[:, 3\].*penalty"):
        fit = lossary.fit.linear(extra, Y, name)
    plain = lossary.fit.linear(X, Y, name)
    assert fit.objective == pytest.approx(plain.objective, rel=1e-9)
    assert fit.predict(extra) == pytest.approx(plain.predict(X), rel=1e-6, abs=1e-8)
    lossary.fit.linear(extra, Y, name, alpha=1e-3)  # a penalty decides: no warning


def test_more_features_than_rows() -> None:
    wide = np.random.default_rng(0).normal(size=(5, 9))
    with pytest.warns(lossary.fit.RankWarning, match="5 rows cannot determine 10 unknowns"):
        fit = lossary.fit.linear(wide, np.arange(5.0), "squared_error")
    assert fit.predict(wide) == pytest.approx(np.arange(5.0), abs=1e-9)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_separable_labels_have_no_logistic_fit(solver: str) -> None:
    y = (X[:, 0] > np.median(X[:, 0])).astype(float)
    with pytest.raises(lossary.fit.SeparationError, match="penalty='l2'"):
        lossary.fit.linear(X, y, "logistic", solver=solver)
    assert lossary.fit.linear(X, y, "logistic", alpha=1e-3, solver=solver).converged


def test_quasi_separable_labels_and_empty_groups_too() -> None:
    """One group has only ones, the others overlap: that group's coefficient alone has no end."""
    draw = np.random.default_rng(0)
    group = np.repeat([0.0, 1.0], 30)
    other = draw.normal(size=60)
    y = np.where(group == 1.0, 1.0, (other + draw.normal(size=60) > 0.0)).astype(float)
    with pytest.raises(lossary.fit.SeparationError):
        lossary.fit.linear(np.column_stack([group, other]), y, "logistic")
    with pytest.raises(lossary.fit.SeparationError):
        lossary.fit.linear(group[:, None], np.where(group == 1.0, 0.0, draw.poisson(2.0, 60)), "poisson")


def test_a_fit_that_is_cut_short_says_so() -> None:
    y = (targets(X, "labels")).astype(float)
    with pytest.warns(lossary.fit.ConvergenceWarning, match="raise max_iter"):
        fit = lossary.fit.linear(X, y, "logistic", max_iter=1)
    assert not fit.converged
    assert "not converged" in repr(fit)
    assert fit.certificate.value > fit.certificate.tolerance


def test_importing_lossary_imports_no_solver() -> None:
    code = "import sys, lossary; lossary.huber; print('scipy' in sys.modules, 'lossary.fit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_missing_extra_is_named() -> None:
    code = "import sys; sys.modules['scipy'] = None\nimport lossary\nlossary.fit"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'lossary[fit]'" in done.stderr
