"""PyTorch: the two calls that everyone writes, and its linear_cross_entropy, without options and chunked."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from bench.linear.cases import LinearAnswer, LinearData, LinearShape
from bench.racing.harness import Contestant
from bench.racing.providers import COST, Enter, Entry, Provider

Cost = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def two_calls(x: torch.Tensor, weight: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(F.linear(x, weight), y)


def fused(x: torch.Tensor, weight: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.linear_cross_entropy(x, weight, y)


def chunked(x: torch.Tensor, weight: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.linear_cross_entropy(x, weight, y, options=torch.nn.LinearCrossEntropyOptions())


def _entering(name: str, cost: Cost) -> Enter:
    def enter(shape: LinearShape, data: LinearData) -> Entry:
        x = torch.from_numpy(data.x).requires_grad_(True)
        weight, y = torch.from_numpy(data.weight).requires_grad_(True), torch.from_numpy(data.y)

        def step() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            reached = cost(x, weight, y)
            return reached.detach(), *torch.autograd.grad(reached, (x, weight))

        return Entry(
            Contestant(name, step),
            lambda got: LinearAnswer(got[0].item(), got[1].numpy(), got[2].numpy()),  # type: ignore[index]
        )

    return enter


PROVIDERS = [
    Provider(name, COST, _entering(name, cost), note)
    for name, cost, note in (
        ("torch eager", two_calls, "F.cross_entropy(F.linear(x, w), y), forward and torch.autograd.grad"),
        ("torch linear_cross_entropy", fused, "options=None, its default: the same two calls within"),
        (
            "torch chunked",
            chunked,
            "linear_cross_entropy(options=LinearCrossEntropyOptions()), chunks of its own choice",
        ),
    )
]
