"""Rows of scores as a user lays them out, made ready: the classes along the last axis, masked scores, options."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

import torch
from torch import Tensor

from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.rows import options as row_options
from lossary.rowwise import RowLoss
from lossary.torch.tensors import arguments


def classes_last(record: RowLoss, input: Tensor, target: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Scores and targets with the classes along the last axis."""
    if input.ndim == 0:
        raise ShapeError(f"{record.name}: input must hold a score for each class, but has no dimension")
    axis = 0 if input.ndim == 1 and dim == 1 else dim
    f = input.movedim(axis, -1)
    classes = f.shape[-1] + record.more_classes
    if target.shape == f.shape[:-1] and not target.is_floating_point():
        return f, target
    if target.ndim == input.ndim and target.movedim(axis, -1).shape == (*f.shape[:-1], classes):
        weights = target.movedim(axis, -1)
        return f, weights if weights.is_floating_point() else weights.to(f.dtype)
    indices = "" if record.targets == "scores" else f"{tuple(f.shape[:-1])} for class indices of an integer dtype, or "
    whole = torch.empty((*f.shape[:-1], classes), device="meta").movedim(-1, axis).shape
    raise ShapeError(
        f"{record.name}: target has shape {tuple(target.shape)} and dtype {target.dtype}, but input has shape "
        f"{tuple(input.shape)}; target must have shape {indices}{tuple(whole)}"
    )


NO_INDEX = -100
"""torch's default for ``ignore_index``: nothing was asked for."""


def ignoring(name: str, input: Tensor, target: Tensor, ignore_index: int) -> dict[str, Any]:
    """torch's ``ignore_index`` as an option of the loss; rows of weights, of any dtype, have no index to ignore."""
    if target.ndim < input.ndim and not target.is_floating_point():
        return {"ignore_index": ignore_index}
    if ignore_index != NO_INDEX:
        refuse_ignored_rows(name)
    return {}


def refuse_ignored_rows(name: str) -> NoReturn:
    """Raise the TypeError for an index that rows of weights cannot have."""
    raise TypeError(
        f"{name}: ignore_index is for class indices, but target holds rows of weights; give rows that do not count a "
        "sample_weight of zero"
    )


def options_and_parameters(
    record: RowLoss, given: Mapping[str, Any], check: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options that were given, and every parameter of the loss."""
    options = {n: v for n, v in given.items() if n in row_options.NAMES and v is not None}
    parameters = {n: v for n, v in given.items() if n not in row_options.NAMES}
    return options, arguments.parameters(record, parameters, check)


def masked(record: RowLoss, f: Tensor, mask: Tensor, shape: torch.Size, dim: int) -> Tensor:
    """Scores ``f`` with the classes last, those of classes that take no part set to -inf.

    ``shape`` and ``dim`` are those of the user's input, by which the mask may be laid out.
    """
    if mask.dtype != torch.bool:
        raise TypeError(f"class_mask must be boolean (true where a class takes part), not {mask.dtype}")
    if record.prediction != "scores":
        raise TypeError(f"{record.name} takes {record.prediction}; class_mask= is for losses that take scores")
    if mask.shape == shape:
        mask = mask.movedim(0 if len(shape) == 1 and dim == 1 else dim, -1)
    elif mask.shape != f.shape[-1:]:
        raise ShapeError(f"class_mask has shape {tuple(mask.shape)}; it must be {tuple(shape)} or {(f.shape[-1],)}")
    return torch.where(mask, f, -math.inf)
