"""PyTorch: its own loss functions where it has them, else what its users write; eager, and compiled by inductor.

Eager is forward and backward with the old gradient dropped, not added to. Compiled is ``torch.func.grad_and_value`` in
one graph, which came out faster than compiling the forward pass and calling backward. Sizes are compiled one by one:
inductor's best.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from bench.pointwise.cases import DELTA, POWER, SCALE, TAU, Case, Data
from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.machine import THREADS
from bench.racing.providers import COST, Entry, Provider

torch.set_num_threads(THREADS)
torch.set_num_interop_threads(1)

Cost = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def quantile(f: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    d = y - f
    return torch.maximum(TAU * d, (TAU - 1) * d).mean()


def pseudo_huber(f: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (DELTA**2 * (torch.sqrt(1 + ((f - y) / DELTA) ** 2) - 1)).mean()


def log_cosh(f: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    r = f - y
    return (r + F.softplus(-2.0 * r) - math.log(2.0)).mean()


def tweedie(f: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (torch.exp((2 - POWER) * f) / (2 - POWER) - y * torch.exp((1 - POWER) * f) / (1 - POWER)).mean()


def cauchy(f: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (0.5 * SCALE**2 * torch.log1p(((f - y) / SCALE) ** 2)).mean()


_COSTS: dict[str, Cost] = {
    "squared_error": F.mse_loss,
    "huber": lambda f, y: F.huber_loss(f, y, delta=DELTA),
    "absolute_error": F.l1_loss,
    "quantile": quantile,
    "pseudo_huber": pseudo_huber,
    "log_cosh": log_cosh,
    "logistic": F.binary_cross_entropy_with_logits,
    "poisson": lambda f, y: F.poisson_nll_loss(f, y, log_input=True),
    "tweedie": tweedie,
    "cauchy": cauchy,
}


def training_step(name: str, cost: Cost, y: torch.Tensor, f: torch.Tensor) -> Entry:
    """What a training loop does with a loss: forward, backward, and the gradient dropped before the next."""
    f.requires_grad_(True)

    def step() -> torch.Tensor:
        f.grad = None
        reached = cost(f, y)
        reached.backward()
        return reached

    return Entry(
        Contestant(name, step),
        lambda got: Answer(got.item(), f.grad.numpy()),  # type: ignore[attr-defined, union-attr]
    )


def _eager(case: Case, data: Data) -> Entry:
    return training_step("torch eager", _COSTS[case.name], torch.from_numpy(data.y), torch.from_numpy(data.f))


def _compiled(case: Case, data: Data) -> Entry:
    y, f = torch.from_numpy(data.y), torch.from_numpy(data.f)
    torch._dynamo.reset()  # one graph a cell: no guards of other sizes to fall through
    both = torch.compile(torch.func.grad_and_value(_COSTS[case.name]), dynamic=False)
    return Entry(
        Contestant("torch.compile", lambda: both(f, y)),
        lambda got: Answer(got[1].item(), got[0].numpy()),  # type: ignore[index]
    )


PROVIDERS = [
    Provider("torch eager", COST, _eager, "forward and backward, .grad dropped between calls; two threads"),
    Provider("torch.compile", COST, _compiled, "inductor, grad_and_value in one graph, each size its own; two threads"),
]
