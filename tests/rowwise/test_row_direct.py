"""Usual calls on rows that are answered at once have the bits of those that are looked at, in both ways in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.support.layouts import layouts, same

import lossary
from lossary.backends.cpu.entries import entry
from lossary.backends.cpu.rows import runner
from lossary.evaluate.rows.function import RowLossFunction


@pytest.fixture(params=["entry", "steps"])
def loss(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> RowLossFunction:
    """A loss made anew, with or without entries."""
    if request.param == "steps":
        monkeypatch.setattr(entry, "entries", lambda scratch: None)
    else:
        assert entry.entries(runner.ENTRY_SCRATCH) is not None  # once there are any, others are made at once
    made = lossary.get("softmax_cross_entropy").using()
    assert isinstance(made, RowLossFunction)
    return made


def looked_at(loss: RowLossFunction) -> RowLossFunction:
    """The same loss, whose calls are all looked at."""
    slow = loss.using()
    slow.direct = None
    return slow


def data(n: int, k: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    return rng.integers(0, k, n), (4.0 * rng.standard_normal((n, k))).astype(dtype)


CALLS: dict[str, Any] = {
    "gradient": lambda loss, y, f: loss.gradient(y, f),
    "cost": lambda loss, y, f: (loss.cost(y, f), loss.cost(y, f, reduction="sum")),
    "cost and gradient": lambda loss, y, f: loss.cost_and_gradient(y, f),
    "sum and gradient": lambda loss, y, f: loss.cost_and_gradient(y, f, reduction="sum"),
    "gradient and Hessian": lambda loss, y, f: loss.gradient_and_hessian(y, f),
    "in place": lambda loss, y, f: loss.cost_and_gradient(y, f, out=np.full_like(f, np.nan)),
}


@pytest.mark.parametrize("call", CALLS)
def test_every_call_answers_at_once_as_it_does_looked_at(call: str, loss: RowLossFunction) -> None:
    for dtype in ("f4", "f8"):
        for n, k in ((1, 2), (33, 3), (1000, 10), (20, 256), (20, 257), (3, 1)):
            y, f = data(n, k, dtype)
            for target in (y, np.eye(k, dtype=dtype)[y]):
                assert same(CALLS[call](loss, target, f), CALLS[call](looked_at(loss), target, f)), (n, k, dtype)


def test_answers_at_once_are_had_for_plain_arrays_and_no_others(loss: RowLossFunction) -> None:
    assert loss.direct is not None
    y, f = data(6, 3, "f8")
    assert loss.direct.cost(y, f, True) == loss.cost(y, f)
    strange: list[tuple[object, object]] = [(list(y), f), (y, f.tolist()), (y[:5], f), (y[:0], f[:0]), (y, f[0])]
    strange += [(y.astype("i4"), f), (y.astype(float), f), (y, f.astype("f2")), (y, f[:, :0]), (y.reshape(2, 3), f)]
    strange += [(np.eye(3, dtype="f4")[y], f), (np.eye(4)[y], f), (y, f.reshape(2, 3, 3)), (y[:1], f)]
    strange += [(y, odd) for name, odd in layouts(f).items() if name != "read-only"]
    strange += [(odd, f) for name, odd in layouts(y).items() if name != "read-only"]
    for a, b in strange:
        assert loss.direct.cost(a, b, True) is None
        assert loss.direct.cost_and_gradient(a, b, True, None) is None
        assert loss.direct.two(("grad", "hess"), a, b, None) is None
        assert loss.direct.quantity("grad", a, b) is None
    memory = np.empty(40)
    for out in (f, f[:, ::-1], np.empty((3, 6)), np.empty((6, 3), "f4"), [1.0]):
        assert loss.direct.cost_and_gradient(y, f, True, out) is None  # type: ignore[arg-type]
    apart = memory[:18].reshape(6, 3), memory[9:27].reshape(6, 3)
    assert loss.direct.two(("grad", "hess"), y, f, apart) is None


def test_class_indices_that_are_none_are_refused_and_results_may_lie_over_scores(loss: RowLossFunction) -> None:
    y, f = data(6, 3, "f8")
    for wrong in (-1, 3, 1 << 40):
        bad = y.copy()
        bad[2] = wrong
        with pytest.raises(ValueError, match=rf"y_true\[2\] is {wrong}"):
            loss.cost_and_gradient(bad, f)
    wanted = loss.cost_and_gradient(y, f)
    place = f.copy()
    assert same(loss.cost_and_gradient(y, place, out=place), wanted)


def test_two_rows_of_scores_have_no_class_index() -> None:
    teacher = next(each for each in lossary.catalogue() if getattr(each.record, "targets", "") == "scores")
    y, f = data(6, 3, "f8")
    with pytest.raises(TypeError, match="no target"):
        teacher.cost_and_gradient(y, f)
