"""Every loss as a function ``(input, target, ...)``: torch's own under torch's names, all under the catalogue's.

>>> import torch
>>> from lossary.torch import functional
>>> functional.huber(torch.tensor([0.5, 3.0]), torch.zeros(2), delta=1.0)
tensor(1.3125)
"""

from __future__ import annotations

from lossary import discovery as _discovery
from lossary.torch.calls.linear import linear_cross_entropy as linear_cross_entropy
from lossary.torch.interface.functions import Function as _Function
from lossary.torch.interface.functions import named as _named
from lossary.torch.interface.modules import FUNCTIONS as _FUNCTIONS


def __getattr__(name: str) -> _Function:
    if name in _FUNCTIONS:
        function = _FUNCTIONS[name]
    elif name.startswith("_"):
        raise AttributeError(name)
    else:
        try:
            function = _named(name)
        except ValueError as error:
            raise AttributeError(str(error)) from None
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return sorted({*_FUNCTIONS, *_discovery.names(), "linear_cross_entropy"})
