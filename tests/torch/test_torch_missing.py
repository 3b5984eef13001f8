"""Missing targets on tensors: gradients of exactly zero, whichever way a call takes, and numbers of the rest alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.support.arguments import pointwise_arguments, row_arguments

import lossary

torch = pytest.importorskip("torch")
import lossary.torch  # noqa: E402
from lossary.torch import functional  # noqa: E402

NAN = math.nan


def holed(sample: tuple[np.ndarray, np.ndarray]) -> tuple:
    """Predictions and targets, those with gaps, and which rows are there; behind a gap the prediction is NaN too."""
    y, f = (torch.tensor(each) for each in sample)
    there = torch.arange(len(y)) % 3 != 1
    over = there[:, None] if y.ndim == 2 else there
    return f, y, torch.where(over, f, NAN), torch.where(over, y, NAN), there


def slope(cost, f, **kwargs):
    f = f.clone().requires_grad_()
    return torch.autograd.grad(cost(f), f, **kwargs)[0]


def test_every_loss_leaves_gaps_out(each_loss):
    f, y, f_gap, y_gap, there = holed(pointwise_arguments(each_loss))
    function, ones = getattr(functional, each_loss.name), torch.ones(len(f), dtype=f.dtype)
    for each in (f, f_gap):
        each.requires_grad_()
    found = function(f_gap, y_gap, missing="nan")
    wanted = function(f[there], y[there], weight=ones[there])  # a weight of one changes no bit, and saves a kernel
    assert found.item() == wanted.item()
    (got,), (slope,) = torch.autograd.grad(found, f_gap), torch.autograd.grad(wanted, f)
    assert torch.equal(got, slope)


LEAVES_GAPS_OUT = "tests/torch/test_torch_missing.py::test_every_loss_leaves_gaps_out"


@pytest.mark.sampled(LEAVES_GAPS_OUT)
def test_twice_and_under_transformations(each_loss):
    f, y, f_gap, y_gap, there = holed(pointwise_arguments(each_loss))
    function = getattr(functional, each_loss.name)

    def cost(x, target=y_gap):
        return function(x, target, missing="nan")

    wanted = slope(lambda x: function(x, y[there]), f[there])
    x = f_gap.clone().requires_grad_()
    (first,) = torch.autograd.grad(cost(x), x, create_graph=True)
    second = torch.autograd.grad(first.sum(), x, allow_unused=True)[0] if first.requires_grad else torch.zeros_like(f)
    for each in (first, second, torch.func.grad(cost)(f_gap)):
        assert not each[~there].any()
        assert torch.isfinite(each).all()
    torch.testing.assert_close(first[there], wanted, rtol=1e-13, atol=1e-15)
    rows = torch.vmap(torch.func.grad(cost))(f_gap.reshape(3, 4), y_gap.reshape(3, 4)).reshape(-1)
    assert not rows[~there].any()


def test_by_operations_too(each_loss, no_kernels):
    """As on devices without kernels."""
    f, y, f_gap, y_gap, there = holed(pointwise_arguments(each_loss))
    function = getattr(functional, each_loss.name)
    no_kernels()
    torch.testing.assert_close(
        function(f_gap, y_gap, missing="nan"), function(f[there], y[there]), rtol=1e-13, atol=1e-15
    )
    got = slope(lambda x: function(x, y_gap, missing="nan"), f_gap)
    assert not got[~there].any()
    wanted = slope(lambda x: function(x, y[there]), f[there])
    torch.testing.assert_close(got[there], wanted, rtol=1e-12, atol=1e-15)


def test_every_loss_of_rows_leaves_gaps_out(each_row_loss, no_kernels):
    f, y, f_gap, y_gap, there = holed(row_arguments(each_row_loss))
    function, ones = getattr(functional, each_row_loss.name), torch.ones(len(f), dtype=f.dtype)
    for each in (f, f_gap):
        each.requires_grad_()
    found = function(f_gap, y_gap, sample_weight=ones, missing="nan")
    wanted = function(f[there], y[there], sample_weight=ones[there])
    assert found.item() == wanted.item()
    (wanted,) = torch.autograd.grad(wanted, f)
    assert torch.equal(torch.autograd.grad(found, f_gap)[0], wanted)
    no_kernels()
    by_operations = slope(lambda x: function(x, y_gap, missing="nan"), f_gap.detach())
    assert not by_operations[~there].any()
    torch.testing.assert_close(by_operations[there], wanted[there], rtol=1e-12, atol=1e-14)


def test_a_label_is_missing_by_itself():
    f, y = torch.tensor([[0.3, NAN], [1.0, -1.0]]), torch.tensor([[1.0, NAN], [NAN, 0.0]])
    got = functional.one_vs_rest_logistic(f, y, reduction="none", missing="nan")
    wanted = lossary.one_vs_rest_logistic(y.numpy(), f.numpy(), missing="nan")
    np.testing.assert_array_equal(got.numpy(), wanted)
    gradient = slope(lambda x: functional.one_vs_rest_logistic(x, y, missing="nan"), f)
    assert gradient[0, 1] == 0.0
    assert gradient[1, 0] == 0.0


@pytest.mark.parametrize("denominator", ["weights", "count", "size"])
def test_no_denominator_counts_a_gap(denominator):
    f, y = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0.0, NAN, 1.0])
    w, there = torch.tensor([2.0, 5.0, 1.0]), torch.tensor([True, False, True])
    how = {"denominator": denominator}
    for weight in (None, w):
        rest = None if weight is None else weight[there]
        got = functional.huber(f, y, weight=weight, missing="nan", **how)
        assert got == functional.huber(f[there], y[there], weight=rest, **how)
    with pytest.raises(ValueError, match="pass empty="):
        functional.huber(f, torch.full((3,), NAN), weight=w, missing="nan", **how)
    assert functional.huber(f, torch.full((3,), NAN), missing="nan", empty=0.0, **how) == 0.0


CALLS = {
    "mse_loss": {},
    "l1_loss": {},
    "smooth_l1_loss": {},
    "huber_loss": {},
    "soft_margin_loss": {},
    "binary_cross_entropy_with_logits": {"weight": torch.tensor([1.0, 2.0, 1.0, 3.0])},
    "poisson_nll_loss": {"full": True},
    "gaussian_nll_loss": {"var": torch.tensor(2.0)},
    "hinge_embedding_loss": {},
}


BY_NAME = "tests/torch/test_torch_missing.py::test_the_functions_by_torchs_names"
USUAL = [(name, "mean") for name in CALLS] + [("huber_loss", "none"), ("huber_loss", "sum")]
RARE = [(name, reduction) for name in CALLS for reduction in ("none", "sum") if name != "huber_loss"]


@pytest.mark.parametrize(
    ("name", "reduction"), [*USUAL, *(pytest.param(*each, marks=pytest.mark.slow(BY_NAME)) for each in RARE)]
)
def test_the_functions_by_torchs_names(name, reduction):
    f, y = torch.tensor([0.5, 0.25, NAN, -2.0]), torch.tensor([1.0, NAN, NAN, 1.0])
    there = torch.tensor([True, False, False, True])
    function, options = getattr(functional, name), {"reduction": reduction, **CALLS[name]}
    few = {k: v[there] if isinstance(v, torch.Tensor) and v.ndim else v for k, v in options.items()}
    got, wanted = function(f, y, missing="nan", **options), function(f[there], y[there], **few)
    if reduction == "none":
        assert not got[~there].any()
        got = got[there]
    torch.testing.assert_close(got, wanted, rtol=1e-6, atol=0.0)
    gradient = slope(lambda x: function(x, y, missing="nan", **options).sum(), f)
    assert not gradient[~there].any()
    with pytest.raises(ValueError, match='pass missing="nan"'):
        function(f, y, **options)


def test_pairs_whose_target_is_missing():
    a, b = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 1.0], [1.0, 0.0]])
    y = torch.tensor([1.0, NAN])
    got = functional.cosine_embedding_loss(a, b, y, missing="nan")
    assert got == functional.cosine_embedding_loss(a[:1], b[:1], y[:1])
    got = functional.margin_ranking_loss(a[0], b[1], y, margin=0.5, missing="nan")
    assert got == functional.margin_ranking_loss(a[0, :1], b[1, :1], y[:1], margin=0.5)


def test_weighed_labels_average_over_rows_that_have_one():
    f, y = torch.tensor([[0.5, 1.0], [2.0, 3.0]]), torch.tensor([[1.0, NAN], [NAN, NAN]])
    w = torch.tensor([2.0, 1.0])
    got = functional.multilabel_soft_margin_loss(f, y, w, missing="nan")
    torch.testing.assert_close(got, functional.logistic(f[0, 0], y[0, 0]), rtol=1e-6, atol=0.0)


def test_modules_compiled_and_not():
    f, y = torch.tensor([1.0, 2.0, NAN, 4.0]), torch.tensor([0.0, 5.0, NAN, NAN])
    module = lossary.torch.HuberLoss(missing="nan", delta=2.0)
    assert "missing='nan'" in repr(module)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch._dynamo.reset()
    assert compiled(f, y) == module(f, y) == functional.huber(f[:2], y[:2], delta=2.0)
    assert torch.equal(slope(lambda x: compiled(x, y), f), slope(lambda x: module(x, y), f))
    with pytest.raises(ValueError, match=r"missing must be 'error' or 'nan'"):
        functional.huber(f, y, missing="skip")


def test_half_precision_and_weights_that_learn():
    f, y = torch.tensor([1.0, NAN, 3.0]).half(), torch.tensor([0.0, NAN, 1.0]).half()
    assert functional.squared_error(f, y, missing="nan").item() == 2.5
    w = torch.ones(3, requires_grad=True)
    functional.squared_error(f.float(), y.float(), weight=w, missing="nan").backward()
    assert w.grad[1] == 0.0
    assert torch.isfinite(w.grad).all()
