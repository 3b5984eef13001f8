"""``lossary.torch`` as a training loop uses it: a cost, ``backward``, and the gradient dropped before the next one."""

from __future__ import annotations

from collections.abc import Callable

import torch

import lossary
from bench.pointwise.cases import Case, Data
from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.providers import COST, OURS, Entry, Provider
from bench.rowwise.cases import RowCase, RowData
from lossary.torch import functional

NOTE = "lossary.torch, forward and backward, .grad dropped between calls, targets checked; two threads"

Cost = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _entry(cost: Cost, y: torch.Tensor, f: torch.Tensor) -> Entry:
    f.requires_grad_(True)

    def step() -> torch.Tensor:
        f.grad = None
        reached = cost(f, y)
        reached.backward()
        return reached

    return Entry(
        Contestant(OURS, step),
        lambda got: Answer(got.item(), f.grad.numpy()),  # type: ignore[attr-defined, union-attr]
    )


def _pointwise(case: Case, data: Data) -> Entry:
    function = getattr(functional, case.name)
    names = (parameter.name for parameter in lossary.get(case.name).parameters)
    given = dict(zip(names, case.given, strict=False))
    return _entry(lambda f, y: function(f, y, **given), torch.from_numpy(data.y), torch.from_numpy(data.f))


def _rowwise(case: RowCase, data: RowData) -> Entry:
    function = getattr(functional, case.loss)
    return _entry(lambda f, y: function(f, y, **case.given), torch.from_numpy(data.y), torch.from_numpy(data.f))


POINTWISE = Provider(OURS, COST, _pointwise, NOTE)
ROWWISE = Provider(OURS, COST, _rowwise, NOTE)
