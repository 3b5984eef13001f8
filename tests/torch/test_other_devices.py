"""Tensors that no kernel takes, as on another device: the accuracy rule in float32, and the numbers of the kernels.

There is no such device here, so tensors in the processor's memory are sent the same way.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections import defaultdict

import numpy as np
import pytest
from tests.support.arguments import pointwise_arguments, row_arguments

torch = pytest.importorskip("torch")

from lossary import discovery  # noqa: E402
from lossary.proof import accuracy  # noqa: E402
from lossary.proof.points import sweep  # noqa: E402
from lossary.proof.rows import accuracy as row_accuracy  # noqa: E402
from lossary.proof.rows.edge_cases import sweep as row_sweep  # noqa: E402
from lossary.rowwise import RowLoss  # noqa: E402
from lossary.torch import functional  # noqa: E402
from lossary.torch.execution import piece, pieces  # noqa: E402
from lossary.torch.execution.piece import Examples, Plan  # noqa: E402
from lossary.torch.formulas.records import needs_float64  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")

EVERY = 3
"""Which of the referee's rows the rule is held against; those that decide the arithmetic are all of them."""


def in_float32(loss, quantity, y, f, given):
    """A loss's value or gradient by torch operations in float32, whatever the loss says."""
    plan = Plan.of(dataclasses.replace(loss, wide=False), torch.float32, torch.device("cpu"))
    numbers = [torch.tensor(p, dtype=torch.float64) for p in given]
    some = Examples(torch.as_tensor(y), torch.as_tensor(f), None, None, numbers, [])
    if quantity == "value":
        return piece.losses(plan, some).numpy()
    return piece.gradients(plan, some, torch.ones((), dtype=torch.float64)).numpy()


def by_function(loss, quantity, y, f, given):
    """The same by the public function."""
    x = torch.as_tensor(f).requires_grad_()
    named = dict(zip((p.name for p in loss.parameters), given, strict=True))
    losses = getattr(functional, loss.name)(x, torch.as_tensor(y), reduction="none", check=False, **named)
    assert losses.dtype == torch.float32
    return (losses.detach() if quantity == "value" else torch.autograd.grad(losses.sum(), x)[0]).numpy()


def at_points(run):
    """An evaluator for the referee: points of the same parameters go together."""

    def evaluate(loss, quantity, points, dtype):
        groups = defaultdict(list)
        for i, point in enumerate(points):
            groups[point[2:]].append(i)
        found = np.empty(len(points), dtype)
        for given, places in groups.items():
            y, f = (np.array([points[i][column] for i in places], dtype) for column in (0, 1))
            found[places] = run(loss, quantity, y, f, given)
        return found

    return evaluate


def at_rows(run):
    def evaluate(loss, quantity, y, f, given, dtype):
        return run(loss, quantity, y, f, given)

    return evaluate


def worst(loss, quantity, run):
    return accuracy.worst(loss, quantity, np.float32, at_points(run), sweep(loss, np.float32)).ulps


def worst_of_rows(loss, quantity, run, every=1):
    cases = list(row_sweep(loss, np.float32))[::every]
    return row_accuracy.worst(loss, quantity, np.float32, at_rows(run), cases).ulps


def test_pointwise_losses_keep_the_rule_in_float32(each_loss, no_kernels):
    no_kernels()
    for quantity in ("value", "grad"):
        assert worst(each_loss, quantity, by_function) <= accuracy.ULPS, quantity


def test_rowwise_losses_keep_the_rule_in_float32(each_row_loss, no_kernels):
    no_kernels()
    for quantity in ("value", "grad"):
        assert worst_of_rows(each_row_loss, quantity, by_function, EVERY) <= accuracy.ULPS, quantity


def test_float64_is_for_losses_that_break_the_rule_in_float32(each_loss):
    """Both ways: a loss that no longer needs it fails here, and so does one that needs it and has it not."""
    if each_loss.wide:
        keeps = all(worst(each_loss, quantity, in_float32) <= accuracy.ULPS for quantity in ("value", "grad"))
        assert needs_float64(each_loss) == (not keeps)
    else:
        assert not needs_float64(each_loss)


def test_float64_is_for_rowwise_losses_that_break_the_rule_in_float32(each_row_loss):
    if each_row_loss.wide:
        keeps = all(
            worst_of_rows(each_row_loss, quantity, in_float32) <= accuracy.ULPS for quantity in ("value", "grad")
        )
        assert needs_float64(each_row_loss) == (not keeps)
    else:
        assert not needs_float64(each_row_loss)


def arithmetic(call):
    """The dtypes in which a call computes numbers of an example or a score."""
    seen = set()
    plain = Plan.of

    def of(record, dtype, device, **more):
        seen.add(dtype)
        return plain(record, dtype, device, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plan, "of", of)
        call()
    return seen


def cost_and_gradient(function, f, y, **options):
    x = f.clone().requires_grad_()
    found = function(x, y, **options)
    return found.detach(), torch.autograd.grad(found.sum(), x)[0]


@pytest.mark.parametrize(
    ("name", "f", "y", "given", "expected"),
    [
        ("huber", torch.float32, torch.float32, {}, torch.float32),
        ("huber", torch.float16, torch.float32, {}, torch.float32),
        ("huber", torch.bfloat16, torch.bfloat16, {}, torch.float32),
        ("huber", torch.float64, torch.float64, {}, torch.float64),
        ("huber", torch.float32, torch.float64, {}, torch.float64),
        ("huber", torch.float32, torch.int64, {}, torch.float64),  # it may be beyond 2**24
        ("huber", torch.float32, torch.bool, {}, torch.float32),
        ("huber", torch.float32, torch.float32, {"delta": 1e30}, torch.float64),
        ("gamma_deviance", torch.float32, torch.float32, {}, torch.float64),
        ("softmax_cross_entropy", torch.float32, torch.int64, {}, torch.float32),
        ("softmax_cross_entropy", torch.bfloat16, torch.int64, {}, torch.float32),
        ("softmax_cross_entropy", torch.float64, torch.int64, {}, torch.float64),
        ("kl_target_prediction_logits", torch.float32, torch.float32, {}, torch.float64),
    ],
)
def test_what_is_computed_in_which_arithmetic(name, f, y, given, expected, no_kernels):
    no_kernels()
    record = discovery.record(name)
    b, a = row_arguments(record) if isinstance(record, RowLoss) else pointwise_arguments(record)
    if isinstance(record, RowLoss) and not y.is_floating_point:
        b = np.zeros(len(a))
    x, target = torch.tensor(a).to(f), torch.tensor(b).to(y)
    function = getattr(functional, name)
    assert arithmetic(lambda: cost_and_gradient(function, x, target, check=False, **given)) == {expected}


def test_whole_numbers_beyond_float32_are_seen(no_kernels):
    no_kernels()
    x, y = torch.tensor([2.0**24]), torch.tensor([2**24 + 1])
    assert functional.squared_error(x, y).item() == 1.0
    assert torch.func.grad(functional.squared_error)(x, y).item() == -2.0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", ["huber", "softmax_cross_entropy"])
def test_half_precision_is_rounded_once(name, dtype, no_kernels):
    no_kernels()
    record = discovery.record(name)
    b, a = row_arguments(record, 40) if isinstance(record, RowLoss) else pointwise_arguments(record, 40)
    x, y = torch.tensor(a).to(dtype), torch.tensor(b).to(dtype)
    function = getattr(functional, name)
    for reduction in ("mean", "none"):
        # Scaled as mixed-precision training does: a gradient below float16's range is not rounded away before.
        found, slope = cost_and_gradient(lambda *a, r=reduction: function(*a, reduction=r, check=False) * 1024.0, x, y)
        wide, steep = cost_and_gradient(
            lambda *a, r=reduction: function(*a, reduction=r, check=False) * 1024.0, x.float(), y.float()
        )
        assert slope.dtype == dtype
        torch.testing.assert_close(slope, steep.to(dtype), rtol=0.0, atol=0.0)
        # The cost is rounded before it is scaled.
        torch.testing.assert_close(found, (wide / 1024.0).to(dtype) * 1024.0, rtol=0.0, atol=0.0)


CUT = [
    {},
    {"reduction": "sum"},
    {"reduction": "none"},
    {"denominator": 7.0},
    {"denominator": "size"},
    {"denominator": "count"},
]
"""Reductions; "weights" is the usual one."""


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(pieces, "LEAST", 1)
    monkeypatch.setattr(pieces, "SHARE", 7)


def both_ways(no_kernels, function, f, y, **options):
    """What kernels give, and what torch operations give."""
    expected = cost_and_gradient(function, f, y, **options)
    no_kernels()
    return cost_and_gradient(function, f, y, **options), expected


def agree(found, expected, digits=1e-13):
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        torch.testing.assert_close(a, b, rtol=digits, atol=digits)


WEIGHTS = [None, torch.float32, torch.float64, torch.int64]


@pytest.mark.parametrize("options", CUT)
@pytest.mark.parametrize("weight", WEIGHTS)
def test_pieces_add_up(options, weight, no_kernels, small_pieces):
    """Also of tensors that do not lie in one row, with weights of zero where there is no loss at all."""
    drawn = torch.Generator().manual_seed(3)
    f = torch.randn(5, 6, 4, dtype=torch.float64, generator=drawn).transpose(0, 2)
    y = torch.randn(4, 6, 5, dtype=torch.float64, generator=drawn)
    given = dict(options)
    if weight is not None:
        w = (3.0 * torch.rand(6, 1, generator=drawn)).to(weight)
        w[2] = 0
        f, y = f.clone(), y.clone()
        f[:, 2] = torch.nan
        y[1, 2] = torch.inf
        given["weight"] = w
    agree(*both_ways(no_kernels, functional.huber_loss, f, y, **given))


@pytest.mark.parametrize("name", ["root_mean_squared_error", "quantile", "logistic"])
def test_pieces_of_other_losses(name, no_kernels, small_pieces):
    b, a = pointwise_arguments(discovery.record(name), 30)
    agree(*both_ways(no_kernels, getattr(functional, name), torch.tensor(a), torch.tensor(b)))


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


@pytest.mark.parametrize("options", CUT)
@pytest.mark.parametrize("name", ["softmax_cross_entropy", "weston_watkins"])
def test_pieces_of_rows_add_up(name, options, no_kernels, small_pieces):
    drawn = torch.Generator().manual_seed(4)
    f = torch.randn(9, 4, 3, dtype=torch.float64, generator=drawn)
    y = torch.randint(0, 3, (9, 3), generator=drawn)
    w = torch.rand(9, 3, dtype=torch.float64, generator=drawn)
    agree(*both_ways(no_kernels, getattr(functional, name), f, y, sample_weight=w, **OPTIONS, **options), 1e-12)


@pytest.mark.parametrize("each", sorted(OPTIONS))
def test_each_option_by_itself(each, no_kernels, small_pieces):
    drawn = torch.Generator().manual_seed(5)
    f, y = torch.randn(9, 4, generator=drawn), torch.randint(0, 3, (9,), generator=drawn)
    given = {each: OPTIONS[each]} | ({"class_prior": OPTIONS["class_prior"]} if each == "prior_strength" else {})
    agree(*both_ways(no_kernels, functional.cross_entropy, f, y, **given), 1e-6)


@pytest.mark.parametrize("weight", [1e-300, 1e300])
def test_weights_of_any_size(weight, no_kernels, small_pieces):
    f, y = torch.linspace(-2.0, 3.0, 30, dtype=torch.float64), torch.zeros(30, dtype=torch.float64)
    w = weight * torch.linspace(0.5, 1.0, 30, dtype=torch.float64)
    agree(*both_ways(no_kernels, functional.huber_loss, f, y, weight=w))


@pytest.mark.parametrize(
    ("f", "y", "weight", "message"),
    [
        ([0.5, 0.5, 0.5], [1.0, 2.0, 3.0], None, r"targets must be in \[0, 1\], but target\[1\] is 2 \(and 1 more\)"),
        ([0.5, 1.5, 0.5], [1.0, 1.0, 1.0], None, r"predictions must be in \[0, 1\], but input\[1\] is 1.5"),
        ([0.5, 0.5, 0.5], [1.0, 2.0, 3.0], [1.0, 0.0, 1.0], r"but target\[2\] is 3"),
        ([0.5, 0.5, 0.5], [1.0, 1.0, 1.0], [1.0, -1.0, 1.0], r"weights must be in .* weight\[1\] is -1"),
        ([0.5, 0.5, 0.5], [1.0, torch.nan, 1.0], None, r"target\[1\] is nan"),
    ],
)
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_what_is_outside_its_domain_is_refused_by_position(f, y, weight, message, reduction, no_kernels, small_pieces):
    no_kernels()
    given = {} if weight is None else {"weight": torch.tensor(weight)}
    with pytest.raises(ValueError, match=message):
        functional.binary_cross_entropy(torch.tensor(f), torch.tensor(y), reduction=reduction, **given)


def test_weights_of_rows_are_refused_by_position(no_kernels):
    no_kernels()
    with pytest.raises(ValueError, match=r"weight\[1\] is -1"):
        functional.softmax_cross_entropy(
            torch.zeros(2, 3), torch.tensor([0, 1]), sample_weight=torch.tensor([1.0, -1.0])
        )


@pytest.mark.parametrize("shape", [(), (0,), (1,)])
def test_shapes_at_the_edge(shape, no_kernels):
    f, y = torch.full(shape, 2.0), torch.zeros(shape)
    agree(*both_ways(no_kernels, functional.huber_loss, f, y, reduction="sum"))
    for reduction in ("mean", "sum"):
        found = functional.softmax_cross_entropy(
            torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64), reduction=reduction, empty=5.0
        )
        assert found.item() == (5.0 if reduction == "mean" else 0.0)
    with pytest.raises(ValueError, match="no example counts"):
        functional.huber_loss(torch.zeros(2), torch.zeros(2), weight=torch.zeros(2))
    x = torch.ones(2, requires_grad=True)
    cost = functional.huber_loss(x, torch.zeros(2), weight=torch.zeros(2), empty=5.0)
    assert cost.item() == 5.0
    assert torch.equal(torch.autograd.grad(cost, x)[0], torch.zeros(2))


@pytest.mark.parametrize("name", ["huber", "softmax_cross_entropy"])
def test_gradients_of_gradients_and_many_at_once(name, no_kernels):
    record = discovery.record(name)
    b, a = row_arguments(record) if isinstance(record, RowLoss) else pointwise_arguments(record)
    function = getattr(functional, name)
    no_kernels()
    x, y = torch.tensor(a).requires_grad_(), torch.tensor(b)
    for reduction in ("mean", "none"):
        assert torch.autograd.gradgradcheck(lambda f, r=reduction: function(f, y, reduction=r, check=False), x)
        losses = function(x, y, reduction=reduction, check=False)
        directions = torch.eye(losses.numel(), dtype=torch.float64).reshape(-1, *losses.shape)
        (many,) = torch.autograd.grad(losses, x, directions, is_grads_batched=True, retain_graph=True)
        one_by_one = [torch.autograd.grad(losses, x, g, retain_graph=True)[0] for g in directions]
        torch.testing.assert_close(many, torch.stack(one_by_one), rtol=1e-13, atol=1e-15)


def test_a_change_between_cost_and_gradient_is_noticed(no_kernels):
    """The gradient is computed when it is asked for, of what there was."""
    no_kernels()
    x = torch.ones(3, requires_grad=True)
    f = x * 2.0
    cost = functional.huber_loss(f, torch.zeros(3))
    with torch.no_grad():
        f += 1.0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        cost.backward()


def test_the_first_call_of_a_process():
    """torch imports a part of itself at the first comparison, by the names of whoever compares: a formula has none."""
    code = (
        "import torch, lossary.torch\n"
        "from lossary.torch.formulas.derivatives import pointwise\n"
        "from lossary import discovery\n"
        "print(pointwise(discovery.record('poisson'), '', torch.ones(1), torch.ones(1), []).item())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(np.e - 1.0, rel=1e-6)
