"""Missing targets: with ``missing="nan"`` every number is that of the same call without those examples, to the bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.support.kernels import together
from tests.support.rows import predictions, simplex, targets

import lossary
from lossary import discovery
from lossary.evaluate.arrays.missing import by_label
from lossary.evaluate.arrays.refusals import DomainError
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import Loss
from lossary.proof import points
from lossary.rowwise import RowLoss

MANY_CLASSES = ("distillation", "one_vs_rest_logistic", "ranked_probability_score", "softmax_brier")
"""A loss of each kind of targets and predictions, for long rows: their kernels are others."""

WHAT_IS_MISSING = "tests/pointwise/test_missing.py::test_what_is_missing_has_no_part_in_any_number"

NAN = float("nan")
N = 60


def drawn(loss: Loss) -> tuple[np.ndarray, np.ndarray]:
    """Ordinary targets and predictions."""
    y, f = np.array([point[:2] for point in points.generic(loss, loss.defaults(), N)]).T
    return y, f


def holed(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Targets of which every third is missing, and which are there."""
    there = np.arange(len(y)) % 3 != 1
    return np.where(there, y, NAN), there


def test_what_is_missing_has_no_part_in_any_number(each_loss: Loss) -> None:
    """Weights of one take both calls to one kernel; ``formulas/test_kernels.py`` shows that they change no bit."""
    loss, (y, f) = lossary.get(each_loss.name), drawn(each_loss)
    gone, there = holed(y)
    f = np.where(there | (np.arange(len(f)) % 2 == 0), f, NAN)  # some of their predictions are missing, too
    cost, gradient = loss.cost_and_gradient(gone, f, missing="nan")
    wanted, slope = loss.cost_and_gradient(y[there], f[there], np.ones(np.count_nonzero(there)))
    assert cost == wanted
    np.testing.assert_array_equal(gradient[there], slope)
    assert not gradient[~there].any()


@pytest.mark.sampled(WHAT_IS_MISSING)
def test_every_method_leaves_out_what_is_missing(each_loss: Loss) -> None:
    loss, (y, f) = lossary.get(each_loss.name), drawn(each_loss)
    gone, there = holed(y)
    f = np.where(there, f, NAN)
    got = loss(gone, f, missing="nan")
    np.testing.assert_array_equal(got[there], loss(y[there], f[there]))
    assert not got[~there].any()
    assert loss.cost(gone, f, missing="nan") == loss.cost(y[there], f[there])
    assert loss.accumulator().update(gone, f, missing="nan").missing == np.count_nonzero(~there)


@pytest.mark.sampled(WHAT_IS_MISSING)
def test_the_default_refuses_and_names_the_option(each_loss: Loss) -> None:
    loss, (y, f) = lossary.get(each_loss.name), drawn(each_loss)
    gone = y.copy()
    gone[4] = NAN
    for call in (loss, loss.gradient, loss.cost):
        with pytest.raises(DomainError, match=r'y_true\[4\] is nan; pass missing="nan"'):
            call(gone, f)


def test_rows_that_miss_a_target_have_no_part_in_any_number(each_row_loss: RowLoss) -> None:
    loss, gone, f, lost = rows_with_gaps(each_row_loss, 7)
    ones, there = np.ones(N), ~lost
    with pytest.raises(DomainError, match=r'is nan.*; pass missing="nan"'):
        loss.cost_and_gradient(gone, f, ones)
    cost, gradient = loss.cost_and_gradient(gone, f, ones, missing="nan")
    wanted, slope = loss.cost_and_gradient(gone[there], f[there], ones[there])
    assert cost == wanted
    np.testing.assert_array_equal(gradient[there], slope)
    assert not gradient[lost].any()
    assert not loss.full_hessian(gone, f, missing="nan", check=False)[lost].any()
    assert not loss.hessian_product(gone, f, np.ones_like(f), missing="nan", check=False)[lost].any()


@pytest.mark.parametrize("name", MANY_CLASSES)
def test_long_rows_that_miss_a_target_too(name: str) -> None:
    loss, gone, f, lost = rows_with_gaps(discovery.record(name), 100)
    ones = np.ones(N)
    with pytest.raises(DomainError, match=r'is nan.*; pass missing="nan"'):
        loss.cost_and_gradient(gone, f, ones)
    cost, gradient = loss.cost_and_gradient(gone, f, ones, missing="nan")
    wanted, slope = loss.cost_and_gradient(gone[~lost], f[~lost], ones[~lost])
    assert cost == wanted
    np.testing.assert_array_equal(gradient[~lost], slope)
    assert not gradient[lost].any()


def rows_with_gaps(record: RowLoss, k: int) -> tuple[RowLossFunction, np.ndarray, np.ndarray, np.ndarray]:
    """A loss, targets of which every third row misses one or more, predictions, and which rows these are."""
    rng = np.random.default_rng(5)
    y, f = targets(record, rng, N, k)[-1], predictions(record, rng, N, k)
    lost = np.arange(N) % 3 == 1
    y[lost, :: 1 if by_label(record) else 3] = NAN
    f[lost & (np.arange(N) % 2 == 0), 0] = NAN
    return lossary.get(record.name), y, f, lost


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "listwise_softmax", "distillation"])
def test_a_row_that_is_missing_costs_nothing_by_itself(name: str) -> None:
    record, loss = discovery.record(name), lossary.get(name)
    rng = np.random.default_rng(9)
    y, f = targets(record, rng, N, 7)[-1], predictions(record, rng, N, 7)
    there = np.arange(N) % 3 != 1
    got = loss(np.where(there[:, np.newaxis], y, NAN), f, missing="nan")
    np.testing.assert_array_equal(got[there], loss(y[there], f[there]))
    assert not got[~there].any()


@pytest.mark.parametrize("record", [each for each in discovery.row_records() if by_label(each)], ids=lambda r: r.name)
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1, "soft_cap": 5.0, "temperature": 2.0}])
def test_a_label_is_missing_by_itself(record: RowLoss, options: dict[str, float]) -> None:
    """The other labels cost what they cost alone, with as many classes."""
    loss = lossary.get(record.name)
    rng = np.random.default_rng(3)
    y, f = targets(record, rng, N, 7)[-1], predictions(record, rng, N, 7)
    gone = np.where(rng.uniform(size=y.shape) < 0.3, NAN, y)
    lost = np.isnan(gone)
    got = together(loss, gone, np.where(lost, NAN, f), missing="nan", **options)
    known = together(loss, y, f, **options)
    np.testing.assert_array_equal(got["grad"], np.where(lost, 0.0, known["grad"]))
    assert not got["hess"][lost].any()
    masked = together(loss, np.where(lost, 0.0, y), f, class_mask=~lost, **options)
    np.testing.assert_array_equal(got["value"], masked["value"])
    if not options:
        each = lossary.logistic(gone, f, missing="nan").sum(axis=1) / (7 if "multilabel" in record.name else 1)
        np.testing.assert_allclose(got["value"], each, rtol=1e-14)
        assert loss.accumulator().update(gone, f, missing="nan").missing == np.count_nonzero(lost)


CALLS: list[Callable[..., object]] = [
    lambda y, f, w, **o: lossary.huber.cost(y, f, w, **o),
    lambda y, f, w, **o: lossary.huber.cost(y, f, w, denominator="count", **o),
    lambda y, f, w, **o: lossary.huber.cost(y, f, w, reduction="sum", **o),
    lambda y, f, w, **o: lossary.huber.cost(y, f, w, mask=np.asarray(f) > -0.5, **o),
    lambda y, f, w, **o: lossary.huber.accumulator().update(y, f, w, **o).value,
    lambda y, f, w, **o: lossary.huber.cost_gradient_and_hessian(y, f, w, **o)[0],
    lambda y, f, w, **o: lossary.huber.optimal_constant(y, w, **o),
    lambda y, f, w, **o: lossary.squared_error.optimal_constant(y, w, **o),
    lambda y, f, w, **o: lossary.root_mean_squared_error.cost(y, f, w, **o),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_missing_composes_with_weights_masks_and_denominators(call: Callable[..., object], dtype: type) -> None:
    rng = np.random.default_rng(2)
    y, f = rng.normal(size=(2, N)).astype(dtype)
    w = rng.integers(0, 3, N).astype(np.float64)
    gone, there = holed(y)
    gone = gone.astype(dtype)
    assert call(gone, f, w, missing="nan") == call(y[there], f[there], w[there])
    assert call(gone, f, None, missing="nan") == call(y[there], f[there], None)


def test_results_go_where_they_were_told_and_inputs_stay() -> None:
    gone, f = np.array([1.0, NAN, 3.0]), np.array([2.0, 2.0, 5.0])
    kept = gone.copy()
    out = np.full(3, 7.0)
    assert lossary.squared_error.cost_and_gradient(gone, f, out=out, missing="nan")[1] is out
    np.testing.assert_array_equal(out, [1.0, 0.0, 2.0])
    np.testing.assert_array_equal(gone, kept)
    lossary.squared_error.cost_and_gradient(gone, f, out=f, missing="nan")
    np.testing.assert_array_equal(f, out)
    first, second = lossary.logistic.gradient_and_hessian([1.0, NAN], [0.0, 0.0], [2.0, 2.0], missing="nan")
    np.testing.assert_array_equal([first, second], [[-1.0, 0.0], [0.5, 0.0]])


def test_nothing_known_is_a_cost_over_nothing() -> None:
    with pytest.raises(ValueError, match="no example counts"):
        lossary.huber.cost([NAN], [1.0], missing="nan")
    assert lossary.huber.cost([NAN], [1.0], missing="nan", empty=0.0) == 0.0
    with pytest.raises(ValueError, match="no example counts"):
        lossary.huber.optimal_constant([NAN], missing="nan")
    assert lossary.huber(NAN, 1.0, missing="nan") == 0.0
    np.testing.assert_array_equal(lossary.huber([NAN], [[1.0], [2.0]], broadcast=True, missing="nan"), [[0.0], [0.0]])


def test_another_word_is_refused() -> None:
    for call in (lossary.huber.cost, lossary.huber, lossary.softmax_cross_entropy):
        with pytest.raises(ValueError, match="missing must be 'error' or 'nan', not 'drop'"):
            call([[1.0]], [[1.0]], missing="drop")
    with pytest.raises(ValueError, match="which a loss's methods use"):
        lossary.define(lambda y, f, missing: (y - f) * missing, name="mine")


def test_class_indices_cannot_be_nan() -> None:
    with pytest.raises(TypeError, match="pass ignore_index=-1"):
        lossary.softmax_cross_entropy([0.0, NAN], [[0.0, 1.0], [1.0, 0.0]], missing="nan")
    assert lossary.softmax_cross_entropy.cost([0], [[0.0, 0.0]], missing="nan") == np.log(2.0)


def test_a_loss_of_ones_own_takes_it_too() -> None:
    mine = lossary.define(lambda y, f: (y - f) * (y - f), name="mine")
    np.testing.assert_array_equal(mine.gradient([1.0, NAN], [2.0, 2.0], missing="nan"), [2.0, 0.0])
    assert mine.cost([1.0, NAN], [2.0, 2.0], missing="nan") == 1.0


def test_the_best_constant_row_comes_from_what_is_known() -> None:
    y = simplex(np.random.default_rng(0), 5, 3)
    gone = y.copy()
    gone[1, 2] = NAN
    loss = lossary.multiclass_brier
    there = np.array([0, 2, 3, 4])
    wanted = loss.optimal_constant(y[there], classes=3)
    np.testing.assert_allclose(loss.optimal_constant(gone, classes=3, missing="nan"), wanted, rtol=1e-15)
    labels = lossary.multilabel_soft_margin.optimal_constant(
        [[1.0, NAN], [0.0, 1.0], [0.0, 0.0]], classes=2, missing="nan"
    )
    np.testing.assert_allclose(labels, [np.log(0.5), 0.0], rtol=1e-15)


def test_accumulators_count_what_was_missing() -> None:
    left = lossary.huber.accumulator().update([1.0, NAN], [1.0, 2.0], missing="nan")
    right = lossary.huber.accumulator().update([NAN], [1.0], [3.0], missing="nan")
    merged = left.merge(right)
    assert (merged.missing, merged.denominator) == (2, 1.0)
