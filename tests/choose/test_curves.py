"""Murphy diagrams and calibration, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

import lossary
from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.calibration import calibrations, recalibrated
from lossary.choosing.judging.murphy import elementary_score, murphy


@pytest.mark.parametrize("loss", ["half_squared_error", "quantile:0.9", "expectile:0.8"])
def test_elementary_scores_integrate_to_the_loss(loss, random):
    y, p = random.normal(size=12), random.normal(size=12)
    grid = np.linspace(-4.0, 4.0, 4001)
    total = sum(elementary_score(y, p, float(t), loss) for t in grid) * (grid[1] - grid[0])
    assert total == pytest.approx(lossary.get(loss)(y, p), abs=5e-3)


def test_the_elementary_score_of_a_mean_and_a_quantile_are_the_published_ones():
    # Ehm et al. (2016): |y - theta| for means, |1{y < x} - alpha| for quantiles, if min(x, y) <= theta < max(x, y).
    for x, y in ((1.0, 3.0), (3.0, 1.0)):
        for theta in (0.5, 1.0, 2.0, 3.0):
            hit = min(x, y) <= theta < max(x, y)
            of_mean = elementary_score(np.array([y]), np.array([x]), theta, "half_squared_error")[0]
            assert of_mean == pytest.approx(abs(y - theta) if hit else 0.0, abs=1e-12)
            of_quantile = elementary_score(np.array([y]), np.array([x]), theta, "quantile:0.9")[0]
            assert of_quantile == pytest.approx(abs((y < x) - 0.9) if hit else 0.0)


def test_a_curve_is_the_mean_of_the_published_scores(study_from, random):
    y, p = random.normal(size=50), random.normal(size=50)
    ends = np.minimum(y, p), np.maximum(y, p)
    for want, price in ((Want("mean"), lambda t: np.abs(y - t)), (Want("median"), lambda t: np.full(50, 0.5))):
        (diagram,) = murphy(study_from(y, {"it": p}, want), ["it"], thetas=31)
        by_hand = [np.mean(price(t) * ((ends[0] <= t) & (t < ends[1]))) for t in diagram.theta]
        np.testing.assert_allclose(diagram.curves["it"], by_hand, atol=1e-12)


def test_a_better_informed_candidate_dominates_and_equal_ones_cross(study_from, random):
    a, b, c = random.normal(size=(3, 3000))
    y = a + b + c
    # Conditional means given more, and given less: the first is better under every consistent score.
    study = study_from(y, {"both": a + b, "one": a, "other": b, "twice": 2.0 * a}, Want("mean"))
    (diagram,) = murphy(study, ["both", "one", "other", "twice"], thetas=41)
    assert diagram.dominates("both", "one")
    assert not diagram.dominates("one", "both")
    assert not diagram.dominates("one", "other")
    by_hand = [elementary_score(y, a, float(t), "half_squared_error").mean() for t in diagram.theta]
    assert diagram.curves["one"] == pytest.approx(np.array(by_hand))


def test_labels_and_many_classes_have_no_diagram_and_intervals_two(study_from, random):
    y = random.normal(size=50)
    ends = np.stack([y - 1.0, y + 1.0], axis=1)
    interval = study_from(y, {"a": ends}, Want("interval", 0.8), constants=np.tile([-1.0, 1.0], (5, 1)))
    assert [d.what for d in murphy(interval, ["a"])] == ["quantile 0.1", "quantile 0.9"]
    labels = study_from((y > 0).astype(float), {"a": np.full(50, 0.5)}, Want("label"))
    assert murphy(labels, ["a"]) == ()
    assert calibrations(labels, "a") == ()


def isotonic_quantile_cost(p, y, weight, tau):
    """The least cost of a rising function of p, by linear programming."""
    groups, member = np.unique(p, return_inverse=True)
    n, k = y.size, groups.size
    price = np.concatenate([np.zeros(k), tau * weight, (1 - tau) * weight])
    pick = np.eye(k)[member]
    rising = np.hstack([np.eye(k)[:-1] - np.eye(k)[1:], np.zeros((k - 1, 2 * n))])
    bounds = [(None, None)] * k + [(0.0, None)] * (2 * n)
    equal = np.hstack([pick, np.eye(n), -np.eye(n)])
    return linprog(price, rising, np.zeros(k - 1), equal, y, bounds).fun


@pytest.mark.parametrize("tau", [0.2, 0.5, 0.9])
def test_isotonic_quantiles_are_optimal_and_rise(tau):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        p = rng.integers(0, 15, 40).astype(float)  # with ties
        y, weight = rng.integers(0, 12, 40) + 0.3 * p, rng.integers(1, 4, 40).astype(float)
        fitted = recalibrated(p, y, weight, tau)
        order = np.argsort(p)
        assert (np.diff(fitted[order]) >= 0.0).all()
        cost = float(weight @ lossary.get(f"quantile:{tau}")(y, fitted))
        assert cost == pytest.approx(isotonic_quantile_cost(p, y, weight, tau), abs=1e-7)


def test_isotonic_means_pool_ties():
    fitted = recalibrated(
        np.array([1.0, 1.0, 2.0, 3.0]), np.array([0.0, 4.0, 1.0, 5.0]), np.array([1.0, 1.0, 2.0, 1.0])
    )
    assert fitted == pytest.approx([1.5, 1.5, 1.5, 5.0])


@pytest.mark.parametrize("functional", ["mean", "quantile"])
def test_the_parts_of_a_score_add_up_and_know_a_wrong_scale(study_from, functional, random):
    x = random.normal(size=800)
    y = x + 0.5 * random.normal(size=800)
    right = x if functional == "mean" else x + 0.5 * 1.2815515655446004
    study = study_from(y, {"right": right, "scaled": 3.0 * right + 1.0}, Want(functional, 0.9))
    good, bad = (calibrations(study, name)[0] for name in ("right", "scaled"))
    for part in (good, bad):
        assert part.score == pytest.approx(part.miscalibration - part.discrimination + part.uncertainty)
    assert good.discrimination == pytest.approx(bad.discrimination)  # a change of scale tells no less
    assert bad.miscalibration > 10.0 * good.miscalibration
    # On rows not learned from, recalibration is worth nothing to the one, and much to the other.
    assert good.gain.mean < 0.02 * good.score
    assert bad.gain.mean > 0.5 * bad.score
    assert bad.gain.p < 0.01


def test_reliability_of_probabilities_stays_a_probability(study_from, random):
    p = random.random(300)
    y = (random.random(300) < p**2).astype(float)
    (found,) = calibrations(study_from(y, {"a": p}, Want("probability")), "a")
    assert found.recalibrated.min() >= 0.0
    assert found.recalibrated.max() <= 1.0
    assert found.what == "probability"
    rows = random.dirichlet(np.ones(3), 300)
    classes = np.array([random.choice(3, p=r) for r in rows])
    study = study_from(
        classes, {"a": rows}, Want("probability"), classes=("x", "y", "z"), constants=np.full((5, 3), 1 / 3)
    )
    (found,) = calibrations(study, "a")
    assert found.miscalibration < 0.1 * found.uncertainty
