"""Every pointwise loss in torch: the numbers of the NumPy interface, derivatives that differences confirm."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.arguments import pointwise_arguments
from tests.support.kernels import together

torch = pytest.importorskip("torch")

import lossary  # noqa: E402
from lossary import discovery  # noqa: E402
from lossary.formula import REALS  # noqa: E402
from lossary.torch import functional  # noqa: E402
from lossary.torch.formulas.derivatives import partial, pointwise  # noqa: E402
from lossary.torch.formulas.operations import bound  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


def tensors(arguments, dtype=torch.float64):
    y, f = arguments
    return torch.tensor(f, dtype=dtype), torch.tensor(y, dtype=dtype)


KINDS = [(torch.float32, "none"), (torch.float32, "sum"), (torch.float32, "mean"), (torch.float64, "none")]
"""Dtypes and reductions. Each is a kernel of its own: a loss meets one besides the usual one, in turn."""

AGREES = "tests/torch/test_torch_pointwise.py::test_agrees_with_numpy_to_the_bit"


def test_agrees_with_numpy_to_the_bit(each_loss):
    agrees(each_loss, torch.float64, "mean")


@pytest.mark.sampled(AGREES)
def test_other_kinds_agree_with_numpy_to_the_bit(each_loss):
    agrees(each_loss, *KINDS[discovery.records().index(each_loss) % len(KINDS)])


def agrees(loss, dtype, reduction):
    f, y = tensors(pointwise_arguments(loss, 100), dtype)
    ours, function = lossary.get(loss.name), getattr(functional, loss.name)
    f.requires_grad_()
    found = function(f, y, reduction=reduction)
    assert found.dtype == dtype
    found.sum().backward()
    a, b = y.numpy(), f.detach().numpy()
    if reduction == "none":
        expected, gradient = ours(a, b), ours.gradient(a, b)
    else:
        expected, gradient = ours.cost_and_gradient(a, b, reduction=reduction)
    np.testing.assert_array_equal(found.detach().numpy(), np.asarray(expected, a.dtype))
    np.testing.assert_array_equal(f.grad.numpy(), gradient)


def test_the_formulas_on_torch_operations_agree_with_numpy(each_loss):
    f, y = tensors(pointwise_arguments(each_loss, 100))
    parameters = [torch.tensor(p, dtype=torch.float64) for p in each_loss.defaults()]
    expected = together(lossary.get(each_loss.name), y.numpy(), f.numpy())
    for along, name in (("", "value"), ("f", "grad"), ("f,f", "hess")):
        found = pointwise(each_loss, along, y, f, parameters)
        np.testing.assert_allclose(found.numpy(), expected[name], rtol=1e-13, atol=1e-14, err_msg=name)


@pytest.mark.sampled("tests/torch/test_torch_pointwise.py::test_gradcheck_by_everything")
def test_gradcheck_by_the_prediction(each_loss):
    """By kernels, each derivative one of its own; by everything it goes by the formulas on torch operations."""
    f, y = tensors(pointwise_arguments(each_loss))
    function = getattr(functional, each_loss.name)

    def cost(f):
        return function(f, y)

    f.requires_grad_()
    assert torch.autograd.gradcheck(cost, f, check_forward_ad=True, fast_mode=True)
    assert torch.autograd.gradgradcheck(cost, f, fast_mode=True)


def test_gradcheck_by_everything(each_loss, no_kernels):
    no_kernels()
    f, y = tensors(pointwise_arguments(each_loss, 8, seed=1))
    function = getattr(functional, each_loss.name)
    parameters = {p.name: torch.tensor(_inside(p), dtype=torch.float64) for p in each_loss.parameters}
    weight = torch.rand(8, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.1

    def cost(f, y, weight, *given):
        return function(f, y, weight=weight, check=False, **dict(zip(parameters, given, strict=True)))

    inputs = [each.requires_grad_() for each in (f, y, weight, *parameters.values())]
    assert torch.autograd.gradcheck(cost, inputs, check_forward_ad=True, fast_mode=True)
    assert torch.autograd.gradgradcheck(cost, inputs, fast_mode=True)


def _inside(parameter):
    """The default, unless it is an end of the parameter's range or a formula changes there."""
    nudged = parameter.default + 0.0625
    return nudged if nudged in parameter.within else parameter.default - 0.0625


def test_func_transforms(each_loss):
    f, y = tensors(pointwise_arguments(each_loss))
    function = getattr(functional, each_loss.name)

    def one(f, y):
        return function(f, y, reduction="sum")

    rows, targets = f.reshape(3, 4), y.reshape(3, 4)
    expected = together(lossary.get(each_loss.name), y.numpy(), f.numpy())
    sums = expected["value"].reshape(3, 4).sum(axis=1)
    looped = torch.tensor(np.sqrt(sums) if each_loss.cost_root else sums)
    torch.testing.assert_close(torch.vmap(one)(rows, targets), looped, rtol=1e-13, atol=1e-14)
    gradients = torch.stack([torch.func.grad(one)(a, b) for a, b in zip(rows, targets, strict=True)])
    torch.testing.assert_close(torch.vmap(torch.func.grad(one))(rows, targets), gradients, rtol=0.0, atol=0.0)
    if not each_loss.cost_root:
        np.testing.assert_array_equal(gradients.reshape(-1).numpy(), expected["grad"])
        curvature = np.diag(expected["hess"])
        torch.testing.assert_close(torch.func.hessian(one)(f, y), torch.tensor(curvature), rtol=1e-14, atol=0.0)
        torch.testing.assert_close(
            torch.func.jacrev(torch.func.grad(one))(f, y), torch.tensor(curvature), rtol=1e-14, atol=0.0
        )


def test_all_compile_without_a_break():
    """In one graph: tracing them one by one takes as long as all other tests together."""
    losses = discovery.records()
    functions = [getattr(functional, loss.name) for loss in losses]
    samples = [tensors(pointwise_arguments(loss)) for loss in losses]

    def costs(inputs):
        return [function(f, y) for function, f, (_, y) in zip(functions, inputs, samples, strict=True)]

    torch._dynamo.reset()
    compiled = torch.compile(costs, fullgraph=True, backend="aot_eager")
    inputs, expected = ([f.clone().requires_grad_() for f, _ in samples] for _ in range(2))
    results, references = compiled(inputs), costs(expected)
    sum(results).backward()
    sum(references).backward()
    for loss, result, reference, f, g in zip(losses, results, references, inputs, expected, strict=True):
        assert result.item() == reference.item(), loss.name
        assert torch.equal(f.grad, g.grad), loss.name


def test_tensors_that_no_kernel_takes(each_loss, no_kernels):
    """As on another device: formulas on torch operations, forward and backward."""
    f, y = tensors(pointwise_arguments(each_loss, 50))
    function = getattr(functional, each_loss.name)
    f.requires_grad_()
    expected = function(f, y)
    gradient = torch.autograd.grad(expected, f)[0]
    no_kernels()
    found = function(f, y)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-14)
    torch.testing.assert_close(torch.autograd.grad(found, f)[0], gradient, rtol=1e-12, atol=1e-14)
    if each_loss.target != REALS:
        with pytest.raises(ValueError, match=r"target\[0\] is -77"):
            function(f, torch.full_like(y, -77.0))


def test_formulas_in_float32_arithmetic(each_loss):
    """For devices without float64."""
    f, y = tensors(pointwise_arguments(each_loss, 50), torch.float32)
    single = bound(partial(each_loss, "f"), double=False)
    found = single(y, f, *(torch.tensor(p, dtype=torch.float32) for p in each_loss.defaults()))
    expected = together(lossary.get(each_loss.name), y.numpy(), f.numpy())["grad"]
    found = found if isinstance(found, torch.Tensor) else torch.full_like(f, found)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-6)
