"""Losses that are not convex, and scales estimated with the fit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize
from tests.support.fits import features, stackloss, targets

import lossary
from lossary.evaluate.pointwise.tuning import scale_parameter, tuned

LITERATURE = {
    "huber": 1.345,
    "tukey_biweight": 4.685,
    "cauchy": 2.385,
    "fair": 1.4,
}
"""The multiples of the scale at which 95% of efficiency is left (Holland and Welsch 1977; Zhang 1997)."""


@pytest.mark.parametrize("name", LITERATURE)
def test_tuning_constants_of_the_literature(name: str) -> None:
    assert tuned(lossary.get(name), set()).multiple == pytest.approx(LITERATURE[name], abs=1e-3)


@pytest.mark.parametrize(
    ("name", "parameter"), [("huber", "delta"), ("tukey_biweight", "c"), ("quantile", None), ("squared_error", None)]
)
def test_the_parameter_in_units_of_the_target(name: str, parameter: str | None) -> None:
    assert scale_parameter(lossary.get(name)) == parameter


def contaminated(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A line, and a third of the rows on another one far away."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(120, 2))
    y = X @ [1.0, -2.0] + 0.5 + 0.1 * draw.normal(size=120)
    y[:40] = 30.0 + 5.0 * X[:40, 0] + draw.normal(size=40)
    return X, y


@pytest.mark.parametrize("name", ["tukey_biweight:1", "cauchy:0.3"])
def test_gross_errors_have_no_say(name: str) -> None:
    X, y = contaminated()
    fit = lossary.fit.linear(X, y, name)
    assert fit.coef == pytest.approx([1.0, -2.0], abs=0.1)
    assert fit.intercept == pytest.approx(0.5, abs=0.1)
    assert fit.converged
    assert not fit.is_global
    assert "local minimum" in repr(fit)
    squares = lossary.fit.linear(X, y, "squared_error")
    assert abs(squares.intercept - 0.5) > 1.0


def test_no_worse_than_a_general_optimiser_from_many_starts() -> None:
    X, y = contaminated(1)
    loss = lossary.get("tukey_biweight:1")
    fit = lossary.fit.linear(X, y, loss)
    draw = np.random.default_rng(0)
    others = [
        optimize.minimize(lambda b: loss.cost(y, X @ b[1:] + b[0]), 5.0 * draw.normal(size=3), method="BFGS").fun
        for _ in range(10)
    ]
    assert fit.objective <= min(others) + 1e-10


def test_mad_is_a_fixed_point() -> None:
    """At the end the scale is that of the residuals, and the fit that of its loss at 1.345 times the scale."""
    X, y = stackloss()
    fit = lossary.fit.linear(X, y, "huber", scale="mad")
    assert fit.scale == pytest.approx(np.median(np.abs(y - fit.predict(X))) / 0.6744897501960817, rel=1e-7)
    assert fit.loss.given["delta"] == pytest.approx(1.345 * fit.scale, rel=1e-12)
    direct = lossary.fit.linear(X, y, "huber", delta=1.345 * fit.scale)
    assert fit.coef == pytest.approx(direct.coef, rel=1e-6)


def test_proposal_2_solves_its_equation() -> None:
    """sum(min(|r| / s, k)**2) is (n - p) times what a standard normal variable gives (Huber 1981, 7.7)."""
    from scipy import stats  # noqa: PLC0415  only here

    X, y = stackloss()
    k = 1.5
    fit = lossary.fit.linear(X, y, "huber", delta=k, scale="proposal2")
    share = 2.0 * stats.norm.cdf(k) - 1.0
    gamma = share + k * k * (1.0 - share) - 2.0 * k * stats.norm.pdf(k)
    size = np.minimum(np.abs(y - fit.predict(X)) / fit.scale, k)
    assert np.sum(size**2) == pytest.approx((21 - 4) * gamma, rel=1e-6)


def test_scale_follows_the_units() -> None:
    X, y = stackloss()
    one = lossary.fit.linear(X, y, "huber", scale="mad")
    thousand = lossary.fit.linear(X, 1000.0 * y, "huber", scale="mad")
    assert thousand.scale == pytest.approx(1000.0 * one.scale, rel=1e-6)
    assert thousand.coef == pytest.approx(1000.0 * one.coef, rel=1e-6)


def test_weighted_scale_is_that_of_repeated_rows() -> None:
    X = features(count=2)
    y = targets(X, "numbers")
    weight = np.random.default_rng(0).integers(0, 4, len(y)).astype(float)
    times = weight.astype(int)
    fit = lossary.fit.linear(X, y, "huber", scale="mad", sample_weight=weight)
    repeated = lossary.fit.linear(np.repeat(X, times, axis=0), np.repeat(y, times), "huber", scale="mad")
    assert fit.scale == pytest.approx(repeated.scale, rel=1e-6)


def test_what_has_no_scale_says_so() -> None:
    X, y = stackloss()
    with pytest.raises(ValueError, match="no parameter in the units of y"):
        lossary.fit.linear(X, y, "quantile:0.5", scale="mad")
    with pytest.raises(ValueError, match="scale of the residuals is zero"):
        lossary.fit.linear(np.arange(9.0)[:, None], np.arange(9.0), "huber", scale="mad")
    with pytest.raises(ValueError, match="scale must be"):
        lossary.fit.linear(X, y, "huber", scale="iqr")


def test_least_squares_standard_errors_are_the_textbook_s() -> None:
    X, y = stackloss()
    fit = lossary.fit.linear(X, y, "squared_error")
    design = np.column_stack([np.ones(21), X])
    rest = y - fit.predict(X)
    exact = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * (rest @ rest) / 17)
    found = fit.standard_errors()
    assert [found.intercept, *found.coef] == pytest.approx(exact, rel=1e-8)
    meat = design.T @ (design * rest[:, None] ** 2)
    bread = np.linalg.inv(design.T @ design)
    white = np.sqrt(np.diag(bread @ meat @ bread) * 21 / 17)
    sandwich = fit.standard_errors("sandwich")
    assert [sandwich.intercept, *sandwich.coef] == pytest.approx(white, rel=1e-8)


def test_logistic_standard_errors_are_of_its_information() -> None:
    X = features(count=2)
    y = targets(X, "labels")
    fit = lossary.fit.linear(X, y, "logistic")
    p = fit.mean(X)
    design = np.column_stack([np.ones(len(y)), X])
    exact = np.sqrt(np.diag(np.linalg.inv(design.T @ (design * (p * (1.0 - p))[:, None]))))
    found = fit.standard_errors("sandwich" if fit.loss.record.fisher is None else "auto")
    assert found.kind == "fisher"
    assert [found.intercept, *found.coef] == pytest.approx(exact, rel=1e-7)


def test_where_standard_errors_are_not_defined() -> None:
    X, y = stackloss()
    with pytest.raises(ValueError, match="not smooth"):
        lossary.fit.linear(X, y, "absolute_error").standard_errors()
    with pytest.raises(ValueError, match="penalty"):
        lossary.fit.linear(X, y, "squared_error", alpha=1.0).standard_errors()
