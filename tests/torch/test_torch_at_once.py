"""Costs of small plain tensors reach the kernel at once: the same numbers, and all that torch does with a cost."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

import lossary
import lossary.torch
from lossary.torch import functional
from lossary.torch.calls import pointwise, rowwise

ROWS = "softmax_cross_entropy"


def tensors(name: str, n: int = 12, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(n)
    if name == ROWS:
        return torch.randn(n, 5, generator=generator).to(dtype), torch.randint(0, 5, (n,), generator=generator)
    return torch.randn(n, generator=generator).to(dtype), torch.randint(0, 2, (n,), generator=generator).to(dtype)


@pytest.fixture(params=["logistic", ROWS])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each call that was asked at once answered."""
    found: list[bool] = []
    kept = pointwise.at_once

    def watched(*given: object) -> Tensor | None:
        answer = kept(*given)  # type: ignore[arg-type]
        found.append(answer is not None)
        return answer

    for module in (pointwise, rowwise):
        monkeypatch.setattr(module, "at_once", watched)
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_numbers_are_those_of_the_arrays(name: str, reduction: str, dtype: torch.dtype, answered: list[bool]) -> None:
    f, y = tensors(name, dtype=dtype)
    f.requires_grad_()
    cost = getattr(functional, name)(f, y, reduction=reduction)
    cost.backward()
    wanted, slope = lossary.get(name).cost_and_gradient(y.numpy(), f.detach().numpy(), reduction=reduction)
    assert answered == [True]
    assert (cost.dtype, cost.shape, cost.item()) == (dtype, (), torch.tensor(wanted, dtype=dtype).item())
    assert f.grad is not None
    assert torch.equal(f.grad, torch.from_numpy(slope))
    assert getattr(functional, name)(f.detach(), y, reduction=reduction).item() == cost.item()


def test_gradients_of_gradients(name: str, answered: list[bool]) -> None:
    f, y = tensors(name, dtype=torch.float64)
    f.requires_grad_()
    function: Callable[[Tensor], Tensor] = lambda f: getattr(functional, name)(f, y)  # noqa: E731
    assert torch.autograd.gradgradcheck(function, f)
    (slope,) = torch.autograd.grad(function(f), f, create_graph=True)
    assert slope.requires_grad
    assert all(answered)


@pytest.mark.parametrize("shape", [(12,), (4, 3), (5_000,)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_losses_one_by_one(shape: tuple[int, ...], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pointwise, "looked_at", lambda *_: pytest.fail("not answered at once"))
    monkeypatch.setattr("lossary.torch.interface.functions.looked_at", pointwise.looked_at)
    f, y = (each.reshape(shape) for each in tensors("logistic", math.prod(shape), dtype))
    f.requires_grad_()
    losses = functional.logistic(f, y, reduction="none")
    g = torch.linspace(-1.0, 2.0, losses.numel(), dtype=dtype).reshape(shape)
    losses.backward(g)
    value = lossary.logistic(y.numpy(), f.detach().numpy())
    slope = lossary.logistic.gradient(y.numpy(), f.detach().numpy())
    assert np.array_equal(losses.detach().numpy(), value)
    assert np.array_equal(functional.logistic(f.detach(), y, reduction="none").numpy(), value)
    assert f.grad is not None
    assert torch.equal(f.grad, torch.from_numpy(slope) * g)


@pytest.mark.parametrize("n", [6, 5_000])
def test_gradients_of_gradients_of_losses_one_by_one(n: int) -> None:
    f, y = tensors("logistic", n, torch.float64)
    f.requires_grad_()
    losses = functional.logistic(f, y, reduction="none")
    (slope,) = torch.autograd.grad(losses, f, torch.full_like(losses, 2.0), create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), f)
    hessian = lossary.logistic.hessian(y.numpy(), f.detach().numpy())
    torch.testing.assert_close(curvature, 2.0 * torch.from_numpy(hessian))
    if n < 10:
        assert torch.autograd.gradgradcheck(lambda f: functional.logistic(f, y, reduction="none"), f)


SIZES = [10, 5_000, 300_000]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_hooks_that_copy_what_is_saved_see_it_whole(name: str, n: int, reduction: str) -> None:
    f, y = tensors(name, n)
    function = getattr(functional, name)
    f.requires_grad_()
    (wanted,) = torch.autograd.grad(function(f, y, reduction=reduction).sum(), f)
    for _ in range(12):
        del f.grad
        with torch.autograd.graph.saved_tensors_hooks(torch.clone, lambda saved: saved):
            function(f, y, reduction=reduction).sum().backward()
        assert f.grad is not None
        assert torch.equal(f.grad, wanted)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_checkpoints(name: str, n: int, reduction: str) -> None:
    f, y = tensors(name, n)
    f.requires_grad_()
    loss = lossary.get(name).using()  # one that has answered no call yet, whose first ones go another way in
    function = lossary.torch.get(loss)
    (wanted,) = torch.autograd.grad(function(f, y, reduction=reduction).sum() ** 2, f)
    for _ in range(12):
        cost = checkpoint(lambda f: function(f * 1.0, y, reduction=reduction).sum() ** 2, f, use_reentrant=False)
        (found,) = torch.autograd.grad(cost, f)
        torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("n", SIZES[:2])
@pytest.mark.parametrize("reduction", ["none", "mean"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph")
def test_hooks_on_predictions_are_told_once(name: str, n: int, reduction: str, weighted: bool) -> None:
    f, y = tensors(name, n, torch.float64)
    weight = {} if not weighted else {"sample_weight" if name == ROWS else "weight": torch.full((n,), 0.5)}
    function = getattr(functional, name)
    f.requires_grad_()
    (wanted,) = torch.autograd.grad(function(f, y, reduction=reduction, **weight).sum(), f)
    middle = f * 1.0
    middle.retain_grad()
    told: list[Tensor] = []
    middle.register_hook(told.append)
    function(middle, y, reduction=reduction, **weight).sum().backward(create_graph=True)
    assert len(told) == 1
    assert middle.grad is not None
    torch.testing.assert_close(middle.grad.detach(), wanted)
    del f.grad


@pytest.mark.parametrize("n", SIZES)
def test_many_gradients_of_costs_of_any_size(name: str, n: int) -> None:
    f, y = tensors(name, n)
    f.requires_grad_()
    for create_graph in (False, True):
        cost = getattr(functional, name)(f, y)
        (once,) = torch.autograd.grad(cost, f, retain_graph=True)
        g = torch.tensor([1.0, 2.0])
        (many,) = torch.autograd.grad(cost, f, g, is_grads_batched=True, create_graph=create_graph)
        torch.testing.assert_close(many.detach(), torch.stack([once, 2.0 * once]))


class Nothing(torch.autograd.Function):
    """Hands no gradient on."""

    @staticmethod
    def forward(ctx: object, a: Tensor) -> Tensor:
        return a.clone()

    @staticmethod
    def backward(ctx: object, g: Tensor) -> None:
        return None


@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_no_gradient_is_none(reduction: str) -> None:
    f, y = tensors("logistic")
    f.requires_grad_()
    cost = Nothing.apply(functional.logistic(f, y, reduction=reduction)).sum()
    assert torch.autograd.grad(cost, f, create_graph=True, allow_unused=True) == (None,)


def test_a_graph_may_be_gone_through_again_and_its_cost_used(name: str) -> None:
    f, y = tensors(name)
    f.requires_grad_()
    cost = getattr(functional, name)(f, y)
    (once,) = torch.autograd.grad(cost, f, retain_graph=True)
    (twice,) = torch.autograd.grad(3.0 * cost, f, retain_graph=True)
    (many,) = torch.autograd.grad(cost, f, torch.tensor([1.0, 2.0]), is_grads_batched=True)
    assert torch.equal(twice, 3.0 * once)
    assert torch.equal(many, torch.stack([once, 2.0 * once]))
    cost = getattr(functional, name)(f, y)
    cost += 1.0
    assert torch.equal(torch.autograd.grad(cost, f)[0], once)


def test_a_graph_that_is_gone_is_not_gone_through_again(name: str, answered: list[bool]) -> None:
    f, y = tensors(name)
    cost = getattr(functional, name)(f.requires_grad_(), y)
    cost.backward()
    assert answered == [True]
    with pytest.raises(RuntimeError, match="second time"):
        cost.backward()


def test_predictions_changed_after_the_cost(name: str) -> None:
    leaf, y = tensors(name)
    leaf.requires_grad_()
    f = leaf * 1.0
    wanted = torch.autograd.grad(getattr(functional, name)(f, y), f)[0]
    cost = getattr(functional, name)(f, y)
    f.detach().add_(1.0)
    assert torch.equal(torch.autograd.grad(cost, f)[0], wanted)
    cost = getattr(functional, name)(f, y)
    f.data = f.data.clone()
    y.add_(0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch.autograd.grad(cost, f, create_graph=True)


def test_transforms_and_autocast_go_their_own_ways(name: str, answered: list[bool]) -> None:
    f, y = tensors(name)
    function = getattr(functional, name)
    wanted = torch.autograd.grad(function(f.requires_grad_(), y), f)[0]
    answered.clear()
    f = f.detach()
    assert torch.allclose(torch.func.grad(lambda f: function(f, y))(f), wanted)
    each = torch.func.vmap(lambda f: function(f, y))(torch.stack([f, f + 1.0]))
    assert answered == []
    assert each.tolist() == pytest.approx([function(f, y).item(), function(f + 1.0, y).item()], rel=1e-6)
    with torch.autocast("cpu", torch.bfloat16):
        assert function(f, y).dtype is torch.float32


def test_tensors_that_are_not_plain_arrays_are_left_to_other_ways(name: str) -> None:
    f, y = tensors(name)
    function = getattr(functional, name)
    wanted = function(f, y).item()
    wide = torch.full((len(f), 3, *f.shape[1:]), torch.nan)
    wide[:, 1] = f
    for odd in (wide[:, 1], torch._neg_view(-f), f.double(), f.t().contiguous().t(), torch.nn.Parameter(f)):
        assert function(odd, y).item() == pytest.approx(wanted, rel=1e-6)
    with pytest.raises(ValueError, match="target"):
        function(f, y[:-1])
    with pytest.raises((TypeError, NotImplementedError, RuntimeError)):
        function(f.to_sparse(), y)
    half = function(f.bfloat16(), y if name == ROWS else y.bfloat16())
    assert half.dtype is torch.bfloat16


def test_what_is_outside_the_domain_is_refused_with_the_names_of_torch() -> None:
    with pytest.raises(ValueError, match=r"target\[1\] is 3"):
        functional.logistic(torch.zeros(2), torch.tensor([0.0, 3.0]))
    with pytest.raises(ValueError, match="target"):
        functional.softmax_cross_entropy(torch.zeros(2, 3), torch.tensor([0, 3]))


def test_rows_with_an_ignored_index_are_left_out(answered: list[bool]) -> None:
    f, y = tensors(ROWS)
    y[3] = -100
    wanted = functional.softmax_cross_entropy(f[y >= 0], y[y >= 0]).item()
    costs = [functional.cross_entropy(f, y).item() for _ in range(2)]
    assert costs == [wanted, wanted]
    assert answered in ([True, False], [True])


@pytest.mark.parametrize("n", [12, 300_000])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_answers_are_where_the_predictions_are_whatever_torch_makes_tensors_on(
    name: str, reduction: str, n: int
) -> None:
    f, y = tensors(name, n)
    expected = getattr(functional, name)(f, y, reduction=reduction)
    torch.set_default_device("meta")
    try:
        f = f.requires_grad_()
        found = getattr(functional, name)(f, y, reduction=reduction)
        found.backward(torch.ones_like(found))
    finally:
        torch.set_default_device(None)
    assert f.grad is not None
    assert found.device.type == f.grad.device.type == "cpu"
    assert torch.equal(found, expected)
