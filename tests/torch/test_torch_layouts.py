"""How tensors lie in memory, and which of the ways a call takes, changes no bit of cost and gradient."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lossary.torch import functional as F  # noqa: E402

Tensor = torch.Tensor


def every_third(plain: Tensor) -> Tensor:
    other = float("nan") if plain.is_floating_point() else 99
    wide = torch.full((*plain.shape[:-1], 3 * plain.shape[-1]), other, dtype=plain.dtype)
    wide[..., ::3] = plain
    return wide[..., ::3]


def one_byte_off(plain: Tensor) -> Tensor:
    memory = bytearray(plain.numel() * plain.itemsize + 1)
    found = torch.frombuffer(memory, dtype=plain.dtype, offset=1).reshape(plain.shape)
    return found.copy_(plain)


LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "every third": every_third,
    "one byte off": one_byte_off,
    "later in its storage": lambda t: torch.cat([torch.zeros_like(t[:1]), t])[1:],
    "from an array that is not aligned": lambda t: torch.from_numpy(_field(t.numpy())),
    "transposed": lambda t: t.transpose(0, -1).contiguous().transpose(0, -1),
    "negated without a copy": lambda t: torch._neg_view(-t) if t.is_floating_point() else t,
    "a view of a leaf": lambda t: t.clone().view_as(t),
}


def _field(array: np.ndarray) -> np.ndarray:
    memory = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
    memory[...] = array
    return memory


def answers(cost: Callable[..., Tensor], input: Tensor, **given: Tensor) -> tuple[Tensor, Tensor]:
    """A cost and its gradient, without and with a graph."""
    f = input.detach().requires_grad_()
    found = cost(f, **given)
    found.backward()
    with torch.no_grad():
        assert torch.equal(cost(input, **given), found.detach())
    assert f.grad is not None
    return found.detach(), f.grad


def unlike(cost: Callable[..., Tensor], given: dict[str, Tensor]) -> list[str]:
    wanted = answers(cost, **given)
    found = []
    for layout, laid in LAYOUTS.items():
        for name in given:
            got = answers(cost, **{**given, name: laid(given[name])})
            if not all(map(torch.equal, got, wanted)):
                found.append(f"{name}: {layout}")
        got = answers(cost, **{name: laid(tensor) for name, tensor in given.items()})
        if not all(map(torch.equal, got, wanted)):
            found.append(f"all: {layout}")
    return found


def numbers(dtype: torch.dtype, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(5).normal(size=shape)).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("shape", [(12,), (3, 4)])
def test_pointwise(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    given = {"input": numbers(dtype, *shape), "target": numbers(dtype, *shape) + 0.25}
    weight = numbers(dtype, *shape).abs()
    assert unlike(lambda input, target: F.huber(input, target), given) == []
    weighted = {**given, "weight": weight}
    assert unlike(lambda input, target, weight: F.huber(input, target, weight=weight), weighted) == []


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_rows(dtype: torch.dtype) -> None:
    given = {"input": numbers(dtype, 6, 5), "target": torch.tensor([0, 4, 2, 2, 1, 3])}
    assert unlike(lambda input, target: F.softmax_cross_entropy(input, target), given) == []
    weighted = {**given, "weight": numbers(dtype, 5).abs(), "sample_weight": numbers(dtype, 6).abs()}

    def cost(input: Tensor, target: Tensor, weight: Tensor, sample_weight: Tensor) -> Tensor:
        return F.softmax_cross_entropy(input, target, weight=weight, sample_weight=sample_weight)

    assert unlike(cost, weighted) == []


def test_one_number_stretched_over_all() -> None:
    y, w = torch.ones(()).double(), torch.full((), 2.0).double()
    f = numbers(torch.float64, 3, 4)
    for target, weight in ((y.expand(3, 4), None), (y.expand(3, 4), w.expand(3, 4))):
        full = None if weight is None else weight.contiguous()
        got = answers(lambda input, t=target, w=weight: F.huber(input, t, weight=w), f)
        wanted = answers(lambda input, t=target, w=full: F.huber(input, t.contiguous(), weight=w), f)
        assert all(map(torch.equal, got, wanted))


def test_a_tensor_that_stands_for_zeros_without_memory() -> None:
    zeros = torch._efficientzerotensor(3)
    assert F.huber(zeros, torch.ones(3)) == F.huber(torch.zeros(3), torch.ones(3))
    assert F.huber(torch.ones(3), zeros, weight=torch.ones(3)) == F.huber(torch.ones(3), torch.zeros(3))


@pytest.mark.parametrize("loss", ["huber", "softmax_cross_entropy"])
def test_memory_that_was_given_back_is_an_error(loss: str) -> None:
    rows = loss != "huber"
    gone = torch.ones(3, 2) if rows else torch.ones(3)
    gone.untyped_storage().resize_(0)
    target = torch.zeros(3, dtype=torch.int64 if rows else torch.float32)
    assert "memory was given back" in _refusal(lambda: getattr(F, loss)(gone, target))
    weighted = {"sample_weight" if rows else "weight": torch.ones(3)}
    # Views of it are refused by torch itself.
    assert re.search(
        "memory was given back|out of bounds for storage", _refusal(lambda: getattr(F, loss)(gone, target, **weighted))
    )


def _refusal(call: Callable[[], object]) -> str:
    """What an error says; a report of a failed test must not print what has no memory."""
    try:
        call()
    except (ValueError, RuntimeError) as refusal:
        return str(refusal)
    return "no error"


def test_linear_cross_entropy() -> None:
    x, weight = numbers(torch.float64, 6, 4).round(), numbers(torch.float64, 5, 4).round()
    target = torch.tensor([0, 4, 2, 2, 1, 3])
    plain = F.linear_cross_entropy(x, weight, target)
    for layout, laid in LAYOUTS.items():
        got = F.linear_cross_entropy(laid(x), laid(weight), laid(target))
        assert torch.equal(got, plain), layout
