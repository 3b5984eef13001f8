"""What counts in a batch: indices, weights and numbers, and what is refused with its place."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

import lossary.torch as ours  # noqa: E402
from lossary.evaluate.arrays.inputs import ShapeError  # noqa: E402
from lossary.evaluate.arrays.refusals import DomainError  # noqa: E402
from lossary.torch import functional  # noqa: E402

WEIGHT = torch.tensor([1.0, 0.5, 0.25])


def denominator(*arguments, **options):
    found = ours.global_denominator(*arguments, **options)
    assert found.dtype == torch.float64
    return found.item()


def test_class_indices_count_unless_they_are_ignored():
    index = torch.tensor([[0, 2, -100], [1, 1, -100]])
    assert denominator(index) == 4.0
    assert denominator(index, weight=WEIGHT) == 2.25
    assert denominator(index.to(torch.uint8).clamp(max=2), ignore_index=2) == 3.0  # -100 is 156 as a byte
    assert denominator(torch.tensor([0, 1, 1]), ignore_index=1) == 1.0
    assert denominator(torch.tensor([0, 1, 7]), ignore_index=7, weight=WEIGHT) == 1.5
    assert denominator(torch.tensor([], dtype=torch.long), weight=WEIGHT) == 0.0
    assert denominator(torch.tensor([-100, -100]), weight=WEIGHT) == 0.0


def test_weights_and_numbers_count_as_what_they_are():
    assert denominator(torch.tensor([0.5, 0.25])) == 0.75
    assert denominator(torch.tensor([2.0**-30, 1.0, 2.0**30], dtype=torch.float32)) == 2.0**30 + 1.0 + 2.0**-30
    assert denominator(3) == 3.0
    assert denominator(2.5) == 2.5
    assert denominator([torch.tensor([0, 1]), torch.tensor([0.5]), 2, 0.25]) == 4.75
    # Many small parts beside a large one: the sum is exact.
    assert denominator([1e16, *[1.0] * 5]) == 1e16 + 4.0  # 1e16 + 5, rounded to even
    assert denominator(each for each in (1, 2, 3)) == 6.0


def test_averaged_over_one_rank_is_the_same():
    assert denominator([1, 2], averaged=True) == 3.0


@pytest.mark.parametrize(
    ("batches", "options", "words"),
    [
        (torch.tensor([0, -1]), {}, "batches: class indices must not be negative, but number 1 of it is -1"),
        ([1, torch.tensor([-100, -2])], {}, r"batches\[1\]: .* number 1 of it is -2"),
        (
            torch.tensor([0, 3]),
            {"weight": WEIGHT},
            "must be from 0 to 2, as there are 3 weights, but number 1 of it is 3",
        ),
        (torch.tensor([-3, 0]), {"weight": WEIGHT}, "number 0 of it is -3"),
        (torch.tensor([0, -100]), {"ignore_index": 5}, "number 1 of it is -100"),
        (torch.tensor([0.5, -0.5]), {}, "batches"),
        (torch.tensor([0.5, torch.nan]), {}, "batches"),
        (-1, {}, "batches"),
        (math.inf, {}, "batches"),
        (torch.tensor([0]), {"weight": torch.tensor([-1.0])}, "weight"),
    ],
)
def test_what_cannot_count_is_refused_with_its_place(batches, options, words):
    with pytest.raises(DomainError, match=words):
        ours.global_denominator(batches, **options)


def test_the_last_class_has_a_weight_and_any_index_counts_without():
    assert denominator(torch.tensor([2]), weight=WEIGHT) == 0.25
    assert denominator(torch.tensor([10**9])) == 1.0


def test_what_is_no_batch_is_refused():
    for wrong in (torch.tensor([True]), torch.tensor([1j])):
        with pytest.raises(TypeError, match=r"give class indices of an integer dtype, weights, or a count: mask.sum"):
            ours.global_denominator(wrong)
    with pytest.raises(ShapeError, match=r"one number a class, but has shape \(1, 3\)"):
        ours.global_denominator(torch.tensor([0]), weight=WEIGHT[None])


def test_weights_that_need_gradients_count_without_one():
    weight = torch.ones(3, requires_grad=True)
    assert not ours.global_denominator(torch.tensor([0]), weight=weight).requires_grad
    assert not ours.global_denominator(weight).requires_grad


def test_a_cost_of_one_process_is_the_functions_with_its_gradient():
    f = torch.tensor([0.5, 3.0, -1.0], dtype=torch.float64, requires_grad=True)
    y, w = torch.tensor([0.0, 1.0, 1.0], dtype=torch.float64), torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64)
    plain = functional.huber_loss(f, y, weight=w)
    whole = ours.global_cost("huber", f, y, sample_weight=w)
    by_hand = (0.125 + 2.0 * 1.5) / 3.0
    assert whole.item() == pytest.approx(by_hand)
    slope = torch.autograd.grad(whole, f)[0]
    torch.testing.assert_close(slope, torch.tensor([0.5 / 3.0, 0.0, -2.0 / 3.0], dtype=torch.float64))
    assert plain.shape == whole.shape


def test_a_cost_over_a_given_number():
    f, y = torch.tensor([1.0, 3.0], requires_grad=True), torch.tensor([0.0, 0.0])
    cost = ours.global_cost("squared_error", f, y, denominator=4.0)
    assert cost.item() == 2.5
    torch.testing.assert_close(torch.autograd.grad(cost, f)[0], torch.tensor([0.5, 1.5]))
    # Twice the gradient if twice the cost is asked for.
    cost = 2.0 * ours.global_cost("squared_error", f, y, denominator=4.0, averaged=True)
    torch.testing.assert_close(torch.autograd.grad(cost, f)[0], torch.tensor([1.0, 3.0]))
    with pytest.raises(ValueError, match="denominator must be a positive number"):
        ours.global_cost("squared_error", f, y, denominator=0.0)


def test_a_cost_of_nothing_and_a_root_are_refused():
    f, y = torch.tensor([1.0, 3.0]), torch.tensor([0.0, 0.0])
    with pytest.raises(ValueError, match="squared_error: no example counts on any rank"):
        ours.global_cost("squared_error", f, y, sample_weight=torch.zeros(2))
    with pytest.raises(ValueError, match="the root of a mean does not add up over ranks; take squared_error"):
        ours.global_cost("root_mean_squared_error", f, y)


def test_parameters_reach_the_cost_and_its_gradient():
    f, y = torch.tensor([3.0], requires_grad=True), torch.tensor([0.0])
    for given in ({"delta": 2.0}, {"delta": torch.tensor(2.0)}):
        cost = ours.global_cost("huber", f, y, **given)
        assert cost.item() == 4.0
        assert torch.autograd.grad(cost, f)[0].item() == 2.0
    import lossary  # noqa: PLC0415

    assert ours.global_cost(lossary.huber.using(delta=2.0), f, y).item() == 4.0


def test_classes_may_lie_along_any_axis():
    drawn = torch.Generator().manual_seed(1)
    f = torch.randn(4, 3, 5, generator=drawn, dtype=torch.float64).requires_grad_()
    y = torch.randint(0, 3, (4, 5), generator=drawn)
    first = ours.global_cost("softmax_cross_entropy", f, y)
    last = ours.global_cost("softmax_cross_entropy", f.movedim(1, -1), y, dim=-1)
    plain = functional.cross_entropy(f, y)
    assert first.item() == last.item() == pytest.approx(plain.item())
    for cost in (first, last):
        torch.testing.assert_close(
            torch.autograd.grad(cost, f)[0], torch.autograd.grad(functional.cross_entropy(f, y), f)[0]
        )
