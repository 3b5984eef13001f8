"""What torch only looks on at: traces, fake and meta tensors, other modes; and many gradients at once."""

from __future__ import annotations

import pytest
from tests.support.arguments import pointwise_arguments, row_arguments

torch = pytest.importorskip("torch")

from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

import lossary.torch as ours  # noqa: E402
from lossary.torch import functional  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


def tensors(arguments):
    y, f = arguments
    return torch.tensor(f, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)


def other(arguments):
    """The same examples in another order."""
    f, y = tensors(arguments)
    return f.flip(0), y.flip(0)


def cost_and_gradient(function):
    def both(f, y):
        f = f.detach().requires_grad_()
        cost = function(f, y)
        return cost, torch.autograd.grad(cost, f)[0]

    return both


def check_traced(function, first, second):
    """A trace on some tensors computes what the function does on others, and on fake and meta ones their shapes."""
    work = cost_and_gradient(function)
    expected = work(*second)
    traced = make_fx(work)(*first)
    assert "lossary" in traced.code  # as an operator, and not as a constant
    for found, right in zip(traced(*second), expected, strict=True):
        torch.testing.assert_close(found, right, rtol=1e-12, atol=1e-14)
    with FakeTensorMode() as mode:
        fake = work(*(mode.from_tensor(each) for each in first))
    outside = work(*(mode.from_tensor(each) for each in first))
    meta = work(*(each.to("meta") for each in first))
    for results in (fake, outside, meta):
        assert [each.shape for each in results] == [each.shape for each in expected]
        assert [each.dtype for each in results] == [each.dtype for each in expected]
    assert meta[0].is_meta


def test_pointwise_losses_are_no_constants_of_a_trace(each_loss):
    arguments = pointwise_arguments(each_loss)
    check_traced(getattr(functional, each_loss.name), tensors(arguments), other(arguments))


def test_rowwise_losses_are_no_constants_of_a_trace(each_row_loss):
    arguments = row_arguments(each_row_loss)
    check_traced(getattr(functional, each_row_loss.name), tensors(arguments), other(arguments))


def draw(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


INDEX, WEIGHT = torch.tensor([0, 4, -100, 2]), torch.tensor([0.5, 2.0, 1.0, 3.0, 0.25], dtype=torch.float64)
LAYER = draw(3, 5, seed=1)
# Each takes scores of shape (4, 5).
CALLS = {
    "huber_loss": lambda f: functional.huber_loss(f, torch.zeros_like(f)),
    "weighted": lambda f: functional.mse_loss(f, torch.zeros_like(f), weight=WEIGHT),
    "losses": lambda f: functional.log_cosh(f, torch.zeros_like(f), reduction="none"),
    "cross_entropy": lambda f: functional.cross_entropy(f, INDEX, WEIGHT, label_smoothing=0.1),
    "rows": lambda f: functional.cross_entropy(f, INDEX.clamp(min=0), reduction="none"),
    "learned": lambda f: functional.huber(f, torch.zeros_like(f), delta=f[0, 0].detach() ** 2 + 0.5),
    "layer": lambda f: functional.linear_cross_entropy(f, LAYER, INDEX.clamp(max=2)),
    "gaussian": lambda f: functional.gaussian_nll_loss(f, torch.zeros_like(f), f.detach() ** 2 + 0.1),
    "missing": lambda f: functional.mse_loss(f, torch.full_like(f, torch.nan), missing="nan", empty=0.0),
    "labels": lambda f: functional.multilabel_margin_loss(f, torch.tensor([[1, 3, -1, 0, 2]] * 4)),
}


@pytest.mark.parametrize("name", list(CALLS))
def test_other_ways_to_call_are_traced_too(name):
    call, first, second = CALLS[name], draw(4, 5), draw(4, 5, seed=3)
    torch.testing.assert_close(make_fx(call)(first)(second), call(second), rtol=1e-12, atol=1e-14)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        assert call(mode.from_tensor(first)).shape == call(first).shape


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("name", ["huber_loss", "cross_entropy", "losses"])
def test_jit_trace_keeps_the_operator(name):
    call, first, second = CALLS[name], draw(4, 5), draw(4, 5, seed=3)
    traced = torch.jit.trace(call, first)
    torch.testing.assert_close(traced(second), call(second), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("transform", [torch.func.grad, torch.func.hessian, torch.func.jacrev])
def test_transforms_are_traced_too(transform):
    for name in ("huber_loss", "cross_entropy"):
        work, first, second = transform(CALLS[name]), draw(4, 5), draw(4, 5, seed=3)
        torch.testing.assert_close(make_fx(work)(first)(second), work(second), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("name", ["huber_loss", "weighted", "losses", "cross_entropy", "layer"])
def test_a_mode_changes_no_derivative(name):
    # Under any mode the operators run: a gradient of a gradient must not be that of a constant.
    def derivatives():
        f = draw(4, 5).requires_grad_()
        slope = torch.autograd.grad(CALLS[name](f).sum(), f, create_graph=True)[0]
        return slope.detach(), torch.autograd.grad((slope**2).sum(), f)[0]

    expected = derivatives()
    with FlopCounterMode(display=False):
        found = derivatives()
    for one, another in zip(found, expected, strict=True):
        torch.testing.assert_close(one, another, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("name", list(CALLS))
def test_many_gradients_at_once(name):
    if name == "missing":
        return
    f = draw(4, 5).requires_grad_()
    cost = CALLS[name](f)
    toward = draw(3, *cost.shape, seed=7)
    one_by_one = [torch.autograd.grad(cost, f, each, retain_graph=True)[0] for each in toward]
    at_once = torch.autograd.grad(cost, f, toward, is_grads_batched=True, retain_graph=True)[0]
    torch.testing.assert_close(at_once, torch.stack(one_by_one), rtol=1e-12, atol=1e-15)
    # The graph has not given away what it needs.
    torch.testing.assert_close(torch.autograd.grad(cost, f, toward[0])[0], one_by_one[0])


@pytest.mark.parametrize("name", ["huber_loss", "losses", "cross_entropy", "rows"])
def test_jacobians_and_hessians_that_are_vectorised(name):
    f = draw(4, 5)
    jacobian = torch.autograd.functional.jacobian(CALLS[name], f)
    for strategy in ("reverse-mode", "forward-mode"):
        found = torch.autograd.functional.jacobian(CALLS[name], f, vectorize=True, strategy=strategy)
        torch.testing.assert_close(found, jacobian, rtol=1e-12, atol=1e-15)
    hessian = torch.autograd.functional.hessian(lambda f: CALLS[name](f).sum(), f)
    found = torch.autograd.functional.hessian(lambda f: CALLS[name](f).sum(), f, vectorize=True)
    torch.testing.assert_close(found, hessian, rtol=1e-12, atol=1e-15)


def test_what_no_trace_can_refuse_is_nan_and_no_number():
    f, y = draw(2, 3), torch.tensor([0, 7])
    weight = torch.ones(2, dtype=torch.float64, requires_grad=True)
    found = make_fx(lambda f: functional.cross_entropy(f, y, sample_weight=weight, reduction="none"))(f)(f)
    assert torch.isfinite(found[0])
    assert torch.isnan(found[1])


def test_modules_on_the_meta_device():
    loss = ours.CrossEntropyLoss(torch.ones(5, device="meta"))
    assert loss(torch.empty(4, 5, device="meta"), torch.empty(4, dtype=torch.long, device="meta")).is_meta
