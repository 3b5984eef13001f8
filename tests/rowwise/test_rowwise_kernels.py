"""The rowwise kernels against the formulas run by NumPy, in both layouts; every option against its meaning."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.kernels import together
from tests.support.rows import layout, predictions, simplex, targets

import lossary
from lossary.backends.cpu.runtime import threads
from lossary.backends.numpy_rows import Rows
from lossary.discovery import row_records
from lossary.rowwise import RowLoss


def close(got: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-11 * max(1.0, float(np.abs(wanted).max())))


@pytest.mark.parametrize("loss", [loss for loss in row_records() if not layout(loss)[1]], ids=lambda loss: loss.name)
def test_kernels_of_wide_rows_agree_with_the_formulas(loss: RowLoss) -> None:
    """In doubles. The other losses' wide rows, and class indices, are ``test_row_accuracy``'s."""
    y, f, rows = drawn(loss, 100)
    found = together(lossary.get(loss.name), y, f, check=False)
    close(found["value"], rows.value)
    close(found["grad"], rows.over_scores("grad"))
    close(found["hess"], rows.over_scores("hess"))


def test_kernels_of_narrow_rows_agree_with_the_formulas(each_row_loss: RowLoss) -> None:
    y, f, rows = drawn(each_row_loss, 7)
    cost, gradient = lossary.get(each_row_loss.name).cost_and_gradient(y, f, np.ones(40), reduction="sum", check=False)
    close(np.array(cost), rows.value.sum())
    close(gradient, rows.over_scores("grad"))


def drawn(loss: RowLoss, k: int) -> tuple[np.ndarray, np.ndarray, Rows]:
    """Target weights, predictions, and what the formulas say on NumPy."""
    rng = np.random.default_rng(k)
    f, y = predictions(loss, rng, 40, k), targets(loss, rng, 40, k)[-1]
    return y, f, Rows(loss, y, f, {p.name: p.default for p in loss.parameters})


def test_the_full_hessian_is_the_derivative_of_the_gradient(each_row_loss: RowLoss) -> None:
    rng = np.random.default_rng(7)
    function = lossary.get(each_row_loss.name)
    given = {p.name: p.default for p in each_row_loss.parameters}
    f = predictions(each_row_loss, rng, 6, 5)
    direction = rng.normal(size=f.shape)
    step = 1e-6
    t = targets(each_row_loss, rng, 6, 5)[-1]
    up, down = (Rows(each_row_loss, t, f + way * direction, given).over_scores("grad") for way in (step, -step))
    along = (up - down) / (2.0 * step)
    full = function.full_hessian(t, f, check=False)
    product = function.hessian_product(t, f, direction, check=False)
    np.testing.assert_allclose(np.einsum("nij,nj->ni", full, direction), along, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(product, along, rtol=1e-5, atol=1e-5)


def test_the_full_hessian_goes_through_the_options() -> None:
    rng = np.random.default_rng(8)
    loss, options = lossary.softmax_cross_entropy, {**OPTIONS, "class_weight": [1.0, 2.0, 3.0]}
    f, y, direction = rng.normal(size=(4, 3)), np.array([0, 1, 2, 1]), rng.normal(size=(4, 3))
    step = 1e-6
    up, down = (loss.gradient(y, f + way * direction, **options) for way in (step, -step))
    full = loss.full_hessian(y, f, **options)
    np.testing.assert_allclose(np.einsum("nij,nj->ni", full, direction), (up - down) / (2 * step), atol=1e-8)
    np.testing.assert_allclose(loss.hessian_product(y, f, direction, **options), (up - down) / (2 * step), atol=1e-8)
    np.testing.assert_allclose(np.einsum("nii->ni", full), loss.hessian(y, f, **options), atol=1e-14)


OF_PROBABILITIES = [loss for loss in row_records() if loss.prediction == "probabilities"]


@pytest.mark.parametrize("loss", OF_PROBABILITIES, ids=lambda loss: loss.name)
def test_the_full_hessian_has_the_hessian_on_its_diagonal_at_the_ends_of_the_domain(loss: RowLoss) -> None:
    t, f = np.eye(5), np.roll(np.eye(5), 1, axis=0)
    function = lossary.get(loss.name)
    given = {p.name: p.default for p in loss.parameters}
    expected = Rows(loss, t, f, given).over_scores("hess")
    found = np.einsum("nii->ni", function.full_hessian(t, f, check=False))
    np.testing.assert_array_equal(found, expected)


OPTIONS = {
    "label_smoothing": 0.1,
    "soft_cap": 3.0,
    "temperature": 2.0,
    "z_loss": 0.01,
}


WIDE = "tests/rowwise/test_rowwise_kernels.py::test_options_compose_and_the_gradient_follows_the_cost"
"""Every option in both layouts; the tests below take one option each."""


@pytest.mark.parametrize("k", [5, 100])
def test_options_compose_and_the_gradient_follows_the_cost(k: int) -> None:
    rng = np.random.default_rng(k)
    f, y = rng.normal(size=(6, k)), rng.integers(0, k, 6)
    options = {**OPTIONS, "class_weight": rng.uniform(0.5, 2.0, k), "class_prior": simplex(rng, 1, k)[0]}
    weights = np.array([1.0, 2.0, 0.0, 0.5, 1.0, 1.0])
    loss = lossary.softmax_cross_entropy
    cost, gradient = loss.cost_and_gradient(y, f, weights, **options)
    same, same_gradient = loss.cost_and_gradient(np.eye(k)[y], f, weights, **options)
    assert cost == pytest.approx(same, rel=1e-13)
    np.testing.assert_allclose(gradient, same_gradient, rtol=1e-11, atol=1e-15)
    step = 1e-6
    for i, j in [(0, 0), (1, int(y[1])), (5, k - 1), (2, 1)]:
        moved = [f.copy(), f.copy()]
        moved[0][i, j] += step
        moved[1][i, j] -= step
        up, down = (loss.cost(y, each, weights, **options) for each in moved)
        assert gradient[i, j] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-9)


def test_class_weights_divide_the_mean_for_indices_and_distributions_alike() -> None:
    rng = np.random.default_rng(0)
    f, y, w = rng.normal(size=(50, 3)), rng.integers(0, 3, 50), np.array([1.0, 2.0, 5.0])
    loss = lossary.softmax_cross_entropy
    by_hand = float(np.average(loss(y, f), weights=w[y]))
    assert loss.cost(y, f, class_weight=w) == pytest.approx(by_hand, rel=1e-14)
    assert loss.cost(np.eye(3)[y], f, class_weight=w) == pytest.approx(by_hand, rel=1e-14)


def test_smoothing_with_class_weights_keeps_the_minimum_at_the_target() -> None:
    best = np.log(np.array([[0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3]]))
    options = {"class_weight": [1.0, 4.0, 9.0], "label_smoothing": 0.1}
    gradient = lossary.softmax_cross_entropy.gradient([0], best, **options)
    assert np.abs(gradient).max() < 1e-15


@pytest.mark.parametrize("k", [6, pytest.param(90, marks=pytest.mark.slow(WIDE))])
def test_ignored_and_masked_rows_count_for_nothing(k: int) -> None:
    rng = np.random.default_rng(1)
    f, y = rng.normal(size=(20, k)), rng.integers(0, k, 20)
    ignored = y.copy()
    ignored[::2] = -100
    loss = lossary.softmax_cross_entropy
    cost, gradient = loss.cost_and_gradient(ignored, f, ignore_index=-100)
    assert cost == loss.cost(y[1::2], f[1::2])
    assert not gradient[::2].any()
    mask = np.arange(20) % 2 == 1
    masked, same = loss.cost_and_gradient(y, f, mask=mask)
    assert masked == cost
    np.testing.assert_array_equal(same, gradient)
    f[0] = np.nan
    assert loss.cost(ignored, f, ignore_index=-100) == cost
    with pytest.raises(ValueError, match="no example counts"):
        loss.cost([-100], f[:1], ignore_index=-100)
    assert loss.cost([-100], f[:1], ignore_index=-100, empty=0.0) == 0.0


@pytest.mark.parametrize("k", [3, pytest.param(80, marks=pytest.mark.slow(WIDE))])
def test_masked_classes_nan_and_offsets(k: int) -> None:
    rng = np.random.default_rng(2)
    f = rng.integers(-8, 8, size=(4, k)).astype(np.float32)
    y = np.array([0, 1, 2, 0])
    loss = lossary.softmax_cross_entropy
    np.testing.assert_array_equal(loss(y, f + np.float32(1e4)), loss(y, f))
    np.testing.assert_array_equal(loss.gradient(y, f + np.float32(1e4)), loss.gradient(y, f))
    mask = np.ones(k, bool)
    mask[-1] = False
    y[2] = 1
    np.testing.assert_allclose(loss(y, f, class_mask=mask), loss(y, f[:, :-1]), rtol=1e-6)
    assert not loss.gradient(y, f, class_mask=mask)[:, -1].any()
    smooth = loss(y, f, class_mask=mask, label_smoothing=0.2)
    np.testing.assert_allclose(smooth, loss(y, f[:, :-1], label_smoothing=0.2), rtol=1e-6)
    f[1, 0] = np.nan
    assert np.isnan(loss(y, f)).tolist() == [False, True, False, False]
    assert np.isnan(loss.gradient(y, f)[1]).all()
    assert np.isfinite(loss.gradient(y, f)[[0, 2, 3]]).all()


@pytest.mark.parametrize("k", [3, pytest.param(80, marks=pytest.mark.slow(WIDE))])
def test_smoothing_leaves_masked_classes_alone_where_each_is_a_question(k: int) -> None:
    f, y, mask = np.zeros((1, k)), np.zeros((1, k)), np.arange(k) < k - 1
    y[0, 0] = 1.0
    loss = lossary.one_vs_rest_logistic
    alone = loss.cost(y[:, mask], f[:, mask], label_smoothing=0.1)
    assert loss.cost(y, f, class_mask=mask, label_smoothing=0.1) == pytest.approx(alone, rel=1e-14)


@pytest.mark.parametrize("k", [3, pytest.param(80, marks=pytest.mark.slow(WIDE))])
def test_a_certain_mistake_costs_infinitely_much(k: int) -> None:
    p = np.full((1, k), 1.0 / (k - 1))
    p[0, 0] = 0.0
    assert lossary.categorical_cross_entropy([0], p)[0] == np.inf


def test_saturated_rows_keep_their_digits() -> None:
    loss = lossary.softmax_cross_entropy
    f = np.array([[0.0, -50.0, -700.0]])
    rest = np.exp(-50.0) + np.exp(-700.0)
    assert loss([0], f)[0] == pytest.approx(rest, rel=1e-14)
    np.testing.assert_allclose(loss.gradient([0], f), [[-rest, np.exp(-50.0), np.exp(-700.0)]], rtol=1e-13)


@pytest.mark.parametrize("k", [10, 1000])
def test_results_do_not_depend_on_threads_or_place(k: int) -> None:
    rng = np.random.default_rng(3)
    n = 400_000 // k
    f = rng.normal(size=(n, k)).astype(np.float32)
    y = rng.integers(0, k, n)
    loss = lossary.softmax_cross_entropy
    before = threads.count()
    answers = []
    try:
        for number in (1, 2, 3):
            threads.set_count(number)
            answers.append(loss.cost_and_gradient(y, f))
    finally:
        threads.set_count(before)
    for cost, gradient in answers[1:]:
        assert cost == answers[0][0]
        np.testing.assert_array_equal(gradient, answers[0][1])
    place = f.copy()
    cost, written = loss.cost_and_gradient(y, place, out=place)
    assert written is place
    assert cost == answers[0][0]
    np.testing.assert_array_equal(place, answers[0][1])
    left, right = loss.accumulator().update(y[:7], f[:7]), loss.accumulator().update(y[7:], f[7:])
    assert left.merge(right).value == cost
