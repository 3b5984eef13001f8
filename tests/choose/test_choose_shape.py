"""The numbers that diagnose residuals, against statsmodels and against distributions with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.stattools import medcouple

from lossary.choosing.diagnosis import shape
from lossary.choosing.diagnosis.labels import label_noise
from lossary.choosing.diagnosis.leverage import leverage

# The star cluster CYG OB1: logarithms of temperature and of light (Rousseeuw and Leroy 1987).
TEMPERATURE = (
    "4.37 4.56 4.26 4.56 4.30 4.46 3.84 4.57 4.26 4.37 3.49 4.43 4.48 4.01 4.29 4.42 4.23 4.42 4.23 3.49 "
    "4.29 4.29 4.42 4.49 4.38 4.42 4.29 4.38 4.22 3.48 4.38 4.56 4.45 3.49 4.23 4.62 4.53 4.45 4.53 4.43 "
    "4.38 4.45 4.50 4.45 4.55 4.45 4.42"
)
LIGHT = (
    "5.23 5.74 4.93 5.74 5.19 5.46 4.65 5.27 5.57 5.12 5.73 5.45 5.42 4.05 4.26 4.58 3.94 4.18 4.18 5.89 "
    "4.38 4.22 4.42 4.85 5.02 4.66 4.66 4.90 4.39 6.05 4.42 5.10 5.22 6.29 4.34 5.62 5.10 5.22 5.18 5.57 "
    "4.62 5.06 5.34 5.34 5.54 4.98 4.50"
)
GIANTS = (11, 20, 30, 34)


@pytest.fixture
def draw():
    return np.random.default_rng(5)


def test_medcouple_is_statsmodels(draw):
    for sample in (draw.normal(size=400), draw.exponential(size=401), -draw.lognormal(size=300)):
        assert shape.medcouple(sample) == pytest.approx(float(medcouple(sample)), abs=2e-3)


def test_breusch_pagan_is_statsmodels(draw):
    x = draw.uniform(1.0, 3.0, (500, 2))
    residuals = draw.normal(size=500) * x[:, 0]
    expected = het_breuschpagan(residuals, np.column_stack([np.ones(500), x]), robust=True)[1]
    found = shape.breusch_pagan(residuals**2, x)
    assert found.p == pytest.approx(expected, rel=1e-8)
    assert found.ratio > 3.0
    assert shape.breusch_pagan(draw.normal(size=500) ** 2, x).p > 0.01


def test_the_tail_index_is_a_power_laws_power(draw):
    for power in (1.5, 3.0):
        sample = (1.0 + draw.pareto(power, 20_000)) * draw.choice([-1.0, 1.0], 20_000)
        assert shape.tail_index(sample) == pytest.approx(power, rel=0.25)
    assert shape.tail_index(draw.normal(size=5000)) > 4.0


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_parks_test_finds_the_power_of_the_variance(draw, power):
    mean = draw.uniform(2.0, 40.0, 4000)
    found = shape.park(mean + np.sqrt(mean**power) * draw.normal(size=4000), mean)
    assert abs(found.power - power) < 3.5 * found.error
    assert found.error < 0.15
    assert shape.park(mean, -mean) is None


def test_students_t_is_told_by_its_degrees_of_freedom(draw):
    heavy = shape.student_t(3.0 * draw.standard_t(3, 4000), 3.0)
    assert heavy.df in (2.0, 3.0, 4.0)
    assert heavy.scale == pytest.approx(3.0, rel=0.15)
    assert shape.student_t(draw.normal(size=4000), 1.0).df >= 15.0


def test_overdispersion_and_dispersion_of_negative_binomial_counts(draw):
    mean = np.exp(draw.uniform(1.0, 3.0, 20_000))
    assert shape.overdispersion(draw.poisson(mean).astype(float), mean) == pytest.approx(1.0, abs=0.05)
    counts = draw.poisson(mean * draw.gamma(2.0, 0.5, mean.size)).astype(float)  # variance = mean + mean**2 / 2
    assert shape.dispersion(counts, mean) == pytest.approx(0.5, rel=0.1)
    assert shape.overdispersion(counts, mean) > 3.0


def test_order_and_groups_show_in_residuals(draw):
    noise = draw.normal(size=2000)
    walk = np.convolve(noise, np.ones(4), mode="same")
    assert shape.lag_correlation(walk) > 0.6
    assert abs(shape.lag_correlation(noise)) < 0.1
    groups = np.repeat(np.arange(200), 10)
    assert shape.shared_variance(noise + draw.normal(size=200)[groups], groups) == pytest.approx(0.5, abs=0.1)
    assert abs(shape.shared_variance(noise, groups)) < 0.05


def test_flipped_labels_are_counted(draw):
    truth = draw.integers(0, 2, 4000)
    p = np.where(truth == 1, 0.95, 0.05) + draw.uniform(-0.04, 0.04, 4000)
    flipped = draw.random(4000) < 0.08
    labels = np.where(flipped, 1 - truth, truth)
    assert label_noise(labels, np.column_stack([1.0 - p, p])) == pytest.approx(flipped.mean(), abs=0.01)


def test_the_giant_stars_are_bad_leverage_points(draw):
    x, y = (np.array([float(v) for v in column.split()]) for column in (TEMPERATURE, LIGHT))
    told = leverage(x[:, None], y, seed=0)
    assert set(GIANTS) <= set(told.rows + 1)
    assert told.matters
    plain = draw.normal(size=(300, 2))
    tails = leverage(plain, plain @ [1.0, 2.0] + draw.standard_t(2, 300), seed=0)
    assert not tails.matters  # outliers in y alone are what robust losses are for


@pytest.mark.parametrize(("rows", "columns"), [(30, 1), (33, 2), (130, 12), (320, 30)])
def test_bad_leverage_is_told_from_luck(rows, columns):
    """Features with long tails have far rows everywhere; few of them drag a line."""
    alarms = hits = 0
    for seed in range(10):
        draw = np.random.default_rng(seed)
        x = draw.lognormal(size=(rows, columns))
        y = x[:, 0] + draw.standard_t(3, rows)
        alarms += leverage(x, y, seed=0).matters
        x, y = draw.normal(size=(rows, columns)), draw.normal(size=rows)
        far = np.arange(rows) < max(3, rows // 20)
        x[far, 0] += 15.0
        y[far] -= 60.0
        told = leverage(x, y, seed=0)
        hits += told.matters and set(np.flatnonzero(far)) <= set(told.rows)
    assert alarms <= 1
    assert hits >= 8


def test_rounding_is_no_leverage():
    for seed in range(20):
        x = np.random.default_rng(seed).normal(size=(200, 1))
        assert leverage(x, 2.0 * x[:, 0] + 1.0, seed=0) is None


def test_leverage_is_not_looked_for_in_too_few_rows():
    draw = np.random.default_rng(0)
    assert leverage(draw.normal(size=(109, 10)), draw.normal(size=109), seed=0) is None


def test_means_beside_medians(draw):
    skewed = draw.exponential(size=50_000)
    expected = 1.0 - stats.expon.median()
    assert shape.mean_gap(skewed, np.zeros_like(skewed)) == pytest.approx(expected, abs=0.02)
