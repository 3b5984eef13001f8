"""A gradient that is known, once more by torch operations: where it is to be differentiated itself."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def gradient(cost: Callable[[Tensor], Tensor], f: Tensor, g: Tensor) -> Tensor:
    """The gradient by ``f`` of ``cost(f)`` times ``g``, which can be differentiated.

    By a view of ``f``: what its owner has asked to be told of its gradient would be told twice.
    """
    shadow = f.view_as(f)
    return torch.autograd.grad(cost(shadow), shadow, g, create_graph=True)[0]
