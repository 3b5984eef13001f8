"""``lossary.torch`` as a training loop uses it: a cost, ``backward``, and the gradient dropped before the next one."""

from __future__ import annotations

import torch

import lossary
from bench.pointwise.cases import Case, Data
from bench.pointwise.peers.torch_formulas import training_step
from bench.racing.providers import COST, OURS, Entry, Provider
from bench.rowwise.cases import RowCase, RowData
from lossary.torch import functional

NOTE = "lossary.torch, forward and backward, .grad dropped between calls, targets checked; two threads"


def _pointwise(case: Case, data: Data) -> Entry:
    function = getattr(functional, case.name)
    names = (parameter.name for parameter in lossary.get(case.name).parameters)
    given = dict(zip(names, case.given, strict=False))
    y, f = torch.from_numpy(data.y), torch.from_numpy(data.f)
    return training_step(OURS, lambda f, y: function(f, y, **given), y, f)


def _rowwise(case: RowCase, data: RowData) -> Entry:
    function = getattr(functional, case.loss)
    y, f = torch.from_numpy(data.y), torch.from_numpy(data.f)
    return training_step(OURS, lambda f, y: function(f, y, **case.given), y, f)


POINTWISE = Provider(OURS, COST, _pointwise, NOTE)
ROWWISE = Provider(OURS, COST, _rowwise, NOTE)
