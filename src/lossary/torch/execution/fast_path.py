"""The usual call, a mean or sum over two plain tensors and no more: straight from their memory to the kernel.

A cost of a thousand examples is all overhead, so what a call need not look at again is prepared once. Whatever is
not usual is left to ``lossary.torch.execution.fused`` and to torch operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, cast

import torch
from torch import Tensor

from lossary.backends.cpu.pointwise.runner import Runner
from lossary.backends.cpu.runtime.total import UNIT
from lossary.evaluate.arrays.memory import SMALL, fresh
from lossary.evaluate.arrays.refusals import refuse
from lossary.evaluate.pointwise.direct import Direct
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import Loss
from lossary.rowwise import RowLoss
from lossary.torch.formulas import once_more
from lossary.torch.formulas.modes import many, plain_mode, wrapped
from lossary.torch.formulas.records import Handle
from lossary.torch.tensors import kernels

_CHARS = {torch.float32: "f", torch.float64: "d"}
_NAMES = {"f": "f4", "d": "f8"}


def reduces(reduction: str, denominator: object) -> bool:
    """Whether losses without weights are simply summed, or averaged."""
    return reduction in ("mean", "sum") and isinstance(denominator, str) and denominator in ("weights", "size")


def usual(input: Tensor, target: Tensor) -> bool:
    """Whether a call on undisturbed tensors, of a pointwise loss, is one."""
    return (
        _plain(input, target)
        and input.dtype is target.dtype
        and input.shape == target.shape
        and input.is_contiguous()
        and target.is_contiguous()
    )


def usual_rows(input: Tensor, target: Tensor, given: Mapping[str, Any]) -> bool:
    """Whether one of a rowwise loss is one: scores (n, k), and class indices (n,) or weights (n, k)."""
    if not _plain(input, target) or input.ndim != 2:
        return False
    if target.dtype is torch.int64:
        return target.shape == input.shape[:1]
    return target.dtype is input.dtype and target.shape == input.shape and given.get("ignore_index") is None


def _plain(input: Tensor, target: Tensor) -> bool:
    """Whether both are nothing but numbers in the processor's memory."""
    return (
        input.dtype in _CHARS
        and not target.requires_grad
        and input.is_cpu
        and target.is_cpu
        and input.layout is torch.strided
        and target.layout is torch.strided
        and not (input.is_neg() or target.is_neg())
        and input.ndim > 0
        and input.numel() > 0
    )


class Prepared:
    """A loss with its parameters, for tensors of one dtype."""

    def __init__(self, public: LossFunction, char: str) -> None:
        self.public = public
        self.dtype = _NAMES[char]
        self.bytes = int(_NAMES[char][1])
        self.numbers = tuple(float(cast(float, v)) for v in public.given.values())
        self._dtypes = (char, char, None, _NAMES[char])
        self._runners: dict[tuple[bool, bool], Runner] = {}

    def runner(self, gradient: bool, scaled: bool) -> Runner:
        """The kernel of the cost, with its gradient if asked for."""
        key = (gradient, scaled)
        if key not in self._runners:
            outputs = ("grad",) if gradient else ()
            self._runners[key] = self.public.runner(outputs, self._dtypes, total=True, scaled=scaled)
        return self._runners[key]

    def __call__(self, f: Tensor, y: Tensor, mean: bool, check: bool, gradient: bool) -> tuple[Tensor, Tensor | None]:
        """The mean or sum of the losses, and its gradient."""
        size = f.numel()
        places = _places(y, f, self.bytes)
        if places is None:
            y, f = (torch.from_numpy(kernels.array(each).copy()) for each in (y, f))
            return self(f, y, mean, check, gradient)
        divisor = size if mean else 1
        slope = room(f) if gradient else None
        flags, total = self.runner(gradient, gradient and divisor > 1).at(
            size,
            places,
            self.numbers,
            () if slope is None else (slope.data_ptr(),),
            size * self.bytes,
            1.0 / divisor,
            (y, f, slope),
        )
        if flags and check:
            a, b = kernels.array(y).reshape(-1), kernels.array(f).reshape(-1)
            with kernels.host_names(self.public.record):
                refuse(self.public.record, flags, a, b, None, tuple(f.shape), str(self.public))
        return torch.scalar_tensor(total.over(divisor * UNIT), dtype=f.dtype, device="cpu"), slope


def _places(y: Tensor, f: Tensor, size: int) -> tuple[int, int, int, int] | None:
    """Of two contiguous tensors of numbers of ``size`` bytes each one's address, and the bytes from number to number.

    None if a kernel cannot read one there: memory from elsewhere need not be aligned, and some tensors have none.
    """
    at_y, at_f = y.data_ptr(), f.data_ptr()
    if not at_y or not at_f or (at_y | at_f) & (size - 1):
        return None
    return at_y, size, at_f, size


def room(f: Tensor) -> Tensor:
    """Memory for the gradient: torch's own, or for a large one a block that was used before."""
    if f.numel() * f.itemsize < SMALL:
        return torch.empty_like(f, memory_format=torch.contiguous_format, requires_grad=False)
    return torch.from_numpy(fresh(f.shape, _NAMES[_CHARS[f.dtype]]))


@lru_cache(maxsize=256)
def direct(record: Loss, given: tuple[tuple[str, float], ...]) -> Direct | None:
    """The usual calls of the loss with these parameters; None where its cost is no plain mean or sum."""
    with kernels.host_names(record):
        public = cast(LossFunction, kernels.public(record)).using(**dict(given))
    return None if public.cost_root else cast(Direct, public.direct)


@lru_cache(maxsize=256)
def prepared(record: Loss, dtype: torch.dtype, given: tuple[tuple[str, float], ...]) -> Prepared:
    """The loss with these parameters, ready for tensors of this dtype."""
    with kernels.host_names(record):
        public = cast(LossFunction, kernels.public(record)).using(**dict(given))
    return Prepared(public, _CHARS[dtype])


class PreparedRows:
    """A rowwise loss with its parameters and options."""

    def __init__(self, public: RowLossFunction, given: Mapping[str, Any]) -> None:
        self.public = public
        self.settings = public.settled(given)
        self.direct = public.directly(self.settings)

    def __call__(self, f: Tensor, y: Tensor, mean: bool, check: bool, gradient: bool) -> tuple[Tensor, Tensor | None]:
        """The mean or sum of the losses, and its gradient."""
        public = self.public
        reduction, empty = ("mean", None) if mean else ("sum", 0.0)
        with kernels.host_names(public.record):
            call = public.call(kernels.array(y), kernels.array(f), self.settings)
            call.weigh(None, None)
            divisor = call.divisor("weights")
            names = ("grad",) if gradient else ()
            written = [call.room(name) for name in names]
            total = call.execute(names, written, check, divisor if mean and gradient else None, total=True)
            cost = public.reduced(total, divisor, reduction, empty)
        return torch.scalar_tensor(cost, dtype=f.dtype, device="cpu"), torch.from_numpy(
            written[0]
        ) if gradient else None


@lru_cache(maxsize=256)
def prepared_rows(record: RowLoss, given: tuple[tuple[str, float | None], ...]) -> PreparedRows:
    """The loss with these parameters and options."""
    with kernels.host_names(record):
        return PreparedRows(cast(RowLossFunction, kernels.public(record)), dict(given))


@dataclass(slots=True)
class Call:
    """One call but for its predictions.

    ``mean`` is whether it is a mean, or a sum; None for losses one by one. ``run`` finds what computes it. ``again``
    gives its cost at predictions by torch operations, which can be differentiated as often as asked. Both look at
    ``loss`` and at ``given``, the parameters and options.
    """

    run: Callable[[Call, Tensor], Prepared | PreparedRows]
    target: Tensor
    mean: bool | None
    check: bool
    again: Callable[[Call, Tensor], Tensor]
    loss: Handle
    given: Mapping[str, Any]

    def __call__(self, f: Tensor, gradient: bool) -> tuple[Tensor, Tensor | None]:
        """The cost, and its gradient if asked for."""
        return self.run(self, f)(f, self.target, bool(self.mean), self.check, gradient)


class FastCost(torch.autograd.Function):
    """A cost whose gradient was computed with it."""

    @staticmethod
    def forward(ctx: Any, f: Tensor, call: Call) -> Tensor:
        cost, ctx.gradient = call(f, True)
        ctx.call = call
        ctx.save_for_backward(f, call.target)
        return cost

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        if torch.is_grad_enabled():  # create_graph=True
            f, _ = ctx.saved_tensors
            return once_more.gradient(partial(ctx.call.again, ctx.call), f, g), None
        if many(g):
            slope = ctx.call(ctx.saved_tensors[0], True)[1] if ctx.gradient is None else ctx.gradient
            return slope * g, None
        # Given away, so that torch need not copy it. Who goes backward twice through one graph has it computed again.
        gradient, ctx.gradient = ctx.gradient, None
        if gradient is None:
            gradient = ctx.call(ctx.saved_tensors[0], True)[1]
        if g.item() != 1.0:
            gradient *= g
        return gradient, None


# Past what ``Function.apply`` does for tensors that ``torch.func`` has wrapped, which a usual call has none of.
_apply = super(torch.autograd.Function, FastCost).apply


def cost(input: Tensor, call: Call) -> Tensor:
    """The mean or sum of the losses of one call."""
    if input.requires_grad and torch.is_grad_enabled():
        return cast(Tensor, _apply(input, call))
    return call(input, False)[0]


def undisturbed(input: Tensor, target: Tensor, given: Mapping[str, Any]) -> bool:
    """Whether both are plain tensors that nothing looks on at, and parameters and options numbers."""
    if given:
        for value in given.values():  # no generator: to make one takes a microsecond
            if value is not None and type(value) is not float and type(value) is not int:
                return False
    return (
        type(target) is Tensor
        and (type(input) is Tensor or type(input) is torch.nn.Parameter)
        and plain_mode()
        and not (wrapped(input) or wrapped(target))
    )
