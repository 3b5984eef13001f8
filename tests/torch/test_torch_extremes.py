"""Weights and parameters beyond float32, by kernels and by torch operations."""

from __future__ import annotations

import pytest
import torch

import lossary.torch.functional as F


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("level", [1e-310, 1e-50, 1e50, 1e308])
def test_a_mean_does_not_depend_on_the_size_of_weights(level: float, dtype: torch.dtype) -> None:
    x, y = torch.tensor([1.0, 2.0], dtype=dtype), torch.zeros(2, dtype=dtype)
    weight = torch.full((2,), level, dtype=torch.float64)

    def cost(f: torch.Tensor) -> torch.Tensor:
        return F.squared_error(f, y, weight=weight)

    f = x.clone().requires_grad_()
    cost(f).backward()
    assert cost(x).item() == 2.5
    assert f.grad is not None
    assert f.grad.tolist() == [1.0, 2.0]
    assert torch.func.grad(cost)(x).tolist() == pytest.approx([1.0, 2.0], rel=1e-12)


def test_parameters_beyond_float32() -> None:
    x, y = torch.tensor([0.0, 1.0]), torch.zeros(2)
    f = x.clone().requires_grad_()
    F.smooth_l1(f, y, beta=1e-50).backward()
    assert f.grad is not None
    assert f.grad.tolist() == [0.0, 0.5]
    assert torch.func.grad(lambda a: F.smooth_l1(a, y, beta=1e-50))(x).tolist() == [0.0, 0.5]
