"""Calibration and Murphy's curves at their edges: what is learned elsewhere, what is weighed, what does not show."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.calibration import calibrations, recalibrated
from lossary.choosing.judging.murphy import Murphy, murphy

ROWS = 300
LINE = np.linspace(0.0, 1.0, 101)


@pytest.fixture
def y(random: np.random.Generator) -> np.ndarray:
    return random.normal(size=ROWS)


def test_what_recalibration_saves_is_learned_from_the_other_folds(study_from, y, random):
    p = 2.0 * y + 0.5 + 0.5 * random.normal(size=ROWS)
    study = study_from(y, {"a": p}, Want("mean"))
    (found,) = calibrations(study, "a")
    saved = []
    for fold in study.folds:
        order = np.argsort(p[fold.train])
        level = isotonic_regression(y[fold.train][order]).x
        mended = np.interp(p[fold.test], p[fold.train][order], level)
        saved.append(np.mean((p - y)[fold.test] ** 2) - np.mean((mended - y[fold.test]) ** 2))
    assert found.gain.mean == pytest.approx(np.mean(saved))
    assert found.gain.error == pytest.approx(np.std(saved, ddof=1) * np.sqrt(1 / 5 + 1 / 4))
    assert found.gain.p < 0.01
    right = calibrations(study_from(y + random.normal(size=ROWS), {"a": y}, Want("mean")), "a")[0]
    assert right.gain.mean < 0.0 < right.miscalibration  # on its own rows it always helps


def test_parts_are_averaged_over_repeats_and_add_up(study_from, y, random):
    study = study_from(y, {"a": y + random.normal(size=ROWS)}, Want("mean"), repeats=2)
    study.predictions["a"][1] = 1.5 * y + random.normal(size=ROWS)
    (found,) = calibrations(study, "a")
    scores = np.mean((study.predictions["a"] - y) ** 2, axis=1)
    least = [np.mean((recalibrated(p, y, np.ones(ROWS)) - y) ** 2) for p in study.predictions["a"]]
    assert found.score == pytest.approx(np.mean(scores))
    assert found.miscalibration == pytest.approx(np.mean(scores) - np.mean(least))
    assert found.uncertainty == pytest.approx(np.var(y))
    assert found.score == pytest.approx(found.miscalibration - found.discrimination + found.uncertainty)
    assert np.isin(found.prediction, study.predictions["a"][0]).all()  # the curve is the first repeat's


def test_a_row_of_weight_two_is_two_rows_and_of_none_is_none(y, random):
    p, weight = np.round(y + random.normal(size=ROWS), 1), random.integers(1, 4, ROWS)
    again = np.repeat(np.arange(ROWS), weight)
    for tau in (None, 0.3):
        whole = recalibrated(p[again], y[again], np.ones(again.size), tau)
        assert recalibrated(p, y, weight.astype(float), tau)[np.repeat(np.arange(ROWS), weight)] == pytest.approx(whole)


def test_weights_reach_the_parts(study_from, y, random):
    p = y + random.normal(size=ROWS)
    weight = np.where(np.arange(ROWS) < 100, 0.0, 1.0 + np.arange(ROWS) % 2)
    spoilt = np.where(weight > 0.0, p, 1e6)
    (found,) = calibrations(study_from(y, {"a": spoilt}, Want("mean"), weight=weight), "a")
    assert found.score == pytest.approx(np.average((p - y) ** 2, weights=weight))
    centre = np.average(y, weights=weight)
    assert found.uncertainty == pytest.approx(np.average((y - centre) ** 2, weights=weight))
    assert found.prediction.max() < 1e6


def test_a_curve_keeps_both_ends_and_two_hundred_points(study_from, y, random):
    p = y + random.normal(size=ROWS)
    (found,) = calibrations(study_from(y, {"a": p}, Want("mean")), "a")
    assert found.prediction.size == found.recalibrated.size == 200
    assert (found.prediction[0], found.prediction[-1]) == (p.min(), p.max())
    assert (np.diff(found.prediction) >= 0.0).all()
    assert (np.diff(found.recalibrated) >= 0.0).all()
    few = calibrations(study_from(y[:50], {"a": p[:50]}, Want("mean")), "a")[0]
    assert few.prediction.tolist() == sorted(p[:50])


def test_what_is_calibrated_depends_on_the_question(study_from, y, random):
    ends = np.stack([y - 1.0, y + 1.0], axis=1)
    study = study_from(y, {"a": ends}, Want("interval", 0.8), constants=np.tile([-1.3, 1.3], (5, 1)))
    assert [each.what for each in calibrations(study, "a")] == ["quantile 0.1", "quantile 0.9"]
    assert [each.what for each in calibrations(study_from(y, {"a": y}, Want("median")), "a")] == ["quantile 0.5"]
    labels = (y > 0.0).astype(float)
    assert calibrations(study_from(labels, {"a": labels}, Want("label")), "a") == ()
    (two,) = calibrations(study_from(labels, {"a": np.full(ROWS, 0.3)}, Want("probability")), "a")
    assert (two.what, two.score) == ("probability", pytest.approx(np.mean((labels - 0.3) ** 2)))
    classes, chances = random.integers(0, 3, ROWS), random.dirichlet(np.ones(3), ROWS)
    names = ("a", "b", "c")
    study = study_from(classes, {"a": chances}, Want("probability"), classes=names, constants=np.full((5, 3), 1 / 3))
    (found,) = calibrations(study, "a")
    right = chances.argmax(axis=1) == classes
    assert found.what == "confidence in the likeliest class"
    assert found.score == pytest.approx(np.mean((chances.max(axis=1) - right) ** 2))


@pytest.mark.parametrize(
    ("gap", "dominates", "crosses"),
    [
        (0.5 * LINE, True, False),
        (0.5 * LINE - 0.009, True, False),  # above by less than a hundredth of the height: it does not show
        (0.5 * LINE - 0.02, False, True),
        (np.full(101, 0.009), False, False),
        (np.full(101, 0.011), True, False),
        (-0.5 * LINE, False, False),
    ],
)
def test_curves_are_told_apart_by_more_than_a_hundredth_of_their_height(gap, dominates, crosses):
    one = 1.0 - np.maximum(gap, 0.0)  # the higher reaches one
    diagram = Murphy("mean", LINE, {"one": one, "other": one + gap})
    height = diagram.height("one", "other")
    assert height == max(one.max(), (one + gap).max())
    assert diagram.dominates("one", "other") is dominates
    assert diagram.crosses("one", "other") is crosses
    assert diagram.crosses("other", "one") is crosses


def test_thresholds_span_what_is_seen_and_leave_a_long_tail_out(study_from, y, random):
    p = y + random.normal(size=ROWS)
    (diagram,) = murphy(study_from(y, {"a": p}, Want("mean")), ["a"])
    low, high = np.quantile(np.concatenate([y, p]), [0.005, 0.995])
    assert diagram.theta == pytest.approx(np.linspace(low, high, 121))
    far = y.copy()
    far[0] = 1e6
    (diagram,) = murphy(study_from(far, {"a": p}, Want("mean")), ["a"])
    assert diagram.theta.max() < 10.0
    (flat,) = murphy(study_from(np.ones(ROWS), {"a": np.ones(ROWS)}, Want("mean")), ["a"])
    assert (flat.theta.tolist(), flat.curves["a"].tolist()) == ([1.0], [0.0])


def test_weights_reach_the_curves(study_from, y, random):
    p = y + random.normal(size=ROWS)
    weight = np.where(np.arange(ROWS) < 100, 0.0, 1.0 + np.arange(ROWS) % 2)
    (found,) = murphy(study_from(y, {"a": np.where(weight > 0.0, p, 1e6)}, Want("mean"), weight=weight), ["a"])
    for theta, height in zip(found.theta[::20], found.curves["a"][::20], strict=True):
        hit = (np.minimum(y, p) <= theta) & (theta < np.maximum(y, p))
        assert height == pytest.approx(np.average(np.abs(y - theta) * hit, weights=weight), abs=1e-12)
