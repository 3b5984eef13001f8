"""What other libraries get wrong with classes and rows of scores, as acceptance tests.

Each test names where the defect was seen. Expected numbers come from mpmath, or are worked out in float64 beside them.
Bad shapes and labels are in ``test_multiclass_labels.py``.
"""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from tests.support.kernels import together
from tests.support.rows import by_hand

import lossary

CE = lossary.softmax_cross_entropy
INF = math.inf
DTYPES = [np.float32, np.float64]


def exact(expression: str) -> float:
    """A closed form with 60 digits, rounded to a double."""
    with mpmath.workdps(60):
        names = {name: getattr(mpmath, name) for name in ("exp", "log", "log1p", "mpf")}
        return float(eval(expression, {"__builtins__": {}}, names))


def shares(f: np.ndarray) -> np.ndarray:
    return np.exp(f) / np.exp(f).sum(axis=1, keepdims=True)


def ulps(dtype: type, number: float = 4.0) -> float:
    return number * float(np.finfo(dtype).eps)


# Certainty. keras clips at 1e-7, sklearn at the dtype's eps, torch at log p = -100.


@pytest.mark.parametrize(
    ("name", "dtype"), [("categorical_cross_entropy", np.float32), ("kl_target_prediction", np.float64)]
)
def test_a_label_given_half_costs_log_two_and_certainty_nothing_or_all(name: str, dtype: type) -> None:
    # keras KLDivergence of 0/1 targets: 0.6931456.
    loss = lossary.get(name)
    half, sure = np.full((1, 2), 0.5, dtype), np.array([[0.0, 1.0]], dtype)
    for y in ([1], np.array([[0, 1]], dtype)):
        unsure, right, wrong = (together(loss, y, f) for f in (half, sure, sure[:, ::-1]))
        assert unsure["value"][0] == dtype(math.log(2.0))
        assert right["value"][0] == 0.0
        assert wrong["value"][0] == INF
        assert unsure["grad"].tolist() == [[0.0, -2.0]]
        assert right["grad"].tolist() == [[0.0, -1.0]]
        assert wrong["grad"][0, 1] == -INF


def test_a_tiny_probability_is_not_clipped() -> None:
    for p in (1e-7, 1e-16, 1e-300):
        assert lossary.categorical_cross_entropy([0], [[p, 1.0 - p]])[0] == pytest.approx(-math.log(p), rel=1e-15)
        assert lossary.categorical_cross_entropy.gradient([0], [[p, 1.0 - p]])[0, 0] == pytest.approx(
            -1.0 / p, rel=1e-15
        )


@pytest.mark.parametrize(("dtype", "k"), [(np.float64, 3), (np.float32, 80)])
def test_masked_classes_cost_nothing(dtype: type, k: int) -> None:
    # optax: KL(t=0, log p=-inf) is nan, and so is its gradient at a target of zero.
    t, f = np.zeros((1, k), dtype), np.full((1, k), -INF, dtype)
    t[0, :2], f[0, :2] = [0.25, 0.75], 0.0
    log_p = np.where(f == 0.0, dtype(-math.log(2.0)), f)
    with np.errstate(under="ignore"):
        divergence = exact("mpf(1)/4*log(mpf(1)/2) + mpf(3)/4*log(mpf(3)/2)")
    gradients = {
        "kl_target_prediction_logits": (f, [0.25, -0.25]),
        "kl_target_prediction": (np.exp(f) / 2, [-0.5, -1.5]),
        "kl_target_prediction_log_probabilities": (log_p, [-0.25, -0.75]),
    }
    for name, (predicted, slopes) in gradients.items():
        loss = lossary.get(name)
        found = together(loss, t, predicted)
        assert found["value"][0] == pytest.approx(divergence, rel=ulps(dtype, 16.0))
        np.testing.assert_allclose(found["grad"][0, :2], slopes, rtol=ulps(dtype))
        assert not found["grad"][0, 2:].any()
        assert np.isfinite(found["hess"]).all()
    found = together(CE, t, f)
    assert found["value"][0] == pytest.approx(math.log(2.0), rel=ulps(dtype))
    np.testing.assert_allclose(found["grad"][0, :2], [0.25, -0.25], rtol=ulps(dtype))
    assert not found["grad"][0, 2:].any()
    assert not found["hess"][0, 2:].any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_zero_target_beside_a_possible_class_has_a_finite_gradient(dtype: type) -> None:
    # optax: nan by the zero target, from log 0; pytorch#57459.
    t, p = np.array([[0.0, 1.0]], dtype), np.array([[0.25, 0.75]], dtype)
    found = together(lossary.kl_target_prediction, t, p)
    assert found["value"][0] == pytest.approx(exact("log(mpf(4)/3)"), rel=ulps(dtype))
    np.testing.assert_allclose(found["grad"], [[0.0, -4.0 / 3.0]], rtol=ulps(dtype))
    got = together(lossary.kl_target_prediction_logits, t, np.log(p))["grad"]
    np.testing.assert_allclose(got, [[0.25, -0.25]], rtol=ulps(dtype, 8.0))


def test_the_right_class_masked_out_costs_infinity_not_nan() -> None:
    assert CE([1], [[0.0, -INF]]).tolist() == [INF]
    assert CE.gradient([1], [[0.0, -INF]]).tolist() == [[1.0, -1.0]]
    assert CE([1], [[0.0, 0.0]], class_mask=[True, False]).tolist() == [INF]


# Digits.


@pytest.mark.parametrize(("k", "dtype"), [(4, np.float32), (100, np.float64)])
def test_a_common_offset_of_whole_numbers_changes_no_bit(k: int, dtype: type) -> None:
    rng = np.random.default_rng(k)
    f, y = rng.integers(-9, 9, (5, k)).astype(dtype), rng.integers(0, k, 5)
    for name in ("softmax_cross_entropy", "focal_softmax"):
        loss = lossary.get(name)
        plain, above, below = (together(loss, y, f + dtype(offset)) for offset in (0.0, 1e4, -1e4))
        for quantity, found in plain.items():
            np.testing.assert_array_equal(above[quantity], found)
            np.testing.assert_array_equal(below[quantity], found)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lead", [10, 20, 40, 80])
def test_a_confident_row_keeps_its_digits(lead: int, dtype: type) -> None:
    # logsumexp(f) - f[y] is 0 from 17 on in float32, from 37 on in float64.
    f = np.array([[lead + 1e4, 1e4, 1e4]], dtype)
    small = f"2*exp(mpf(-{lead}))"
    found = together(CE, [0], f)
    assert found["value"][0] == pytest.approx(exact(f"log1p({small})"), rel=ulps(dtype))
    got = found["grad"][0]
    assert got[0] == pytest.approx(exact(f"-{small}/(1+{small})"), rel=ulps(dtype))
    assert got[1] == got[2] == pytest.approx(-got[0] / 2.0, rel=ulps(dtype))
    assert found["hess"][0, 0] == pytest.approx(exact(f"{small}/(1+{small})**2"), rel=ulps(dtype))


@pytest.mark.parametrize("gap", [100.0, 1e4])
def test_a_wrong_confident_row_costs_its_gap(gap: float) -> None:
    f = np.array([[gap, 0.0]], np.float32)
    assert CE([1], f).tolist() == [gap]
    assert CE.gradient([1], f).tolist() == [[1.0, -1.0]]


def test_half_precision_costs_do_not_overflow() -> None:
    # pytorch#29429, SMP#463: a sum in float16 over many rows.
    f, y = np.zeros((40_000, 16), np.float16), np.zeros(40_000, np.int64)
    assert CE.cost(y, f) == pytest.approx(math.log(16.0), rel=2.0**-11)
    assert CE.cost(y, f, reduction="sum") > 65504.0


# Curvature. XGBoost feeds 2 p (1 - p), LightGBM K/(K - 1) p (1 - p); bokbokbok's focal Hessian is 0 for positives.


@pytest.mark.parametrize("k", [2, 3, 10, 90])
def test_the_hessian_is_p_times_one_minus_p(k: int) -> None:
    rng = np.random.default_rng(k)
    f, y = 2.0 * rng.normal(size=(4, k)), rng.integers(0, k, 4)
    p = shares(f)
    np.testing.assert_allclose(CE.hessian(y, f), p * (1.0 - p), rtol=1e-12)
    full = np.stack([np.diag(row) - np.outer(row, row) for row in p])
    np.testing.assert_allclose(CE.full_hessian(y, f), full, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(CE.hessian_product(y, f, np.ones((4, k))), 0.0, atol=1e-15)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_the_focal_hessian_of_the_right_class_is_not_zero(gamma: float) -> None:
    loss = lossary.focal_softmax.using(gamma=gamma)
    for f in (np.array([[0.5, -0.25, 0.0]]), np.array([[-2.0, 1.0, 0.5]])):

        def right(x: mpmath.mpf, f: np.ndarray = f) -> mpmath.mpf:
            rest = sum(mpmath.exp(float(z)) for z in f[0, 1:])
            p = mpmath.exp(x) / (mpmath.exp(x) + rest)
            return -((1 - p) ** gamma) * mpmath.log(p)

        with mpmath.workdps(40):
            bend = float(mpmath.diff(right, float(f[0, 0]), 2))
        assert abs(bend) > 1e-3
        assert loss.hessian([0], f)[0, 0] == pytest.approx(bend, rel=1e-12)


# Weights, smoothing, z-loss.


def test_class_weights_mean_the_same_for_labels_and_one_hot_rows() -> None:
    # pytorch#107680: 0.7097 for labels, 2.3067 for the same labels one-hot, at weights 1, 2, 5.
    rng = np.random.default_rng(107680)
    f, y, w = rng.normal(size=(6, 3)), np.array([0, 2, 1, 2, 0, 1]), np.array([1.0, 2.0, 5.0])
    right = float((w[y] * by_hand(y, f)).sum() / w[y].sum())
    slopes = (shares(f) - np.eye(3)[y]) * (w[y] / w[y].sum())[:, np.newaxis]
    for target in (y, np.eye(3)[y], np.eye(3)[y].astype(int)):
        cost, gradient = CE.cost_and_gradient(target, f, class_weight=w)
        assert cost == pytest.approx(right, rel=1e-14)
        np.testing.assert_allclose(gradient, slopes, rtol=1e-12, atol=1e-16)
        assert CE.cost(target, f, class_weight=w, reduction="sum") == pytest.approx(right * w[y].sum(), rel=1e-14)
        assert CE.cost(target, f, class_weight=w, denominator="count") == pytest.approx(
            right * w[y].sum() / 6, rel=1e-14
        )
        np.testing.assert_allclose(CE(target, f, class_weight=w), w[y] * by_hand(y, f), rtol=1e-14)


def test_weights_of_rows_and_of_classes_multiply_and_reach_derivatives_not_reduced() -> None:
    # bokbokbok, boost-loss: weights ignored.
    rng = np.random.default_rng(5)
    f, y, w, c = (
        rng.normal(size=(4, 3)),
        np.array([0, 1, 2, 1]),
        np.array([0.5, 0.0, 2.0, 3.0]),
        np.array([1.0, 2.0, 5.0]),
    )
    gradient, hessian = CE.gradient_and_hessian(y, f, w, class_weight=c)
    each = (w * c[y])[:, np.newaxis]
    p = shares(f)
    np.testing.assert_allclose(gradient, each * (p - np.eye(3)[y]), rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(hessian, each * p * (1.0 - p), rtol=1e-13, atol=1e-16)
    assert CE.cost(y, f, w, class_weight=c) == pytest.approx(np.average(by_hand(y, f), weights=w * c[y]), rel=1e-14)


@pytest.mark.parametrize("k", [270])
def test_smoothing_composes_with_class_weights_and_masked_classes(k: int) -> None:
    # pytorch: the smoothed part is weighted by class, so that the minimum leaves the smoothed target.
    rng = np.random.default_rng(k)
    f, y, w = rng.normal(size=(5, k)), np.array([0, 1, 2, 1, 0]), rng.uniform(0.5, 3.0, k)
    mask = np.arange(k) != k - 1
    options = {"label_smoothing": 0.25, "class_weight": w, "class_mask": mask}
    t = np.where(mask, 0.75 * np.eye(k)[y] + 0.25 / (k - 1), 0.0)
    log_p = f - np.log(np.exp(f[:, mask]).sum(axis=1, keepdims=True))
    each = -(t * log_p).sum(axis=1)
    p = np.where(mask, np.exp(log_p), 0.0)
    share = w[y] / w[y].sum()
    for target in (y, np.eye(k)[y]):
        cost, gradient = CE.cost_and_gradient(target, f, **options)
        assert cost == pytest.approx(float((share * each).sum()), rel=1e-13)
        np.testing.assert_allclose(gradient, (p - t) * share[:, np.newaxis], rtol=1e-11, atol=1e-15)
        assert not gradient[:, -1].any()
    ignored = np.array([0, -1, 2, -1, 0])
    kept = ignored >= 0
    cost = CE.cost(ignored, f, ignore_index=-1, **options)
    assert cost == pytest.approx(np.average(each[kept], weights=w[y][kept]), rel=1e-13)


def test_the_z_loss_is_weighted_like_the_loss_it_belongs_to() -> None:
    # Elsewhere it is added after the reduction: over padding too, and without the weights.
    rng = np.random.default_rng(6)
    f, y, w = rng.normal(size=(5, 3)), np.array([0, -1, 2, 1, -1]), np.array([1.0, 1.0, 2.0, 0.5, 9.0])
    c = np.array([1.0, 2.0, 5.0])
    z = 0.125 * np.log(np.exp(f).sum(axis=1)) ** 2
    kept = y >= 0
    each = (by_hand(y, f) + z)[kept]
    weight = (w * c[y])[kept]
    loss = CE.using(z_loss=0.125)
    got = loss.cost(y, f, w, ignore_index=-1, class_weight=c)
    assert got == pytest.approx(np.average(each, weights=weight), rel=1e-14)
    np.testing.assert_allclose(loss(y, f, ignore_index=-1, class_weight=c)[kept], c[y[kept]] * each, rtol=1e-14)
    gradient = loss.cost_and_gradient(y, f, w, ignore_index=-1, class_weight=c)[1]
    log_total = np.log(np.exp(f).sum(axis=1, keepdims=True))
    slope = shares(f) * (1.0 + 0.25 * log_total) - np.eye(3)[y]
    right = np.where(kept, w * c[y] / weight.sum(), 0.0)[:, np.newaxis] * slope
    np.testing.assert_allclose(gradient, right, rtol=1e-12, atol=1e-16)
