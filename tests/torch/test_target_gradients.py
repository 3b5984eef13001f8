"""Derivatives by targets, at the ends of their ranges too: the limits that the referee finds, never NaN."""

from __future__ import annotations

import math

import pytest
from tests.support.target_slopes import (
    gradient_brackets,
    point_bracket,
    points_at_the_ends,
    row_brackets,
    rows_at_the_ends,
    within,
)

torch = pytest.importorskip("torch")

from lossary.formula import Loss  # noqa: E402
from lossary.rowwise import RowLoss  # noqa: E402
from lossary.torch import functional  # noqa: E402

# Warned of by torch itself while it loads its compiler.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")

DIVERGENCES = [
    *("kl_target_prediction", "kl_prediction_target", "jensen_shannon"),
    *("kl_target_prediction_logits", "kl_prediction_target_logits", "jensen_shannon_logits"),
    *("kl_target_prediction_log_probabilities", "kl_prediction_target_log_probabilities"),
]


def tensors(*rows):
    return [torch.tensor(each, dtype=torch.float64) for each in rows]


@pytest.mark.parametrize("by_kernels", [True, False], ids=["kernels", "operations"])
def test_gradients_by_target_weights_are_limits(each_row_loss: RowLoss, by_kernels, no_kernels) -> None:
    if not by_kernels:
        no_kernels()
    weights, scores = rows_at_the_ends(each_row_loss)
    t, f = tensors(weights, scores)
    t.requires_grad_()
    losses = getattr(functional, each_row_loss.name)(f, t, reduction="none")
    (found,) = torch.autograd.grad(losses.sum(), t)
    for i, (t_row, f_row) in enumerate(zip(weights, scores, strict=True)):
        for j, allowed in enumerate(row_brackets(each_row_loss, tuple(t_row), tuple(f_row))):
            assert within(found[i, j].item(), allowed, 1e-9), (i, j, found[i, j].item(), allowed)


def test_gradients_by_targets_are_limits(each_loss: Loss) -> None:
    points = points_at_the_ends(each_loss)
    y, f = tensors(*zip(*points, strict=True))
    y.requires_grad_()
    losses = getattr(functional, each_loss.name)(f, y, reduction="none")
    if not each_loss.cost_root:
        (found,) = torch.autograd.grad(losses.sum(), y)
        for slope, (target, prediction) in zip(found.tolist(), points, strict=True):
            allowed = point_bracket(each_loss, target, prediction)
            assert within(slope, allowed, 1e-9), (target, prediction, slope, allowed)


def test_second_derivatives_by_scores_and_target_weights(each_row_loss: RowLoss) -> None:
    weights, scores = rows_at_the_ends(each_row_loss)
    weights, scores = weights[:1], scores[:1]
    t, f = (each.requires_grad_() for each in tensors(weights, scores))
    losses = getattr(functional, each_row_loss.name)(f, t, reduction="none")
    (gradient,) = torch.autograd.grad(losses.sum(), f, create_graph=True)
    allowed = [gradient_brackets(each_row_loss, weights[0], scores[0], place) for place in range(len(weights[0]))]
    for i in range(gradient.shape[1]):
        if not gradient[0, i].requires_grad or not torch.isfinite(gradient[0, i]):
            continue
        (found,) = torch.autograd.grad(gradient[0, i], t, retain_graph=True, allow_unused=True)
        for j, slope in enumerate([0.0] * len(allowed) if found is None else found[0].tolist()):
            assert within(slope, allowed[j][i], 1e-8), (i, j, slope, allowed[j][i])


@pytest.mark.parametrize("name", DIVERGENCES)
def test_at_a_target_of_zero_the_slope_of_a_divergence_is_infinite(name) -> None:
    """t log t falls ever more steeply towards zero; -p log t, where p is not zero, all the more."""
    p, t = tensors([[0.2, 0.3, 0.5]], [[0.0, 0.25, 0.75]])
    f = p if name.removesuffix("_logits").removesuffix("_log_probabilities") == name else p.log()
    t.requires_grad_()
    (found,) = torch.autograd.grad(getattr(functional, name)(f, t), t)
    assert found[0, 0] == -math.inf
    assert torch.isfinite(found[0, 1:]).all()


@pytest.mark.parametrize("name", DIVERGENCES)
def test_a_class_without_target_and_probability_has_no_slope(name) -> None:
    p, t = tensors([[0.0, 0.5, 0.5]], [[0.0, 0.25, 0.75]])
    f = p if name.removesuffix("_logits").removesuffix("_log_probabilities") == name else p.log()
    t.requires_grad_()
    (found,) = torch.autograd.grad(getattr(functional, name)(f, t), t)
    assert not torch.isnan(found).any()


def test_what_does_not_count_has_no_slope() -> None:
    p, t = tensors([[0.2, 0.8], [0.4, 0.6]], [[0.0, 1.0], [0.5, 0.5]])
    t.requires_grad_()
    losses = functional.kl_target_prediction(p, t, reduction="none")
    (found,) = torch.autograd.grad(losses[1], t)
    assert (found[0] == 0.0).all()
    cost = functional.kl_target_prediction(p, t, sample_weight=torch.tensor([0.0, 1.0]))
    (found,) = torch.autograd.grad(cost, t)
    assert (found[0] == 0.0).all()
    assert torch.isfinite(found).all()


def test_compiled_and_in_float32_too() -> None:
    p, t = (each.float() for each in tensors([[0.2, 0.3, 0.5]], [[0.0, 0.25, 0.75]]))

    def costs(t):
        return functional.kl_target_prediction(p, t) + functional.jensen_shannon_logits(p.log(), t)

    compiled = torch.compile(costs, fullgraph=True)
    slopes = [torch.autograd.grad(each(x), x)[0] for each in (costs, compiled) for x in [t.clone().requires_grad_()]]
    assert slopes[0][0, 0] == -math.inf
    torch.testing.assert_close(slopes[0], slopes[1])


def test_derivatives_along_a_tangent(each_row_loss: RowLoss) -> None:
    """torch takes them by two gradients, the first of which is of no weight at all."""
    generator = torch.Generator().manual_seed(8)
    weights, scores = rows_at_the_ends(each_row_loss)
    t, f = (each[3:4] for each in tensors(weights, scores))
    function = getattr(functional, each_row_loss.name)

    def losses(f, t):
        return function(f, t, reduction="none", check=False)

    along = tuple(torch.randn(each.shape, generator=generator, dtype=torch.float64) for each in (f, t))
    _, found = torch.autograd.functional.jvp(losses, (f, t), along)
    _, wanted = torch.func.jvp(losses, (f, t), along)
    torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-12)
