"""Probabilities in half precision: how nearly they sum to one follows the dtype in which they came."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

import lossary.torch as ours  # noqa: E402
from lossary.torch import functional  # noqa: E402

HALVES = [torch.float16, torch.bfloat16]
F = torch.nn.functional


def scores(seed, classes=10):
    return 3.0 * torch.randn(16, classes, generator=torch.Generator().manual_seed(seed))


def indices(seed, classes=10):
    return torch.randint(0, classes, (16,), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dtype", HALVES)
def test_rounded_log_probabilities_are_log_probabilities(dtype):
    # Of 20 batches 20 were refused, with sums of 1.00044 and the like.
    for seed in range(20):
        log_p, y = torch.log_softmax(scores(seed).to(dtype), 1).requires_grad_(), indices(seed)
        found = functional.nll_loss(log_p, y)
        expected = F.nll_loss(log_p, y)
        assert found.dtype == dtype
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(torch.autograd.grad(found, log_p)[0], torch.autograd.grad(expected, log_p)[0])


@pytest.mark.parametrize("dtype", HALVES)
def test_targets_may_come_in_half_precision(dtype):
    z, p = scores(0), torch.softmax(scores(1), 1).to(dtype)
    for f in (z.to(dtype), z):
        wide = functional.cross_entropy(f.float(), p.double(), check=False)
        torch.testing.assert_close(functional.cross_entropy(f, p), wide.to(f.dtype))
        torch.testing.assert_close(ours.global_cost("softmax_cross_entropy", f, p), wide.to(f.dtype))
    log_p = torch.log_softmax(z, 1)
    wide = functional.kl_div(log_p.to(dtype).double(), p.double(), check=False)
    torch.testing.assert_close(functional.kl_div(log_p.to(dtype), p), wide.to(dtype))
    x, layer = scores(2, 3).to(dtype), scores(3, 3)[:10].to(dtype)
    wide = functional.cross_entropy(F.linear(x.float(), layer.float()), p.float(), check=False)
    torch.testing.assert_close(functional.linear_cross_entropy(x, layer, p).float(), wide, rtol=1e-2, atol=0.0)


@pytest.mark.parametrize("dtype", HALVES)
def test_half_precision_is_compiled_alike(dtype):
    torch._dynamo.reset()
    log_p, y = torch.log_softmax(scores(0).to(dtype), 1), indices(0)
    compiled = torch.compile(functional.nll_loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(log_p, y), functional.nll_loss(log_p, y))


@pytest.mark.parametrize("dtype", HALVES)
def test_learned_weights_with_probabilities_of_half_precision(dtype):
    p, weight = torch.softmax(scores(1), 1).to(dtype), torch.ones(16, requires_grad=True)
    found = functional.cross_entropy(scores(0).to(dtype), p, sample_weight=weight)
    torch.testing.assert_close(found, functional.cross_entropy(scores(0).to(dtype), p))


@pytest.mark.parametrize("dtype", HALVES)
def test_what_is_no_distribution_is_refused_in_half_precision_too(dtype):
    p = torch.softmax(scores(1), 1)
    with pytest.raises(ValueError, match=r"targets must sum to one, but target\[0\]"):
        functional.cross_entropy(scores(0), (0.75 * p).to(dtype))
    with pytest.raises(ValueError, match=r"predictions must sum to one, but input\[0\]"):
        functional.nll_loss((0.75 * p).log().to(dtype), indices(0))
    # A score of half precision excuses no target of float32.
    with pytest.raises(ValueError, match=r"targets must sum to one, but target\[0\]"):
        functional.cross_entropy(scores(0).to(dtype), 1.02 * p)


def test_every_loss_takes_rows_of_half_precision(each_row_loss):
    record = each_row_loss
    if record.targets == "scores" or "probabilities" not in record.prediction:
        return
    p = torch.softmax(scores(0), 1)
    f = (p.log() if record.prediction == "log_probabilities" else p).to(torch.bfloat16)
    assert not torch.isnan(getattr(functional, record.name)(f, indices(0)))  # infinite by the reverse divergence


def normal(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


SIGNS = torch.where(normal(7, 16) > 0.0, 1.0, -1.0)
MADE_OF_STEPS = {
    "margin_ranking_loss": ((30.0 + normal(0, 16), 30.0 + normal(1, 16), SIGNS), {"margin": 0.3}),
    "hinge_embedding_loss": ((normal(0, 16).abs(), SIGNS), {"margin": 2.2}),
    "cosine_embedding_loss": ((normal(0, 16, 5), normal(1, 16, 5), SIGNS), {"margin": 0.1}),
    "triplet_margin_loss": ((normal(0, 16, 5), normal(1, 16, 5), normal(2, 16, 5)), {"swap": True}),
    "triplet_margin_with_distance_loss": ((normal(0, 16, 5), normal(1, 16, 5), normal(2, 16, 5)), {}),
    "multilabel_margin_loss": ((normal(0, 16, 3), torch.tensor([[2, 0, -1]] * 16)), {}),
    "multi_margin_loss": ((normal(0, 16, 3), torch.tensor([0, 1] * 8)), {"p": 2}),
    "multilabel_soft_margin_loss": ((normal(0, 16, 3), (normal(1, 16, 3) > 0.0).float()), {"weight": torch.ones(3)}),
    "poisson_nll_loss": ((normal(0, 16).abs(), normal(1, 16).abs()), {"full": True, "log_input": False}),
    "gaussian_nll_loss": ((normal(0, 16), normal(1, 16), normal(2, 16).abs() + 0.1), {}),
}


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", MADE_OF_STEPS)
def test_losses_made_of_steps_are_rounded_once(name, dtype):
    inputs, options = MADE_OF_STEPS[name]
    halves = [x.to(dtype) if x.is_floating_point() else x for x in inputs]
    for reduction in ("mean", "sum", "none"):
        found = getattr(functional, name)(*halves, **options, reduction=reduction)
        wide = [x.float() if x.is_floating_point() else x for x in halves]
        assert torch.equal(found, getattr(functional, name)(*wide, **options, reduction=reduction).to(dtype))


def test_dtypes_of_losses_made_of_steps():
    x, y = normal(0, 4).half(), normal(1, 4)
    assert functional.margin_ranking_loss(x, y, SIGNS[:4]).dtype == torch.float32
    assert functional.margin_ranking_loss(x, y.bfloat16(), SIGNS[:4].half()).dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert functional.hinge_embedding_loss(x, SIGNS[:4].half()).dtype == torch.float32


def test_a_distance_of_the_user_s_sees_the_dtype_that_was_given():
    seen = []

    def distance(a, b):
        seen.append(a.dtype)
        return (a - b).abs().sum(dim=-1)

    inputs = [normal(seed, 4, 3).half() for seed in range(3)]
    assert functional.triplet_margin_with_distance_loss(*inputs, distance_function=distance).dtype == torch.float16
    assert set(seen) == {torch.float16}
