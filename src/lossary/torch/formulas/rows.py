"""Rowwise formulas on torch operations: ``lossary.backends.numpy_rows`` for tensors of any device, differentiable.

A number a row is a tensor of shape (n, 1), a number a score one of shape (n, k); a parameter is one number or (n, 1).
As in the compiled kernels, numbers a score may be computed in float32, and numbers a row are computed in doubles: sums
over a row of floats would lose digits. What no formula asks for is never made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor

from lossary.formula import Formula
from lossary.rowwise import Outer, RowLoss, Statistic, arguments
from lossary.torch.formulas.chain_rule import differentiable
from lossary.torch.formulas.modes import unseen
from lossary.torch.formulas.operations import bound, widest

MOST_STEPS = 200
STEPS_UNSEEN = 64
"""Steps of a threshold where its numbers cannot be looked at: under ``torch.func``; Newton's are far fewer."""


@cache
def on_torch(loss: RowLoss, of_score: torch.dtype, of_row: torch.dtype, differentiated: bool = False) -> RowLoss:
    """The loss with its formulas bound to torch operations, for these two kinds of numbers.

    ``differentiated`` says that torch takes derivatives of what is computed with them.
    """
    on_operations = differentiable if differentiated else bound

    def score(formula: Formula) -> Formula:
        return on_operations(formula, of_score is torch.float64)

    def row(formula: Formula) -> Formula:
        return on_operations(formula, of_row is torch.float64)

    def statistic(s: Statistic) -> Statistic:
        term = (row if s.kind in ("row", "threshold") else score)(s.term)
        sums = tuple((name, score(formula)) for name, formula in s.sums)
        return replace(s, term=term, sums=sums, step=None if s.step is None else row(s.step))

    def outer(o: Outer) -> Outer:
        return Outer(row(o.scale), score(o.left), None if o.right is None else score(o.right))

    return replace(
        loss,
        statistics=tuple(map(statistic, loss.statistics)),
        value=row(loss.value),
        grad=score(loss.grad),
        hess=score(loss.hess),
        outers=tuple(map(outer, loss.outers)),
        cross=None if loss.cross is None else score(loss.cross),
    )


class Rows:
    """A loss on rows of scores ``f`` (n, k) with target weights ``t`` (n, k + more_classes).

    ``loss`` is one ``on_torch``, for numbers a score of the dtype ``arithmetic``; ``of`` makes it of any.
    """

    @classmethod
    def of(
        cls,
        loss: RowLoss,
        f: Tensor,
        t: Tensor,
        parameters: Sequence[Tensor],
        arithmetic: torch.dtype | None = None,
        differentiated: bool = False,
    ) -> Rows:
        """A loss of the catalogue on rows, in the widest arithmetic that the device has unless another is named."""
        wide = widest(f.device)
        formulas = on_torch(loss, arithmetic or wide, wide, differentiated)
        return cls(formulas, f, t, parameters, arithmetic or wide)

    def __init__(
        self, loss: RowLoss, f: Tensor, t: Tensor, parameters: Sequence[Tensor], arithmetic: torch.dtype
    ) -> None:
        self._loss = loss
        self.dtype = f.dtype
        self._of_row = widest(f.device)
        self._of_score = arithmetic
        self._f, self._t = f.to(self._of_score), t.to(self._of_score)
        self._shape = (f.shape[0], f.shape[1])
        self._statistics = {s.name: s for s in loss.statistics}
        self._known: dict[str, Tensor] = {}
        for parameter, number in zip(loss.parameters, parameters, strict=True):
            one = number.to(f.device, self._of_row)
            self._known[parameter.name] = one if one.ndim == 0 else one.reshape(-1, 1)
        self._rounded: dict[str, Tensor] = {}

    def _number(self, name: str) -> Tensor:
        """What a formula calls by this name: a number a row as a double, a number a score in its arithmetic."""
        if name not in self._known:
            statistic = self._statistics.get(name)
            self._known[name] = self._given(name) if statistic is None else self._statistic(statistic)
        return self._known[name]

    def _given(self, name: str) -> Tensor:
        """A name that is no statistic."""
        f, t, (n, k) = self._f, self._t, self._shape
        match name:
            case "f":
                return f
            case "t":
                return t[:, :k]
            case "k":
                return f.new_full((), float(k), dtype=self._of_row)
            case "rank":
                return torch.arange(1.0, k + 1.0, dtype=f.dtype, device=f.device)[None, :]
            case "before":
                return torch.cat([f.new_full((n, 1), -math.inf), f[:, :-1]], dim=1)
            case "after":
                return torch.cat([f[:, 1:], f.new_full((n, 1), math.inf)], dim=1)
            case "t_after":
                return t[:, 1 : k + 1] if self._loss.more_classes else torch.cat([t[:, 1:], f.new_zeros((n, 1))], dim=1)
        raise ValueError(f"{self._loss.name}: a formula asks for {name!r}, which is nothing that it has")

    def _in_score(self, name: str) -> Tensor:
        """The same for a formula of a score."""
        if name not in self._rounded:
            self._rounded[name] = self._number(name).to(self._of_score)
        return self._rounded[name]

    def _at_row(self, formula: Formula, **more: Tensor) -> Tensor:
        """A row formula, of shape (n, 1) or (1, 1)."""
        numbers = (more[name] if name in more else self._number(name) for name in _names(formula))
        result = formula(*numbers)
        return result if isinstance(result, Tensor) else self._f.new_full((1, 1), result, dtype=self._of_row)

    def _over_scores(self, formula: Formula, **more: Tensor) -> Tensor:
        """A score formula, of shape (n, k)."""
        numbers = (more[name].to(self._of_score) if name in more else self._in_score(name) for name in _names(formula))
        result = formula(*numbers)
        scores = result if isinstance(result, Tensor) else self._f.new_full((1, 1), result)
        return scores.expand(self._shape)

    def _sum(self, scores: Tensor) -> Tensor:
        return scores.sum(dim=1, keepdim=True, dtype=self._of_row)

    def _statistic(self, statistic: Statistic) -> Tensor:
        term = statistic.term
        match statistic.kind:
            case "row":
                return self._at_row(term)
            case "keep":
                return self._over_scores(term)
            case "max":
                return self._over_scores(term).amax(dim=1, keepdim=True).to(self._of_row)
            case "sum":
                return self._sum(self._over_scores(term))
            case "expect":
                # No term where t is 0, whatever stands there; yet a finite one is the slope by t there.
                t, x = self._number("t"), self._over_scores(term)
                return self._sum(t * torch.where((t == 0.0) & ~torch.isfinite(x), 0.0, x))
            case "running":
                return self._over_scores(term).cumsum(dim=1, dtype=self._of_row).to(self._of_score)
            case "running_back":
                backwards = self._over_scores(term).flip(1).cumsum(dim=1, dtype=self._of_row)
                return backwards.flip(1).to(self._of_score)
            case "threshold":
                return self._threshold(statistic)
        raise ValueError(f"{self._loss.name}: no statistic is of kind {statistic.kind!r}")

    def _threshold(self, statistic: Statistic) -> Tensor:
        assert statistic.step is not None
        x = self._at_row(statistic.term).expand(self._shape[0], 1)
        readable = not unseen(x)
        for _ in range(MOST_STEPS if readable else STEPS_UNSEEN):
            current = {statistic.name: x}
            sums = {name: self._sum(self._over_scores(formula, **current)) for name, formula in statistic.sums}
            higher = self._at_row(statistic.step, **current, **sums)
            climbs = higher > x
            if readable and not bool(climbs.any()):
                break
            x = torch.where(climbs, higher, x)
        return x

    def _spoiled(self, numbers: Tensor) -> Tensor:
        """NaN in every row that has a NaN among its scores."""
        return torch.where(torch.isnan(self._f).any(dim=1, keepdim=True), math.nan, numbers)

    def value(self) -> Tensor:
        """The loss of every row, of shape (n,)."""
        return self._spoiled(self._at_row(self._loss.value).expand(self._shape[0], 1))[:, 0].to(self.dtype)

    def gradient(self) -> Tensor:
        """Its derivative by every score, of shape (n, k)."""
        return self._spoiled(self._over_scores(self._loss.grad)).to(self.dtype)

    def hessian_product(self, direction: Tensor) -> Tensor:
        """The Hessian of every row times a direction (n, k)."""
        v = direction.to(self._of_score)
        product = self._over_scores(self._loss.hess) * v
        if self._loss.cross is not None:
            product = product + (self._crossed(self._loss.cross) * v[:, None, :]).sum(dim=2)
        for outer in self._loss.outers:
            scale, left, right = self._outer(outer)
            product = product + scale * (left * _sums_of_others(right * v))
            if outer.right is not None:
                product = product + scale * (right * _sums_of_others(left * v))
        return self._spoiled(product).to(self.dtype)

    def _crossed(self, formula: Formula) -> Tensor:
        """The second derivatives by every two different scores, of shape (n, k, k)."""
        n, k = self._shape
        numbers = (self._of_two(name) for name in _names(formula))
        full = formula(*numbers).expand(n, k, k)
        upper = torch.triu(full, 1)
        return upper + upper.transpose(1, 2)

    def _of_two(self, name: str) -> Tensor:
        """A number of the score i along the first axis of a row's matrix, or of the score j along the second."""
        plain = name.removesuffix("_i").removesuffix("_j")
        numbers = self._in_score(plain)
        if numbers.ndim == 0:
            return numbers
        return numbers[:, None, :] if name.endswith("_j") else numbers[:, :, None]

    def _outer(self, outer: Outer) -> tuple[Tensor, Tensor, Tensor]:
        left = self._over_scores(outer.left)
        right = left if outer.right is None else self._over_scores(outer.right)
        return self._at_row(outer.scale).to(self._of_score), left, right


def _names(formula: Formula) -> tuple[str, ...]:
    """The names that a formula on torch operations takes."""
    return arguments(getattr(formula, "__wrapped__", formula))


def _sums_of_others(x: Tensor) -> Tensor:
    """For each score the sum of ``x`` over the others of its row; the largest is never taken off a sum it is in."""
    top = torch.arange(x.shape[1], device=x.device)[None, :] == x.abs().argmax(dim=1, keepdim=True)
    lesser = torch.where(top, 0.0, x)
    without_top = lesser.sum(dim=1, keepdim=True)
    largest = (x - lesser).sum(dim=1, keepdim=True)
    return torch.where(top, without_top, (without_top - lesser) + largest)
