"""Memory for results is handed out anew once nobody holds it, and never before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lossary
from lossary.evaluate import outputs


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "_spare", outputs._Spare())


def test_a_block_comes_back_only_when_the_last_view_is_gone() -> None:
    first = outputs.fresh((1 << 10, 1 << 9), "f4")
    assert first.flags.c_contiguous
    assert first.flags.writeable
    place, view = first.ctypes.data, first[:, ::2].reshape(-1)
    del first
    second = outputs.fresh(1 << 19, "f4")
    assert second.ctypes.data != place
    del view
    assert outputs.fresh(1 << 18, "f8").ctypes.data == place


def test_a_small_result_is_an_array_of_its_own() -> None:
    assert outputs.fresh(10, "f8").flags.owndata


def test_no_more_is_kept_than_was_said() -> None:
    held = [outputs.fresh(1 << 25, "u1") for _ in range(outputs.KEPT // (1 << 25) + 3)]
    held.clear()
    blocks = outputs._spare._blocks
    assert len(blocks) == outputs.KEPT // (1 << 25)
    outputs.fresh(1 << 25, "u1")
    assert len(blocks) == outputs.KEPT // (1 << 25)


def test_threads_never_get_the_same_block() -> None:
    y = np.zeros(1 << 19, dtype=np.float32)

    def work(number: int) -> bool:
        f = np.full(y.size, float(number), dtype=np.float32)
        found = [lossary.half_squared_error.cost_and_gradient(y, f, reduction="sum")[1] for _ in range(8)]
        return all((gradient == number).all() for gradient in found)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(1, 9)))
