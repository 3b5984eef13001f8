"""Costs over ranks and micro-batches: the number of one process, the same bits on every rank."""

from __future__ import annotations

import os
import tempfile

import pytest

torch = pytest.importorskip("torch")

import torch.distributed as dist  # noqa: E402
import torch.multiprocessing as processes  # noqa: E402

import lossary.torch as ours  # noqa: E402
from lossary.torch import functional  # noqa: E402

N, K = 24, 8


def data():
    drawn = torch.Generator().manual_seed(0)
    f = 3.0 * torch.randn(N, K, generator=drawn)
    y = torch.randint(0, K, (N,), generator=drawn)
    y[::5] = -100
    return f, y, torch.rand(K, generator=drawn) + 0.5


def _rank(rank, size, path, results):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{path}", rank=rank, world_size=size)
    try:
        torch.save(_work(rank, size), f"{results}/{rank}")
    finally:
        dist.destroy_process_group()


def _work(rank, size):
    f, y, weight = data()
    # Shares of unequal size.
    cuts = [0, *[3 + N * (i + 1) // size - 4 for i in range(size - 1)], N]
    rows = slice(cuts[rank], cuts[rank + 1])
    mine, targets = f[rows].clone().requires_grad_(), y[rows]
    denominator = ours.global_denominator(targets, weight=weight)
    share = functional.cross_entropy(mine, targets, weight, denominator=denominator)
    by_share = torch.autograd.grad(share, mine)[0]
    exact = ours.global_cost("softmax_cross_entropy", mine, targets, class_weight=weight, ignore_index=-100)
    by_exact = torch.autograd.grad(exact, mine)[0]
    width = K // size
    slice_of = f[:, rank * width : (rank + 1) * width].clone().requires_grad_()
    found = {"share": share.detach(), "by_share": by_share, "exact": exact.detach(), "by_exact": by_exact}
    for name, options in VOCABULARY.items():
        cost = ours.vocabulary_parallel_cross_entropy(slice_of, y, **options)
        found[name] = cost.detach()
        found[f"by_{name}"] = torch.autograd.grad(cost, slice_of)[0]
    return found


VOCABULARY = {
    "plain": {},
    "weighted": {"weight": data()[2]},
    "smoothed": {"label_smoothing": 0.1, "z_loss": 0.01},
}


@pytest.fixture(scope="module", params=[2, 4])
def ranks(request):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "meeting")  # noqa: PTH118
        processes.start_processes(_rank, (request.param, path, folder), nprocs=request.param, start_method="fork")
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
