"""Memory for results is handed out anew once nobody holds it, and never before."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import lossary
from lossary.backends.cpu.pointwise.runner import SCRATCH
from lossary.backends.cpu.runtime import workspaces
from lossary.evaluate.arrays import memory


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_spare", memory._Spare())


def test_a_block_comes_back_only_when_the_last_view_is_gone() -> None:
    first = memory.fresh((1 << 10, 1 << 9), "f4")
    assert first.flags.c_contiguous
    assert first.flags.writeable
    place, view = first.ctypes.data, first[:, ::2].reshape(-1)
    del first
    second = memory.fresh(1 << 19, "f4")
    assert second.ctypes.data != place
    del view
    assert memory.fresh(1 << 18, "f8").ctypes.data == place


def test_a_small_result_is_an_array_of_its_own() -> None:
    assert memory.fresh(10, "f8").flags.owndata


def test_no_more_is_kept_than_was_said() -> None:
    held = [memory.fresh(1 << 25, "u1") for _ in range(memory.KEPT // (1 << 25) + 3)]
    held.clear()
    blocks = memory._spare._blocks
    assert len(blocks) == memory.KEPT // (1 << 25)
    memory.fresh(1 << 25, "u1")
    assert len(blocks) == memory.KEPT // (1 << 25)


def test_threads_never_get_the_same_block() -> None:
    y = np.zeros(1 << 19, dtype=np.float32)

    def work(number: int) -> bool:
        f = np.full(y.size, float(number), dtype=np.float32)
        found = [lossary.half_squared_error.cost_and_gradient(y, f, reduction="sum")[1] for _ in range(8)]
        return all((gradient == number).all() for gradient in found)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(1, 9)))


class Meddling(dict[int, np.ndarray]):
    """Blocks that somebody takes and gives in the midst of another's step, as a garbage collection may."""

    def __init__(self, meddle: Callable[[], None]) -> None:
        self.meddle, self.quiet = meddle, False

    def pop(self, *arguments: Any) -> Any:
        if not self.quiet:
            self.quiet = True
            self.meddle()
            self.quiet = False
        return super().pop(*arguments)


MIB = 1 << 20


def test_a_block_that_another_takes_in_between_is_not_taken_twice() -> None:
    spare = memory._Spare()
    stolen: list[np.ndarray] = []
    spare._blocks = Meddling(lambda: stolen.append(spare.take(3 * MIB)))
    spare.give(np.empty(3 * MIB, np.uint8))
    taken = spare.take(2 * MIB)
    assert stolen
    assert not np.shares_memory(taken, stolen[0])
    assert taken.nbytes >= 2 * MIB


def test_what_is_given_in_between_does_not_shift_what_is_taken() -> None:
    spare = memory._Spare()
    spare._blocks = Meddling(lambda: spare.give(np.empty(memory.KEPT - 3 * MIB, np.uint8)))
    for size in (2, 6, 2):
        spare._blocks.quiet = True
        spare.give(np.empty(size * MIB, np.uint8))
        spare._blocks.quiet = False
    assert spare.take(5 * MIB).nbytes >= 5 * MIB
    assert sum(block.nbytes for block in spare._blocks.values()) <= memory.KEPT


def test_what_is_kept_can_be_let_go() -> None:
    held = memory.fresh(5 * MIB, "u1")
    memory.fresh(3 * MIB, "u1")
    lossary.squared_error.cost([1.0], [2.0])
    lossary.softmax_cross_entropy.cost([0], [[1.0, 2.0]])
    assert lossary.release_memory() > 3 * MIB + SCRATCH
    assert lossary.release_memory() == 0
    held[:] = 1
    assert lossary.squared_error.cost([1.0], [2.0]) == 1.0


def test_scratch_of_very_many_classes_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspaces, "LARGE", 1 << 16)
    monkeypatch.setattr(workspaces, "KEPT", 1 << 18)
    lossary.release_memory()
    for classes in (1_000, 10_000, 1_000):
        expected = math.log(classes)
        assert lossary.softmax_cross_entropy.cost([0], np.zeros((1, classes))) == pytest.approx(expected, rel=1e-15)
        assert lossary.release_memory() <= 1 << 18
    assert lossary.softmax_cross_entropy(np.zeros(0, np.int64), np.zeros((0, 10_000))).shape == (0,)


def test_a_lease_that_an_interrupt_left_half_made_gives_nothing() -> None:
    memory._Lease.__new__(memory._Lease)
    assert not memory._spare._blocks
