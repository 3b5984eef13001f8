"""Costs over ranks and micro-batches: the number of one process, the same bits on every rank."""

from __future__ import annotations

import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import lossary.torch as ours  # noqa: E402
from lossary.torch import functional  # noqa: E402

RANKS = Path(__file__).with_name("ranks.py")
_SHARED = runpy.run_path(str(RANKS))
N, VOCABULARY, data = _SHARED["N"], _SHARED["VOCABULARY"], _SHARED["data"]


@pytest.fixture(scope="module", params=[2, 4])
def ranks(request):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(RANKS), str(request.param), folder], check=True, timeout=300)
        return [torch.load(f"{folder}/{rank}") for rank in range(request.param)]


def test_shares_add_up_to_the_mean_of_one_process(ranks):
    f, y, weight = data()
    f.requires_grad_()
    whole = functional.cross_entropy(f, y, weight)
    torch.testing.assert_close(sum(each["share"] for each in ranks), whole.detach())
    by_rows = torch.cat([each["by_share"] for each in ranks])
    torch.testing.assert_close(by_rows, torch.autograd.grad(whole, f)[0])


def test_the_exact_cost_has_the_bits_of_one_process(ranks):
    f, y, weight = data()
    f.requires_grad_()
    whole = functional.cross_entropy(f, y, weight)
    assert {each["exact"].item() for each in ranks} == {whole.item()}
    by_rows = torch.cat([each["by_exact"] for each in ranks])
    torch.testing.assert_close(by_rows, torch.autograd.grad(whole, f)[0])


@pytest.mark.parametrize("name", list(VOCABULARY))
def test_classes_may_be_spread_over_ranks(ranks, name):
    f, y, _ = data()
    f.requires_grad_()
    whole = functional.cross_entropy(f, y, **VOCABULARY[name])
    assert len({each[name].item() for each in ranks}) == 1
    torch.testing.assert_close(ranks[0][name], whole.detach(), rtol=1e-6, atol=0.0)
    by_classes = torch.cat([each[f"by_{name}"] for each in ranks], dim=1)
    torch.testing.assert_close(by_classes, torch.autograd.grad(whole, f)[0], rtol=1e-5, atol=1e-8)


def test_micro_batches_add_up():
    f, y, weight = data()
    f.requires_grad_()
    whole = torch.autograd.grad(functional.cross_entropy(f, y, weight), f)[0]
    parts = [slice(0, 2), slice(2, 17), slice(17, N)]
    denominator = ours.global_denominator([y[rows] for rows in parts], weight=weight)
    for rows in parts:
        functional.cross_entropy(f[rows], y[rows], weight, denominator=denominator).backward()
    torch.testing.assert_close(f.grad, whole)


def test_counts_and_weights_as_denominators():
    assert ours.global_denominator(7).item() == 7.0
    assert ours.global_denominator([torch.tensor([0.5, 0.25]), 2]).item() == 2.75


def test_a_class_that_no_rank_has():
    f, y, _ = data()
    with pytest.raises(ValueError, match="no rank has the class 9 of row 1"):
        ours.vocabulary_parallel_cross_entropy(f, torch.where(y == y[1], 9, y))
