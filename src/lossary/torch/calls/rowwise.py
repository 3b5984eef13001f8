"""A rowwise loss on tensors: layouts, options, and which of the ways to compute it a call takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor

from lossary.evaluate import row_options
from lossary.evaluate.arrays import ShapeError
from lossary.evaluate.missing import asked
from lossary.evaluate.refusals import DomainError
from lossary.evaluate.rowwise import RowLossFunction
from lossary.losses import scores
from lossary.rowwise import RowLoss
from lossary.torch.execution import fast_path
from lossary.torch.execution.fused import Call, taken
from lossary.torch.execution.rows import value
from lossary.torch.formulas.operations import arithmetic, bound
from lossary.torch.formulas.records import Handle
from lossary.torch.tensors import arguments, kernels
from lossary.torch.tensors.arguments import Dtypes
from lossary.torch.tensors.missing import rows_without_missing
from lossary.torch.tensors.reduction import Denominator, Reduction, reduced

FOR_CLASSES = ("class_weight", "class_prior")


def cost(
    loss: Handle,
    input: Tensor,
    target: Tensor,
    given: Mapping[str, Any],
    *,
    weight: Tensor | None = None,
    reduction: str = "mean",
    denominator: Denominator = "weights",
    empty: float | None = None,
    check: bool = True,
    dim: int = 1,
) -> Tensor:
    """The loss or cost; the functions of ``lossary.torch.functional`` describe the arguments."""
    record = cast(RowLoss, loss.record)
    plain = weight is None and empty is None and denominator == "weights" and fast_path.reduces(reduction, denominator)
    if plain and fast_path.usual_rows(input, target, given, dim):

        def again(f: Tensor) -> Tensor:
            options, parameters = _split(record, given, False)
            return _by_operations(loss, f, target, None, options, parameters, Reduction(reduction))

        run = fast_path.prepared_rows(record, tuple(given.items()))
        return fast_path.cost(input, fast_path.Call(run, target, reduction == "mean", check, again))
    how = Reduction(reduction, denominator, empty)
    kind = arguments.dtypes(input, target)
    f, y = _laid_out(record, input, target, dim)
    options, parameters = _split(record, given, check)
    if options.get("class_mask") is not None:
        f = _masked(record, f, options.pop("class_mask"), input.shape, dim)
    w = arguments.weights(record.name, weight, f.shape[:-1])
    if asked(options.pop("missing", "error")):
        f, y, w, how = rows_without_missing(record, f, y, w, how)
    return _computed(loss, f, y, w, options, parameters, how, kind, check).to(kind.result)


def _laid_out(record: RowLoss, input: Tensor, target: Tensor, dim: int) -> tuple[Tensor, Tensor]:
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


def _split(record: RowLoss, given: Mapping[str, Any], check: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options that were given, and every parameter."""
    options = {n: v for n, v in given.items() if n in row_options.NAMES and v is not None}
    rest = {n: v for n, v in given.items() if n not in row_options.NAMES}
    return options, arguments.parameters(record, rest, check)


def _masked(record: RowLoss, f: Tensor, mask: Tensor, shape: torch.Size, dim: int) -> Tensor:
    """Scores of classes that take no part are -inf."""
    if mask.dtype != torch.bool:
        raise TypeError(f"class_mask must be boolean (true where a class takes part), not {mask.dtype}")
    if record.prediction != "scores":
        raise TypeError(f"{record.name} takes {record.prediction}; class_mask= is for losses that take scores")
    if mask.shape == shape:
        mask = mask.movedim(0 if len(shape) == 1 and dim == 1 else dim, -1)
    elif mask.shape != f.shape[-1:]:
        raise ShapeError(f"class_mask has shape {tuple(mask.shape)}; it must be {tuple(shape)} or {(f.shape[-1],)}")
    return torch.where(mask, f, -math.inf)


def _computed(
    loss: Handle,
    f: Tensor,
    y: Tensor,
    w: Tensor | None,
    options: Mapping[str, Any],
    parameters: Mapping[str, Any],
    how: Reduction,
    kind: Dtypes,
    check: bool,
) -> Tensor:
    f = f.to(kind.compute)
    if y.dtype in arguments.HALF:
        y = y.to(kind.compute)
    if w is not None and w.dtype not in kernels.KERNEL_DTYPES:
        w = w.to(kind.compute)
    compiling = torch.compiler.is_compiling()
    tensors = [v for v in parameters.values() if isinstance(v, Tensor)]
    extras = [v for v in options.values() if isinstance(v, Tensor)]
    seen = not arguments.transformed() and kernels.takes(f, y, w, *tensors, *extras)

    def again(f: Tensor) -> Tensor:
        return _by_operations(loss, f, y, w, options, parameters, how)

    one_pass = seen and not arguments.differentiated(y, w, how.denominator, *tensors, *extras)
    numbers = all(v.ndim == 0 for v in tensors)
    if not one_pass or not numbers or (compiling and (tensors or isinstance(how.denominator, Tensor))):
        if check and not compiling and not arguments.transformed():
            _check(loss, f, y, w, options)
        return again(f)
    settled = {**options, **(parameters if compiling else arguments.as_numbers(parameters))}
    if not compiling:
        settled = {n: kernels.array(v) if isinstance(v, Tensor) else v for n, v in settled.items()}
    return taken(f, Call(loss, y, w, how, check, settled, again))


def _check(loss: Handle, f: Tensor, y: Tensor, w: Tensor | None, options: Mapping[str, Any]) -> None:
    """Refuse targets that count and are outside their domain."""
    if not kernels.takes(f, y):
        _check_elsewhere(cast(RowLoss, loss.record), f, y, options)
        return
    public = cast(RowLossFunction, kernels.public(loss.record))
    given: dict[str, Any] = {n: kernels.array(v) if isinstance(v, Tensor) else v for n, v in options.items()}
    with kernels.host_names(loss.record):
        if w is None:
            public(kernels.array(y), kernels.array(f), **given)  # by the kernel that is about to be needed
        else:
            public.parts(kernels.array(y), kernels.array(f), kernels.array(w), **given)


def _check_elsewhere(record: RowLoss, f: Tensor, y: Tensor, options: Mapping[str, Any]) -> None:
    """On another device: class indices alone, of which a wrong one would be read as some other class."""
    classes = f.shape[-1] + record.more_classes
    if y.is_floating_point():
        return
    wrong = (y < 0) | (y >= classes)
    if options.get("ignore_index") is not None:
        wrong = wrong & (y != options["ignore_index"])
    if bool(wrong.any()):
        raise DomainError(f"{record.name}: class indices must be from 0 to {classes - 1}, but target holds others")


def _by_operations(
    loss: Handle,
    f: Tensor,
    y: Tensor,
    w: Tensor | None,
    options: Mapping[str, Any],
    parameters: Mapping[str, Any],
    how: Reduction,
) -> Tensor:
    record = cast(RowLoss, loss.record)
    leading, k = f.shape[:-1], f.shape[-1]
    wide = arithmetic(f.device)
    rows = f.reshape(-1, k)
    t, weight = _targets(record, rows, y, w, options, wide)
    x = _transformed(rows, options)
    numbers = [v.reshape(-1) if v.ndim else v for v in arguments.as_tensors(parameters, torch.Size(leading), f)]
    losses = value(loss.key, x, _mixed(record, t, x, options), numbers)
    if weight is None:
        return reduced(record, losses.reshape(leading), None, how)
    return reduced(record, losses.reshape(leading), weight.reshape(leading), how)


def _targets(
    record: RowLoss, f: Tensor, y: Tensor, w: Tensor | None, options: Mapping[str, Any], wide: torch.dtype
) -> tuple[Tensor, Tensor | None]:
    """Target weights (n, classes), and what each row weighs: its weight, ignored index and class weight together."""
    n, k = f.shape
    classes = k + record.more_classes
    weight = None if w is None else w.reshape(-1).to(wide)
    if y.is_floating_point():
        t = y.reshape(n, classes).to(wide)
    else:
        index = y.reshape(-1, 1)
        t = (index == torch.arange(classes, device=y.device)).to(wide)
        if options.get("ignore_index") is not None:
            counts = (index != options["ignore_index"])[:, 0].to(wide)
            weight = counts if weight is None else torch.where(counts == 0.0, 0.0, weight)
    if options.get("class_weight") is not None:
        by_class = torch.as_tensor(options["class_weight"]).to(t.device, wide)
        share = (t * by_class).sum(dim=1)
        if weight is not None:
            share = torch.where(weight == 0.0, 0.0, share)
        weight = share if weight is None else weight * share
    return t, weight


def _mixed(record: RowLoss, t: Tensor, x: Tensor, options: Mapping[str, Any]) -> Tensor:
    """Target weights with class weights and smoothing in them, of mass as before: as in ``row_options``."""
    if options.get("class_weight") is not None:
        weighted = t * torch.as_tensor(options["class_weight"]).to(t.device, t.dtype)
        mass = weighted.sum(dim=1, keepdim=True)
        t = weighted / torch.where(mass == 0.0, 1.0, mass)
    smoothing = options.get("label_smoothing", 0.0)
    if smoothing == 0.0:
        return t
    if record.targets == "labels":
        return (1.0 - smoothing) * t + torch.where(x != -math.inf, 0.5 * smoothing, 0.0)
    open_classes = torch.ones_like(t) if record.more_classes else (x != -math.inf).to(t.dtype)
    even = t.sum(dim=1, keepdim=True) / open_classes.sum(dim=1, keepdim=True)
    return (1.0 - smoothing) * t + smoothing * even * open_classes


def _transformed(f: Tensor, options: Mapping[str, Any]) -> Tensor:
    """The scores that the loss sees."""
    x = f
    wide = arithmetic(f.device)
    if options.get("soft_cap") is not None:
        cap = torch.tensor(float(options["soft_cap"]), dtype=wide, device=f.device)
        x = bound(scores.capped, wide is torch.float64)(x.to(wide), cap)
    if options.get("class_prior") is not None:
        prior = torch.as_tensor(options["class_prior"]).to(f.device, wide)
        x = x.to(wide) + options.get("prior_strength", 1.0) * prior.log()
    if options.get("temperature") is not None:
        x = x * (1.0 / options["temperature"])
    return x if x.dtype == f.dtype else x.to(wide)
