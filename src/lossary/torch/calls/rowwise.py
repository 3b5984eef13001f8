"""A rowwise loss on tensors: which of the ways to compute it a call takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, cast

import torch
from torch import Tensor

from lossary.evaluate.arrays.missing import asked
from lossary.evaluate.arrays.refusals import DomainError
from lossary.evaluate.rows.function import RowLossFunction
from lossary.evaluate.rows.options import parsed
from lossary.rowwise import RowLoss
from lossary.torch.calls.row_layout import classes_last, masked, options_and_parameters, refuse_ignored_rows
from lossary.torch.execution import fast_path, pieces
from lossary.torch.execution.at_once import Small, at_once
from lossary.torch.execution.fused import FusedCall, fused_cost
from lossary.torch.execution.operations import rowwise_cost
from lossary.torch.formulas.modes import by_operators, transformed
from lossary.torch.formulas.records import Handle
from lossary.torch.tensors import arguments, kernels
from lossary.torch.tensors.missing import rows_without_missing
from lossary.torch.tensors.reduction import Denominator, Reduction


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
    halves: tuple[str, ...] | None = None,
) -> Tensor:
    """The loss or cost; ``given`` are parameters and options, and ``lossary.torch.functional`` describes the rest.

    ``halves`` is as in ``kernels.Examples``, and given by who has widened targets or scores already.
    """
    record = cast(RowLoss, loss.record)
    plain = (
        halves is None
        and weight is None
        and empty is None
        and denominator == "weights"
        and fast_path.reduces(reduction, denominator)
    )
    if plain and dim in (1, -1) and fast_path.undisturbed(input, target, given):
        mean, key = reduction == "mean", tuple(given.items())
        small = _small(loss, key)
        if (
            small is not None
            and not small.given_up
            and (target.dtype is torch.int64 or given.get("ignore_index") is None)
        ):
            found = at_once(input, target, mean, small)
            if found is not None:
                return found
            if given.get("ignore_index") is not None:
                small.given_up = True  # there are such rows: to look for them in vain takes as long as to compute them
        if fast_path.usual_rows(input, target, given):
            return fast_path.cost(input, _call(loss, given, target, mean, check))
    to_cost = Reduction(reduction, denominator, empty)
    dtypes = arguments.dtypes(input, target)
    came = arguments.halves(target, input) if halves is None else halves
    f, y = classes_last(record, input, target, dim)
    if given.get("ignore_index") is not None and y.is_floating_point():
        refuse_ignored_rows(record.name)
    options, parameters = options_and_parameters(record, given, check)
    if options.get("class_mask") is not None:
        f = masked(record, f, options.pop("class_mask"), input.shape, dim)
    w = arguments.weights(record.name, weight, f.shape[:-1])
    if asked(options.pop("missing", "error")):
        f, y, w, to_cost = rows_without_missing(record, f, y, w, to_cost)
    settled = RowwiseCall(loss, y, w, options, parameters, to_cost, dtypes, came)
    return settled.cost(f, check).to(dtypes.result)


@lru_cache(maxsize=256)
def _small(loss: Handle, given: tuple[tuple[str, float | None], ...]) -> Small | None:
    """What answers small calls of the loss with these parameters and options; None where options change it."""
    direct = fast_path.prepared_rows(cast(RowLoss, loss.record), given).direct
    return None if direct is None else Small(direct, partial(_call, loss, dict(given)))


def _call(
    loss: Handle, given: Mapping[str, Any], target: Tensor, mean: bool | None, check: bool = False
) -> fast_path.Call:
    return fast_path.Call(_prepared, target, mean, check, _again, loss, given)


def _prepared(call: fast_path.Call, f: Tensor) -> fast_path.PreparedRows:
    return fast_path.prepared_rows(cast(RowLoss, call.loss.record), tuple(call.given.items()))


def _again(call: fast_path.Call, f: Tensor) -> Tensor:
    """The cost of a usual call by torch operations."""
    options, parameters = options_and_parameters(cast(RowLoss, call.loss.record), call.given, False)
    same, reduction = arguments.Dtypes(f.dtype, f.dtype), Reduction("mean" if call.mean else "sum")
    return RowwiseCall(call.loss, call.target, None, options, parameters, reduction, same).by_operations(f)


@dataclass(eq=False)  # made at every call, and a frozen one takes a microsecond more
class RowwiseCall:
    """One call of a rowwise loss but for its scores, with everything made ready and the classes last."""

    loss: Handle
    target: Tensor
    weight: Tensor | None
    options: Mapping[str, Any]
    parameters: Mapping[str, Any]
    reduction: Reduction
    dtypes: arguments.Dtypes
    halves: tuple[str, ...] = ("", "")

    @property
    def record(self) -> RowLoss:
        """The loss."""
        return cast(RowLoss, self.loss.record)

    def cost(self, f: Tensor, check: bool) -> Tensor:
        """The loss or cost at scores ``f``: by a kernel where one can, by pieces, or by operations."""
        tensors = [v for v in self.parameters.values() if isinstance(v, Tensor)]
        option_tensors = [v for v in self.options.values() if isinstance(v, Tensor)]
        all_tensors = (self.target, self.weight, *tensors, *option_tensors)
        traced = by_operators(f, *all_tensors)
        denominator = self.reduction.denominator
        readable = not transformed() and kernels.takes(f, *all_tensors)
        fixed = not arguments.differentiated(denominator, *all_tensors)
        numbers = all(v.ndim == 0 for v in tensors)
        if fixed and numbers and not (readable or traced or transformed()):
            self._check_elsewhere(f, check)
            return pieces.cost(f, self._by_pieces(check))
        f = f.to(self.dtypes.compute)
        self.target, self.weight = arguments.for_kernels(self.target, self.weight, self.dtypes.compute)
        if not (readable and fixed and numbers) or (traced and (tensors or isinstance(denominator, Tensor))):
            self._check_elsewhere(f, check and not traced and not transformed())
            return self.by_operations(f)
        named = {**self.options, **(self.parameters if traced else arguments.as_numbers(self.parameters))}
        if not traced:
            named = _as_arrays(named)
        call = FusedCall(
            self.loss, self.target, self.weight, self.reduction, check, named, self.by_operations, self.halves
        )
        return fused_cost(f, call)

    def _by_pieces(self, check: bool) -> pieces.PieceCall:
        numbers = arguments.as_numbers(self.parameters)
        return pieces.PieceCall(
            self.record, self.target, self.weight, self.options, numbers, self.reduction, check, self.dtypes,
            self.by_operations,
        )  # fmt: skip

    def by_operations(self, f: Tensor) -> Tensor:
        """The loss or cost by torch operations, differentiable as often as asked."""
        dtype = self.dtypes.compute
        y, w = arguments.for_kernels(self.target, self.weight, dtype)
        options, parameters = self.options, self.parameters
        return rowwise_cost(self.loss.key, self.record, f.to(dtype), y, w, options, parameters, self.reduction)

    def _check_elsewhere(self, f: Tensor, check: bool) -> None:
        """Refuse options, and targets if asked to, that no kernel will see."""
        if not torch.compiler.is_compiling():  # numbers can be looked at where tensors cannot
            parsed(self.record, {n: v for n, v in self.options.items() if not isinstance(v, Tensor)})
        if check:
            self._check(f)

    def _check(self, f: Tensor) -> None:
        """Refuse targets that count and are outside their domain."""
        if not kernels.takes(f, self.target):
            _check_class_indices(self.record, f, self.target, self.options)
            return
        public = cast(RowLossFunction, kernels.public(self.record))
        options = _as_arrays(self.options)
        y, scores = kernels.rows(self.target, self.halves[0]), kernels.rows(f, self.halves[1])
        with kernels.host_names(self.record):
            if self.weight is None:
                public(y, scores, **options)  # by the kernel needed in a moment
            else:
                public.parts(y, scores, kernels.array(self.weight), **options)


def _as_arrays(options: Mapping[str, Any]) -> dict[str, Any]:
    return {n: kernels.array(v) if isinstance(v, Tensor) else v for n, v in options.items()}


def _check_class_indices(record: RowLoss, f: Tensor, y: Tensor, options: Mapping[str, Any]) -> None:
    """On another device: class indices alone, of which a wrong one would be read as some other class."""
    classes = f.shape[-1] + record.more_classes
    if y.is_floating_point():
        return
    wrong = (y < 0) | (y >= classes)
    if options.get("ignore_index") is not None:
        wrong = wrong & (y != options["ignore_index"])
    if bool(wrong.any()):
        raise DomainError(f"{record.name}: class indices must be from 0 to {classes - 1}, but target holds others")
