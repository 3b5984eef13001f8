"""Softmax cross-entropy of a linear layer: against softmax written out in float64, and what it promises of memory."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import lossary
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.linear.chunks import Layer, plan

N, D, K = 12, 5, 7
GRADIENTS = ("x_gradient", "weight_gradient", "bias_gradient")
LCE = lossary.linear_cross_entropy


def layer(rng: np.random.Generator, k: int = K, dtype: Any = np.float64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, weight, bias = rng.normal(size=(N, D)), rng.normal(size=(k, D)), rng.normal(size=k)
    return x.astype(dtype), weight.astype(dtype), bias.astype(dtype)


def by_hand(
    x: np.ndarray,
    weight: np.ndarray,
    y: np.ndarray,
    bias: np.ndarray | None = None,
    sample_weight: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    **options: Any,
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Losses and weights of the rows, and the gradients of the sum of their products: the textbook, in float64."""
    x, weight = x.astype(np.float64), weight.astype(np.float64)
    (n, _), k = x.shape, weight.shape[0]
    raw = x @ weight.T + (0.0 if bias is None else bias.astype(np.float64))
    cap, temperature = options.get("soft_cap"), options.get("temperature", 1.0)
    scores = raw if cap is None else cap * np.tanh(raw / cap)
    slope = (1.0 if cap is None else 1.0 - np.tanh(raw / cap) ** 2) / temperature
    if "class_prior" in options:
        scores = scores + options.get("prior_strength", 1.0) * np.log(options["class_prior"])
    scores = scores / temperature
    opened = np.broadcast_to(options.get("class_mask", np.True_), (n, k))
    shares = np.where(opened, np.exp(scores), 0.0)
    sums = shares.sum(axis=1, keepdims=True)
    logs = scores - np.log(sums)

    counts = np.ones(n) if sample_weight is None else sample_weight.astype(np.float64)
    if mask is not None:
        counts = counts * mask
    if "ignore_index" in options:
        counts = counts * (y != options["ignore_index"])
        y = np.where(y == options["ignore_index"], 0, y)
    t = np.eye(k)[y] if y.ndim == 1 else y.astype(np.float64)
    if "class_weight" in options:
        counts = counts * (t @ options["class_weight"])
        t = t * options["class_weight"]
        t = t / t.sum(axis=1, keepdims=True)
    smoothing = options.get("label_smoothing", 0.0)
    t = (1.0 - smoothing) * t + smoothing * opened / opened.sum(axis=1, keepdims=True)

    z = options.get("z_loss", 0.0)
    losses = -(t * np.where(opened, logs, 0.0)).sum(axis=1) + z * np.log(sums[:, 0]) ** 2
    p = shares / sums
    by_score = counts[:, None] * (p - t + 2.0 * z * np.log(sums) * p) * np.where(opened, slope, 0.0)
    return losses, counts, (by_score @ weight, by_score.T @ x, by_score.sum(axis=0))


def close(found: Any, expected: Any, digits: float = 1e-12) -> None:
    expected = np.asarray(expected)
    scale = max(1e-3, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(np.asarray(found, np.float64), expected, rtol=digits, atol=digits * scale)


def all_options(rng: np.random.Generator, k: int = K) -> dict[str, Any]:
    """Every option at once; the first class is never masked, and targets stay on classes that are not."""
    return {
        "z_loss": 0.03,
        "class_weight": rng.uniform(0.5, 2.0, k),
        "label_smoothing": 0.1,
        "temperature": 1.7,
        "soft_cap": 3.0,
        "class_prior": rng.uniform(0.1, 1.0, k),
        "prior_strength": 0.7,
        "class_mask": np.arange(k) % 5 != 3,
    }


def targets(rng: np.random.Generator, kind: str, opened: np.ndarray) -> np.ndarray:
    k = opened.shape[-1]
    if kind == "indices":
        return rng.choice(np.flatnonzero(opened), N)
    shares = rng.uniform(0.1, 1.0, (N, k)) * opened
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kind", ["indices", "distributions"])
@pytest.mark.parametrize("k", [K, 80])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_every_option_together_is_the_textbook(kind: str, k: int, reduction: Any) -> None:
    rng = np.random.default_rng(1)
    x, weight, bias = layer(rng, k)
    options = all_options(rng, k)
    y = targets(rng, kind, options["class_mask"])
    if kind == "indices":
        options["ignore_index"] = int(y[0])
    given = {"sample_weight": rng.uniform(0.0, 2.0, N), "mask": np.arange(N) % 4 != 1}
    losses, counts, gradients = by_hand(x, weight, y, bias, **given, **options)
    share = 1.0 / counts.sum() if reduction == "mean" else 1.0
    for budget in ("1 MiB", 6000 + 100 * k):
        found = LCE(x, weight, y, bias, **given, reduction=reduction, memory_budget=budget, **options)
        close(found.cost, (losses * counts).sum() * share)
        for name, expected in zip(GRADIENTS, gradients, strict=True):
            close(getattr(found, name), expected * share)


def test_a_class_mask_for_each_row_and_a_plain_layer() -> None:
    rng = np.random.default_rng(2)
    x, weight, _ = layer(rng)
    y = rng.integers(0, K, N)
    opened = (rng.random((N, K)) < 0.6) | (np.arange(K) == y[:, None])
    losses, counts, gradients = by_hand(x, weight, y, class_mask=opened)
    for budget in (800, "1 MiB"):
        found = LCE(x, weight, y, class_mask=opened, memory_budget=budget)
        assert found.bias_gradient is None
        close(found.cost, losses.mean())
        close(found.x_gradient, gradients[0] / counts.sum())
        close(found.weight_gradient, gradients[1] / counts.sum())


def test_gradients_are_differences_of_the_cost() -> None:
    rng = np.random.default_rng(3)
    arrays = layer(rng)
    options = all_options(rng)
    y = targets(rng, "indices", options["class_mask"])
    step = 1e-5

    def cost(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> float:
        return LCE(x, weight, y, bias, gradient=False, **options).cost

    found = LCE(arrays[0], arrays[1], y, arrays[2], **options)
    for i, name in enumerate(GRADIENTS):
        for place in itertools.islice(np.ndindex(arrays[i].shape), 0, None, 3):
            ends = []
            for side in (step, -step):
                moved = [a.copy() for a in arrays]
                moved[i][place] += side
                ends.append(cost(*moved))
            difference = (ends[0] - ends[1]) / (2.0 * step)
            assert getattr(found, name)[place] == pytest.approx(difference, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64])
@pytest.mark.parametrize("k", [K, 80])
def test_the_budget_changes_rounding_only(dtype: Any, k: int) -> None:
    rng = np.random.default_rng(4)
    x, weight, bias = layer(rng, k, dtype)
    y = rng.integers(0, k, N)
    kept = np.arange(N) % 3 != 0
    losses, counts, gradients = by_hand(x, weight, y, bias, mask=kept)
    digits = float(ml_dtypes.finfo(dtype).eps)
    needed = least_budget(lambda b: LCE(x, weight, y, bias, mask=kept, memory_budget=b))
    for budget in (needed, needed + 150, 3 * needed, 20 * needed, "64 MiB"):
        found = LCE(x, weight, y, bias, mask=kept, memory_budget=budget)
        close(found.cost, losses[kept].mean(), 1e-12 if dtype == np.float64 else 1e-5)
        for name, expected in zip(GRADIENTS, gradients, strict=True):
            assert getattr(found, name).dtype == dtype
            close(getattr(found, name), expected / counts.sum(), 8 * digits)


def least_budget(call: Callable[[int], object]) -> int:
    """What the refusal of one byte asks for."""
    with pytest.raises(ValueError, match=r"memory_budget of 1 bytes is too small: .* take (\d+) bytes") as refusal:
        call(1)
    needed = int(str(refusal.value).split()[-2])
    with pytest.raises(ValueError, match="too small"):
        call(needed - 1)
    return needed


def test_plans_keep_to_the_budget_and_share_rows_out_evenly() -> None:
    def of(dtype: Any, budget: int, count: int) -> tuple[int, int, int, int]:
        half = Layer(
            np.empty((count, 64), dtype),
            np.empty((5000, 64), dtype),
            None,
            np.empty(count, np.int64),
            None,
            (count,),
            np.dtype(dtype),
        )
        found = plan(half, count, False, True, budget)
        return found.rows, found.block, found.group, half.row_bytes(False)

    rows, block, group, a_row = of(np.float32, 1 << 20, 100)
    assert group == 5000
    assert rows * a_row + block * 64 * 4 <= 1 << 20 < 2 * rows * a_row
    rows, block, group, a_row = of(np.float16, 1 << 20, 100)
    assert 1 < group < 5000
    assert rows * a_row + (2 * block + group) * 64 * 4 <= 1 << 20
    assert of(np.float16, 64 << 20, 100)[0] == 100


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("kind", ["indices", "distributions"])
def test_memory_stays_within_the_budget(dtype: Any, kind: str) -> None:
    rng = np.random.default_rng(5)
    n, d, k, budget = 1500, 16, 3000, 2 << 20
    x, weight = rng.normal(size=(n, d)).astype(dtype), rng.normal(size=(k, d)).astype(dtype)
    y = rng.integers(0, k, n) if kind == "indices" else np.full((n, k), 1.0 / k, np.float32)
    kept = rng.random(n) < 0.7

    def call() -> lossary.evaluate.linear.cross_entropy.LinearCost:
        return LCE(x, weight, y, np.zeros(k, dtype), mask=kept, memory_budget=budget)

    call()  # the kernels' own scratch, a few rows a thread, is kept from call to call
    tracemalloc.start()
    try:
        found = call()
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    returned = sum(getattr(found, name).nbytes for name in GRADIENTS)
    small = 64 * (n + k) + (1 << 17)
    assert used < budget + returned + small
    assert used < n * k * 4 / 4


def test_the_same_call_gives_the_same_bits() -> None:
    rng = np.random.default_rng(6)
    x, weight = rng.normal(size=(400, 32)).astype(np.float32), rng.normal(size=(900, 32)).astype(np.float32)
    y = rng.integers(0, 900, 400)
    first, again = (LCE(x, weight, y, np.zeros(900, np.float32), memory_budget="400 kB") for _ in range(2))
    assert first.cost == again.cost
    for name in GRADIENTS:
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()


@pytest.mark.parametrize("kind", ["indices", "distributions"])
def test_rows_that_do_not_count_are_not_read(kind: str) -> None:
    rng = np.random.default_rng(7)
    x, weight, bias = layer(rng)
    y = targets(rng, kind, np.ones(K, bool))
    kept = np.arange(N) % 2 == 0
    spoiled = x.copy()
    spoiled[~kept] = np.nan
    bad = y.copy()
    bad[~kept] = 99 if kind == "indices" else np.nan
    found = LCE(spoiled, weight, bad, bias, mask=kept, memory_budget=700)
    alone = LCE(x[kept], weight, y[kept], bias)
    close(found.cost, alone.cost)
    close(found.x_gradient[kept], alone.x_gradient)
    assert not found.x_gradient[~kept].any()
    close(found.weight_gradient, alone.weight_gradient)
    close(found.bias_gradient, alone.bias_gradient)


def test_only_rows_that_count_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    scored = []
    plain = np.matmul

    def watched(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
        scored.append(a.shape[0] * a.shape[1] * b.shape[1])
        return plain(a, b, out=out)

    rng = np.random.default_rng(8)
    x, weight, _ = layer(rng)
    y = np.where(np.arange(N) % 2 == 0, rng.integers(0, K, N), -100)
    monkeypatch.setattr(np, "matmul", watched)
    LCE(x, weight, y, ignore_index=-100, memory_budget=600)
    assert sum(scored) == 3 * (N // 2) * D * K
    scored.clear()
    LCE(x, weight, y, ignore_index=-100, gradient=False)
    assert sum(scored) == (N // 2) * D * K


def test_losses_one_a_row_are_those_of_the_scores() -> None:
    rng = np.random.default_rng(9)
    x, weight, bias = layer(rng)
    options = all_options(rng)
    y = targets(rng, "indices", options["class_mask"])
    y[3] = options["ignore_index"] = -1
    deep = x.reshape(3, 4, D)
    found = LCE(deep, weight, y.reshape(3, 4), bias, reduction="none", memory_budget=500, **options)
    scores = x @ weight.T + bias
    close(found.reshape(-1), lossary.softmax_cross_entropy(y, scores, **options))
    losses, counts, _ = by_hand(x, weight, y, bias, **options)
    close(found.reshape(-1), losses * counts)
    assert found.shape == (3, 4)
    assert np.ndim(LCE(x[0], weight, 2, reduction="none")) == 0


def test_shapes_dtypes_and_layouts() -> None:
    rng = np.random.default_rng(10)
    x, weight, bias = layer(rng)
    y = rng.integers(0, K, N)
    plain = LCE(x, weight, y, bias)
    deep = LCE(x.reshape(2, 6, D), weight, y.reshape(2, 6).astype(np.uint8), bias)
    assert deep.x_gradient.shape == (2, 6, D)
    for other in (
        deep,
        LCE(np.asfortranarray(x), np.asfortranarray(weight), y, bias),
        LCE(np.repeat(x, 2, axis=1)[:, ::2], np.repeat(weight, 3, axis=1)[:, ::3], y, bias),
        LCE(x.astype(">f8"), weight[::-1][::-1], y, bias),
    ):
        assert other.cost == pytest.approx(plain.cost, rel=1e-14)
        for name in GRADIENTS:
            close(getattr(other, name).reshape(getattr(plain, name).shape), getattr(plain, name))
    one = LCE(x[0], weight, y[0])
    assert one.x_gradient.shape == (D,)
    single = x.astype(np.float32)
    assert LCE(single, weight.astype(np.float32), y, bias).weight_gradient.dtype == np.float64
    assert LCE(single, weight.astype(ml_dtypes.bfloat16), y).x_gradient.dtype == np.float32
    assert LCE(np.ones((N, D), int), weight.astype(np.float32), y).x_gradient.dtype == np.float64
    shares = np.full((N, K), 1.0 / K)
    assert LCE(single, weight.astype(np.float32), shares).x_gradient.dtype == np.float64


def test_denominators_and_nothing_that_counts() -> None:
    rng = np.random.default_rng(11)
    x, weight, bias = layer(rng)
    y, heavy = rng.integers(0, K, N), rng.uniform(0.5, 2.0, K)
    losses, counts, gradients = by_hand(x, weight, y, bias, class_weight=heavy)
    for denominator, divisor in (("weights", counts.sum()), ("count", N), (5.0, 5.0)):
        found = LCE(x, weight, y, bias, class_weight=heavy, denominator=denominator)
        close(found.cost, (losses * counts).sum() / divisor)
        close(found.weight_gradient, gradients[1] / divisor)
    nothing = LCE(x, weight, y, bias, mask=np.zeros(N, bool), empty=0.5)
    assert nothing.cost == 0.5
    assert [getattr(nothing, name).any() for name in GRADIENTS] == [False] * 3
    assert LCE(x[:0], weight, y[:0], empty=2.0).x_gradient.shape == (0, D)
    with pytest.raises(ValueError, match="no example counts"):
        LCE(x, weight, y, mask=np.zeros(N, bool))


def test_numbers_that_are_not_finite_are_answered_with_nan() -> None:
    rng = np.random.default_rng(12)
    x, weight, _ = layer(rng)
    x[4, 2] = np.nan
    found = LCE(x, weight, rng.integers(0, K, N))
    assert math.isnan(found.cost)
    assert np.isnan(found.x_gradient).any(axis=1).tolist() == [i == 4 for i in range(N)]
    assert np.isnan(found.weight_gradient).all()


X, W, Y = np.ones((4, 3)), np.ones((5, 3)), np.zeros(4, int)
SHARES = np.full((4, 5), 0.2)
BAD_SHARES = np.where(np.arange(4)[:, None] == 2, -SHARES, SHARES)
BAD_SUM = np.where(np.arange(4)[:, None] == 2, 0.3, SHARES)
NEGATIVE = -np.arange(4.0)

REFUSED: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "inputs of another size": (lambda: LCE(X[:, :2], W, Y), ShapeError, r"\(4, 2\).*\(5, 3\)"),
    "weights of three dimensions": (lambda: LCE(X, W[None], Y), ShapeError, r"\(1, 5, 3\)"),
    "no classes": (lambda: LCE(X, W[:0], Y), ShapeError, "there are no classes"),
    "a bias too short": (lambda: LCE(X, W, Y, np.ones(3)), ShapeError, r"bias has shape \(3,\).*\(5, 3\)"),
    "too few targets": (lambda: LCE(X, W, Y[:3]), ShapeError, r"y_true has shape \(3,\).*\(4, 3\).*\(4, 5\)"),
    "too few weights": (lambda: LCE(X, W, Y, sample_weight=np.ones(3)), ShapeError, r"sample_weight has .*\(3,\)"),
    "a mask of another shape": (lambda: LCE(X, W, Y, mask=np.ones((4, 1), bool)), ShapeError, r"mask has .*\(4, 1\)"),
    "a mask of numbers": (lambda: LCE(X, W, Y, mask=np.ones(4)), TypeError, "boolean"),
    "a class mask too short": (lambda: LCE(X, W, Y, class_mask=np.ones(4, bool)), ShapeError, r"\(4, 5\) or \(5,\)"),
    "a class mask of numbers": (lambda: LCE(X, W, Y, class_mask=np.ones(5)), TypeError, "boolean"),
    "a class that does not exist": (
        lambda: LCE(X.reshape(2, 2, 3), W, [[0, 9], [7, 0]], mask=[[True, False], [True, True]], memory_budget=300),
        ValueError,
        r"linear_cross_entropy: .* from 0 to 4, but y_true\[1, 0\] is 7$",
    ),
    "a negative class": (lambda: LCE(X, W, [0, 0, -1, 0]), ValueError, r"y_true\[2\] is -1; pass ignore_index="),
    "classes as floats": (lambda: LCE(X, W, np.zeros(4)), TypeError, "must be whole numbers"),
    "a negative share": (
        lambda: LCE(X, W, BAD_SHARES, mask=[False, True, True, True], memory_budget=400),
        ValueError,
        r"y_true\[2, 0\] is -0.2",
    ),
    "no distribution": (
        lambda: LCE(X, W, BAD_SUM, memory_budget=400),
        ValueError,
        r"y_true\[2\] is a row with sum 1.5",
    ),
    "a negative weight": (lambda: LCE(X, W, Y, None, NEGATIVE), ValueError, r"sample_weight\[1\] is -1"),
    "a negative weight, counted": (
        lambda: LCE(X, W, Y, None, NEGATIVE, denominator="count"),
        ValueError,
        r"sample_weight\[1\] is -1",
    ),
    "a reduction that is none": (lambda: LCE(X, W, Y, reduction="average"), ValueError, "not 'average'"),
    "a denominator of losses": (
        lambda: LCE(X, W, Y, reduction="none", denominator="count"),  # type: ignore[call-overload]
        ValueError,
        "no denominator",
    ),
    "an unknown option": (lambda: LCE(X, W, Y, temprature=2.0), TypeError, "did you mean temperature"),
    "too few class weights": (lambda: LCE(X, W, Y, class_weight=[1, 2]), ShapeError, "there are 5 classes"),
    "ignoring an index of distributions": (lambda: LCE(X, W, SHARES, ignore_index=0), TypeError, "pass mask="),
    "words as inputs": (lambda: LCE([["a", "b", "c"]] * 4, W, Y), TypeError, "x must hold real numbers"),
    "an empty budget": (lambda: LCE(X, W, Y, memory_budget=0), ValueError, '"64 MiB", "500 MB"'),
}
REFUSED |= {
    f"a budget of {budget!r}": (
        lambda budget=budget: LCE(X, W, Y, memory_budget=budget),  # type: ignore[misc]
        ValueError,
        '"64 MiB", "500 MB" or "2 GiB"',
    )
    for budget in ("64 apples", "MiB", "", "-1 MB", "64", math.nan, math.inf, True, None)
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_by_name_and_place(what: str) -> None:
    call, error, said = REFUSED[what]
    with pytest.raises(error, match=said):
        call()


@pytest.mark.parametrize("budget", ["1 KB", "1KiB", " 0.5 mb ", "1000 B", 1000.0])
def test_budgets_in_every_form(budget: str | float) -> None:
    assert LCE(X, W, Y, memory_budget=budget).cost == pytest.approx(math.log(5.0), rel=1e-14)
