"""Missing targets on tensors: NaN becomes an ordinary number of weight zero, so that no NaN is left to be multiplied.

A product of zero and NaN is NaN, in a gradient and in the gradient of that. Therefore target and prediction are chosen
by ``where`` before anything is computed, and what they are chosen from gets a gradient of exactly zero.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from lossary.evaluate.missing import by_label
from lossary.evaluate.stand_ins import member, plain_row
from lossary.formula import Loss
from lossary.rowwise import RowLoss
from lossary.torch.tensors.arguments import transformed
from lossary.torch.tensors.reduction import Reduction

Known = tuple[Tensor, Tensor, Tensor | None, Reduction]
"""Predictions, targets, weights, and how they are reduced, of what is known."""


def without_missing(record: Loss, f: Tensor, y: Tensor, w: Tensor | None, how: Reduction) -> Known:
    """The arguments of a pointwise loss, with stand-ins and weights of zero where the target is NaN."""
    if not y.is_floating_point():
        return f, y, w, how
    there = ~torch.isnan(y)
    f, y = torch.where(there, f, member(record.prediction)), torch.where(there, y, member(record.target))
    return f, y, weighted(there, w, f.dtype), _sized(how, there, w)


def rows_without_missing(record: RowLoss, f: Tensor, y: Tensor, w: Tensor | None, how: Reduction) -> Known:
    """The arguments of a rowwise loss with the classes along the last axis; see ``lossary.evaluate.missing``."""
    if not y.is_floating_point():
        return f, y, w, how
    here = ~torch.isnan(y)
    if by_label(record):
        there = here.any(dim=-1)
        f, y = torch.where(here, f, -math.inf), torch.where(here, y, 0.0)
    else:
        there = here.all(dim=-1)
        t, x = plain_row(record, f.shape[-1])
        f = torch.where(there[..., None], f, torch.tensor(x, dtype=f.dtype, device=f.device))
        y = torch.where(there[..., None], y, torch.tensor(t, dtype=y.dtype, device=y.device))
    return f, y, weighted(there, w, f.dtype), _sized(how, there, w)


def weighted(there: Tensor, w: Tensor | None, dtype: torch.dtype) -> Tensor:
    """The weights, with zeros where there is no target."""
    if w is not None:
        return torch.where(there, w, 0.0)
    return there.to(dtype if dtype in (torch.float32, torch.float64) else torch.float32)


def _sized(how: Reduction, there: Tensor, w: Tensor | None) -> Reduction:
    """The number of losses is that of the targets that are there."""
    if how.kind != "mean" or how.denominator != "size":
        return how
    if w is None:
        return replace(how, denominator="count")
    size = there.sum()
    seen = not torch.compiler.is_compiling() and not transformed()
    return replace(how, denominator="count" if seen and not bool(size) else size.to(torch.float64))
