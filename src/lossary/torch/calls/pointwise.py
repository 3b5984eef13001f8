"""A pointwise loss on tensors: which of the ways to compute it a call takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, cast

from torch import Tensor

from lossary.evaluate.arrays.missing import asked
from lossary.evaluate.arrays.refusals import refuse
from lossary.formula import Loss
from lossary.torch.execution import fast_path, pieces
from lossary.torch.execution.at_once import Small, at_once, each_at_once
from lossary.torch.execution.fused import FusedCall, fused_cost
from lossary.torch.execution.operations import pointwise_cost
from lossary.torch.formulas.modes import by_operators, transformed
from lossary.torch.formulas.records import Handle
from lossary.torch.tensors import arguments, kernels
from lossary.torch.tensors.missing import without_missing
from lossary.torch.tensors.reduction import Denominator, Reduction

_REDUCTIONS = {True: "mean", False: "sum", None: "none"}
"""What ``Call.mean`` stands for."""


def cost(
    loss: Handle,
    input: Tensor,
    target: Tensor,
    parameters: Mapping[str, Any],
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
    if weight is None and not broadcast and missing == "error":
        found = usual(loss, input, target, parameters, reduction, denominator, check)
        if found is not None:
            return found
    return looked_at(
        loss, input, target, parameters, weight, Reduction(reduction, denominator, empty), check, broadcast, missing
    )


def usual(
    loss: Handle,
    input: Tensor,
    target: Tensor,
    parameters: Mapping[str, Any],
    reduction: str,
    denominator: Denominator,
    check: bool,
) -> Tensor | None:
    """The cost of a usual call, which has nothing but these; None where it is not one after all."""
    each = reduction == "none"
    if not ((each or fast_path.reduces(reduction, denominator)) and fast_path.undisturbed(input, target, parameters)):
        return None
    mean = reduction == "mean"
    small = _small(loss, tuple(parameters.items()) if parameters else ())
    if small is None:
        return None
    if each:
        return each_at_once(input, target, small)
    found = at_once(input, target, mean, small)
    if found is None and fast_path.usual(input, target):
        return fast_path.cost(input, _call(loss, parameters, target, mean, check))
    return found


def looked_at(
    loss: Handle,
    input: Tensor,
    target: Tensor,
    parameters: Mapping[str, Any],
    weight: Tensor | None,
    to_cost: Reduction,
    check: bool,
    broadcast: bool,
    missing: str,
) -> Tensor:
    """The loss or cost of a call of which all may be otherwise."""
    record = cast(Loss, loss.record)
    dtypes = arguments.dtypes(input, target)
    f, y = arguments.same_shape(record.name, input, target, broadcast)
    w = arguments.weights(record.name, weight, f.shape)
    if asked(missing):
        f, y, w, to_cost = without_missing(record, f, y, w, to_cost)
    settled = PointwiseCall(loss, y, w, arguments.parameters(record, parameters, check), to_cost, dtypes)
    return settled.cost(f, check).to(dtypes.result)


@lru_cache(maxsize=256)
def _small(loss: Handle, given: tuple[tuple[str, float], ...]) -> Small | None:
    """What answers small calls of the loss with these parameters; None where its cost is no plain mean or sum."""
    direct = fast_path.direct(cast(Loss, loss.record), given)
    return None if direct is None else Small(direct, partial(_call, loss, dict(given)))


def _call(
    loss: Handle, parameters: Mapping[str, Any], target: Tensor, mean: bool | None, check: bool = False
) -> fast_path.Call:
    return fast_path.Call(_prepared, target, mean, check, _again, loss, parameters)


def _prepared(call: fast_path.Call, f: Tensor) -> fast_path.Prepared:
    return fast_path.prepared(cast(Loss, call.loss.record), f.dtype, tuple(call.given.items()))


def _again(call: fast_path.Call, f: Tensor) -> Tensor:
    """The cost of a usual call by torch operations."""
    checked = arguments.parameters(call.loss.record, call.given, False)
    same, reduction = arguments.Dtypes(f.dtype, f.dtype), Reduction(_REDUCTIONS[call.mean])
    return PointwiseCall(call.loss, call.target, None, checked, reduction, same).by_operations(f)


@dataclass(eq=False)  # made at every call, and a frozen one takes a microsecond more
class PointwiseCall:
    """One call of a pointwise loss but for its predictions, with everything made ready."""

    loss: Handle
    target: Tensor
    weight: Tensor | None
    parameters: Mapping[str, Any]
    reduction: Reduction
    dtypes: arguments.Dtypes

    def cost(self, f: Tensor, check: bool) -> Tensor:
        """The loss or cost at predictions ``f``: by a kernel where one can, by pieces, or by operations."""
        tensors = [v for v in self.parameters.values() if isinstance(v, Tensor)]
        traced = by_operators(f, self.target, self.weight, *tensors)
        readable = not transformed() and kernels.takes(f, self.target, self.weight, *tensors)
        denominator = self.reduction.denominator
        fixed = not arguments.differentiated(self.target, self.weight, denominator, *tensors)
        if fixed and not readable and not traced and not transformed() and all(v.ndim == 0 for v in tensors):
            return pieces.cost(f, self._by_pieces(check))
        f = f.to(self.dtypes.compute)
        self.target, self.weight = arguments.for_kernels(self.target, self.weight, self.dtypes.compute)
        one_pass = readable and fixed and not (traced and (tensors or isinstance(denominator, Tensor)))
        if not one_pass:
            checked = check and readable and not traced
            if checked:
                self._check(f)
            return self.by_operations(f, check and not checked and self.weight is None)
        numbers = self.parameters if traced else arguments.as_numbers(self.parameters)
        return fused_cost(
            f, FusedCall(self.loss, self.target, self.weight, self.reduction, check, numbers, self.by_operations)
        )

    def _by_pieces(self, check: bool) -> pieces.PieceCall:
        numbers, record = arguments.as_numbers(self.parameters), cast(Loss, self.loss.record)
        return pieces.PieceCall(
            record, self.target, self.weight, {}, numbers, self.reduction, check, self.dtypes, self.by_operations
        )

    def by_operations(self, f: Tensor, check: bool = False) -> Tensor:
        """The loss or cost by torch operations, differentiable as often as asked."""
        record, dtype = cast(Loss, self.loss.record), self.dtypes.compute
        y, w = arguments.for_kernels(self.target, self.weight, dtype)
        return pointwise_cost(self.loss.key, record, f.to(dtype), y, w, self.parameters, self.reduction, check)

    def _check(self, f: Tensor) -> None:
        """Refuse what counts and is outside its domain."""
        record = cast(Loss, self.loss.record)
        with kernels.host_names(record):
            y, predictions = kernels.array(self.target).reshape(-1), kernels.array(f).reshape(-1)
            w = None if self.weight is None else kernels.array(self.weight).reshape(-1)
            refuse(record, 7, y, predictions, w, tuple(f.shape), record.name)
