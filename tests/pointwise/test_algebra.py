"""The algebra of costs: exact sums, weights, masks, denominators, shards, threads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lossary
from lossary.backends.cpu.runtime import threads
from lossary.evaluate.accumulate import Accumulator

SIZED = st.floats(-1e300, 1e300, allow_subnormal=True)
ORDINARY = st.floats(-50.0, 50.0)
WEIGHT = st.floats(0.0, 1e6, allow_subnormal=False)


def exactly(numerator: Fraction, denominator: Fraction | int) -> float:
    """A quotient rounded once; infinite beyond the largest double."""
    quotient = numerator / denominator
    try:
        return float(quotient)
    except OverflowError:
        return math.copysign(math.inf, quotient)


def total(losses: np.ndarray, weights: np.ndarray | None = None) -> Fraction:
    """The exact sum of the products as a kernel forms them."""
    products = losses if weights is None else weights * losses
    return sum(map(Fraction, products.tolist()), Fraction(0))


@st.composite
def examples(
    draw: st.DrawFn, numbers: st.SearchStrategy[float] = ORDINARY
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets, predictions and weights, of which some are zero but not all."""
    rows = draw(st.lists(st.tuples(numbers, numbers, WEIGHT), min_size=1, max_size=60))
    y, f, w = (np.array(column) for column in zip(*rows, strict=True))
    w[draw(st.integers(0, len(w) - 1))] = 1.0
    return y, f, w


# A cost is the exact quotient of exact sums, rounded once.


@given(examples())
def test_the_cost_is_the_exact_mean_rounded_once(data: tuple) -> None:
    y, f, w = data
    losses = lossary.huber(y, f)
    assert lossary.huber.cost(y, f) == exactly(total(losses), len(y))
    assert lossary.huber.cost(y, f, reduction="sum") == exactly(total(losses), 1) == math.fsum(losses)
    assert lossary.huber.cost(y, f, w) == exactly(total(losses, w), total(w))


@given(st.lists(SIZED, min_size=1, max_size=60))
def test_sums_are_exact_over_the_whole_range(numbers: list[float]) -> None:
    f = np.array([*numbers, 1e-300, 5e-324, 1e300])
    assert lossary.absolute_error.cost(np.zeros(f.size), f, reduction="sum") == math.fsum(np.abs(f))
    assert lossary.absolute_error.cost(np.zeros(f.size), f) == exactly(total(np.abs(f)), f.size)


def test_opposite_giants_leave_what_is_between() -> None:
    # e - 1e300, about 1e300, and 1.
    giants = lossary.poisson([1e300, 0.0, 0.0], [1.0, math.log(1e300), 0.0])
    got = lossary.poisson.cost([1e300, 0.0, 0.0], [1.0, math.log(1e300), 0.0], reduction="sum")
    assert got == math.fsum(giants)


def test_a_mean_that_fits_is_found_where_the_sum_overflows() -> None:
    f = np.full(4, 1.5e308)
    assert lossary.absolute_error.cost(np.zeros(4), f) == 1.5e308
    assert lossary.absolute_error.cost(np.zeros(4), f, reduction="sum") == math.inf


def test_float32_sums_hold_beyond_float32() -> None:
    f = np.full(100_000, 1e38, np.float32)
    assert lossary.absolute_error.cost(np.zeros_like(f), f) == float(np.float32(1e38))
    small = np.full(100_000, 0.1, np.float32)
    exact = Fraction(float(np.float32(0.1))) * small.size
    assert lossary.absolute_error.cost(np.zeros_like(small), small, reduction="sum") == exactly(exact, 1)


@given(examples())
def test_float32_costs_are_exact_sums_of_the_losses(data: tuple) -> None:
    y, f, w = (a.astype(np.float32) for a in data)
    losses = lossary.huber(y, f).astype(np.float64)
    assert lossary.huber.cost(y, f) == pytest.approx(exactly(total(losses), len(y)), rel=3e-7)
    weighed = exactly(total(losses, w.astype(np.float64)), total(w.astype(np.float64)))
    assert lossary.huber.cost(y, f, w) == pytest.approx(weighed, rel=3e-7)


def test_infinities_and_nans_reach_the_cost() -> None:
    inf, nan = math.inf, math.nan
    assert lossary.squared_error.cost([0.0, 0.0], [1.0, inf]) == inf
    assert math.isnan(lossary.squared_error.cost([0.0, 0.0], [1.0, nan]))
    assert math.isnan(lossary.squared_error.cost([0.0, 0.0], [inf, nan]))
    assert lossary.gamma.cost([1.0, 1.0], [-1e6, 1.0]) == inf
    # A NaN that does not count is no NaN.
    assert lossary.squared_error.cost([0.0, 0.0], [1.0, nan], [1.0, 0.0]) == 1.0
    assert lossary.squared_error.cost([0.0, 0.0], [1.0, inf], mask=np.array([True, False])) == 1.0


# Shards merge exactly, in any order and shape.


@given(examples(SIZED), st.lists(st.integers(0, 60), max_size=6), st.randoms(use_true_random=False))
def test_shards_merge_to_the_same_bits(data: tuple, cuts: list[int], chosen: object) -> None:
    y, f, w = data
    whole = lossary.absolute_error.accumulator().update(y, f, w)
    edges = sorted({0, len(y), *(c for c in cuts if c < len(y))})
    parts = [
        lossary.absolute_error.accumulator().update(y[a:b], f[a:b], w[a:b])
        for a, b in itertools.pairwise(edges)
        if b > a
    ]
    chosen.shuffle(parts)
    merged = lossary.absolute_error.accumulator()
    for part in parts:
        merged.merge(part)
    assert merged.numerator == whole.numerator
    assert merged.denominator == whole.denominator
    assert merged.value == whole.value == lossary.absolute_error.cost(y, f, w)


def test_ten_thousand_shards_in_any_order_are_one_cost() -> None:
    chosen = np.random.default_rng(6765)
    y, f = np.zeros(20_000), np.ldexp(chosen.normal(size=20_000), chosen.integers(-200, 200, 20_000))
    whole = lossary.absolute_error.cost(y, f)
    parts = [lossary.absolute_error.accumulator().update(y[i : i + 2], f[i : i + 2]) for i in range(0, 20_000, 2)]
    for order in (parts, parts[::-1], [parts[i] for i in chosen.permutation(len(parts))]):
        merged = lossary.absolute_error.accumulator()
        for part in order:
            merged.merge(part)
        assert merged.value == whole


def test_merging_is_a_tree_or_a_chain() -> None:
    a, b, c = (lossary.huber.accumulator().update([0.0], [x]) for x in (0.1, 0.2, 1e17))
    chain = lossary.huber.accumulator().merge(a).merge(b).merge(c).value
    tree = lossary.huber.accumulator().merge(lossary.huber.accumulator().merge(b).merge(c)).merge(a).value
    assert chain == tree == lossary.huber.cost([0.0] * 3, [0.1, 0.2, 1e17])


def test_only_costs_of_one_loss_merge() -> None:
    for other in (lossary.squared_error, lossary.huber.using(delta=2.0), lossary.huber.using(delta=1.0 + 1e-12)):
        with pytest.raises(ValueError, match="cannot merge"):
            lossary.huber.accumulator().merge(other.accumulator())


def test_an_empty_accumulator_has_no_value() -> None:
    with pytest.raises(ValueError, match="no examples"):
        _ = Accumulator(lossary.huber).value


# A mask is a weight of zero, which is an absent row.


@given(examples(), st.data())
def test_a_mask_drops_rows(data: tuple, chosen: st.DataObject) -> None:
    y, f, w = data
    mask = np.array(chosen.draw(st.lists(st.booleans(), min_size=len(y), max_size=len(y))))
    mask[0] = True
    cost, gradient = lossary.huber.cost_and_gradient(y, f, mask=mask)
    assert cost == lossary.huber.cost(y[mask], f[mask]) == lossary.huber.cost(y, f, mask.astype(float))
    assert (gradient[~mask] == 0.0).all()
    np.testing.assert_array_equal(gradient[mask], lossary.huber.cost_and_gradient(y[mask], f[mask])[1])
    if w[mask].any():
        assert lossary.huber.cost(y, f, w, mask=mask) == lossary.huber.cost(y[mask], f[mask], w[mask])


@pytest.mark.parametrize("name", ["huber", "hinge", "logistic", "brier", "poisson", "gamma_deviance"])
def test_what_is_masked_is_not_looked_at(name: str) -> None:
    function = lossary.get(name)
    f = 0.5
    y = np.array([1.0, np.nan, -7.5, np.inf])
    keep = np.array([True, False, False, False])
    cost, gradient = function.cost_and_gradient(y, np.array([f, f, np.nan, f]), mask=keep)
    assert cost == function.cost(y[:1], [f])
    assert (gradient[1:] == 0.0).all()
    assert function.cost(y, np.full(4, f), [2.0, 0.0, 0.0, 0.0]) == cost


def test_a_mask_is_boolean() -> None:
    with pytest.raises(TypeError, match="mask must be boolean"):
        lossary.huber.cost([0.0, 1.0], [1.0, 1.0], mask=[0, 1])


@given(examples(), st.data())
def test_whole_weights_repeat_rows(data: tuple, chosen: st.DataObject) -> None:
    y, f, _ = data
    counts = np.array(chosen.draw(st.lists(st.integers(0, 5), min_size=len(y), max_size=len(y))))
    counts[0] = 1
    repeated = lossary.huber.cost(np.repeat(y, counts), np.repeat(f, counts))
    assert lossary.huber.cost(y, f, counts) == pytest.approx(repeated, rel=1e-15)
    powers = 2 ** (counts // 2)
    assert lossary.huber.cost(y, f, powers) == lossary.huber.cost(np.repeat(y, powers), np.repeat(f, powers))


@given(examples(), st.floats(1e-3, 1e3))
def test_a_factor_on_all_weights_changes_nothing(data: tuple, factor: float) -> None:
    y, f, w = data
    assert lossary.huber.cost(y, f, factor * w) == pytest.approx(lossary.huber.cost(y, f, w), rel=1e-14)
    assert lossary.huber.cost(y, f, 0.25 * w) == lossary.huber.cost(y, f, w)


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_weights_are_finite_and_not_negative(wrong: float) -> None:
    for call in (lossary.huber.cost, lossary.huber.cost_and_gradient, lossary.huber.gradient_and_hessian):
        with pytest.raises(ValueError, match=r"sample_weight\[1\] is"):
            call([0.0, 0.0], [1.0, 1.0], [1.0, wrong])


# Denominators.


@given(examples(), st.floats(1e-3, 1e6))
def test_denominators(data: tuple, number: float) -> None:
    y, f, w = data
    numerator = total(lossary.huber(y, f), w)
    assert lossary.huber.cost(y, f, w, denominator="weights") == exactly(numerator, total(w))
    assert lossary.huber.cost(y, f, w, denominator="count") == exactly(numerator, int(np.count_nonzero(w)))
    by_number = lossary.huber.cost(y, f, w, denominator=number)
    assert by_number == pytest.approx(exactly(numerator, Fraction(number)), rel=1e-15)
    assert lossary.huber.cost(y, f, w, reduction="sum") == exactly(numerator, 1)


@pytest.mark.parametrize("wrong", ["mean", 0.0, -1.0, math.nan, math.inf])
def test_odd_denominators_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="denominator"):
        lossary.huber.cost([0.0], [1.0], denominator=wrong)


@pytest.mark.parametrize("nothing", [([], [], None), ([0.0, 0.0], [1.0, 1.0], [0.0, 0.0])])
def test_a_cost_of_nothing_is_refused_unless_it_is_said(nothing: tuple) -> None:
    with pytest.raises(ValueError, match=r"huber.*no example counts.*empty="):
        lossary.huber.cost(*nothing)
    for value in (0.0, math.nan):
        np.testing.assert_equal(lossary.huber.cost(*nothing, empty=value), value)
    cost, gradient = lossary.huber.cost_and_gradient(*nothing, empty=0.0)
    assert cost == 0.0
    assert (gradient == 0.0).all()


# Gradients are those of the cost.


@given(examples())
def test_the_gradient_is_that_of_the_cost(data: tuple) -> None:
    y, f, w = data
    for reduction, divisor in (("mean", total(w)), ("sum", Fraction(1))):
        cost, gradient = lossary.pseudo_huber.cost_and_gradient(y, f, w, reduction=reduction)
        assert cost == lossary.pseudo_huber.cost(y, f, w, reduction=reduction)
        expected = lossary.pseudo_huber.gradient(y, f) * w / float(divisor)
        np.testing.assert_allclose(gradient, expected, rtol=1e-15, atol=1e-300)
    first, second = lossary.pseudo_huber.gradient_and_hessian(y, f, w)
    np.testing.assert_allclose(first, lossary.pseudo_huber.gradient(y, f) * w, rtol=1e-15)
    np.testing.assert_allclose(second, lossary.pseudo_huber.hessian(y, f) * w, rtol=1e-15)


@pytest.mark.parametrize("name", ["root_mean_squared_error", "root_mean_squared_log_error"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_gradient_of_a_root_is_that_of_the_root(name: str, reduction: str) -> None:
    function = lossary.get(name)
    y, f, w = np.array([1.0, 2.0, 4.0]), np.array([1.5, 0.5, 4.25]), np.array([1.0, 2.0, 0.5])
    cost, gradient = function.cost_and_gradient(y, f, w, reduction=reduction)
    squares = math.fsum(function(y, f) * w) / (w.sum() if reduction == "mean" else 1.0)
    assert cost == pytest.approx(math.sqrt(squares), rel=1e-15)
    for i in range(3):

        def along(x: mpmath.mpf, i: int = i) -> mpmath.mpf:
            moved = [mpmath.mpf(v) for v in f]
            moved[i] = x
            deviation = [
                b - a if name.endswith("squared_error") else mpmath.log1p(b) - mpmath.log1p(a)
                for a, b in zip(y, moved, strict=True)
            ]
            summed = sum(v * d * d for v, d in zip(w, deviation, strict=True))
            return mpmath.sqrt(summed / (w.sum() if reduction == "mean" else 1))

        assert gradient[i] == pytest.approx(float(mpmath.diff(along, f[i])), rel=1e-12)


def test_a_root_that_is_not_finite_has_no_gradient_where_examples_count() -> None:
    function, y = lossary.root_mean_squared_error, np.zeros(3)
    for f in ([math.nan, 1.0, 1.0], [math.inf, 1.0, 1.0], [1e200, 1.0, 1.0]):
        w = np.array([1.0, 0.0, 2.0])
        for out in (None, w):  # the gradient may be written over the weights
            cost, gradient = function.cost_and_gradient(y, f, w, out=out)
            assert not math.isfinite(cost)
            np.testing.assert_array_equal(gradient, [math.nan, 0.0, math.nan])


# Threads.


@pytest.fixture
def restored_threads() -> Iterator[None]:
    before = threads.count()
    yield
    threads.set_count(before)


@pytest.mark.usefixtures("restored_threads")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ["huber", "logistic", "squared_error"])
def test_any_number_of_threads_gives_the_same_bits(name: str, dtype: type) -> None:
    chosen = np.random.default_rng(10946)
    size = 4 * threads.SMALLEST_SHARE + 777
    y = chosen.integers(0, 2, size).astype(dtype)
    f = np.ldexp(chosen.normal(size=size), chosen.integers(-30, 5, size)).astype(dtype)
    w = chosen.exponential(size=size).astype(dtype)
    function = lossary.get(name)
    answers = []
    for count in (1, 2, 4):
        threads.set_count(count)
        answers.append((function.cost(y, f), *function.cost_and_gradient(y, f, w)))
    for cost, weighted, gradient in answers[1:]:
        assert cost == answers[0][0]
        assert weighted == answers[0][1]
        np.testing.assert_array_equal(gradient, answers[0][2])
    losses = function(y, f).astype(np.float64)
    assert answers[0][0] == pytest.approx(math.fsum(losses) / size, rel=1e-15 if dtype == np.float64 else 1e-7)


def test_the_number_of_threads_is_positive() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        threads.set_count(0)


# The exact arithmetic of this file can tell a rounded sum from an exact one.


def test_a_plain_sum_would_be_seen() -> None:
    f = np.array([1e16, 1.0, 1.0])
    assert float(np.sum(f)) != exactly(total(f), 1)
    assert lossary.absolute_error.cost(np.zeros(3), f, reduction="sum") == exactly(total(f), 1)
