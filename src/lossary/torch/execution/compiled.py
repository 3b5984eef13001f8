"""The work on all examples at once through ``torch.compile``, made once for each loss, options and device."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from lossary.rowwise import RowLoss
from lossary.torch.execution.piece import Examples, Plan, Work

DEVICES = {"cuda", "xpu"}
"""Where torch's compiler makes one kernel or two of a formula, with next to no intermediate results."""


class Compiled:
    """Work that torch compiles when it is first called; ``failed`` once that did not go well."""

    def __init__(self, what: Work, plan: Plan) -> None:
        self._made_of = (what, plan)
        self._run: Work | None = None
        self.failed = False

    def __call__(self, some: Examples, *more: Tensor) -> Tensor | None:
        """The result, or None: by torch's operations one by one there will be one."""
        if self.failed:
            return None
        try:
            if self._run is None:
                self._run = torch.compile(_own(*self._made_of), fullgraph=True, dynamic=True, options=_exact())
            return self._run(some, *more)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # whatever a compiler may raise
            self.failed = True
            warnings.warn(f"torch.compile failed, so a loss takes longer to compute: {error}", stacklevel=2)
            return None


def compiled(what: Work, plan: Plan, device: torch.device) -> Compiled | None:
    """This work for the compiler; None where there is none, and for an iteration that ends when its numbers say so."""
    record = plan.record
    if device.type not in DEVICES or (isinstance(record, RowLoss) and any(s.step for s in record.statistics)):
        return None
    return _made(what, plan, device.type)


@cache
def _made(what: Work, plan: Plan, device: str) -> Compiled:
    return Compiled(what, plan)


def _own(what: Work, plan: Plan) -> Callable[..., Tensor]:
    """The work as a function with code of its own: torch counts how often it compiles each code, and gives up at 8."""

    def run(some: Examples, *more: Tensor) -> Tensor:
        return what(plan, some, *more)

    code = run.__code__.replace(co_name=f"{what.__name__}_of_{plan.record.name}")
    return types.FunctionType(code, run.__globals__, code.co_name, None, run.__closure__)


def _exact() -> dict[str, bool]:
    """Options by which divisions are rounded, and small numbers kept, as without a compiler; of those that it has."""
    wanted = ("eager_numerics.division_rounding", "eager_numerics.disable_ftz")
    from torch._inductor import list_options  # noqa: PLC0415  it takes half a second

    known = list_options()
    return {name: True for name in wanted if name in known}
