"""PyTorch: its own loss functions where it has them, else what its users write; eager, and compiled by inductor.

Eager is a step of a training loop: forward and backward. Compiled is ``torch.func.grad_and_value`` in one graph, each
shape its own.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from bench.pointwise.peers.torch_formulas import training_step
from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.providers import COST, Entry, Provider
from bench.rowwise.cases import GAMMA, HALF_IGNORED, IGNORED, SMOOTHING, SOFTMAX, RowCase, RowData

Cost = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def focal(f: torch.Tensor, y: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    log_p = F.log_softmax(f, dim=1).gather(1, y[:, None])[:, 0]
    return -((1 - log_p.exp()) ** GAMMA * log_p).mean()


def weston_watkins(f: torch.Tensor, y: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return F.multi_margin_loss(f, y)


_COSTS: dict[str, Cost] = {
    SOFTMAX: lambda f, y, w: F.cross_entropy(f, y),
    HALF_IGNORED: lambda f, y, w: F.cross_entropy(f, y, ignore_index=IGNORED),
    "label smoothing": lambda f, y, w: F.cross_entropy(f, y, label_smoothing=SMOOTHING),
    "class weights": lambda f, y, w: F.cross_entropy(f, y, weight=w),
    "soft targets": lambda f, y, w: F.cross_entropy(f, y),
    "focal": focal,
    "Weston-Watkins hinge": weston_watkins,
    "KL, log-probabilities": lambda f, y, w: F.kl_div(f, y, reduction="batchmean"),
}


def _tensors(data: RowData) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    f = torch.from_numpy(data.f)
    return f, torch.from_numpy(data.y), torch.from_numpy(data.class_weight).to(f.dtype)


def _answer(case: RowCase, data: RowData, cost: torch.Tensor, gradient: torch.Tensor) -> Answer:
    """In our scale: multi_margin_loss divides by the number of classes."""
    factor = data.f.shape[1] if case.label == "Weston-Watkins hinge" else 1
    return Answer(factor * cost.item(), factor * gradient.numpy())


def _eager(case: RowCase, data: RowData) -> Entry | None:
    cost = _COSTS.get(case.label)
    if cost is None:
        return None
    f, y, weight = _tensors(data)
    entry = training_step("torch eager", lambda f, y: cost(f, y, weight), y, f)
    return Entry(
        entry.contestant,
        lambda got: _answer(case, data, got.detach(), f.grad),  # type: ignore[attr-defined, arg-type]
    )


def _compiled(case: RowCase, data: RowData) -> Entry | None:
    if case.label != SOFTMAX:
        return None
    f, y, weight = _tensors(data)
    torch._dynamo.reset()  # one graph a cell: no guards of other shapes to fall through
    both = torch.compile(torch.func.grad_and_value(_COSTS[case.label]), dynamic=False)
    return Entry(
        Contestant("torch.compile", lambda: both(f, y, weight)),
        lambda got: _answer(case, data, got[1], got[0]),  # type: ignore[index]
    )


PROVIDERS = [
    Provider("torch eager", COST, _eager, "forward and backward, .grad dropped between calls; two threads"),
    Provider("torch.compile", COST, _compiled, "inductor, grad_and_value in one graph for each shape; two threads"),
]
