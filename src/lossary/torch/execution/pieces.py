"""A cost and its gradient by torch operations, a piece of the examples at a time: what other devices run.

A formula makes a dozen intermediate results, each as large as what it is given. So it is given a part at a time, and
the gradient is computed when it is asked for: nothing is held from the cost to it, and what is needed besides the
gradient is a share of it. Where torch can compile for the device, ``compiled`` takes larger pieces.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from lossary.evaluate.arrays.refusals import refuse, refuse_weights
from lossary.formula import Loss
from lossary.rowwise import RowLoss
from lossary.torch.execution import piece
from lossary.torch.execution.compiled import compiled
from lossary.torch.execution.piece import Examples, Plan
from lossary.torch.formulas import once_more
from lossary.torch.formulas.modes import many
from lossary.torch.formulas.operations import constant, widest
from lossary.torch.formulas.records import Record
from lossary.torch.tensors import kernels
from lossary.torch.tensors.arguments import Dtypes, single
from lossary.torch.tensors.reduction import Reduction, divided, level, rooted

SHARE = 16
"""A piece is this part of all examples ..."""

LEAST, MOST = 2**16, 2**22
"""... but has at least and at most so many numbers: small pieces are all overhead, and large ones leave the caches."""

SMALL = (torch.bool, torch.uint8, torch.int8, torch.int16)
"""Whole numbers that are exact in float32."""

Box = tuple[slice, ...]


def boxes(shape: Sequence[int], most: int) -> Iterator[Box]:
    """Slices that cut a shape into pieces of at most ``most`` elements."""
    inner = math.prod(shape[1:])
    if not shape or not inner * shape[0]:
        yield ()
    elif inner <= most:
        step = most // inner
        yield from ((slice(i, i + step),) for i in range(0, shape[0], step))
    else:
        for i in range(shape[0]):
            yield from ((slice(i, i + 1), *rest) for rest in boxes(shape[1:], most))


@dataclass(eq=False)
class PieceCall:
    """One call of a loss but for its predictions; the classes of rows are along the last axis.

    Tensors are as they came, of half precision too; weights have the losses' shape. ``options`` may be tensors,
    ``parameters`` are numbers. ``differentiable`` is the same cost, differentiable as often as asked.
    """

    record: Record
    target: Tensor
    weight: Tensor | None
    options: Mapping[str, Any]
    parameters: Mapping[str, float]
    reduction: Reduction
    check: bool
    dtypes: Dtypes
    differentiable: Callable[[Tensor], Tensor]

    def run(self, f: Tensor) -> tuple[Tensor, Tensor | None]:
        """The cost, and by what the gradient of a sum of the losses is to be multiplied; None for 1."""
        pass_ = Pass(self, f)
        if self.reduction.kind == "none":
            self._refuse(f, pass_.added(piece.refused) if self.check else None)
            return pass_.losses(), None
        total, counted, wrong = pass_.added(piece.sums).unbind()
        self._refuse(f, wrong if self.check else None)
        if self.reduction.kind == "sum":
            cost, scale = total, None
        else:
            divisor = self.reduction.divisor(pass_.size, counted if pass_.weighted else None)
            cost = divided(self.record, total, divisor, self.reduction)
            scale = _inverse(divisor, total)
        if getattr(self.record, "cost_root", False):
            cost = rooted(cost)
            half = torch.where(cost == 0.0, 0.0, 0.5 / cost)
            scale = half if scale is None else scale * half
        return cost.to(self.dtypes.result), scale

    def gradient(self, f: Tensor, g: Tensor, scale: Tensor | None) -> Tensor:
        """The gradient of the cost times ``g``."""
        factor = g.to(widest(f.device))
        return Pass(self, f).gradient(factor if scale is None else factor * scale)

    def _refuse(self, f: Tensor, wrong: Tensor | None) -> None:
        """Refuse what counts and is outside its domain, by its position."""
        if wrong is None or not bool(wrong):
            return
        shape = tuple(f.shape[:-1] if isinstance(self.record, RowLoss) else f.shape)
        w = None if self.weight is None else kernels.array(self.weight.cpu()).reshape(-1)
        with kernels.host_names(self.record):
            if isinstance(self.record, Loss):
                y, x = (kernels.array(each.cpu()).reshape(-1) for each in (self.target, f))
                refuse(self.record, 7, y, x, w, shape, self.record.name)
            elif w is not None:
                refuse_weights(w, shape)


def _inverse(divisor: float | Tensor, like: Tensor) -> Tensor:
    """One over a denominator; zero where nothing counts."""
    if not isinstance(divisor, Tensor):
        return torch.full_like(like, 1.0 / divisor if divisor else 0.0)
    number = divisor.to(like.device, like.dtype).reshape(())
    return torch.where(number == 0.0, 0.0, 1.0 / number)


class Pass:
    """One walk over all examples of a call, piece by piece."""

    def __init__(self, call: PieceCall, f: Tensor) -> None:
        self.call, self.f = call, f.detach()
        f = self.f
        self.rowwise = isinstance(call.record, RowLoss)
        self.shape = f.shape[:-1] if self.rowwise else f.shape
        self.size = self.shape.numel()
        options = self._options()
        self.weighted = call.weight is not None or bool({"ignore_index", "class_weight"} & options.keys())
        self.powers = self._levelled(options)
        fits = self.rowwise or call.target.is_floating_point() or call.target.dtype in SMALL
        narrow = fits and single(call.record, call.parameters, call.dtypes.compute)
        dtype = torch.float32 if narrow else widest(f.device)
        self.plan = Plan.of(
            call.record,
            dtype,
            f.device,
            options=tuple(options),
            counts=call.reduction.denominator == "count",
            check=call.check,
        )
        self.options = list(options.values())
        self.parameters = [constant(float(v), widest(f.device), f.device) for v in call.parameters.values()]

    def _options(self) -> dict[str, Tensor]:
        """The options as tensors, numbers too: what has another value then needs no other code."""
        device = self.f.device
        given = {name: v for name, v in self.call.options.items() if v is not None}
        if given.get("label_smoothing") == 0.0:
            del given["label_smoothing"]
        tensors = {}
        for name, v in given.items():
            if isinstance(v, Tensor):
                tensors[name] = v.to(device)
            elif name == "ignore_index":
                tensors[name] = torch.full((), int(v), dtype=torch.int64, device=device)
            else:
                tensors[name] = constant(float(v), widest(device), device)
        return tensors

    def _levelled(self, options: dict[str, Tensor]) -> Tensor | None:
        """Class weights brought to about 1, and the powers of two for the others, where only their ratios matter."""
        if not self.call.reduction.levels:
            return None
        classes = options.get("class_weight")
        if classes is not None and classes.dtype is torch.float64 and classes.numel():
            powers = cast(Tensor, level(classes))
            options["class_weight"] = classes * powers[0] * powers[1]
        weight = self.call.weight
        # Floats are never so large or small that doubles overflow.
        return level(weight) if weight is not None and weight.dtype is torch.float64 else None

    def _boxes(self) -> Iterator[Box]:
        """The pieces."""
        each = self.f.shape[-1] if self.rowwise else 1
        most = min(max(self.size * each // SHARE, LEAST), MOST)
        return boxes(self.shape, max(1, most // max(1, each)))

    def _some(self, box: Box) -> Examples:
        """The examples of a piece, in one row."""
        call = self.call
        f = self.f[box]
        rows = (-1, f.shape[-1]) if self.rowwise else (-1,)
        y = call.target[box]
        flat = y.reshape(-1, y.shape[-1]) if self.rowwise and y.is_floating_point() else y.reshape(-1)
        weight = None if call.weight is None else call.weight[box].reshape(-1)
        return Examples(flat, f.reshape(rows), weight, self.powers, self.parameters, self.options)

    def added(self, what: piece.Work) -> Tensor:
        """The sum of what is computed of each piece."""
        found = self._at_once(what)
        if found is not None:
            return found
        return functools.reduce(torch.add, (what(self.plan, self._some(box)) for box in self._boxes()))

    def losses(self) -> Tensor:
        """The weighted losses."""
        found = self._at_once(piece.losses)
        if found is not None:
            return found.reshape(self.shape).to(self.call.dtypes.result)
        return self._filled(self.f.new_empty(self.shape, dtype=self.call.dtypes.result), piece.losses)

    def gradient(self, factor: Tensor) -> Tensor:
        """The gradient by the predictions times ``factor``, one number or one an example."""
        found = self._at_once(piece.gradients, factor)
        if found is not None:
            return found.reshape(self.f.shape)
        return self._filled(torch.empty_like(self.f), piece.gradients, factor)

    def _at_once(self, what: piece.Work, *more: Tensor) -> Tensor | None:
        """What is computed of all examples, by the compiler; None where there is none."""
        run = compiled(what, self.plan, self.f.device)
        return None if run is None else run(self._some(()), *(each.reshape(-1) if each.ndim else each for each in more))

    def _filled(self, result: Tensor, what: piece.Work, *more: Tensor) -> Tensor:
        """What is computed of each example, one or one row an example, laid out as ``result``."""
        for box in self._boxes():
            factors = (each[box].reshape(-1) if each.ndim else each for each in more)
            part = result[box]
            part.copy_(what(self.plan, self._some(box), *factors).reshape(part.shape))
        return result


class PieceCost(torch.autograd.Function):
    """A cost by pieces; a gradient of the gradient is that of ``call.differentiable``."""

    @staticmethod
    def forward(ctx: Any, f: Tensor, call: PieceCall) -> Tensor:
        cost, scale = call.run(f)
        ctx.call = call
        ctx.save_for_backward(f, call.target, call.weight, scale)
        return cost

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        f, _, _, scale = ctx.saved_tensors
        call: PieceCall = ctx.call
        if torch.is_grad_enabled():  # create_graph=True
            return once_more.gradient(lambda f: call.differentiable(f).to(g.dtype), f, g), None
        if many(g):
            slope = call.gradient(f, torch.ones((), device=f.device), scale)
            return slope * (g[..., None] if g.ndim and isinstance(call.record, RowLoss) else g), None
        return call.gradient(f, g, scale), None


def cost(f: Tensor, call: PieceCall) -> Tensor:
    """The loss or cost at predictions ``f``."""
    if not (torch.is_grad_enabled() and f.requires_grad):
        with torch.no_grad():
            return call.run(f)[0]
    return cast(Tensor, PieceCost.apply(f, call))
