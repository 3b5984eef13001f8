"""A kernel is loaded once in a process, whatever asks for it, and given back when nothing uses it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lossary
from lossary.backends.cpu.cache import loader
from lossary.evaluate import registry
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.rows.function import RowLossFunction
from lossary.likeness import Unlike, likeness
from lossary.primitives import log1p

Y, F = [0.0, 1.0], [1.0, 3.0]


def maps() -> int:
    return len(Path("/proc/self/maps").read_text().splitlines()) if sys.platform == "linux" else 0


def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kernels that are loaded from now on."""
    seen: list[str] = []
    real = loader.load
    monkeypatch.setattr(loader, "load", lambda content, code: (seen.append(content), real(content, code))[1])
    return seen


def mine(scale: float = 1.0) -> LossFunction:
    return lossary.define(lambda y, f, c=1.0: scale * log1p(((f - y) / c) ** 2), name="mine")


@pytest.mark.parametrize(
    "made",
    [
        lambda: LossFunction(replace(lossary.squared_error.record)),
        lambda: lossary.with_link("squared_error", "log"),
        lambda: mine(),
    ],
    ids=["copied", "linked", "defined"],
)
def test_300_records_of_a_loss_share_their_machine_code(made, monkeypatch):
    made().cost([1.0], [2.0])
    seen, before = loads(monkeypatch), maps()
    losses = [made() for _ in range(300)]
    assert len({loss.cost([1.0], [2.0]) for loss in losses}) == 1
    assert seen == []
    assert maps() - before < 100


def test_300_records_of_a_rowwise_loss_share_their_machine_code(monkeypatch):
    record, y, f = lossary.softmax_cross_entropy.record, [0], [[0.0, 1.0]]
    RowLossFunction(record).cost(y, f)
    seen = loads(monkeypatch)
    assert len({RowLossFunction(replace(record)).cost(y, f) for _ in range(300)}) == 1
    assert seen == []


def test_another_formula_under_the_same_name_is_other_code():
    assert mine(1.0).cost(Y, F) == 0.5 * mine(2.0).cost(Y, F)


def test_engines_that_nothing_uses_are_given_back(cache):
    lossary.squared_error.using().cost(Y, F)
    loader.forget()
    LossFunction(replace(lossary.squared_error.record)).cost(Y, F)
    (path,) = cache.glob("*.kernel")
    code = path.read_bytes().partition(b"\n")[2]
    before = maps()
    for number in range(3 * loader.SPARE):
        loader.load(f"copy {number}", code)
        assert len(loader._loaded) + len(loader._retired) < loader.SPARE + 100
    assert maps() - before < 5 * loader.SPARE
    loader.forget()
    gc.collect()
    loader.load("last", code)
    assert maps() - before < 300
    loader.forget()


def test_a_kernel_outlives_its_place_among_the_spare_while_it_is_used():
    loss = LossFunction(replace(lossary.squared_error.record))
    loss.cost(Y, F)
    loader.forget()
    gc.collect()
    assert loss.cost(Y, F) == 2.5


def test_a_loss_defined_300_times_is_derived_once(monkeypatch):
    derived: list[object] = []
    real = registry._defined
    monkeypatch.setattr(registry, "_defined", lambda *given: (derived.append(given), real(*given))[1])
    assert len({mine(7.0).record for _ in range(300)}) == 1
    assert mine(8.0).record is not mine(7.0).record
    assert len(derived) == 2


SETTING = 1.0
TABLE = [1.0]


def test_what_a_function_refers_to_is_part_of_it(monkeypatch):
    def formula(y: float, f: float) -> float:
        return SETTING * (f - y) ** 2

    before = likeness(formula)
    assert likeness(formula) == before
    monkeypatch.setitem(globals(), "SETTING", 2.0)
    assert likeness(formula) != before


def _with_default(number: object) -> Callable[..., float]:
    return lambda y, f, c=number: c * (f - y)


def test_kinds_and_signs_of_numbers_differ():
    keys = [likeness(_with_default(number)) for number in (1, 1.0, True, 0.0, -0.0, np.float32(1.0))]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "hidden", [lambda y, f: TABLE[0] * (f - y), [1.0], {"a": 1}, np.ones(2), Path("x"), object(), sys]
)
def test_what_may_change_has_no_key(hidden):
    with pytest.raises(Unlike):
        likeness(hidden)
