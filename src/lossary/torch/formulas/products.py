"""A gradient times the slope beside it: one step of the chain rule."""

from __future__ import annotations

import torch
from torch import Tensor


def product(gradient: Tensor, slope: Tensor) -> Tensor:
    """Their product, zero where the gradient is: what does not count has no slope, be that infinite.

    Whoever differentiates the product by the gradient finds the slope there, also at a gradient of zero, by which
    ``torch.autograd.functional.jvp`` takes derivatives along a tangent.
    """
    if not torch.is_grad_enabled():
        return torch.where(gradient == 0.0, 0.0, gradient * slope)
    return gradient * torch.where((gradient == 0.0) & ~torch.isfinite(slope), 0.0, slope)
