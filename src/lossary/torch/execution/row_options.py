"""The options of a rowwise loss on torch operations: what they do to targets, weights and scores."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lossary.losses import scores
from lossary.rowwise import RowLoss
from lossary.torch.formulas.operations import bound, constant, widest

CAPPED, SLOPE = (
    {dtype: bound(formula, dtype is torch.float64) for dtype in (torch.float32, torch.float64)}
    for formula in (scores.capped, scores.slope)
)


def target_weights(y: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """Targets as weights (n, classes), of class indices or of weights."""
    if y.is_floating_point():
        return y.reshape(-1, classes).to(dtype)
    return (y.reshape(-1, 1) == torch.arange(classes, device=y.device)).to(dtype)


def no_class(y: Tensor, classes: int) -> Tensor:
    """Which class indices are none, of those that are ignored too."""
    index = y.reshape(-1)
    return (index < 0) | (index >= classes)


def row_weights(
    y: Tensor, t: Tensor, sample_weight: Tensor | None, options: Mapping[str, Any], dtype: torch.dtype
) -> Tensor | None:
    """What each row weighs: its sample weight, ignored index and class weight together; None if all weigh one."""
    weight = None if sample_weight is None else sample_weight.reshape(-1).to(dtype)
    if not y.is_floating_point() and options.get("ignore_index") is not None:
        counts = (y.reshape(-1, 1) != options["ignore_index"])[:, 0].to(dtype)
        weight = counts if weight is None else torch.where(counts == 0.0, 0.0, weight)
    if options.get("class_weight") is not None:
        by_class = torch.as_tensor(options["class_weight"]).to(t.device, dtype)
        class_weight = (t * by_class).sum(dim=1)
        if not y.is_floating_point():  # what is no class must not be weighed away
            class_weight = torch.where(no_class(y, t.shape[1]), 1.0, class_weight)
        if weight is not None:
            class_weight = torch.where(weight == 0.0, 0.0, class_weight)
        weight = class_weight if weight is None else weight * class_weight
    return weight


def mixed(record: RowLoss, t: Tensor, x: Tensor, options: Mapping[str, Any]) -> Tensor:
    """Target weights with class weights and smoothing in them, of mass as before: as in ``lossary.evaluate``."""
    if options.get("class_weight") is not None:
        weighted = t * torch.as_tensor(options["class_weight"]).to(t.device, t.dtype)
        mass = weighted.sum(dim=1, keepdim=True)
        t = weighted / torch.where(mass == 0.0, 1.0, mass)
    smoothing = options.get("label_smoothing", 0.0)
    if not isinstance(smoothing, Tensor) and smoothing == 0.0:
        return t
    if record.targets == "labels":
        return (1.0 - smoothing) * t + torch.where(x != -math.inf, 0.5 * smoothing, 0.0)
    open_classes = torch.ones_like(t) if record.more_classes else (x != -math.inf).to(t.dtype)
    even = t.sum(dim=1, keepdim=True) / open_classes.sum(dim=1, keepdim=True)
    return (1.0 - smoothing) * t + smoothing * even * open_classes


def transformed(f: Tensor, options: Mapping[str, Any], dtype: torch.dtype) -> Tensor:
    """The scores that the loss sees: capped, with the prior added, over the temperature, in this arithmetic."""
    x = f
    if options.get("soft_cap") is not None:
        x = CAPPED[dtype](x.to(dtype), _cap(options, f, dtype))
    if options.get("class_prior") is not None:
        prior = torch.as_tensor(options["class_prior"]).to(f.device, widest(f.device))
        x = x.to(dtype) + (options.get("prior_strength", 1.0) * prior.log()).to(dtype)
    if options.get("temperature") is not None:
        x = x.to(dtype) * (1.0 / options["temperature"])
    return x


def steepness(f: Tensor, options: Mapping[str, Any], dtype: torch.dtype) -> Tensor | float | None:
    """The derivative of ``transformed`` by the scores; None if it is 1."""
    cooling = None if options.get("temperature") is None else 1.0 / options["temperature"]
    if options.get("soft_cap") is None:
        return cooling
    steep: Tensor = SLOPE[dtype](f.to(dtype), _cap(options, f, dtype))
    return steep if cooling is None else steep * cooling


def _cap(options: Mapping[str, Any], f: Tensor, dtype: torch.dtype) -> Tensor:
    cap = options["soft_cap"]
    return cap.to(dtype) if isinstance(cap, Tensor) else constant(float(cap), dtype, f.device)
