"""How an array lies in memory changes no bit of any answer: every argument of every method, in every odd layout.

What kernels read in place and what is copied first must not differ, and no number between those that count may be read.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.support.layouts import Method, foreign, layouts, places, same, unlike

import lossary
from lossary.backends.cpu.runtime import array_addresses
from lossary.evaluate.arrays import inputs

DTYPES = [np.dtype(np.float64), np.dtype(np.float32)]
SIZE = 12

METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "call": (lambda loss, y, f: loss(y, f), ("y", "f")),
    "gradient": (lambda loss, y, f: loss.gradient(y, f), ("y", "f")),
    "hessian": (lambda loss, y, f: loss.hessian(y, f), ("y", "f")),
    "mean": (lambda loss, f: loss.mean(f), ("f",)),
    "optimal_constant": (lambda loss, y, w: loss.optimal_constant(y, w), ("y", "w")),
    "cost": (lambda loss, y, f, w, mask: loss.cost(y, f, w, mask), ("y", "f", "w", "mask")),
    "cost of what is masked": (lambda loss, y, f, mask: loss.cost(y, f, mask=mask), ("y", "f", "mask")),
    "parts": (lambda loss, y, f, w, mask: loss.parts(y, f, w, mask=mask)[0], ("y", "f", "w", "mask")),
    "accumulator": (
        lambda loss, y, f, w, mask: loss.accumulator().update(y, f, w, mask=mask).value,
        ("y", "f", "w", "mask"),
    ),
    "cost_and_gradient": (lambda loss, y, f, w, mask: loss.cost_and_gradient(y, f, w, mask), ("y", "f", "w", "mask")),
    "gradient_and_hessian": (
        lambda loss, y, f, w, mask: loss.gradient_and_hessian(y, f, w, mask),
        ("y", "f", "w", "mask"),
    ),
    "cost_gradient_and_hessian": (lambda loss, y, f, w: loss.cost_gradient_and_hessian(y, f, w), ("y", "f", "w")),
}


def arguments(dtype: np.dtype, shape: tuple[int, ...] = (SIZE,)) -> dict[str, np.ndarray]:
    """Targets that every loss here takes, predictions, weights with zeros, a mask, a parameter for each example."""
    rng = np.random.default_rng(3)
    return {
        "y": rng.integers(0, 2, shape).astype(dtype),
        "f": rng.normal(size=shape).astype(dtype),
        "w": rng.integers(0, 4, shape).astype(dtype) / dtype.type(2.0),
        "mask": rng.integers(0, 4, shape) > 0,
        "delta": rng.uniform(0.5, 2.0, shape).astype(dtype),
    }


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["squared_error", "logistic", "huber"])
def test_no_argument_of_any_method_depends_on_its_layout(name: str, method: str, dtype: np.dtype) -> None:
    call, taken = METHODS[method]
    loss = lossary.get(name)
    for shape in ((SIZE,), (3, 4), (3, 2, 2)):
        given = arguments(dtype, shape)
        assert unlike(lambda **laid: call(loss, **laid), {each: given[each] for each in taken}) == []


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("method", ["call", "cost_and_gradient"])
def test_nor_does_a_parameter_of_each_example(method: str, dtype: np.dtype) -> None:
    call, taken = METHODS[method]
    given = arguments(dtype)

    def with_delta(delta: np.ndarray, **laid: np.ndarray) -> object:
        return call(lossary.huber.using(delta=delta), **laid)

    assert unlike(with_delta, {each: given[each] for each in (*taken, "delta")}) == []


def test_the_comparison_sees_what_a_kernel_that_ignores_strides_would_give() -> None:
    def careless(y: np.ndarray) -> float:
        # The numbers that lie side by side from the first on, whatever their stride.
        return float(np.lib.stride_tricks.as_strided(y, y.shape, (y.itemsize,) * y.ndim).sum())

    found = unlike(careless, {"y": np.arange(1.0, 4.0)})
    assert {"y: every third", "y: a column of a table"} <= set(found)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ["y", "f", "w", "mask", "delta"])
def test_one_number_for_all_is_read_where_it_lies(name: str, dtype: np.dtype) -> None:
    given = arguments(dtype)
    given["delta"] = np.ones(SIZE, dtype)
    given[name] = np.broadcast_to(given[name].max(), (SIZE,))

    def called(delta: np.ndarray, **laid: np.ndarray) -> object:
        return METHODS["cost_and_gradient"][0](lossary.huber.using(delta=delta), **laid)

    assert same(called(**given), called(**{each: array.copy() for each, array in given.items()}))


@pytest.mark.parametrize("method", ["cost_and_gradient", "gradient_and_hessian"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_any_place_takes_a_result_whole_and_nothing_beside_it(method: str, dtype: np.dtype) -> None:
    for shape in ((SIZE,), (3, 4)):
        given = arguments(dtype, shape)
        given.pop("delta")
        wanted = METHODS[method][0](lossary.squared_error, **given)
        for layout, place in places(given["f"]).items():
            memory = _memory_of(place)
            before = memory.copy()
            if method == "cost_and_gradient":
                got = lossary.squared_error.cost_and_gradient(
                    given["y"], given["f"], given["w"], given["mask"], out=place
                )
                assert got[1] is place
            else:
                out = (place, np.empty(shape, dtype))
                got = lossary.squared_error.gradient_and_hessian(
                    given["y"], given["f"], given["w"], given["mask"], out=out
                )
                assert got[0] is place
            assert same(got, wanted), layout
            place[...] = given["f"]
            assert np.array_equal(memory, before), layout


def _memory_of(array: np.ndarray) -> np.ndarray:
    """All bytes that an array is a part of."""
    base = array
    while isinstance(base.base, np.ndarray):
        base = base.base
    return base.reshape(-1).view(np.uint8) if base.dtype.names is None else np.frombuffer(base, np.uint8)


def test_a_result_past_the_caches_goes_to_any_address() -> None:
    size = (1 << 20) + 3
    f = np.linspace(-1.0, 1.0, size)
    y = np.zeros(size)
    wanted = lossary.squared_error.cost_and_gradient(y, f)[1]
    for off in (1, 4, 8):
        place = np.zeros(8 * size + off, np.uint8)[off:].view(np.float64)
        lossary.squared_error.cost_and_gradient(y, f, out=place)
        assert np.array_equal(place, wanted), off


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_what_is_read_in_place_and_what_is_copied_first_are_one(
    dtype: np.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = arguments(dtype)
    given.pop("delta")
    everything = {layout for array in given.values() for layout in layouts(array)}
    laid = {layout: {name: layouts(array).get(layout, array) for name, array in given.items()} for layout in everything}
    call = METHODS["gradient_and_hessian"][0]
    quick = {layout: call(lossary.huber, **arrays) for layout, arrays in laid.items()}
    monkeypatch.setattr(inputs, "readable", lambda array: False)
    for layout, slow in laid.items():
        assert same(call(lossary.huber, **slow), quick[layout]), layout


# The inputs that were read wrongly.


def test_arrays_of_foreign_bytes_that_share_a_dtype_object() -> None:
    a = np.arange(6.0).astype(">f8").reshape(3, 2)
    assert lossary.squared_error.cost(a[:, 0], a[:, 1]) == 1.0
    b = np.arange(6.0).astype(foreign(np.dtype(np.float32))).reshape(3, 2)
    assert lossary.squared_error.cost(b[:, 0], b[:, 1]) == 1.0


def test_a_strided_weight_of_a_class_loss() -> None:
    data = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])
    scores = [[0.0, 1.0], [0.0, 2.0], [3.0, 0.0]]
    cost = lossary.softmax_cross_entropy.cost([0, 1, 1], scores, data[:, 0])
    assert cost == lossary.softmax_cross_entropy.cost([0, 1, 1], scores, [1.0, 2.0, 3.0])
    assert cost == pytest.approx(1.785479960720899, rel=1e-15)


# What cannot be right is refused.


@pytest.mark.parametrize("argument", ["y_true", "y_pred", "sample_weight", "mask", "delta"])
def test_a_masked_array_is_refused_wherever_it_comes(argument: str) -> None:
    given: dict[str, object] = {"y_true": np.zeros(3), "y_pred": np.ones(3)}
    whole = np.ones(3, bool) if argument == "mask" else np.ones(3)
    given[argument] = np.ma.masked_array(whole, [True, False, False])
    with pytest.raises(TypeError, match=f"{argument} is a masked array"):
        lossary.huber.cost(**given)


def test_a_masked_place_for_results_is_refused() -> None:
    out = np.ma.masked_array(np.zeros(3), [True, False, False])
    with pytest.raises(TypeError, match=r"out is a masked array.*pass out\.data"):
        lossary.huber.cost_and_gradient(np.zeros(3), np.ones(3), out=out)
    with pytest.raises(TypeError, match=r"out\[0\] is a masked array"):
        lossary.huber.gradient_and_hessian(np.zeros(3), np.ones(3), out=(out, np.zeros(3)))


def test_a_place_of_one_number_for_several_results_is_refused() -> None:
    out = np.lib.stride_tricks.as_strided(np.zeros(1), (3,), (0,))
    with pytest.raises(ValueError, match="several of its elements are one number in memory"):
        lossary.huber.cost_and_gradient(np.zeros(3), np.ones(3), out=out)


def test_a_refusal_still_sees_what_results_would_have_overwritten() -> None:
    y = np.array([1.0, -1.0, 2.0])
    with pytest.raises(ValueError, match=r"y_true\[1\] is -1"):
        lossary.poisson.gradient_and_hessian(y, np.zeros(3), out=(y, np.zeros(3)))
    assert y.tolist() == [1.0, -1.0, 2.0]


@pytest.mark.parametrize(
    "wrong",
    [
        np.array(["1", "2", "3"]),
        np.ones(3, complex),
        np.array([1, 2, 3], object),
        np.ones(3, [("x", "f8")]),
        np.ones(3, "m8[s]"),
    ],
    ids=["text", "complex", "objects", "records", "spans of time"],
)
def test_numbers_of_no_real_dtype_are_refused_as_parameters_too(wrong: np.ndarray) -> None:
    with pytest.raises(TypeError, match="delta must hold real numbers, but has dtype"):
        lossary.huber.cost(np.zeros(3), np.ones(3), delta=wrong)
    for name in ("class_weight", "class_prior"):
        with pytest.raises(TypeError, match=f"{name} must hold real numbers, but has dtype"):
            lossary.softmax_cross_entropy.cost([0, 1, 2], np.zeros((3, 3)), **{name: wrong})


def test_a_loss_keeps_the_parameters_that_it_was_given() -> None:
    delta = np.ones(3)
    loss = lossary.huber.using(delta=delta)
    delta[:] = -1.0
    assert loss([0.0, 0.0, 0.0], [3.0, 3.0, 3.0]).tolist() == [2.5, 2.5, 2.5]


# Addresses.


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_an_address_is_had_for_what_a_kernel_reads_right_and_for_nothing_else(dtype: np.dtype) -> None:
    plain = arguments(dtype)["f"]
    for layout, array in layouts(plain).items():
        assert array_addresses.readable(array) == (array.dtype is dtype and array.flags.aligned), layout
        if array.dtype is dtype:
            assert array_addresses.strided([array], [dtype], SIZE) == [array.ctypes.data, array.strides[0]]
        else:
            with pytest.raises(TypeError, match="a kernel takes an array of 12 numbers"):
                array_addresses.strided([array], [dtype], SIZE)
        if array.dtype is dtype and array.flags.c_contiguous:
            assert array_addresses.dense(array, dtype, SIZE) == array.ctypes.data
        else:
            with pytest.raises(TypeError, match="a kernel takes a contiguous array of 12 numbers"):
                array_addresses.dense(array, dtype, SIZE)
        ready = array_addresses.side_by_side(array, dtype)
        assert ready.flags.aligned
        assert array_addresses.dense(ready, dtype, SIZE) == ready.ctypes.data
        assert np.array_equal(ready, plain)


def test_an_address_of_less_than_a_kernel_would_take_is_not_had() -> None:
    dtype = np.dtype(np.float64)
    with pytest.raises(TypeError, match="of 4 numbers"):
        array_addresses.strided([np.zeros(4), np.zeros(3)], [dtype, dtype], 4)
    with pytest.raises(TypeError, match="of 4 numbers"):
        array_addresses.dense(np.zeros(3), dtype, 4)
    for rows in (np.zeros((3, 4)), np.zeros((3, 4)).T, np.zeros((4, 6))[:, ::2], np.zeros((4, 3), ">f8")):
        with pytest.raises(TypeError, match="of 4 rows of 3 numbers"):
            array_addresses.rows(rows, dtype, 4, 3)
    assert array_addresses.rows(np.zeros((8, 5))[::2, :3], dtype, 4, 3)[1] == 80


RAW = re.compile(r"ctypes\.data\b|__array_interface__|\bdata_ptr\b|\bfrom_address\b|__array_struct__")
ADDRESSES = {
    "backends/cpu/runtime/array_addresses.py",
    "evaluate/arrays/memory.py",
    "torch/execution/at_once.py",
    "torch/execution/fast_path.py",
}


def test_nobody_else_asks_for_an_address() -> None:
    """The tensors' own are asked for after the checks of their kind; memory for results is handed out by address."""
    root = Path(lossary.__file__).parent
    found = {path.relative_to(root).as_posix() for path in root.rglob("*.py") if RAW.search(path.read_text("utf-8"))}
    assert found == ADDRESSES
