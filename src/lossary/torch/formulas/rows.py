"""Rowwise formulas on torch operations: ``lossary.backends.numpy_rows`` for tensors of any device, differentiable.

A number a row is a tensor of shape (n, 1), a number a score one of shape (n, k); a parameter is one number or (n, 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from lossary.formula import Formula
from lossary.rowwise import Outer, RowLoss, Statistic, arguments
from lossary.torch.formulas.chain_rule import differentiable
from lossary.torch.formulas.modes import unseen
from lossary.torch.formulas.operations import arithmetic, bound

MOST_STEPS = 200
STEPS_UNSEEN = 64
"""Steps of a threshold where its numbers cannot be looked at: under ``torch.func``; Newton's are far fewer."""


class Rows:
    """A loss on rows of scores ``f`` (n, k) with target weights ``t`` (n, k + more_classes).

    ``differentiated`` says that torch takes derivatives of what is computed here.
    """

    def __init__(
        self, loss: RowLoss, f: Tensor, t: Tensor, parameters: Sequence[Tensor], differentiated: bool = False
    ) -> None:
        self._loss, self._bound = loss, differentiable if differentiated else bound
        self.dtype = f.dtype
        dtype = arithmetic(f.device)
        self._double = dtype is torch.float64
        f, t = f.to(dtype), t.to(dtype)
        n, k = f.shape
        self._shape = (n, k)
        self._has_nan = torch.isnan(f).any(dim=1, keepdim=True)
        low, high = (f.new_full((n, 1), end) for end in (-math.inf, math.inf))
        named = {p.name: v.to(f.device, dtype) for p, v in zip(loss.parameters, parameters, strict=True)}
        self.names: dict[str, Tensor] = {
            "f": f,
            "t": t[:, :k],
            "k": f.new_tensor(float(k)),
            "rank": torch.arange(1.0, k + 1.0, dtype=dtype, device=f.device)[None, :],
            "before": torch.cat([low, f[:, :-1]], dim=1),
            "after": torch.cat([f[:, 1:], high], dim=1),
            "t_after": t[:, 1 : k + 1] if loss.more_classes else torch.cat([t[:, 1:], f.new_zeros((n, 1))], dim=1),
            **{name: v if v.ndim == 0 else v.reshape(n, 1) for name, v in named.items()},
        }
        for statistic in loss.statistics:
            self.names[statistic.name] = self._statistic(statistic)

    def _run(self, formula: Formula, **more: Tensor) -> Tensor:
        known = {**self.names, **more}
        result = self._bound(formula, self._double)(*(known[name] for name in arguments(formula)))
        return result if isinstance(result, Tensor) else self.names["f"].new_full((1, 1), result)

    def _over_scores(self, formula: Formula, **more: Tensor) -> Tensor:
        return self._run(formula, **more).expand(self._shape)

    def _sum(self, formula: Formula, **more: Tensor) -> Tensor:
        return self._over_scores(formula, **more).sum(dim=1, keepdim=True)

    def _statistic(self, statistic: Statistic) -> Tensor:
        term = statistic.term
        match statistic.kind:
            case "row":
                return self._run(term)
            case "keep":
                return self._over_scores(term)
            case "max":
                return self._over_scores(term).amax(dim=1, keepdim=True)
            case "sum":
                return self._sum(term)
            case "expect":
                # No term where t is 0, whatever stands there; yet a finite one is the slope by t there.
                t, x = self.names["t"], self._over_scores(term)
                return (t * torch.where((t == 0.0) & ~torch.isfinite(x), 0.0, x)).sum(dim=1, keepdim=True)
            case "running":
                return self._over_scores(term).cumsum(dim=1)
            case "running_back":
                return self._over_scores(term).flip(1).cumsum(dim=1).flip(1)
            case "threshold":
                return self._threshold(statistic)
        raise ValueError(f"{self._loss.name}: no statistic is of kind {statistic.kind!r}")

    def _threshold(self, statistic: Statistic) -> Tensor:
        assert statistic.step is not None
        x = self._run(statistic.term).expand(self._shape[0], 1)
        readable = not unseen(x)
        for _ in range(MOST_STEPS if readable else STEPS_UNSEEN):
            current = {statistic.name: x}
            sums = {name: self._sum(formula, **current) for name, formula in statistic.sums}
            higher = self._run(statistic.step, **current, **sums)
            climbs = higher > x
            if readable and not bool(climbs.any()):
                break
            x = torch.where(climbs, higher, x)
        return x

    def value(self) -> Tensor:
        """The loss of every row, of shape (n,)."""
        rows = self._run(self._loss.value).expand(self._shape[0], 1)
        return torch.where(self._has_nan, math.nan, rows)[:, 0].to(self.dtype)

    def gradient(self) -> Tensor:
        """Its derivative by every score, of shape (n, k)."""
        return torch.where(self._has_nan, math.nan, self._over_scores(self._loss.grad)).to(self.dtype)

    def hessian_product(self, direction: Tensor) -> Tensor:
        """The Hessian of every row times a direction (n, k)."""
        v = direction.to(self.names["f"].dtype)
        product = self._over_scores(self._loss.hess) * v
        if self._loss.cross is not None:
            product = product + (self._crossed(self._loss.cross) * v[:, None, :]).sum(dim=2)
        for outer in self._loss.outers:
            scale, left, right = self._outer(outer)
            product = product + scale * (left * _sums_of_others(right * v))
            if outer.right is not None:
                product = product + scale * (right * _sums_of_others(left * v))
        return torch.where(self._has_nan, math.nan, product).to(self.dtype)

    def _crossed(self, formula: Formula) -> Tensor:
        """The second derivatives by every two different scores, of shape (n, k, k)."""
        known: dict[str, Tensor] = {}
        for name, numbers in self.names.items():
            known[name] = numbers if numbers.ndim == 0 else numbers[:, :, None]
            if numbers.ndim == 2:
                known[f"{name}_i"] = numbers[:, :, None]
                known[f"{name}_j"] = numbers[:, None, :]
        n, k = self._shape
        full = self._bound(formula, self._double)(*(known[name] for name in arguments(formula))).expand(n, k, k)
        upper = torch.triu(full, 1)
        return upper + upper.transpose(1, 2)

    def _outer(self, outer: Outer) -> tuple[Tensor, Tensor, Tensor]:
        left = self._over_scores(outer.left)
        right = left if outer.right is None else self._over_scores(outer.right)
        return self._run(outer.scale), left, right


def _sums_of_others(x: Tensor) -> Tensor:
    """For each score the sum of ``x`` over the others of its row; the largest is never taken off a sum it is in."""
    top = torch.arange(x.shape[1], device=x.device)[None, :] == x.abs().argmax(dim=1, keepdim=True)
    lesser = torch.where(top, 0.0, x)
    without_top = lesser.sum(dim=1, keepdim=True)
    largest = (x - lesser).sum(dim=1, keepdim=True)
    return torch.where(top, without_top, (without_top - lesser) + largest)
