"""Fits that others published, or that R's own test output records."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from scipy import special
from statsmodels.datasets import randhie
from tests.support.fits import BIKESHARE, engel, phones, stackloss

import lossary


@pytest.mark.parametrize(
    ("tau", "intercept", "slope"), [(0.5, 81.48225, 0.56018), (0.75, 62.39659, 0.64401), (0.9, 67.35087, 0.68630)]
)
def test_engel_quantiles(tau: float, intercept: float, slope: float) -> None:
    """Koenker and Bassett's Engel curves, as R's quantreg and Stata's qreg give them."""
    fit = lossary.fit.linear(*engel(), "quantile", tau=tau)
    assert fit.intercept == pytest.approx(intercept, abs=6e-6)
    assert fit.coef[0] == pytest.approx(slope, abs=6e-6)
    assert fit.converged
    assert fit.is_global


def test_engel_sums_of_stata() -> None:
    """Stata prints the sum of absolute deviations; its median's is 17559.932."""
    fit = lossary.fit.linear(*engel(), "absolute_error")
    assert 235 * fit.objective == pytest.approx(17559.932, abs=1e-3)


def test_engel_least_squares() -> None:
    fit = lossary.fit.linear(*engel(), "squared_error")
    assert (fit.intercept, fit.coef[0]) == pytest.approx((147.47539, 0.48517842), abs=6e-6)


def test_stackloss_least_absolute_errors() -> None:
    fit = lossary.fit.linear(*stackloss(), "absolute_error")
    assert fit.intercept == pytest.approx(-39.68986, abs=6e-6)
    assert fit.coef == pytest.approx([0.83188, 0.57391, -0.06087], abs=6e-6)
    assert 21 * fit.objective == pytest.approx(42.08116, abs=6e-6)


def test_stackloss_huber_of_rlm() -> None:
    """MASS::rlm(stack.loss ~ .): coefficients, scale and standard errors of its printed summary."""
    fit = lossary.fit.linear(*stackloss(), "huber", scale="mad")
    assert fit.intercept == pytest.approx(-41.0265, abs=6e-5)
    assert fit.coef == pytest.approx([0.8294, 0.9261, -0.1278], abs=6e-5)
    assert fit.scale == pytest.approx(2.441, abs=6e-4)
    errors = fit.standard_errors()
    assert errors.intercept == pytest.approx(9.8073, rel=1e-4)
    assert errors.coef == pytest.approx([0.1112, 0.3034, 0.1289], abs=6e-5)


def test_phones_huber_of_rlm() -> None:
    """R stops at 1e-4 of its own measure, at -102.6222 and 2.0414; carried on it comes to -102.5302 and 2.0396."""
    fit = lossary.fit.linear(*phones(), "huber", scale="mad")
    assert (fit.intercept, fit.coef[0]) == pytest.approx((-102.6222, 2.0414), rel=1e-3)
    assert (fit.intercept, fit.coef[0]) == pytest.approx((-102.5302, 2.0396), abs=6e-5)
    assert fit.scale == pytest.approx(9.032, rel=3e-3)


def test_phones_least_squares() -> None:
    fit = lossary.fit.linear(*phones(), "squared_error")
    assert (fit.intercept, fit.coef[0]) == pytest.approx((-260.059, 5.041), abs=6e-4)


def _bikeshare() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """ISLR2's design: mnth and hr with sum contrasts, then workingday, temp and the weather's dummies."""
    with BIKESHARE.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    columns, names = [], []
    for factor, levels in (("mnth", list(dict.fromkeys(r["mnth"] for r in rows))), ("hr", [str(h) for h in range(24)])):
        codes = np.array([levels.index(str(r[factor])) for r in rows])
        for j in range(len(levels) - 1):
            columns.append((codes == j).astype(float) - (codes == len(levels) - 1))
            names.append(f"{factor}{j}")
    for name in ("workingday", "temp"):
        columns.append(np.array([float(r[name]) for r in rows]))
        names.append(name)
    for weather in ("cloudy/misty", "light rain/snow", "heavy rain/snow"):
        columns.append(np.array([r["weathersit"] == weather for r in rows], dtype=float))
        names.append(weather)
    return np.column_stack(columns), np.array([float(r["bikers"]) for r in rows]), names


@pytest.mark.skipif(not BIKESHARE.exists(), reason="examples/data/bikeshare.csv is not there")
@pytest.mark.parametrize(
    ("loss", "intercept", "last", "abs_"),
    [
        ("squared_error", 73.5974, [1.2696, 157.2094, -12.8903, -66.4944, -109.7446], 6e-5),
        ("poisson", 4.1182, [0.0147, 0.7853, -0.0752, -0.5758, -0.9263], 6e-5),
    ],
)
def test_bikeshare_of_islr(loss: str, intercept: float, last: list[float], abs_: float) -> None:
    """ISLR2, tables 4.10 and 4.11."""
    X, y, _ = _bikeshare()
    fit = lossary.fit.linear(X, y, loss)
    assert fit.intercept == pytest.approx(intercept, abs=abs_)
    assert fit.coef[-5:] == pytest.approx(last, abs=abs_)
    if loss == "squared_error":
        assert np.mean(fit.predict(X) < 0.0) == pytest.approx(0.0964, abs=6e-5)


def test_randhie_poisson_of_stata() -> None:
    """The RAND health insurance experiment: Stata's log-likelihood is -62419.5885."""
    data = randhie.load_pandas()
    y = data.endog.to_numpy(dtype=float)
    fit = lossary.fit.linear(data.exog, y, "poisson")
    likelihood = -len(y) * fit.cost - special.gammaln(y + 1.0).sum()
    assert likelihood == pytest.approx(-62419.5885, abs=1e-4)
    assert fit.feature_names == tuple(data.exog.columns)
