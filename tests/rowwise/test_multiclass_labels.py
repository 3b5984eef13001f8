"""Targets that other libraries misread, as acceptance tests: shapes, labels, rows and batches that do not count.

Each test names where the defect was seen. What loses digits or bends wrongly is in ``test_multiclass_defects.py``.
"""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from tests.support.rows import by_hand, classes_of

import lossary
from lossary.discovery import row_records
from lossary.rowwise import RowLoss

CE = lossary.softmax_cross_entropy
INF, NAN = math.inf, math.nan
INDEXED = [pytest.param(loss, id=loss.name) for loss in row_records() if loss.targets != "scores"]
DISTRIBUTIONS = [pytest.param(loss, id=loss.name) for loss in row_records() if loss.targets == "distribution"]


def predictions(loss: RowLoss, n: int, k: int = 3) -> np.ndarray:
    """Rows of valid predictions, all different."""
    z = np.random.default_rng(n).normal(size=(n, k))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return {
        "scores": z,
        "probabilities": p,
        "independent_probabilities": p,
        "log_probabilities": np.log(p),
        "increasing": np.sort(z, axis=1),
    }[loss.prediction]


# Shapes. torch warns and broadcasts, keras and optax broadcast in silence, sklearn reads past the end.


@pytest.mark.parametrize(
    ("target", "prediction"),
    [((4, 1), (4, 3)), ((4,), (4, 1, 3)), ((3,), (4, 3)), ((2,), (4, 3)), ((1, 4), (4, 3)), ((1,), (3,))],
)
@pytest.mark.parametrize("kind", [float, int])
@pytest.mark.parametrize("loss", INDEXED)
def test_no_shape_is_stretched_in_silence(loss: RowLoss, kind: type, target: tuple, prediction: tuple) -> None:
    with pytest.raises(ValueError, match=r"y_true has shape .* but y_pred has shape"):
        lossary.get(loss.name).cost(np.zeros(target, kind), np.full(prediction, 0.25))


def test_a_weight_a_row_is_not_stretched_over_classes() -> None:
    # keras, optax: weights of (n, 1) or of a class's length meet the losses by broadcasting.
    for shape in [(4, 1), (3,), (1,), (4, 3)]:
        with pytest.raises(ValueError, match="sample_weight has shape"):
            CE.cost([0, 1, 2, 0], np.zeros((4, 3)), np.ones(shape))


# Labels. keras returns -0.0 for a class that does not exist, optax NaN, or for -1 the last class's loss.


@pytest.mark.sampled("tests/rowwise/test_multiclass_labels.py::test_a_wrong_class_is_refused_by_every_method")
def test_a_class_that_does_not_exist_is_refused(each_row_loss: RowLoss) -> None:
    if each_row_loss.targets == "scores":
        pytest.skip("a teacher's scores are no classes")
    k = classes_of(each_row_loss)
    f = predictions(each_row_loss, 4, k)
    last = k - 1 + each_row_loss.more_classes
    function = lossary.get(each_row_loss.name)
    for wrong in (last + 1, 1000, 2**40):
        with pytest.raises(ValueError, match=rf"whole numbers from 0 to {last}, but y_true\[2\] is {wrong}"):
            function([0, 1, wrong, 1], f)
    for wrong in (-1, -100, -(2**40)):
        with pytest.raises(ValueError, match=rf"y_true\[2\] is {wrong}; pass ignore_index="):
            function([0, last, wrong, 1], f)


def test_a_wrong_class_is_refused_by_every_method() -> None:
    f = np.zeros((2, 3))
    for method in (
        CE,
        CE.gradient,
        CE.hessian,
        CE.full_hessian,
        CE.cost,
        CE.cost_and_gradient,
        CE.gradient_and_hessian,
    ):
        with pytest.raises(ValueError, match=r"y_true\[1\] is 3"):
            method([0, 3], f)
    with pytest.raises(ValueError, match=r"y_true\[1\] is 3"):
        CE.hessian_product([0, 3], f, f)
    with pytest.raises(ValueError, match=r"y_true\[1\] is 3"):
        CE.accumulator().update([0, 3], f)


def test_minus_one_hundred_is_ignored_only_where_one_says_so() -> None:
    # torch ignores it unasked.
    y, f = np.array([0, -100, 2]), np.arange(9.0).reshape(3, 3) / 4.0
    with pytest.raises(ValueError, match=r"y_true\[1\] is -100"):
        CE.cost(y, f)
    with pytest.raises(ValueError, match=r"y_true\[1\] is -100"):
        CE.cost(y, f, ignore_index=-1)
    assert CE.cost(y, f, ignore_index=-100) == pytest.approx(by_hand(y[::2], f[::2]).mean(), rel=1e-15)


@pytest.mark.parametrize("k", [3, 300])
@pytest.mark.parametrize(
    "integers", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, ">i4", "<u8"]
)
def test_labels_of_every_integer_dtype(integers: str | type, k: int) -> None:
    # torch takes int64 alone; uint8 labels are masks or fail elsewhere.
    y = np.array([0, 2, 1, 2])
    f = np.random.default_rng(0).normal(size=(4, k))
    np.testing.assert_array_equal(CE(y.astype(integers), f), CE(y, f))
    assert CE.cost(y.astype(integers)[::-1], f[::-1]) == CE.cost(y, f)
    assert CE.cost(y.astype(integers).tolist(), f) == CE.cost(y, f)


def test_labels_at_the_ends_of_their_dtype() -> None:
    f = np.zeros((2, 3))
    right = pytest.approx([0.0, math.log(3.0)], rel=1e-15)
    assert CE(np.array([255, 1], np.uint8), f, ignore_index=255) == right
    assert CE(np.array([-128, 1], np.int8), f, ignore_index=-128) == right
    assert CE(np.arange(256, dtype=np.uint8)[-2:], np.zeros((2, 256)))[1] == pytest.approx(math.log(256.0), rel=1e-15)
    # Taken as int64 the largest uint64 is -1.
    for options in ({}, {"ignore_index": -1}):
        with pytest.raises(ValueError, match=r"y_true\[0\] is 9223372036854775807"):
            CE(np.array([2**64 - 1, 0], np.uint64), f, **options)


def test_labels_that_are_truth_values_are_classes_zero_and_one() -> None:
    f = np.array([[0.0, 1.0], [0.0, 1.0]])
    np.testing.assert_array_equal(CE(np.array([True, False]), f), CE([1, 0], f))
    np.testing.assert_array_equal(CE(np.array([[False, True], [True, False]]), f), CE([1, 0], f))
    with pytest.raises(TypeError, match="ignore_index must be a whole number, not True"):
        CE([1, 0], f, ignore_index=True)


def test_labels_as_floats_are_refused() -> None:
    for y in ([0.0, 1.0], np.array([0, 1], np.float32), np.array([0, 1], np.float16)):
        with pytest.raises(TypeError, match=r"must be whole numbers, but y_true has dtype float.*astype\(int\)"):
            CE.cost(y, np.zeros((2, 3)))


SIGNS = "tests/rowwise/test_multiclass_labels.py::test_the_signs_of_a_binary_hinge_are_no_classes"


@pytest.mark.parametrize(
    "name",
    [
        "multiclass_hinge",
        *(pytest.param(name, marks=pytest.mark.slow(SIGNS)) for name in ("weston_watkins", "multiclass_perceptron")),
    ],
)
def test_the_signs_of_a_binary_hinge_are_no_classes(name: str) -> None:
    # torch and optax take 0 for -1 in silence; keras converts {0, 1} in silence.
    loss = lossary.get(name)
    with pytest.raises(ValueError, match=r"from 0 to 1, but y_true\[0\] is -1"):
        loss.cost([-1, 1], [[0.0, 1.0], [0.0, 1.0]])
    for signs in ([[-1.0, 1.0]], [[-1, 1]]):
        with pytest.raises(ValueError, match=r"not negative, but y_true\[0, 0\] is -1"):
            loss.cost(signs, [[0.0, 1.0]])
    assert loss.cost([1], [[0.0, 3.0]]) == loss.cost([[0, 1]], [[0.0, 3.0]]) == 0.0


@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_soft_targets_that_are_no_distribution_are_refused(loss: RowLoss) -> None:
    # torch and optax accept them; keras normalises the predictions, not the targets.
    f, ones = predictions(loss, 2), np.ones(2)
    t = np.zeros((2, 3 + loss.more_classes))
    t[0, :2] = 0.5
    t[1, :2] = 0.75
    with pytest.raises(ValueError, match=r"must sum to one, but y_true\[1\] is a row with sum 1.5"):
        lossary.get(loss.name).cost_and_gradient(t, f, ones)
    t[1] = 0.0
    with pytest.raises(ValueError, match=r"must sum to one, but y_true\[1\] is a row with sum 0"):
        lossary.get(loss.name).cost_and_gradient(t, f, ones)


# Nothing counts. torch: the mean over ignored rows, zero class weights or an empty batch is nan.


@pytest.mark.parametrize(
    "k",
    [
        3,
        pytest.param(
            80,
            marks=pytest.mark.slow(
                "tests/rowwise/test_multiclass_labels.py::test_an_empty_mean_is_an_error_or_what_you_say"
            ),
        ),
    ],
)
def test_an_empty_mean_is_an_error_or_what_you_say(k: int) -> None:
    f = np.zeros((2, k))
    empty = {
        "ignored": ([-100, -100], f, {"ignore_index": -100}),
        "masked": ([0, 1], f, {"mask": [False, False]}),
        "weightless": ([0, 1], f, {"sample_weight": [0.0, 0.0]}),
        "of classes without weight": ([1, 1], f, {"class_weight": [1.0, 0.0] + [1.0] * (k - 2)}),
        "one-hot, of classes without weight": (np.eye(k)[[1, 1]], f, {"class_weight": [1.0, 0.0] + [1.0] * (k - 2)}),
        "no rows": (np.zeros(0, int), f[:0], {}),
    }
    for y, rows, options in empty.values():
        for reduction in ("mean", "sum"):
            with pytest.raises(ValueError, match=r"no example counts.*pass empty="):
                CE.cost(y, rows, reduction=reduction, **options)
        cost, gradient = CE.cost_and_gradient(y, rows, empty=0.25, **options)
        assert cost == 0.25
        assert gradient.shape == rows.shape
        assert not gradient.any()


def test_an_empty_batch_has_no_values_and_no_gradients() -> None:
    y, f = np.zeros((0, 5), np.int64), np.zeros((0, 5, 3), np.float32)
    assert CE(y, f).shape == (0, 5)
    assert CE.gradient(y, f).shape == CE.hessian(y, f).shape == (0, 5, 3)
    assert CE(y, f).dtype == np.float32
    with pytest.raises(ValueError, match="there are no classes"):
        CE([0], np.zeros((1, 0)))


IGNORING = ["softmax_cross_entropy", "sparsemax", "categorical_cross_entropy", "cumulative_logit"]


@pytest.mark.parametrize("name", IGNORING)
def test_ignored_rows_may_hold_anything(name: str) -> None:
    # 0 * nan is nan: the gradients of losses multiplied by a mask.
    loss = lossary.get(name)
    f, y = predictions(loss.record, 6), np.array([0, -1, 1, 2, -1, 1])
    right, gradient = loss.cost_and_gradient(y[y >= 0], f[y >= 0], np.ones(4))
    f[1], f[4] = NAN, [INF, -INF, 1e300]
    cost, got = loss.cost_and_gradient(y, f, ignore_index=-1)
    assert cost == right
    np.testing.assert_array_equal(got[y >= 0], gradient)
    assert not got[y < 0].any()
    same, masked = loss.cost_and_gradient(np.where(y < 0, 0, y), f, mask=y >= 0)
    assert same == right
    np.testing.assert_array_equal(masked, got)


def test_a_mean_of_batches_counts_the_rows_that_count() -> None:
    # transformers PR#34191: a mean of the batches' means, where some have more padding than others.
    rng = np.random.default_rng(3)
    f, y = rng.normal(size=(8, 3)), np.array([0, -1, -1, -1, 1, 2, 0, 1])
    w = [1.0, 2.0, 5.0]
    one, other = CE.accumulator(), CE.accumulator()
    one.update(y[:4], f[:4], ignore_index=-1, class_weight=w)
    other.update(y[4:], f[4:], ignore_index=-1, class_weight=w)
    whole = CE.cost(y, f, ignore_index=-1, class_weight=w)
    counted = y >= 0
    assert whole == pytest.approx(np.average(by_hand(y, f)[counted], weights=np.array(w)[y[counted]]), rel=1e-14)
    assert pickle.loads(pickle.dumps(one)).merge(other).value == whole
