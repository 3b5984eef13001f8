"""Missing targets on tensors: NaN becomes an ordinary number of weight zero, so that no NaN is left to be multiplied.

A product of zero and NaN is NaN, in a gradient and in the gradient of that. Therefore target and prediction are chosen
by ``where`` before anything is computed, and what they are chosen from gets a gradient of exactly zero.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from lossary.evaluate.arrays.missing import by_label
from lossary.evaluate.arrays.placeholders import member, plain_row
from lossary.formula import Loss
from lossary.rowwise import RowLoss
from lossary.torch.formulas.modes import unseen
from lossary.torch.tensors.reduction import Reduction

Known = tuple[Tensor, Tensor, Tensor | None, Reduction]
"""Predictions, targets, weights and the reduction, of what is known."""


def without_missing(record: Loss, f: Tensor, y: Tensor, w: Tensor | None, reduction: Reduction) -> Known:
    """The arguments of a pointwise loss, with stand-ins and weights of zero where the target is NaN."""
    if not y.is_floating_point():
        return f, y, w, reduction
    known = ~torch.isnan(y)
    f, y = torch.where(known, f, member(record.prediction)), torch.where(known, y, member(record.target))
    return f, y, weighted(known, w, f.dtype), _sized(reduction, known, w)


def rows_without_missing(record: RowLoss, f: Tensor, y: Tensor, w: Tensor | None, reduction: Reduction) -> Known:
    """The arguments of a rowwise loss with the classes along the last axis; see ``lossary.evaluate.arrays.missing``."""
    if not y.is_floating_point():
        return f, y, w, reduction
    known_labels = ~torch.isnan(y)
    if by_label(record):
        known = known_labels.any(dim=-1)
        f, y = torch.where(known_labels, f, -math.inf), torch.where(known_labels, y, 0.0)
    else:
        known = known_labels.all(dim=-1)
        t, x = plain_row(record, f.shape[-1])
        f = torch.where(known[..., None], f, torch.tensor(x, dtype=f.dtype, device=f.device))
        y = torch.where(known[..., None], y, torch.tensor(t, dtype=y.dtype, device=y.device))
    return f, y, weighted(known, w, f.dtype), _sized(reduction, known, w)


def weighted(known: Tensor, w: Tensor | None, dtype: torch.dtype) -> Tensor:
    """The weights, with zeros where there is no target."""
    if w is not None:
        return torch.where(known, w, 0.0)
    return known.to(dtype if dtype in (torch.float32, torch.float64) else torch.float32)


def _sized(reduction: Reduction, known: Tensor, w: Tensor | None) -> Reduction:
    """The same reduction, with the number of known targets for the number of losses."""
    if reduction.kind != "mean" or reduction.denominator != "size":
        return reduction
    if w is None:
        return replace(reduction, denominator="count")
    size = known.sum()
    nothing = not unseen(size) and not bool(size)
    return replace(reduction, denominator="count" if nothing else size.to(torch.float64))
