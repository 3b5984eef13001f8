"""softmax, log_softmax, logsumexp, sigmoid, one_hot and smooth_labels against their definitions at sixty digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import ml_dtypes
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special
from tests.support.dialect import idle, offences, parsed, strangers

import lossary
from lossary.backends.cpu.runtime import threads
from lossary.losses.log_partition import PAIR, ROW

INF, NAN = math.inf, math.nan
DTYPES = [np.float32, np.float64]
HALVES = [(np.float16, 2.0**-10), (ml_dtypes.bfloat16, 2.0**-7)]
SHAPED = {"softmax": special.softmax, "log_softmax": special.log_softmax}


# The accuracy rule: 4 ulps, and twice what an ulp of each score changes.


def rows(k: int, dtype: type) -> Iterator[np.ndarray]:
    """Rows of every sort: confident, tied, masked, shifted, spread over the whole range of the dtype."""
    rng = np.random.default_rng(k)
    z = rng.normal(size=k)
    top, other = np.eye(k)[0], np.eye(k)[-1]
    yield from (z, 30.0 * z, z + 1e4, z - 1e4, z + 20.0 * top, z + 40.0 * other, z - 60.0 * other, np.zeros(k))
    yield z - math.log(np.exp(z).sum())  # a log-partition of about zero
    yield np.where(top + other > 0.0, z.max() + 5.0, z)  # tied at the top
    yield np.where(rng.random(k) < 0.5, -INF, z) + np.where(top > 0.0, 50.0, 0.0)
    yield z + np.where(other > 0.0, -95.0 if dtype is np.float32 else -740.0, 0.0)  # a subnormal probability
    yield 0.25 * float(np.finfo(dtype).max) * np.tanh(z)


def exact(row: np.ndarray) -> tuple[list[mpmath.mpf], list[mpmath.mpf], mpmath.mpf]:
    """Softmax, its logarithm and the log-partition of a row with a finite score, by their definitions."""
    scores = [mpmath.mpf(float(x)) for x in row]
    peak = max(scores)
    powers = [mpmath.exp(x - peak) for x in scores]
    total = mpmath.fsum(powers)
    partition = peak + mpmath.log(total)
    return [e / total for e in powers], [x - partition for x in scores], partition


def ulp(number: mpmath.mpf, dtype: type) -> float:
    with np.errstate(over="ignore", under="ignore"):
        return float(np.spacing(min(abs(dtype(float(number))), np.finfo(dtype).max)))


def excess(got: float, right: mpmath.mpf, slopes: list[mpmath.mpf], row: np.ndarray, dtype: type) -> float:
    """How many times as large as the rule allows an error is."""
    if mpmath.isinf(right):
        return 0.0 if got == float(right) else INF
    change = mpmath.fsum(abs(s) * ulp(x, dtype) for s, x in zip(slopes, row, strict=True) if np.isfinite(x))
    # An infinity in the data's dtype is right where the exact number is beyond its largest.
    if not math.isfinite(got):
        return 0.0 if abs(right) > float(np.finfo(dtype).max) and got * right > 0 else INF
    return float(abs(mpmath.mpf(got) - right) / (4 * ulp(right, dtype) + 2 * change))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 2, 5, 64, 256, 257])
def test_the_accuracy_rule_holds(k: int, dtype: type) -> None:
    with np.errstate(over="ignore"):
        table = np.array(list(rows(k, dtype))).astype(dtype)
    shares, logs, sums = lossary.softmax(table), lossary.log_softmax(table), lossary.logsumexp(table)
    assert shares.dtype == logs.dtype == sums.dtype == dtype
    for i, row in enumerate(table):
        with mpmath.workdps(400):
            p, log_p, partition = exact(row)
            worst = excess(float(sums[i]), partition, p, row, dtype)
            for j in range(k) if k < 64 else (0, 1, int(row.argmin()), k - 1):
                slopes = [(m == j) - p[m] for m in range(k)]
                worst = max(worst, excess(float(logs[i, j]), log_p[j], slopes, row, dtype))
                worst = max(worst, excess(float(shares[i, j]), p[j], [p[j] * s for s in slopes], row, dtype))
        assert worst <= 1.0, (i, row)


def test_the_rule_can_refuse() -> None:
    row = np.array([20.0, 0.0])
    with mpmath.workdps(60):
        p, log_p, _ = exact(row)
        slopes = [1 - p[0], -p[1]]
        careless = float(row[0] - np.log(np.exp(row).sum()))
        assert excess(careless, log_p[0], slopes, row, np.float64) > 1.0
        assert excess(float(log_p[0]), log_p[0], slopes, row, np.float64) <= 1.0
        assert excess(1.0 - 1e-8, p[0], [p[0] * s for s in slopes], row, np.float64) > 1.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_sigmoid_keeps_the_rule_in_both_tails(dtype: type) -> None:
    x = np.concatenate([np.linspace(-800.0, 800.0, 801), np.linspace(-3.0, 3.0, 200), [0.0, 1e-30]]).astype(dtype)
    got = lossary.sigmoid(x)
    assert got.dtype == dtype
    with mpmath.workdps(60):
        for logit, share in zip(x, got, strict=True):
            right = 1 / (1 + mpmath.exp(-mpmath.mpf(float(logit))))
            assert excess(float(share), right, [right * (1 - right)], np.array([logit]), dtype) <= 1.0, logit


@pytest.mark.parametrize(("dtype", "eps"), HALVES)
@pytest.mark.parametrize("k", [7, 90])
def test_half_precision_is_rounded_once_from_single(k: int, dtype: type, eps: float) -> None:
    z = (3.0 * np.random.default_rng(5).normal(size=(20, k))).astype(dtype)
    wide = z.astype(np.float64)
    for got, right in (
        (lossary.softmax(z), special.softmax(wide, axis=-1)),
        (lossary.log_softmax(z), special.log_softmax(wide, axis=-1)),
        (lossary.logsumexp(z), special.logsumexp(wide, axis=-1)),
        (lossary.sigmoid(z), special.expit(wide)),
    ):
        assert got.dtype == dtype
        # Half an ulp, a little more because float32 came between; below its range float16 has steps of 2**-24.
        np.testing.assert_allclose(got.astype(float), right, rtol=0.5001 * eps, atol=2.0**-25)


def test_whole_numbers_and_lists_count_as_float64() -> None:
    for scores in ([1, 2, 3], np.array([1, 2, 3], np.int8), np.array([1, 2, 3], np.uint64)):
        for name, referee in SHAPED.items():
            got = getattr(lossary, name)(scores)
            assert got.dtype == np.float64
            np.testing.assert_allclose(got, referee([1.0, 2.0, 3.0]), rtol=1e-15)
        assert lossary.sigmoid(scores).dtype == lossary.logsumexp(scores).dtype == np.float64
    assert lossary.softmax([False, True])[1] == pytest.approx(special.expit(1.0), rel=1e-15)
    assert lossary.sigmoid(0) == 0.5


# Extremes.


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [4, 100])
def test_a_common_offset_of_whole_numbers_changes_no_bit(k: int, dtype: type) -> None:
    z = np.random.default_rng(1).integers(-20, 20, (6, k)).astype(dtype)
    for offset in (1e4, -1e4):
        np.testing.assert_array_equal(lossary.softmax(z + dtype(offset)), lossary.softmax(z))
        np.testing.assert_array_equal(lossary.log_softmax(z + dtype(offset)), lossary.log_softmax(z))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_top_of_a_saturated_row_keeps_its_digits(dtype: type) -> None:
    # Written as f - logsumexp(f) it is 0.
    got = lossary.log_softmax(np.array([50.0, 0.0, -10.0], dtype))
    with mpmath.workdps(60):
        rest = mpmath.exp(-50) + mpmath.exp(-60)
        assert float(got[0]) == pytest.approx(float(-mpmath.log1p(rest)), rel=4.0 * float(np.finfo(dtype).eps))


SPECIAL = {
    "a masked class": ([0.0, -INF, 0.0], [0.5, 0.0, 0.5], [-math.log(2.0), -INF, -math.log(2.0)], math.log(2.0)),
    "one class left": ([-INF, 7.0, -INF], [0.0, 1.0, 0.0], [-INF, 0.0, -INF], 7.0),
    "no class left": ([-INF, -INF, -INF], [NAN] * 3, [NAN] * 3, -INF),
    "one at infinity": ([0.0, INF, -INF], [0.0, 1.0, 0.0], [-INF, 0.0, -INF], INF),
    "two at infinity": ([INF, 0.0, INF], [0.5, 0.0, 0.5], [-math.log(2.0), -INF, -math.log(2.0)], INF),
    "no number": ([0.0, NAN, 0.0], [NAN] * 3, [NAN] * 3, NAN),
    "no number at infinity": ([INF, NAN, 0.0], [NAN] * 3, [NAN] * 3, NAN),
    "no number among masked classes": ([-INF, NAN, -INF], [NAN] * 3, [NAN] * 3, NAN),
    "the largest doubles": ([1.7e308, -1.7e308], [1.0, 0.0], [0.0, -INF], 1.7e308),
}


@pytest.mark.parametrize("k", [3, 80])
def test_infinite_scores_are_limits_and_nan_stays_in_its_row(k: int) -> None:
    f, shares, logs = (
        np.full((len(SPECIAL) + 1, k), -INF),
        np.zeros((len(SPECIAL), k)),
        np.full((len(SPECIAL), k), -INF),
    )
    f[-1] = 0.0
    sums = []
    for i, (scores, p, log_p, partition) in enumerate(SPECIAL.values()):
        size = len(scores)
        f[i, :size], shares[i, :size], logs[i, :size] = scores, p, log_p
        sums.append(partition)
        if np.isnan(p[0]):
            shares[i], logs[i] = NAN, NAN
    np.testing.assert_allclose(lossary.softmax(f)[:-1], shares, rtol=1e-15)
    np.testing.assert_allclose(lossary.log_softmax(f)[:-1], logs, rtol=1e-15)
    np.testing.assert_allclose(lossary.logsumexp(f)[:-1], sums, rtol=1e-15)
    np.testing.assert_allclose(lossary.softmax(f)[-1], 1.0 / k, rtol=1e-15)


def test_the_sigmoid_at_infinity() -> None:
    np.testing.assert_array_equal(lossary.sigmoid([-INF, INF, NAN, 0.0]), [0.0, 1.0, NAN, 0.5])


# Shapes, axes, memory.


SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)


@given(z=hnp.arrays(np.float64, SHAPES, elements=st.floats(-50, 50)), data=st.data())
def test_any_shape_and_axis(z: np.ndarray, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-z.ndim, z.ndim - 1))
    keepdims = data.draw(st.booleans())
    flipped = z[::-1].T  # not contiguous
    for scores in (z, flipped):
        for name, referee in SHAPED.items():
            got = getattr(lossary, name)(scores, axis=axis)
            assert got.shape == scores.shape
            if scores.size:
                np.testing.assert_allclose(got, referee(scores, axis=axis), rtol=1e-12, atol=1e-14)
        sums = lossary.logsumexp(scores, axis=axis, keepdims=keepdims)
        assert np.shape(sums) == scores.sum(axis=axis, keepdims=keepdims).shape
        if scores.size:
            right = special.logsumexp(scores, axis=axis, keepdims=keepdims)
            np.testing.assert_allclose(sums, right, rtol=1e-12, atol=1e-14)
        else:
            assert (sums == -INF).all()
        np.testing.assert_allclose(lossary.sigmoid(scores), special.expit(scores), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sigmoid"])
def test_out_receives_the_result_wherever_it_lies(name: str, dtype: type) -> None:
    function: Callable[..., np.ndarray] = getattr(lossary, name)
    axes = [{}] if name == "sigmoid" else [{"axis": 0}, {"axis": 1}, {"axis": -1}]
    z = np.random.default_rng(4).normal(size=(5, 4, 6)).astype(dtype)
    for axis in axes:
        right = function(z, **axis)
        for out in (np.empty_like(z), np.asfortranarray(np.empty_like(z)), np.empty((5, 4, 12), dtype)[:, :, ::2]):
            assert function(z, **axis, out=out) is out
            np.testing.assert_array_equal(out, right)
        place = z.copy()
        assert function(place, **axis, out=place) is place
        np.testing.assert_array_equal(place, right)
        shifted = np.concatenate([z, z[:1]])
        function(shifted[:-1], **axis, out=shifted[1:])
        np.testing.assert_array_equal(shifted[1:], right)
        assert (z == np.random.default_rng(4).normal(size=(5, 4, 6)).astype(dtype)).all()


def test_results_do_not_depend_on_threads_or_on_the_rows_beside() -> None:
    before = threads.count()
    try:
        for k in (9, 700):
            z = np.random.default_rng(6).normal(size=(300_000 // k, k)).astype(np.float32)
            found = []
            for number in (1, 3):
                threads.set_count(number)
                found.append((lossary.softmax(z), lossary.log_softmax(z), lossary.logsumexp(z)))
            for one, many in zip(*found, strict=True):
                np.testing.assert_array_equal(one, many)
            np.testing.assert_array_equal(lossary.softmax(z[7:8])[0], found[0][0][7])
    finally:
        threads.set_count(before)


REFUSED: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "one number": (lambda: lossary.softmax(1.0), ValueError, "must have an axis of classes"),
    "no such axis": (lambda: lossary.logsumexp([1.0], axis=1), ValueError, "axis 1 is out of bounds"),
    "words": (lambda: lossary.log_softmax(["a", "b"]), TypeError, "scores must hold real numbers.*'a'"),
    "complex numbers": (lambda: lossary.sigmoid([1j]), TypeError, "x must hold real numbers"),
    "a masked array": (lambda: lossary.softmax(np.ma.masked_array([1.0], [True])), TypeError, "is a masked array"),
    "out of another shape": (
        lambda: lossary.softmax(np.zeros((2, 3)), axis=0, out=np.zeros((3, 2))),
        ValueError,
        r"shape \(2, 3\) and dtype float64, not shape \(3, 2\)",
    ),
    "out of another dtype": (lambda: lossary.sigmoid([1.0], out=np.zeros(1, np.float32)), ValueError, "float32"),
    "out that is a list": (lambda: lossary.softmax([1.0], out=[0.0]), ValueError, "not list"),
    "a class that does not exist": (
        lambda: lossary.one_hot([[0, 3], [1, 9]], 3),
        ValueError,
        r"from 0 to 2, but y\[0, 1\] is 3 \(and 1 more\); pass ignore_index=",
    ),
    "a negative class": (lambda: lossary.one_hot(-1, 3), ValueError, "but y is -1;"),
    "a class beyond int64": (lambda: lossary.one_hot(np.array([2**64 - 1], np.uint64), 3), ValueError, "184467440"),
    "classes as floats": (lambda: lossary.one_hot([0.0], 3), TypeError, "whole numbers, but y has dtype float64"),
    "no classes": (lambda: lossary.one_hot([0], 0), ValueError, "at least 1, not 0"),
    "half a class": (lambda: lossary.one_hot([0], 2.5), TypeError, "whole number, not 2.5"),
    "a dtype of words": (lambda: lossary.one_hot([0], 2, dtype=str), TypeError, "dtype must be one of real numbers"),
    "all of the weight": (lambda: lossary.smooth_labels([0], 1.0, 3), ValueError, r"in \[0, 1\), not 1"),
    "less than none of it": (lambda: lossary.smooth_labels([0], -0.1, 3), ValueError, r"in \[0, 1\), not -0.1"),
    "no share": (lambda: lossary.smooth_labels([0], None, 3), TypeError, "not None"),
    "indices without classes": (lambda: lossary.smooth_labels([0, 2], 0.1), TypeError, "pass classes="),
    "a class to smooth that does not exist": (
        lambda: lossary.smooth_labels([0, 5], 0.1, 3),
        ValueError,
        r"smooth_labels: class indices must be from 0 to 2, but y_true\[1\] is 5$",
    ),
    "a row of another length": (lambda: lossary.smooth_labels([[1.0, 0.0]], 0.1, 3), ValueError, "have 3 numbers"),
    "a weight below zero": (lambda: lossary.smooth_labels([[1.5, -0.5]], 0.1), ValueError, r"y_true\[0, 1\] is -0.5"),
    "a weight that is none": (lambda: lossary.smooth_labels([1.0, NAN], 0.1), ValueError, r"y_true\[1\] is nan"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_by_name_and_place(what: str) -> None:
    call, error, said = REFUSED[what]
    with pytest.raises(error, match=said):
        call()


# Targets.


@pytest.mark.parametrize("integers", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64])
def test_one_hot_takes_every_integer_dtype_and_shape(integers: type) -> None:
    y = np.random.default_rng(0).integers(0, 5, (3, 4)).astype(integers)
    got = lossary.one_hot(y[:, ::2], 5)
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, np.eye(5)[y[:, ::2].astype(int)])
    assert lossary.one_hot(integers(3), 4).tolist() == [0.0, 0.0, 0.0, 1.0]
    assert lossary.one_hot(y[:0], 5).shape == (0, 4, 5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ml_dtypes.bfloat16, np.int8, np.bool_])
def test_one_hot_gives_the_dtype_that_is_asked_for(dtype: type) -> None:
    got = lossary.one_hot([True, False], 2, dtype=dtype)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got.astype(int), [[0, 1], [1, 0]])


def test_an_ignored_index_is_a_row_of_zeros() -> None:
    y = np.array([[2, -100], [-100, 0]])
    got = lossary.one_hot(y, 3, ignore_index=-100)
    np.testing.assert_array_equal(got, [[[0, 0, 1], [0, 0, 0]], [[0, 0, 0], [1, 0, 0]]])
    assert not lossary.one_hot(np.array([255, 255], np.uint8), 3, ignore_index=255).any()
    with pytest.raises(ValueError, match=r"y\[0, 1\] is -100"):
        lossary.one_hot(y, 3, ignore_index=255)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5, 0.999])
def test_smoothed_labels_are_what_they_say(smoothing: float) -> None:
    rng = np.random.default_rng(2)
    y, t = rng.integers(0, 4, (3, 5)), rng.uniform(0.0, 2.0, (3, 5, 4))
    t[0] = 0.0
    for got, weights in (
        (lossary.smooth_labels(y, smoothing, classes=4), np.eye(4)[y]),
        (lossary.smooth_labels(t, smoothing), t),
        (lossary.smooth_labels(t[:, :, ::-1], smoothing, classes=4), t[:, :, ::-1]),
    ):
        right = (1.0 - smoothing) * weights + smoothing * weights.sum(axis=-1, keepdims=True) / 4
        np.testing.assert_allclose(got, right, rtol=1e-14)
        assert got.dtype == np.float64
    np.testing.assert_allclose(got.sum(axis=-1), t.sum(axis=-1), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ml_dtypes.bfloat16])
def test_smoothed_rows_keep_their_dtype_and_leave_the_input_alone(dtype: type) -> None:
    t = np.array([[0.0, 1.0], [0.5, 0.5]], dtype)
    got = lossary.smooth_labels(t, 0.5)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got.astype(float), [[0.25, 0.75], [0.5, 0.5]])
    np.testing.assert_array_equal(t.astype(float), [[0.0, 1.0], [0.5, 0.5]])
    assert lossary.smooth_labels(t[:0], 0.5).shape == (0, 2)
    assert lossary.smooth_labels(t[1], 0.5).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("k", [4, 80])
def test_smoothed_labels_are_those_of_the_option(k: int) -> None:
    rng = np.random.default_rng(3)
    y, f = rng.integers(0, k, 7), rng.normal(size=(7, k))
    by_hand = lossary.softmax_cross_entropy(lossary.smooth_labels(y, 0.2, classes=k), f)
    np.testing.assert_allclose(lossary.softmax_cross_entropy(y, f, label_smoothing=0.2), by_hand, rtol=1e-13)


# What the catalogue's tests do not see.


def test_their_formulas_keep_to_the_dialect() -> None:
    pair = {quantity: PAIR.quantity(quantity) for quantity in ("value", "grad", "hess")}
    for formula in (*ROW.formulas().values(), *pair.values()):
        assert not list(offences(parsed(formula)))
    assert not list(strangers(ROW))
    assert not idle(ROW)


def test_the_names_are_functions_and_no_losses() -> None:
    for name in ("softmax", "log_softmax", "logsumexp", "sigmoid", "one_hot", "smooth_labels"):
        assert callable(getattr(lossary, name))
        assert name in dir(lossary)
        with pytest.raises(ValueError, match="no loss is named"):
            lossary.get(name)
    with pytest.raises(ValueError, match="no loss is named"):
        lossary.get("log_partition")
