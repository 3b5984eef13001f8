"""torch's own losses and ours on the same random inputs; every deliberate difference is a test of its own."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

import lossary.torch as ours  # noqa: E402
from lossary.torch import functional  # noqa: E402

theirs = torch.nn
F = torch.nn.functional


def draw(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def signs(*shape):
    return torch.where(draw(*shape, seed=1) > 0.0, 1.0, -1.0).double()


def shares(*shape):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


SHAPE = (6, 5)
POINTWISE = [
    ("MSELoss", {}, draw(*SHAPE), draw(*SHAPE, seed=1)),
    ("L1Loss", {}, draw(*SHAPE), draw(*SHAPE, seed=1)),
    ("SmoothL1Loss", {"beta": 0.5}, draw(*SHAPE), draw(*SHAPE, seed=1)),
    ("SmoothL1Loss", {"beta": 0.0}, draw(*SHAPE), draw(*SHAPE, seed=1)),
    ("HuberLoss", {"delta": 0.7}, draw(*SHAPE), draw(*SHAPE, seed=1)),
    ("SoftMarginLoss", {}, draw(*SHAPE), signs(*SHAPE)),
    ("BCELoss", {}, shares(*SHAPE) * 0.9 + 0.05, shares(*SHAPE)),
    ("BCELoss", {"weight": shares(5)}, shares(*SHAPE) * 0.9 + 0.05, shares(*SHAPE)),
    ("BCEWithLogitsLoss", {}, draw(*SHAPE), shares(*SHAPE)),
    ("BCEWithLogitsLoss", {"pos_weight": shares(5) + 0.5}, draw(*SHAPE), shares(*SHAPE)),
    ("BCEWithLogitsLoss", {"pos_weight": shares(5) + 0.5, "weight": shares(5)}, draw(*SHAPE), shares(*SHAPE)),
    ("PoissonNLLLoss", {}, draw(*SHAPE), shares(*SHAPE) * 5.0),
    ("PoissonNLLLoss", {"log_input": False}, shares(*SHAPE) + 0.1, shares(*SHAPE) * 5.0),
    ("PoissonNLLLoss", {"log_input": False, "eps": 0.1}, shares(*SHAPE), shares(*SHAPE) * 5.0),
    ("MultiLabelSoftMarginLoss", {}, draw(*SHAPE), shares(*SHAPE).round()),
    ("MultiLabelSoftMarginLoss", {"weight": shares(5)}, draw(*SHAPE), shares(*SHAPE).round()),
]
CLASSES = torch.tensor([0, 4, 2, 2, 1, 3])
PER_CLASS = torch.tensor([0.5, 2.0, 1.0, 3.0, 0.25], dtype=torch.float64)
DEEP = torch.randint(0, 5, (3, 2, 4), generator=torch.Generator().manual_seed(3))
ROWWISE = [
    ("CrossEntropyLoss", {}, draw(*SHAPE), CLASSES),
    ("CrossEntropyLoss", {"weight": PER_CLASS}, draw(*SHAPE), CLASSES),
    ("CrossEntropyLoss", {"weight": PER_CLASS, "ignore_index": 2}, draw(*SHAPE), CLASSES),
    ("CrossEntropyLoss", {"label_smoothing": 0.1, "ignore_index": 2}, draw(*SHAPE), CLASSES),
    ("CrossEntropyLoss", {"label_smoothing": 0.1}, draw(*SHAPE), torch.softmax(draw(*SHAPE, seed=4), 1)),
    ("CrossEntropyLoss", {"weight": PER_CLASS}, draw(3, 5, 2, 4), DEEP),
    ("CrossEntropyLoss", {}, draw(3, 5, 2, 4), torch.softmax(draw(3, 5, 2, 4, seed=4), 1)),
    ("CrossEntropyLoss", {}, draw(5), torch.tensor(3)),
    ("NLLLoss", {}, torch.log_softmax(draw(*SHAPE), 1), CLASSES),
    ("NLLLoss", {"weight": PER_CLASS, "ignore_index": 2}, torch.log_softmax(draw(*SHAPE), 1), CLASSES),
    ("NLLLoss", {"weight": PER_CLASS}, torch.log_softmax(draw(3, 5, 2, 4), 1), DEEP),
    ("MultiMarginLoss", {}, draw(*SHAPE), CLASSES),
    ("MultiMarginLoss", {"margin": 0.5, "p": 2, "weight": PER_CLASS}, draw(*SHAPE), CLASSES),
]


@pytest.mark.parametrize(
    ("name", "options", "input", "target", "reduction"),
    [(*case, kind) for i, case in enumerate(POINTWISE + ROWWISE) for kind in ("mean", ("none", "sum")[i % 2])],
)
def test_the_same_number_and_gradient(name, options, input, target, reduction):
    found, expected = input.clone().requires_grad_(), input.clone().requires_grad_()
    mine = getattr(ours, name)(**options, reduction=reduction)(found, target)
    other = getattr(theirs, name)(**options, reduction=reduction)(expected, target)
    torch.testing.assert_close(mine, other, rtol=1e-12, atol=1e-13)
    toward = draw(*mine.shape, seed=5) if mine.ndim else None
    torch.testing.assert_close(
        torch.autograd.grad(mine, found, toward)[0],
        torch.autograd.grad(other, expected, toward)[0],
        rtol=1e-12,
        atol=1e-13,
    )


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("shape", [(6, 5), (6, 1), (6,)])
def test_gaussian_with_predicted_variance(full, reduction, shape):
    input, target, var = draw(6, 5).requires_grad_(), draw(6, 5, seed=1), (shares(*shape) + 0.1).requires_grad_()
    mine = ours.GaussianNLLLoss(full=full, reduction=reduction)(input, target, var)
    other = theirs.GaussianNLLLoss(full=full, reduction=reduction)(input, target, var)
    torch.testing.assert_close(mine, other, rtol=1e-12, atol=1e-13)
    for a, b in zip(
        torch.autograd.grad(mine.sum(), (input, var)), torch.autograd.grad(other.sum(), (input, var)), strict=True
    ):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


PAIRS = [
    ("MarginRankingLoss", {"margin": 0.3}, (draw(6), draw(6, seed=1)), signs(6)),
    ("HingeEmbeddingLoss", {"margin": 0.8}, (draw(*SHAPE).abs(),), signs(*SHAPE)),
    ("CosineEmbeddingLoss", {"margin": -0.2}, (draw(*SHAPE), draw(*SHAPE, seed=1)), signs(6)),
    ("TripletMarginLoss", {"margin": 0.5, "p": 1.5}, (draw(*SHAPE), draw(*SHAPE, seed=1)), draw(*SHAPE, seed=2)),
    ("TripletMarginLoss", {"swap": True}, (draw(*SHAPE), draw(*SHAPE, seed=1)), draw(*SHAPE, seed=2)),
]


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(("name", "options", "inputs", "target"), PAIRS)
def test_losses_of_pairs_and_triplets(name, options, inputs, target, reduction):
    found, expected = ([each.clone().requires_grad_() for each in inputs] for _ in range(2))
    mine = getattr(ours, name)(**options, reduction=reduction)(*found, target)
    other = getattr(theirs, name)(**options, reduction=reduction)(*expected, target)
    torch.testing.assert_close(mine, other, rtol=1e-10, atol=1e-12)
    for a, b in zip(torch.autograd.grad(mine.sum(), found), torch.autograd.grad(other.sum(), expected), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_pairs_are_strict():
    with pytest.raises(ValueError, match=r"target has shape \(\) but input1 has shape \(6,\)"):
        ours.MarginRankingLoss()(draw(6), draw(6), torch.tensor(1.0))
    with pytest.raises(ValueError, match=r"target\[0\] is 0"):
        ours.HingeEmbeddingLoss()(draw(2), torch.zeros(2, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"target must have shape \(6,\)"):
        ours.CosineEmbeddingLoss()(draw(*SHAPE), draw(*SHAPE), signs(6, 1))


def test_kl_batchmean():
    log_p, q = torch.log_softmax(draw(6, 5), 1), torch.softmax(draw(6, 5, seed=1), 1)
    expected = F.kl_div(log_p, q, reduction="batchmean")
    torch.testing.assert_close(functional.kl_div(log_p, q, reduction="batchmean"), expected)
    torch.testing.assert_close(functional.kl_div(log_p, q.log(), reduction="batchmean", log_target=True), expected)
    torch.testing.assert_close(functional.kl_div(log_p, q, reduction="sum"), F.kl_div(log_p, q, reduction="sum"))


def test_weighted_regression():
    input, target, weight = draw(6), draw(6, seed=1), shares(6)
    for name in ("mse_loss", "l1_loss"):
        torch.testing.assert_close(
            getattr(functional, name)(input, target, weight=weight), getattr(F, name)(input, target, weight=weight)
        )


def test_linear_cross_entropy():
    x, matrix, bias = draw(6, 3), draw(5, 3, seed=1), draw(5, seed=2)
    mine = functional.linear_cross_entropy(x, matrix, CLASSES, linear_bias=bias, weight=PER_CLASS)
    torch.testing.assert_close(mine, F.cross_entropy(F.linear(x, matrix, bias), CLASSES, PER_CLASS))


# Deliberate differences.


def test_shapes_are_strict():
    with pytest.warns(UserWarning, match="target size"):
        F.mse_loss(draw(3, 1), draw(3))
    with pytest.raises(ValueError, match=r"target has shape \(3,\) but input has shape \(3, 1\)"):
        functional.mse_loss(draw(3, 1), draw(3))
    assert functional.mse_loss(draw(3, 1), draw(3), broadcast=True, reduction="none").shape == (3, 3)


def test_bce_keeps_its_gradient_where_torch_stops_at_100():
    p, y = torch.tensor([1e-60], dtype=torch.float64, requires_grad=True), torch.ones(1, dtype=torch.float64)
    assert F.binary_cross_entropy(p, y).item() == 100.0
    assert functional.binary_cross_entropy(p, y).item() == pytest.approx(138.155, abs=1e-3)
    assert torch.autograd.grad(functional.binary_cross_entropy(p, y), p)[0].item() == pytest.approx(-1e60)


def test_soft_margin_does_not_overflow():
    f, y = torch.tensor([-200.0]), torch.ones(1)
    assert F.soft_margin_loss(f, y).item() == float("inf")
    assert functional.soft_margin_loss(f, y).item() == 200.0


def test_logits_may_be_infinite():
    f, y = torch.tensor([-float("inf")]), torch.zeros(1)
    assert torch.isnan(F.binary_cross_entropy_with_logits(f, y))
    assert functional.binary_cross_entropy_with_logits(f, y).item() == 0.0


def test_weighted_distributions_weigh_like_indices():
    f, one_hot = draw(*SHAPE), F.one_hot(CLASSES, 5).double()
    by_index = functional.cross_entropy(f, CLASSES, PER_CLASS)
    torch.testing.assert_close(functional.cross_entropy(f, one_hot, PER_CLASS), by_index)
    assert abs(F.cross_entropy(f, one_hot, PER_CLASS) - by_index) > 0.1


def test_class_weights_do_not_move_the_minimum_of_smoothing():
    f, y = torch.zeros(1, 2, dtype=torch.float64, requires_grad=True), torch.tensor([0])
    with torch.no_grad():
        f[0, 0] = torch.log(torch.tensor(19.0))
    weight = torch.tensor([1.0, 10.0], dtype=torch.float64)
    at_minimum = functional.cross_entropy(f, y, weight, label_smoothing=0.1)
    assert torch.autograd.grad(at_minimum, f)[0].abs().max() < 1e-8
    assert torch.autograd.grad(F.cross_entropy(f, y, weight, label_smoothing=0.1), f)[0].abs().max() > 0.1


def test_a_weighted_mean_divides_by_weights_for_huber_too():
    input, target, weight = draw(6), draw(6, seed=1), shares(6)
    found = functional.huber_loss(input, target, weight=weight)
    torch.testing.assert_close(found * weight.mean(), F.huber_loss(input, target, weight=weight))


def test_kl_mean_is_a_divergence():
    log_p, q = torch.log_softmax(draw(6, 5), 1), torch.softmax(draw(6, 5, seed=1), 1)
    torch.testing.assert_close(functional.kl_div(log_p, q), F.kl_div(log_p, q, reduction="batchmean"))


def test_poisson_full_is_exact():
    f, y = torch.zeros(1, dtype=torch.float64), torch.full((1,), 3.0, dtype=torch.float64)
    exact = 1.0 + torch.log(torch.tensor(6.0)).item()
    assert functional.poisson_nll_loss(f, y, full=True).item() == pytest.approx(exact, rel=1e-7)
    assert abs(F.poisson_nll_loss(f, y, full=True).item() - exact) > 0.01


def test_a_mean_of_nothing_raises():
    f, y = draw(2, 3), torch.tensor([-100, -100])
    assert torch.isnan(F.cross_entropy(f, y))
    with pytest.raises(ValueError, match="no example counts"):
        functional.cross_entropy(f, y)
    assert functional.cross_entropy(f, y, empty=0.0).item() == 0.0
    assert functional.cross_entropy(f, y, reduction="sum").item() == 0.0


def test_targets_are_checked():
    with pytest.raises(ValueError, match=r"target\[1\] is 2"):
        functional.binary_cross_entropy_with_logits(draw(2), torch.tensor([0.0, 2.0], dtype=torch.float64))
    with pytest.raises(ValueError, match=r"class indices .* target\[0\] is 7"):
        functional.cross_entropy(draw(2, 3), torch.tensor([7, 0]))


def test_half_precision_does_not_overflow():
    f, y = torch.full((70000,), 2.0, dtype=torch.float16), torch.zeros(70000, dtype=torch.float16)
    found = functional.mse_loss(f, y)
    assert found.dtype == torch.float16
    assert found.item() == 4.0


def test_rows_that_are_no_log_probabilities():
    f, y = draw(2, 3).abs() * -1.0, torch.tensor([0, 2])
    with pytest.raises(ValueError, match="must sum to one"):
        functional.nll_loss(f, y)
    torch.testing.assert_close(functional.nll_loss(f, y, check=False), F.nll_loss(f, y))
