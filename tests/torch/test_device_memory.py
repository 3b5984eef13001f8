"""What tensors of other devices need besides themselves: no more than torch's own loss and one gradient."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from bench.torch_host import memory  # noqa: E402

SMALLER = 4
"""Part of the rows or examples of the published table."""


def smaller(case):
    return replace(case, shape=(case.shape[0] // SMALLER, *case.shape[1:]))


@pytest.mark.parametrize("case", memory.CASES, ids=lambda case: f"{case.name} {case.dtype} {case.shape}")
def test_the_peak_is_that_of_torch_and_one_gradient_at_most(case):
    case = smaller(case)
    assert memory.of_ours(case, compiling=False) <= memory.of_torch(case) + 1.0


def test_every_block_is_counted():
    def step():
        kept = torch.empty(1000)
        for _ in range(3):
            torch.empty(500)
        return kept, torch.empty(1000)

    assert memory.peak(step) == 8000


@pytest.mark.slow("tests/torch/test_device_memory.py::test_the_page_says_so")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what inductor imports
@pytest.mark.parametrize("case", [case for case in memory.CASES if case.compiling], ids=lambda case: case.name)
def test_compiled_it_needs_no_more(case):
    case = smaller(case)
    assert memory.of_ours(case, compiling=True) <= memory.of_torch(case) + 1.0


def test_the_page_says_so():
    page = (Path(__file__).parents[2] / "docs" / "torch.md").read_text(encoding="utf-8")
    lines = page.split(memory.BEGIN)[1].split(memory.END)[0].strip().splitlines()[2:]
    assert len(lines) == len(memory.CASES)
    for line in lines:
        torchs, *ours = (float(cell) for cell in line.split("|")[4:-1] if cell.strip())
        assert max(ours) <= torchs + 1.0
