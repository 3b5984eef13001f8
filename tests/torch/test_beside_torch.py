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
@pytest.mark.parametrize("shape", [(6, 5), (6, 1), (6,), (1, 5)])
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
    ("TripletMarginWithDistanceLoss", {"margin": 0.5}, (draw(*SHAPE), draw(*SHAPE, seed=1)), draw(*SHAPE, seed=2)),
    (
        "TripletMarginWithDistanceLoss",
        {"distance_function": lambda a, b: (a - b).abs().amax(dim=-1), "swap": True},
        (draw(*SHAPE), draw(*SHAPE, seed=1)),
        draw(*SHAPE, seed=2),
    ),
    ("MultiLabelMarginLoss", {}, (draw(3, 5),), torch.tensor([[3, 0, -1, 1, 2], [-1, 2, 2, 2, 2], [0, 1, 2, 3, 4]])),
    ("MultiLabelMarginLoss", {}, (draw(5),), torch.tensor([1, 1, 4, -1, -1])),
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


@pytest.mark.parametrize(
    ("name", "inputs", "places"),
    [
        ("huber_loss", (draw(6), draw(6, seed=1)), ("sum", 0.7)),
        ("mse_loss", (draw(6), draw(6, seed=1)), (None, None, "sum")),
        ("cross_entropy", (draw(*SHAPE), CLASSES), (None, None, 2, None, "sum", 0.1)),
        ("nll_loss", (torch.log_softmax(draw(*SHAPE), 1), CLASSES), (PER_CLASS, None, 2)),
        ("multi_margin_loss", (draw(*SHAPE), CLASSES), (2, 0.5, PER_CLASS)),
        ("gaussian_nll_loss", (draw(6), draw(6, seed=1), shares(6)), (True, 1e-3, "sum")),
        ("poisson_nll_loss", (shares(6), shares(6)), (False, False, None, 0.1)),
        ("margin_ranking_loss", (draw(6), draw(6, seed=1), signs(6)), (0.5,)),
    ],
)
def test_options_by_their_place(name, inputs, places):
    torch.testing.assert_close(getattr(functional, name)(*inputs, *places), getattr(F, name)(*inputs, *places))


def test_modules_take_options_by_their_place_and_have_them_as_attributes():
    for name, places in (
        ("HuberLoss", ("sum", 0.5)),
        ("MarginRankingLoss", (0.5,)),
        ("CrossEntropyLoss", (PER_CLASS, None, 2, None, "sum", 0.1)),
        ("PoissonNLLLoss", (False, True)),
        ("SmoothL1Loss", ()),
    ):
        mine, other = getattr(ours, name)(*places), getattr(theirs, name)(*places)
        for each in (
            "reduction",
            "ignore_index",
            "delta",
            "beta",
            "margin",
            "label_smoothing",
            "weight",
            "full",
            "eps",
        ):
            if hasattr(other, each):
                found, expected = getattr(mine, each), getattr(other, each)
                assert torch.equal(found, expected) if torch.is_tensor(expected) else found == expected
    loss = ours.HuberLoss()
    loss.reduction, loss.delta = "sum", 2.0
    assert loss(torch.tensor([3.0, 3.0]), torch.zeros(2)).item() == 8.0
    with pytest.raises(AttributeError):
        loss.gamma  # noqa: B018
    with pytest.raises(TypeError, match="at most 3 options by their place, but 5 were given"):
        ours.MSELoss(None, None, "sum", None, 1)
    with pytest.raises(TypeError, match="delta was given twice"):
        functional.huber_loss(draw(2), draw(2), "sum", 1.0, delta=2.0)


# Deliberate differences.


def test_what_torch_had_before_reduction_is_refused():
    with pytest.warns(UserWarning, match="size_average"):
        F.mse_loss(draw(2), draw(2), size_average=False)
    with pytest.raises(TypeError, match="size_average= is what torch had before reduction=; say reduction="):
        functional.mse_loss(draw(2), draw(2), size_average=False)
    with pytest.raises(TypeError, match="reduce= is what torch had before"):
        ours.MSELoss(reduce=False)


def test_no_index_of_rows_can_be_ignored():
    p = torch.softmax(draw(*SHAPE), 1)
    with pytest.raises(RuntimeError, match="ignore_index is not supported for floating point target"):
        F.cross_entropy(draw(*SHAPE), p, ignore_index=2)
    weight = torch.ones(6, dtype=torch.float64, requires_grad=True)
    for call in (
        lambda: functional.cross_entropy(draw(*SHAPE), p, ignore_index=2),
        lambda: functional.nll_loss(p.log(), p, ignore_index=2),
        lambda: functional.linear_cross_entropy(draw(6, 3), draw(5, 3), p, ignore_index=2),
        lambda: functional.softmax_cross_entropy(draw(*SHAPE), p, ignore_index=2),
        # By this way it was dropped in silence.
        lambda: functional.softmax_cross_entropy(draw(*SHAPE), p, ignore_index=2, sample_weight=weight),
    ):
        with pytest.raises(TypeError, match="ignore_index is for class indices"):
            call()


def test_one_hot_rows_of_any_dtype():
    expected = functional.cross_entropy(draw(*SHAPE), CLASSES)
    for dtype in (torch.int64, torch.uint8, torch.bool, torch.float32):
        one_hot = F.one_hot(CLASSES, 5).to(dtype)
        torch.testing.assert_close(functional.cross_entropy(draw(*SHAPE), one_hot), expected)
        log_p = torch.log_softmax(draw(*SHAPE), 1)
        torch.testing.assert_close(functional.nll_loss(log_p, one_hot), expected)
    x, matrix = draw(6, 3), draw(5, 3, seed=1)
    found = functional.linear_cross_entropy(x, matrix, F.one_hot(CLASSES, 5))
    torch.testing.assert_close(found, functional.linear_cross_entropy(x, matrix, CLASSES))
    with pytest.raises(ValueError, match=r"targets must sum to one, but target\[0\]"):
        functional.cross_entropy(draw(*SHAPE), 2 * F.one_hot(CLASSES, 5))


def test_weights_below_zero_and_smoothing_of_all_are_refused():
    weight = torch.tensor([1.0, -1.0, 1.0, 1.0, 1.0], dtype=torch.float64)
    learned = torch.ones(6, dtype=torch.float64, requires_grad=True)
    assert torch.isfinite(F.cross_entropy(draw(*SHAPE), CLASSES, weight))
    assert torch.isfinite(F.cross_entropy(draw(*SHAPE), CLASSES, label_smoothing=1.0))
    for options in ({}, {"sample_weight": learned}):
        with pytest.raises(ValueError, match=r"weight must be finite and not negative, but .*\[1\] is -1"):
            functional.cross_entropy(draw(*SHAPE), CLASSES, weight, **options)
        with pytest.raises(ValueError, match=r"label_smoothing must be in \[0, 1\), not 1"):
            functional.cross_entropy(draw(*SHAPE), CLASSES, label_smoothing=1.0, **options)


def test_labels_that_are_no_classes():
    with pytest.raises(ValueError, match=r"from 0 to 2, or -1 after the last, but target\[0, 1\] is 3"):
        functional.multilabel_margin_loss(draw(1, 3), torch.tensor([[0, 3, -1]]))
    with pytest.raises(ValueError, match=r"target\[0, 0\] is -2"):
        functional.multilabel_margin_loss(draw(1, 3), torch.tensor([[-2, 1, -1]]))


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
