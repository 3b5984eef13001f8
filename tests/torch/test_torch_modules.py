"""Modules, autocast, learnable parameters, other ways in."""

from __future__ import annotations

import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

import lossary  # noqa: E402
import lossary.torch as ours  # noqa: E402
from lossary.torch import functional  # noqa: E402
from lossary.torch.execution.elementwise import elementwise  # noqa: E402
from lossary.torch.interface.functions import made  # noqa: E402
from lossary.torch.tensors import kernels  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


def test_every_loss_has_a_class_and_a_function():
    for loss in lossary.catalogue():
        module = getattr(ours, "".join(word.capitalize() for word in loss.name.split("_")))
        assert issubclass(module, torch.nn.Module)
        assert getattr(functional, loss.name).__doc__
    assert {"HuberLoss", "CrossEntropyLoss", "PseudoHuber"} <= set(dir(ours))
    assert {"huber", "huber_loss", "mse_loss"} <= set(dir(functional))


def test_names_that_nothing_has():
    with pytest.raises(AttributeError, match="did you mean"):
        ours.HubberLoss  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean"):
        functional.hubber  # noqa: B018
    with pytest.raises(TypeError, match="no option 'detla'"):
        ours.HuberLoss(detla=2.0)
    with pytest.raises(TypeError, match="by name"):
        ours.PseudoHuber("mean")


def test_learnable_parameters_are_in_the_state():
    alpha = torch.nn.Parameter(torch.tensor(0.5))
    loss = ours.Barron(alpha=alpha, c=torch.nn.Parameter(torch.tensor(1.0)))
    assert set(loss.state_dict()) == {"alpha", "c"}
    loss(torch.tensor([0.5, 4.0]), torch.zeros(2)).backward()
    assert alpha.grad is not None
    assert loss.c.grad.item() != 0.0
    other = ours.Barron(alpha=torch.nn.Parameter(torch.tensor(1.0)), c=torch.nn.Parameter(torch.tensor(2.0)))
    other.load_state_dict(loss.state_dict())
    assert other.alpha.item() == 0.5


def test_weights_are_buffers_and_options_show():
    loss = ours.CrossEntropyLoss(torch.ones(3), label_smoothing=0.1)
    assert set(loss.state_dict()) == {"weight"}
    assert repr(loss) == "CrossEntropyLoss(label_smoothing=0.1)"


def test_options_of_one_call():
    loss = ours.HuberLoss(delta=2.0)
    assert loss(torch.tensor([3.0]), torch.zeros(1), reduction="sum", denominator="weights").item() == 4.0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(dtype):
    f = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).to(dtype).requires_grad_()
    y = torch.tensor([0, 1, 2, 0])
    found = functional.cross_entropy(f, y)
    found.backward()
    assert found.dtype == f.grad.dtype == dtype
    wide = f.detach().float().requires_grad_()
    expected = functional.cross_entropy(wide, y)
    expected.backward()
    assert found.item() == expected.to(dtype).item()
    assert torch.equal(f.grad, wide.grad.to(dtype))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert functional.cross_entropy(f, y).dtype == torch.float32
        assert functional.mse_loss(f, torch.zeros_like(f)).dtype == torch.float32


def test_strided_input_and_whole_targets():
    f, y = torch.randn(6, 4, dtype=torch.float64)[::2, 1:], torch.arange(9).reshape(3, 3)
    assert not f.is_contiguous()
    expected = lossary.squared_error.cost(y.numpy(), f.numpy().copy())
    assert functional.mse_loss(f, y).item() == expected


def test_kernels_read_the_tensor_where_it_lies(monkeypatch):
    seen = []
    array = kernels.array
    monkeypatch.setattr(kernels, "array", lambda t: seen.append(array(t)) or seen[-1])
    f = torch.randn(10)
    functional.mse_loss(f, torch.zeros(10), weight=torch.ones(10))
    assert any(each.ctypes.data == f.data_ptr() for each in seen)


def test_weight_zero_does_not_count_at_all():
    f = torch.tensor([1.0, float("nan"), 3.0], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([0.0, float("nan"), 0.0], dtype=torch.float64)
    weight = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    for w in (weight, weight.clone().requires_grad_()):
        cost = functional.mse_loss(f, y, weight=w)
        assert cost.item() == 5.0
        assert torch.autograd.grad(cost, f)[0].tolist() == [1.0, 0.0, 3.0]


def test_retained_graph_gives_the_gradient_again():
    f = torch.randn(5, requires_grad=True)
    cost = functional.mse_loss(f, torch.zeros(5))
    first, second = (torch.autograd.grad(3.0 * cost, f, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)


def test_inductor_compiles_cross_entropy_and_a_layer():
    torch._dynamo.reset()
    f, y = torch.randn(8, 5, requires_grad=True), torch.arange(8) % 5
    compiled = torch.compile(ours.CrossEntropyLoss(label_smoothing=0.1, weight=torch.ones(5)), fullgraph=True)
    found, expected = compiled(f, y), ours.CrossEntropyLoss(label_smoothing=0.1)(f, y)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, f)[0], torch.autograd.grad(expected, f)[0])
    layer = ours.LinearCrossEntropyLoss(5, 7, bias=True)
    torch.testing.assert_close(torch.compile(layer, fullgraph=True)(f, y), layer(f, y))


def test_export_keeps_the_operator():
    program = torch.export.export(ours.HuberLoss(), (torch.ones(4), torch.zeros(4)))
    assert "lossary.cost" in str(program.graph)
    assert program.module()(torch.ones(4), torch.zeros(4)).item() == 0.5


def test_a_compiled_learnable_parameter():
    torch._dynamo.reset()
    loss = ours.Barron(alpha=torch.nn.Parameter(torch.tensor(0.5)))
    f, y = torch.randn(6), torch.zeros(6)
    expected = torch.autograd.grad(loss(f, y), loss.alpha)[0]
    torch.testing.assert_close(torch.autograd.grad(torch.compile(loss, fullgraph=True)(f, y), loss.alpha)[0], expected)


def test_opcheck():
    f, y = torch.randn(4, dtype=torch.float64, requires_grad=True), torch.randn(4, dtype=torch.float64)
    delta = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    torch.library.opcheck(elementwise, ("huber", "", True, y, f, [delta]))


def test_a_loss_of_ones_own():
    mine = made(lossary.define(lambda y, f, c=1.0: ((f - y) / c) ** 4, name="mine").record)
    f = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    cost = mine(f, torch.zeros(2, dtype=torch.float64), c=2.0, reduction="sum")
    assert cost.item() == 17.0 / 16.0
    assert torch.autograd.grad(cost, f)[0].tolist() == [0.25, 2.0]


def test_linear_layer_gradients():
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    w, b = torch.randn(5, 3, dtype=torch.float64, requires_grad=True), torch.randn(5, dtype=torch.float64)
    y = torch.tensor([0, 4, -100, 2])
    b.requires_grad_()

    def cost(x, w, b):
        return functional.linear_cross_entropy(x, w, y, linear_bias=b, label_smoothing=0.1, z_loss=0.01)

    assert torch.autograd.gradcheck(cost, (x, w, b))
    assert torch.autograd.gradgradcheck(cost, (x, w, b))


def test_importing_lossary_imports_no_torch():
    code = "import lossary, sys; lossary.huber([0.0], [1.0]); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_torch_the_extra_is_named():
    code = "import sys; sys.modules['torch'] = None; import lossary.torch"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'lossary[torch]'" in done.stderr


def test_one_number_and_no_number():
    one = torch.tensor(3.0, requires_grad=True)
    cost = functional.huber_loss(one, torch.tensor(0.0))
    assert cost.item() == 2.5
    assert torch.autograd.grad(cost, one)[0].item() == 1.0
    with pytest.raises(ValueError, match="no example counts"):
        functional.huber_loss(torch.ones(0), torch.ones(0))
    assert functional.huber_loss(torch.ones(0), torch.ones(0), reduction="sum").item() == 0.0


def test_unknown_parameters_and_bad_ones():
    with pytest.raises(TypeError, match="did you mean delta"):
        functional.huber(torch.ones(2), torch.ones(2), detla=2.0)
    with pytest.raises(ValueError, match="delta must be in"):
        functional.huber(torch.ones(2), torch.ones(2), delta=-1.0)
    with pytest.raises(ValueError, match="reduction must be"):
        functional.huber(torch.ones(2), torch.ones(2), reduction="avg")
    with pytest.raises(ValueError, match="weight"):
        functional.huber(torch.ones(2), torch.ones(2), weight=torch.tensor([-1.0, 1.0]))
