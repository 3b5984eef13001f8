"""The adaptive softmax beside torch's: the same numbers, gradients and predictions, from the same weights."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

import lossary.torch as ours  # noqa: E402

# Warned of by torch itself while it loads its compiler.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
D, CLASSES = 8, 20


def twins(dtype=torch.float64, **options):
    torch.manual_seed(5)
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(D, CLASSES, [5, 10], div_value=2.0, dtype=dtype, **options)
    mine = ours.AdaptiveLogSoftmaxWithLoss(D, CLASSES, [5, 10], div_value=2.0, dtype=dtype, **options)
    mine.load_state_dict(theirs.state_dict())
    return mine, theirs


@pytest.mark.parametrize("head_bias", [True, False])
@pytest.mark.parametrize("targets", [[0, 7, 19, 4, 5, 10], [1, 2], [11], 12])
def test_torch_s_numbers_and_gradients(head_bias, targets):
    mine, theirs = twins(head_bias=head_bias)
    target = torch.tensor(targets)
    input = torch.randn(*target.shape, D, dtype=torch.float64)
    results = []
    for layer in (mine, theirs):
        x = input.clone().requires_grad_()
        output, loss = layer(x, target)
        gradients = torch.autograd.grad(loss, [x, *layer.parameters()], allow_unused=True)
        results.append((output, loss, [g for g in gradients if g is not None and g.any()]))
        assert layer(x, target).loss == loss
    torch.testing.assert_close(*results)
    if target.ndim:
        torch.testing.assert_close(mine.log_prob(input), theirs.log_prob(input))


def test_predictions():
    mine, theirs = twins()
    # The probability of a cluster is large where that of each of its classes is not.
    input = 5.0 * torch.randn(200, D, dtype=torch.float64)
    found = mine.predict(input)
    assert torch.equal(found, theirs.predict(input))
    assert torch.equal(found, mine.log_prob(input).argmax(dim=1))
    assert (found >= 5).any()
    assert (found < 5).any()
    assert torch.equal(mine.predict(input[0]), found[0])


def test_confident_rows_keep_their_digits():
    mine, theirs = twins(torch.float32)
    with torch.no_grad():
        for layer in (mine, theirs):
            layer.head.weight.zero_()
            layer.head.weight[0] = 3.0
    input, target = torch.ones(1, D), torch.tensor([0])
    exact = 6 * torch.exp(torch.tensor(-24.0, dtype=torch.float64))
    assert theirs(input, target).loss.item() == 0.0
    assert mine(input, target).loss.item() == pytest.approx(exact.item(), rel=1e-6)


def test_half_precision_is_rounded_once():
    mine, _ = twins(torch.bfloat16)
    wide, _ = twins(torch.float32)
    wide.load_state_dict(mine.state_dict())
    input, target = torch.randn(6, D, dtype=torch.bfloat16), torch.tensor([0, 7, 19, 4, 5, 10])
    output, loss = mine(input, target)
    assert output.dtype == loss.dtype == mine.log_prob(input).dtype == torch.bfloat16
    torch.testing.assert_close(output.float(), wide(input.float(), target).output, rtol=2e-2, atol=2e-2)


def test_compiled():
    mine, _ = twins()
    input, target = torch.randn(6, D, dtype=torch.float64), torch.tensor([0, 7, 19, 4, 5, 10])
    compiled = torch.compile(lambda x, y: mine(x, y), fullgraph=True)
    torch.testing.assert_close(compiled(input, target), mine(input, target))
    with_one_wrong = compiled(input, torch.tensor([0, 7, 20, 4, 5, -2])).output
    assert torch.isnan(with_one_wrong).tolist() == [False, False, True, False, False, True]


def test_what_does_not_fit_is_refused():
    mine, _ = twins()
    input = torch.randn(3, D, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"class indices must be from 0 to 19, but target\[1\] is 20"):
        mine(input, torch.tensor([0, 20, -1]))
    with pytest.raises(ValueError, match=r"they must have shapes \(N,\) and \(N, 8\)"):
        mine(input, torch.tensor([0, 1]))
    with pytest.raises(TypeError, match="integer dtype"):
        mine(input, torch.zeros(3))
    with pytest.raises(ValueError, match="no example counts"):
        mine(input[:0], torch.zeros(0, dtype=torch.int64))
    with pytest.raises(ValueError, match="cutoffs"):
        ours.AdaptiveLogSoftmaxWithLoss(D, CLASSES, [10, 5])
