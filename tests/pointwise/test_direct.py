"""Usual calls that are answered at once have the bits of those that are looked at step by step, in every way in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from tests.support.layouts import layouts, same

import lossary
from lossary.backends.cpu.entries import entry, late
from lossary.backends.cpu.entries.helpers import SHARED
from lossary.backends.cpu.pointwise import runner
from lossary.evaluate.pointwise import direct
from lossary.evaluate.pointwise.direct import Direct
from lossary.evaluate.pointwise.function import LossFunction

SIZES = (1, 7, 1024, 1025, 5000)

Ways = Callable[[LossFunction, np.ndarray, np.ndarray], object]

CALLS: dict[str, Ways] = {
    "losses": lambda loss, y, f: loss(y, f),
    "gradient": lambda loss, y, f: loss.gradient(y, f),
    "cost": lambda loss, y, f: (loss.cost(y, f), loss.cost(y, f, reduction="sum")),
    "cost and gradient": lambda loss, y, f: loss.cost_and_gradient(y, f),
    "sum and gradient": lambda loss, y, f: loss.cost_and_gradient(y, f, reduction="sum"),
    "gradient and Hessian": lambda loss, y, f: loss.gradient_and_hessian(y, f),
    "cost in place": lambda loss, y, f: _given(lambda out: loss.cost_and_gradient(y, f, out=out[0]), f),
    "gradient and Hessian in place": lambda loss, y, f: _given(lambda out: loss.gradient_and_hessian(y, f, out=out), f),
}


def _given(call: Callable[[tuple[np.ndarray, np.ndarray]], object], f: np.ndarray) -> object:
    out = np.full_like(f, np.nan), np.full_like(f, np.nan)
    return call(out), out[0]


@pytest.fixture(params=["entry", "steps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the two ways in, for losses that are made anew."""
    if request.param == "steps":
        monkeypatch.setattr(entry, "entries", lambda scratch: None)
    else:
        assert entry.entries(runner.SCRATCH) is not None  # once there are any, others are made at once
    return str(request.param)


def looked_at(loss: LossFunction) -> LossFunction:
    """The same loss, whose calls are all looked at step by step."""
    slow = loss.using()
    slow.direct = None
    return slow


def data(size: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions inside the domain of most losses, some at kinks and some far away."""
    rng = np.random.default_rng(size)
    y = rng.integers(0, 2, size).astype(dtype)
    f = (rng.standard_normal(size) * np.float64(10.0) ** rng.integers(-3, 4, size)).astype(dtype)
    f[::5] = y[::5]
    return y, f


def test_every_loss_answers_at_once_as_it_does_step_by_step() -> None:
    y, f = data(300, "f8")
    unlike = []
    for loss in lossary.catalogue():
        if isinstance(loss, LossFunction):
            quick, slow = (_answer(CALLS["cost and gradient"], each, y, f) for each in (loss, looked_at(loss)))
            if not same_answer(quick, slow):
                unlike.append(f"{loss}: {quick} {slow}")
    assert unlike == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ["squared_error", "poisson"])
def test_every_call_does_at_every_size(name: str, call: str, way: str) -> None:
    loss = lossary.get(name).using()
    for dtype in ("f4", "f8"):
        for size in SIZES:
            y, f = data(size, dtype)
            quick, slow = (_answer(CALLS[call], each, y, f) for each in (loss, looked_at(loss)))
            assert same_answer(quick, slow), (size, dtype)


def _answer(call: Ways, loss: LossFunction, y: np.ndarray, f: np.ndarray) -> object:
    try:
        return call(loss, y, f)
    except ValueError as error:
        return str(error)


def same_answer(got: object, wanted: object) -> bool:
    """The same to the bit and of one type, or the same refusal."""
    if isinstance(wanted, str) or isinstance(got, str):
        return got == wanted
    if isinstance(wanted, tuple):
        return isinstance(got, tuple) and all(map(same_answer, got, wanted))
    return type(got) is type(wanted) and same(got, wanted)


def test_answers_at_once_are_had_for_plain_arrays_and_no_others(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loss = lossary.squared_error.using()
    assert loss.direct is not None
    y, f = data(12, "f8")
    assert loss.direct.cost(y, f, True) == loss.cost(y, f)
    assert loss.direct.cost(y.reshape(3, 4), f.reshape(3, 4), True) == loss.cost(y, f)
    strange: list[tuple[object, object]] = [(y, list(f)), (list(y), f), (y[:0], f[:0]), (y[0], f[0]), (y, f[:-1])]
    strange += [(y.reshape(3, 4), f), (y.astype("f4"), f), (y.astype("i8"), f), (np.array(1.0), np.array(2.0))]
    strange += [(y, f.astype("f4")), (y.astype("f2"), f.astype("f2")), (y.reshape(3, 4), f.reshape(4, 3))]
    odd = {name for name, each in layouts(f).items() if name != "read-only"}
    strange += [(y, layouts(f)[name]) for name in odd] + [(layouts(y)[name], f) for name in odd]
    for a, b in strange:
        assert loss.direct.cost(a, b, True) is None
        assert loss.direct.quantity("grad", a, b) is None
        assert loss.direct.cost_and_gradient(a, b, True, None) is None
        assert loss.direct.two(("grad", "hess"), a, b, None) is None


def test_nor_where_results_may_not_go(way: str) -> None:
    loss = lossary.squared_error.using()
    assert loss.direct is not None
    whole = np.linspace(-2.0, 2.0, 40)
    y, f = whole[:12], whole[20:32]
    read_only = np.empty(12)
    read_only.flags.writeable = False
    strange: list[Any] = [f, y, whole[15:27], whole[9:21], read_only, np.empty(13), np.empty(12, "f4")]
    for out in [*strange, np.empty((3, 4)), np.empty(24)[::2], [1.0] * 12]:
        assert loss.direct.cost_and_gradient(y, f, True, out) is None
        assert loss.direct.two(("grad", "hess"), y, f, (np.empty(12), out)) is None
    assert loss.direct.two(("grad", "hess"), y, f, (whole[32:44][:8], whole[32:40])) is None
    place = np.empty(20)
    assert loss.direct.two(("grad", "hess"), y, f, (place[:12], place[8:])) is None
    assert loss.direct.two(("grad", "hess"), y, f, (np.empty(12),)) is None
    assert loss.direct.cost_and_gradient(y, f, True, whole[32:][:8]) is None
    with pytest.raises(ValueError, match="two arrays that share no memory"):
        loss.gradient_and_hessian(y, f, out=(place[:12], place[8:]))


def test_a_sum_that_is_no_normal_number_is_looked_at(way: str) -> None:
    loss, slow = lossary.absolute_error.using(), looked_at(lossary.absolute_error)
    assert loss.direct is not None
    for numbers in ([5e-324, 5e-324], [1.7e308, 1.7e308, 1.7e308], [np.inf, 1.0], [np.nan, 1.0], [1.1e-308, 0.0]):
        f = np.array(numbers)
        assert loss.direct.cost(np.zeros_like(f), f, False) is None
        assert same(loss.cost_and_gradient(np.zeros_like(f), f), slow.cost_and_gradient(np.zeros_like(f), f))
    assert loss.direct.cost(np.zeros(3), np.zeros(3), True) == 0.0


def test_sums_are_exact_whatever_their_size_and_sign(way: str) -> None:
    rng = np.random.default_rng(5)
    loss, slow = lossary.poisson.using(), looked_at(lossary.poisson)
    for size in (1, 3, 1000):
        for power in (-80.0, -1.0, 0.0, 2.5, 5.0):
            f = rng.standard_normal(size) * 10.0**power
            y = rng.poisson(3.0, size).astype(float)
            assert loss.cost(y, f) == slow.cost(y, f)
            assert loss.cost(y, f, reduction="sum") == slow.cost(y, f, reduction="sum")


def test_a_refusal_is_the_same_and_can_be_turned_off(way: str) -> None:
    loss, slow = lossary.poisson.using(), looked_at(lossary.poisson)
    y, f = np.array([1.0, -2.0, 3.0]), np.zeros(3)
    for call in CALLS.values():
        assert _answer(call, loss, y, f) == _answer(call, slow, y, f)
    assert same(loss(y, f, check=False), slow(y, f, check=False))


def test_threads_that_meet_in_an_entry_do_not_wait_for_each_other_or_mix() -> None:
    loss = lossary.poisson.using()
    y, f = np.ones(100_000), np.linspace(-2.0, 2.0, 100_000)
    wanted = [looked_at(loss).cost_and_gradient(y, f + i) for i in range(4)]
    wrong: list[int] = []

    def work(i: int) -> None:
        mine = f + i
        for _ in range(30):
            if not same(loss.cost_and_gradient(y, mine), wanted[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []


def test_the_first_entry_of_a_process_waits_until_calls_keep_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late, "_made", [])
    loss = lossary.squared_error.using()
    y, f = data(10, "f8")
    made: list[object] = []
    monkeypatch.setattr(entry, "entries", lambda scratch: made.append(scratch))
    costs = {loss.cost(y, f) for _ in range(late.EARLY)}
    assert made == []
    assert costs == {loss.cost(y, f)}
    assert made == [runner.SCRATCH]


def test_a_sum_out_of_an_entry_is_an_integer_in_units_of_its_lowest_bin() -> None:
    for units, low in ((1, 26), (-5, 26), (1 << 90, 25), (-(1 << 75) + 1, 27), (0, 0)):
        packed = bytes([low]) + units.to_bytes(20, "little", signed=True)
        assert late.mean_of(packed, 3) == units / 3 * 2.0 ** (40 * low - 1074)


def test_the_way_in_by_an_entry_is_really_taken() -> None:
    made = entry.entries(runner.SCRATCH)
    assert made is not None
    loss = lossary.squared_error.using()
    assert isinstance(loss.direct, Direct)
    y, f = data(100, "f8")
    kept = direct.whole_pair
    try:
        direct.whole_pair = lambda *_: None  # type: ignore[assignment]
        assert loss.direct.cost_and_gradient(y, f, True, None) is not None
        made.helpers.words[SHARED["busy"]] = 1  # as if another thread were inside
        assert loss.direct.cost_and_gradient(y, f, True, None) is None
    finally:
        direct.whole_pair = kept
        made.helpers.words[SHARED["busy"]] = 0


def test_a_mean_that_an_entry_divides_is_rounded_once() -> None:
    assert entry.entries(runner.SCRATCH) is not None
    loss = lossary.absolute_error.using()
    assert isinstance(loss.direct, Direct)
    rng = np.random.default_rng(3)
    for i in range(300):
        f = np.abs(rng.standard_normal(1 + i % 50)) * 10.0 ** rng.integers(-90, 90)
        if i % 2:
            f = np.ldexp(1.0 + 2.0**-52, rng.integers(-60, 60, len(f)))  # ends of bits far apart: ties among them
        y = np.zeros_like(f)
        found = loss.direct.way(direct.MEAN_ONLY, y, f).entry(y, f)  # type: ignore[union-attr]
        assert type(found) is float
        assert found == float(sum(map(Fraction, f.tolist())) / len(f))


def test_what_an_entry_cannot_divide_comes_as_an_exact_sum() -> None:
    assert entry.entries(runner.SCRATCH) is not None
    loss = lossary.poisson.using()
    y, f = np.array([3.0, 2.0]), np.array([1.0, 2.0])
    way = loss.direct.way(direct.MEAN_ONLY, y, f)  # type: ignore[union-attr]
    assert way is not None
    negative = way.entry(y, f)
    assert isinstance(way.entry(np.zeros(2), np.full(2, -1000.0)), bytes)  # exp of it is zero
    assert isinstance(negative, bytes) == (looked_at(loss).cost(y, f) < 0)
    assert late.mean_of(negative, 2) == looked_at(loss).cost(y, f) if isinstance(negative, bytes) else negative


def test_an_entry_of_addresses_does_what_that_of_arrays_does() -> None:
    assert entry.entries(runner.SCRATCH) is not None
    loss = lossary.huber.using()
    for dtype in ("f4", "f8"):
        y, f = data(1000, dtype)
        way = loss.direct.way(direct.MEAN_AND_GRADIENT, y, f)  # type: ignore[union-attr]
        assert way is not None
        here, there = np.full_like(f, np.nan), np.full_like(f, np.nan)
        at_y, at_f, at_out = (each.ctypes.data for each in (y, f, there))
        assert way.at(at_y, at_f, at_out, len(f)) == way.entry(y, f, here)
        assert same(here, there)
        there[:] = np.nan
        for wrong in (
            (0, at_f, at_out, 9), (at_y, 0, at_out, 9), (at_y, at_f, 0, 9), (at_y, at_f, at_out, 0),
            (at_y + 1, at_f, at_out, 9), (at_y, at_f, at_out + 2, 9), (at_y, at_f, at_out, 1 << 40), (at_y, at_f, 9),
        ):  # fmt: skip
            assert way.at(*wrong) is False
        assert np.isnan(there).all()
        with pytest.raises(TypeError):
            way.at(at_y, at_f, at_out, "9")
