"""The loop that docs/torch.md shows, as it is written there, on each rank under DDP and FSDP.

Imported by ``ranks.py``, in processes of its own; the tests hold the gradients against those of one process.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

import lossary.torch as losses

PAGE = Path(__file__).parents[2] / "docs" / "torch.md"
FEATURES, CLASSES = 5, 4


def loop() -> str:
    """The code of the section on micro-batches and ranks."""
    section = PAGE.read_text(encoding="utf-8").partition("## Micro-batches and ranks")[2]
    return section.partition("```python\n")[2].partition("```")[0]


def model():
    torch.manual_seed(1)
    layers = (torch.nn.Linear(FEATURES, 8), torch.nn.Tanh(), torch.nn.Linear(8, CLASSES))
    return torch.nn.Sequential(*layers).double()


def batches(rank):
    """Two micro-batches of each rank, of sizes of their own, with rows that do not count."""
    drawn = torch.Generator().manual_seed(rank)
    made = []
    for size in (3 + 2 * rank, 4 + rank):
        x = torch.randn(size, FEATURES, dtype=torch.float64, generator=drawn)
        y = torch.randint(0, CLASSES, (size,), generator=drawn)
        y[::4] = -100
        made.append((x, y))
    return made


def gradients(rank, size):
    """Every parameter's gradient after the loop, by way of training."""
    mesh = init_device_mesh("cpu", (size,))
    sharded = fully_shard(model(), mesh=mesh)
    sharded.set_force_sum_reduction_for_comms(True)  # gloo cannot average: it is done by adding up and dividing
    prepared = {"DDP": DistributedDataParallel(model()), "FSDP": sharded}
    found = {}
    for name, each in prepared.items():
        exec(loop(), {"losses": losses, "model": each, "batches": batches(rank)})
        slopes = [p.grad for p in each.parameters()]
        found[name] = [g.full_tensor() if hasattr(g, "full_tensor") else g for g in slopes]
    return found
