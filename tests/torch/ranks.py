"""What each rank computes, run as ``python ranks.py SIZE FOLDER``: a process of its own, from which forking is safe."""

from __future__ import annotations

import sys
from datetime import timedelta

import torch
import torch.distributed as dist
import torch.multiprocessing as processes

import lossary
import lossary.torch as ours
from lossary.torch import functional
from lossary.torch.distributed.exchange import exchanged

N, K = 24, 8


def data():
    drawn = torch.Generator().manual_seed(0)
    f = 3.0 * torch.randn(N, K, generator=drawn)
    y = torch.randint(0, K, (N,), generator=drawn)
    y[::5] = -100
    return f, y, torch.rand(K, generator=drawn) + 0.5


def _rank(rank, size, folder):
    torch.set_num_threads(1)
    import disagreements  # noqa: PLC0415  neighbours, which only a script finds
    import training  # noqa: PLC0415

    meeting = f"file://{folder}/meeting"
    # A rank that waits in vain raises, long before the tests give up.
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=size, timeout=timedelta(seconds=60))
    try:
        found = _work(rank, size)
        found["long"] = exchanged("test", lambda: ({}, "x" * 3000 * rank), None)
        torch.save(found, f"{folder}/{rank}")
        torch.save(disagreements.outcomes(rank, size), f"{folder}/disagreements{rank}")
        torch.save(training.gradients(rank, size), f"{folder}/training{rank}")
    finally:
        dist.destroy_process_group()


def _work(rank, size):
    f, y, weight = data()
    # Shares of unequal size.
    cuts = [0, *[3 + N * (i + 1) // size - 4 for i in range(size - 1)], N]
    rows = slice(cuts[rank], cuts[rank + 1])
    mine, targets = f[rows].clone().requires_grad_(), y[rows]
    denominator = ours.global_denominator(targets, weight=weight, averaged=False)
    share = functional.cross_entropy(mine, targets, weight, denominator=denominator)
    by_share = torch.autograd.grad(share, mine)[0]
    options = {"class_weight": weight, "ignore_index": -100}
    exact = ours.global_cost("softmax_cross_entropy", mine, targets, averaged=False, **options)
    by_exact = torch.autograd.grad(exact, mine)[0]
    averaged = ours.global_cost("softmax_cross_entropy", mine, targets, averaged=True, step=7, **options)
    parts = [targets[:1], targets[1:]]
    divided = ours.global_denominator(parts, weight=weight, averaged=True, step=8)
    share_of_average = functional.cross_entropy(mine, targets, weight, denominator=divided)
    own = lossary.define(lambda y, f: (f - y) ** 2, name="own")
    width = K // size
    slice_of = f[:, rank * width : (rank + 1) * width].clone().requires_grad_()
    found = {"share": share.detach(), "by_share": by_share, "exact": exact.detach(), "by_exact": by_exact}
    found |= {"averaged": averaged.detach(), "by_averaged": torch.autograd.grad(averaged, mine)[0]}
    found |= {"divided": divided, "denominator": denominator}
    found["by_share_of_average"] = torch.autograd.grad(share_of_average, mine)[0]
    found["own"] = ours.global_cost(own, mine.detach()[:, 0], targets.float())
    found["counted"] = ours.global_denominator([rank + 1, torch.tensor([0.5])], averaged=True)
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


if __name__ == "__main__":
    size, folder = int(sys.argv[1]), sys.argv[2]
    processes.start_processes(_rank, (size, folder), nprocs=size, start_method="fork")
