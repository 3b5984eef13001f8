"""Every loss of the catalogue for PyTorch: exact, strict, differentiable as often as asked, in one pass over memory.

>>> import torch, lossary.torch
>>> loss = lossary.torch.HuberLoss(delta=1.0)
>>> loss(torch.tensor([0.5, 3.0]), torch.zeros(2))
tensor(1.3125)

Classes and the functions of ``lossary.torch.functional`` have torch's names where torch has the loss, else those of
the catalogue: ``PseudoHuber``, ``Quantile``, ``Tweedie``. ``lossary.torch.get`` makes a module of a name with
parameters ("pinball:0.9"), or of a loss of your own.

Tensors come in and tensors go out. The packages below import in this order: ``formulas``, ``tensors``, ``execution``,
``calls``, then ``interface`` and ``distributed``; all of them may import ``lossary.evaluate`` and what that may import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import torch as _torch  # noqa: F401
except ModuleNotFoundError as _error:
    if _error.name != "torch":
        raise
    raise ModuleNotFoundError(
        "lossary.torch needs PyTorch, which is not installed: pip install 'lossary[torch]'", name="torch"
    ) from None

from lossary.torch import functional as functional
from lossary.torch.calls.linear import LinearCrossEntropyLoss as LinearCrossEntropyLoss
from lossary.torch.distributed.costs import global_cost as global_cost
from lossary.torch.distributed.denominators import global_denominator as global_denominator
from lossary.torch.distributed.exchange import RankError as RankError
from lossary.torch.distributed.vocabulary import vocabulary_parallel_cross_entropy as vocabulary_parallel_cross_entropy
from lossary.torch.interface.adaptive import AdaptiveLogSoftmaxWithLoss as AdaptiveLogSoftmaxWithLoss
from lossary.torch.interface.getting import get as get
from lossary.torch.interface.modules import LossModule as LossModule
from lossary.torch.interface.modules import made as _made
from lossary.torch.interface.modules import names as _names

if TYPE_CHECKING:

    def __getattr__(name: str) -> type[LossModule]: ...

else:

    def __getattr__(name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            module = _made(name)
        except ValueError as error:
            raise AttributeError(f"lossary.torch: {error}") from None
        globals()[name] = module
        return module


def __dir__() -> list[str]:
    return sorted(
        {
            *_names(),
            "AdaptiveLogSoftmaxWithLoss",
            "LinearCrossEntropyLoss",
            "LossModule",
            "RankError",
            "functional",
            "get",
            "global_cost",
            "global_denominator",
            "vocabulary_parallel_cross_entropy",
        }
    )
