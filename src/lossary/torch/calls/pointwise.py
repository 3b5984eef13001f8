"""A pointwise loss on tensors: which of the ways to compute it a call takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor

from lossary.evaluate.missing import asked
from lossary.evaluate.refusals import refuse
from lossary.formula import Loss
from lossary.torch.execution import fast_path
from lossary.torch.execution.elementwise import apply
from lossary.torch.execution.fused import Call, taken
from lossary.torch.formulas.records import Handle
from lossary.torch.tensors import arguments, kernels
from lossary.torch.tensors.missing import without_missing
from lossary.torch.tensors.reduction import Denominator, Reduction, reduced


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
    broadcast: bool = False,
    missing: str = "error",
) -> Tensor:
    """The loss or cost; the functions of ``lossary.torch.functional`` describe the arguments."""
    record = cast(Loss, loss.record)
    plain = weight is None and not broadcast and missing == "error" and fast_path.reduces(reduction, denominator)
    if plain and not record.cost_root and fast_path.usual(input, target, given):

        def again(f: Tensor) -> Tensor:
            parameters = arguments.parameters(record, given, False)
            return _by_operations(loss, f, target, None, parameters, Reduction(reduction), False)

        run = fast_path.prepared(record, input.dtype, tuple(given.items()))
        return fast_path.cost(input, fast_path.Call(run, target, reduction == "mean", check, again))
    how = Reduction(reduction, denominator, empty)
    kind = arguments.dtypes(input, target)
    f, y = arguments.same_shape(record.name, input.to(kind.compute), target, broadcast)
    if y.dtype in arguments.HALF:
        y = y.to(kind.compute)
    w = arguments.weights(record.name, weight, f.shape)
    if w is not None and w.dtype not in kernels.KERNEL_DTYPES:
        w = w.to(kind.compute)
    if asked(missing):
        f, y, w, how = without_missing(record, f, y, w, how)
    parameters = arguments.parameters(record, given, check)
    result = _computed(loss, f, y, w, parameters, how, check)
    return result.to(kind.result)


def _computed(
    loss: Handle, f: Tensor, y: Tensor, w: Tensor | None, parameters: Mapping[str, Any], how: Reduction, check: bool
) -> Tensor:
    compiling = torch.compiler.is_compiling()
    tensors = [v for v in parameters.values() if isinstance(v, Tensor)]
    seen = not arguments.transformed() and kernels.takes(f, y, w, *tensors)

    def again(f: Tensor, look: bool = False) -> Tensor:
        return _by_operations(loss, f, y, w, parameters, how, look)

    one_pass = seen and not arguments.differentiated(y, w, how.denominator, *tensors)
    if compiling and (tensors or isinstance(how.denominator, Tensor)):
        one_pass = False
    if not one_pass:
        looked = check and seen and not compiling
        if looked:
            _check(cast(Loss, loss.record), f, y, w)
        return again(f, check and not looked and w is None)
    numbers = parameters if compiling else arguments.as_numbers(parameters)
    return taken(f, Call(loss, y, w, how, check, numbers, again))


def _by_operations(
    loss: Handle,
    f: Tensor,
    y: Tensor,
    w: Tensor | None,
    parameters: Mapping[str, Any],
    how: Reduction,
    check: bool,
) -> Tensor:
    wide = y if y.is_floating_point() else y.to(f.dtype if f.device.type == "mps" else torch.float64)
    losses = apply(loss.key, "", check, wide, f, arguments.as_tensors(parameters, f.shape, f))
    return reduced(loss.record, losses, w, how)


def _check(record: Loss, f: Tensor, y: Tensor, w: Tensor | None) -> None:
    """Refuse what counts and is outside its domain."""
    with kernels.host_names(record):
        a, b = kernels.array(y).reshape(-1), kernels.array(f).reshape(-1)
        c = None if w is None else kernels.array(w).reshape(-1)
        refuse(record, 7, a, b, c, tuple(f.shape), record.name)
