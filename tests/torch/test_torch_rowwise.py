"""Every rowwise loss in torch: the numbers of the NumPy interface, derivatives that differences confirm."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.arguments import row_arguments, row_indices
from tests.support.kernels import together

torch = pytest.importorskip("torch")

import lossary  # noqa: E402
from lossary import discovery  # noqa: E402
from lossary.torch import functional  # noqa: E402
from lossary.torch.formulas.rows import Rows  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


def tensors(arguments, dtype=torch.float64):
    y, f = arguments
    return torch.tensor(f, dtype=dtype), torch.tensor(y, dtype=dtype)


KINDS = [(torch.float32, False), (torch.float64, True), (torch.float64, False), (torch.float32, True)]
"""Dtypes, and whether targets are class indices. Each is a kernel of its own."""


def with_weights(loss, n, **options):
    """The loss's function with weights of one: they change no bit, and all tests of the catalogue share its kernel."""
    ones = torch.ones(n, dtype=torch.float64)
    function = getattr(functional, loss.name)
    return lambda f, y: function(f, y, sample_weight=ones, **options)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_costs_agree_with_numpy_to_the_bit(each_row_loss, reduction):
    f, y = tensors(row_arguments(each_row_loss, 20))
    f.requires_grad_()
    found = with_weights(each_row_loss, 20, reduction=reduction)(f, y)
    found.backward()
    ours, scores = lossary.get(each_row_loss.name), f.detach().numpy()
    expected, gradient = ours.cost_and_gradient(y.numpy(), scores, np.ones(20), reduction=reduction)
    assert found.item() == expected
    np.testing.assert_array_equal(f.grad.numpy(), gradient)


@pytest.mark.parametrize(("dtype", "indexed"), KINDS)
@pytest.mark.slow("tests/torch/test_torch_rowwise.py::test_losses_agree_with_numpy_to_the_bit")
def test_costs_of_every_kind_agree_with_numpy_to_the_bit(each_row_loss, dtype, indexed):
    f, y = tensors(row_arguments(each_row_loss, 20), dtype)
    if indexed and each_row_loss.targets != "scores":
        y = torch.tensor(row_indices(each_row_loss, 20))
    f.requires_grad_()
    found = getattr(functional, each_row_loss.name)(f, y)
    found.backward()
    scores = f.detach().numpy()
    expected, gradient = lossary.get(each_row_loss.name).cost_and_gradient(y.numpy(), scores)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.detach().numpy(), np.asarray(expected, scores.dtype))
    np.testing.assert_array_equal(f.grad.numpy(), gradient)


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "ranked_probability_score"])
@pytest.mark.parametrize(("dtype", "indexed"), KINDS)
def test_losses_agree_with_numpy_to_the_bit(name, dtype, indexed):
    loss = discovery.record(name)
    f, y = tensors(row_arguments(loss, 20), dtype)
    if indexed:
        y = torch.tensor(row_indices(loss, 20))
    f.requires_grad_()
    found = getattr(functional, name)(f, y, reduction="none")
    found.sum().backward()
    a, b = y.numpy(), f.detach().numpy()
    wanted = together(lossary.get(name), a, b, names=("value", "grad"))
    np.testing.assert_array_equal(found.detach().numpy(), wanted["value"])
    np.testing.assert_array_equal(f.grad.numpy(), wanted["grad"])


def test_the_formulas_on_torch_operations_agree_with_numpy(each_row_loss):
    f, y = tensors(row_arguments(each_row_loss, 20))
    parameters = [torch.tensor(p, dtype=torch.float64) for p in each_row_loss.defaults()]
    rows, ours = Rows.of(each_row_loss, f, y, parameters), lossary.get(each_row_loss.name)
    direction = torch.randn(f.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    a, b = y.numpy(), f.numpy()
    for i in range(len(a)):
        cost, gradient = ours.cost_and_gradient(a[i : i + 1], b[i : i + 1], np.ones(1))
        np.testing.assert_allclose(rows.value()[i].item(), cost, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(rows.gradient()[i].numpy(), gradient[0], rtol=1e-12, atol=1e-14)
    product = ours.hessian_product(
        a, b, direction.numpy(), check=False
    )  # looking at the arguments is a kernel of its own
    np.testing.assert_allclose(rows.hessian_product(direction).numpy(), product, rtol=1e-12, atol=1e-13)


@pytest.mark.sampled(
    "tests/torch/test_torch_rowwise.py::test_gradcheck_by_everything",
    only=("softmax_cross_entropy", "ranked_probability_score"),
)
def test_gradcheck_by_the_scores(each_row_loss):
    """By kernels, each derivative one of its own; by everything it goes by the formulas on torch operations."""
    f, y = tensors(row_arguments(each_row_loss))
    function = with_weights(each_row_loss, len(f), check=False)

    def cost(f):
        return function(f, y)

    f.requires_grad_()
    assert torch.autograd.gradcheck(cost, f, check_forward_ad=True, fast_mode=True)
    assert torch.autograd.gradgradcheck(cost, f, fast_mode=True)


def test_gradcheck_by_everything(each_row_loss, no_kernels):
    no_kernels()
    f, y = tensors(row_arguments(each_row_loss, 3, seed=1))
    function = getattr(functional, each_row_loss.name)
    parameters = {p.name: torch.tensor(p.default + 0.0625, dtype=torch.float64) for p in each_row_loss.parameters}
    weight = torch.rand(3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.1

    def cost(f, y, weight, *given):
        return function(f, y, sample_weight=weight, check=False, **dict(zip(parameters, given, strict=True)))

    inputs = [each.requires_grad_() for each in (f, y, weight, *parameters.values())]
    assert torch.autograd.gradcheck(cost, inputs, check_forward_ad=True, fast_mode=True)


def test_func_transforms(each_row_loss):
    f, y = tensors(row_arguments(each_row_loss, 6))
    one = with_weights(each_row_loss, 3, reduction="sum", check=False)
    batches, targets = f.reshape(2, 3, -1), y.reshape(2, 3, -1)
    # The kernel of a cost alone is another: two losses meet it.
    learned = each_row_loss.name not in ("softmax_cross_entropy", "ranked_probability_score")
    pairs = zip(batches.clone().requires_grad_(learned), targets, strict=True)
    looped = torch.stack([one(a, b).detach() for a, b in pairs])
    torch.testing.assert_close(torch.vmap(one)(batches, targets), looped, rtol=1e-13, atol=1e-14)
    gradients = torch.cat([torch.func.grad(one)(a, b) for a, b in zip(batches, targets, strict=True)])
    found = torch.vmap(torch.func.grad(one))(batches, targets).reshape(f.shape)
    torch.testing.assert_close(found, gradients, rtol=1e-13, atol=1e-14)
    _, slopes = lossary.get(each_row_loss.name).cost_and_gradient(y.numpy(), f.numpy(), np.ones(6), reduction="sum")
    np.testing.assert_allclose(gradients.numpy(), slopes, rtol=1e-13, atol=1e-14)
    expected = torch.tensor(lossary.get(each_row_loss.name).full_hessian(y[:1].numpy(), f[:1].numpy(), check=False))
    of_one_row = with_weights(each_row_loss, 1, reduction="sum", check=False)
    hessian = torch.func.hessian(of_one_row)(f[:1], y[:1])[0, :, 0]
    torch.testing.assert_close(hessian, expected[0], rtol=1e-12, atol=1e-13)


def test_all_compile_without_a_break():
    """In one graph, as for pointwise losses."""
    losses = discovery.row_records()
    samples = [tensors(row_arguments(loss)) for loss in losses]
    functions = [with_weights(loss, len(f)) for loss, (f, _) in zip(losses, samples, strict=True)]

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


def test_tensors_that_no_kernel_takes(each_row_loss, no_kernels):
    """As on another device: formulas on torch operations, forward and backward."""
    f, y = tensors(row_arguments(each_row_loss, 9))
    function = with_weights(each_row_loss, 9)
    f.requires_grad_()
    expected = function(f, y)
    gradient = torch.autograd.grad(expected, f)[0]
    no_kernels()
    found = function(f, y)
    torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-14)
    torch.testing.assert_close(torch.autograd.grad(found, f)[0], gradient, rtol=1e-12, atol=1e-14)
    assert function(f.detach().float(), y.float()).dtype == torch.float32
    if each_row_loss.targets == "scores":
        return
    index = torch.tensor(row_indices(each_row_loss, 9))
    one_hot = torch.nn.functional.one_hot(index, y.shape[1]).double()
    torch.testing.assert_close(function(f, index), function(f, one_hot), rtol=1e-13, atol=0.0)
    with pytest.raises(ValueError, match="class indices must be from 0"):
        function(f, index + 77)


OPTIONS = {
    "label_smoothing": 0.1,
    "temperature": 1.5,
    "soft_cap": 4.0,
    "class_prior": torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64),
    "prior_strength": 0.5,
    "weight": torch.tensor([1.0, 2.0, 0.5, 0.25], dtype=torch.float64),
    "class_mask": torch.tensor([True, True, True, False]),
    "ignore_index": 1,
}


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "weston_watkins"])
def test_options_mean_the_same_on_both_ways(name):
    drawn = torch.Generator().manual_seed(0)
    f = torch.randn(9, 4, 2, dtype=torch.float64, generator=drawn).requires_grad_()
    y = torch.randint(0, 3, (9, 2), generator=drawn)
    weight = torch.rand(9, 2, dtype=torch.float64, generator=drawn)
    function = getattr(functional, name)
    one_pass = function(f, y, sample_weight=weight, **OPTIONS)
    learned = weight.clone().requires_grad_()
    by_operations = function(f, y, sample_weight=learned, **OPTIONS)
    torch.testing.assert_close(one_pass, by_operations, rtol=1e-13, atol=0.0)
    gradient = torch.autograd.grad(one_pass, f)[0]
    torch.testing.assert_close(gradient, torch.autograd.grad(by_operations, f)[0], rtol=1e-12, atol=1e-15)
    given = {**OPTIONS, "class_weight": OPTIONS["weight"].numpy(), "class_prior": OPTIONS["class_prior"].numpy()}
    del given["weight"]
    given["class_mask"] = OPTIONS["class_mask"].numpy()
    flat = f.detach().movedim(1, -1).contiguous().numpy()
    assert one_pass.item() == lossary.get(name).cost(y.numpy(), flat, weight.numpy(), **given)
    torch._dynamo.reset()
    compiled = torch.compile(lambda f: function(f, y, sample_weight=weight, **OPTIONS), fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(f), one_pass)
