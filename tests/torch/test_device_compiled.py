"""Work on other devices through ``torch.compile``: the same numbers, compiled once for all sizes, or not at all.

Compiling takes seconds, so few losses are compiled; on the processor, for which torch's compiler writes C++.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from tests.support.arguments import pointwise_arguments, row_arguments

torch = pytest.importorskip("torch")

from lossary import discovery  # noqa: E402
from lossary.proof import accuracy  # noqa: E402
from lossary.proof.points import sweep  # noqa: E402
from lossary.rowwise import RowLoss  # noqa: E402
from lossary.torch import functional  # noqa: E402
from lossary.torch.execution import compiled  # noqa: E402

# What inductor imports warns of being old.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def compiling(monkeypatch, no_kernels):
    monkeypatch.setattr(compiled, "DEVICES", {"cpu"})
    compiled._made.cache_clear()
    no_kernels()
    yield
    compiled._made.cache_clear()


@pytest.fixture
def counted(monkeypatch):
    """The compiled works that a test makes."""
    made: list[compiled.Compiled] = []
    plain = compiled.Compiled.__init__

    def init(self, *arguments):
        plain(self, *arguments)
        made.append(self)

    monkeypatch.setattr(compiled.Compiled, "__init__", init)
    return made


def arguments(name, size):
    record = discovery.record(name)
    y, f = row_arguments(record, size) if isinstance(record, RowLoss) else pointwise_arguments(record, size)
    return torch.tensor(f, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


def cost_and_gradient(function, f, y, **options):
    x = f.clone().requires_grad_()
    found = function(x, y, **options)
    return found.detach(), torch.autograd.grad(found.sum(), x)[0]


def test_the_same_numbers_at_any_size(compiling, counted, monkeypatch):
    function = functional.barron
    for size in (40, 1000, 7):
        f, y = arguments("barron", size)
        found = cost_and_gradient(function, f, y, check=False)
        with monkeypatch.context() as patch:
            patch.setattr(compiled, "DEVICES", set())
            expected = cost_and_gradient(function, f, y, check=False)
        for a, b in zip(found, expected, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)
    assert len(counted) == 2  # the cost, and the gradient
    assert not any(each.failed for each in counted)


def test_options_of_another_value_are_not_compiled_anew(compiling, counted, monkeypatch):
    drawn = torch.Generator().manual_seed(0)
    for size, classes, temperature in ((30, 4, 1.5), (30, 4, 2.0), (500, 70, 3.0)):
        f, y = torch.randn(size, classes, generator=drawn), torch.randint(0, 3, (size,), generator=drawn)
        weight = torch.linspace(0.5, 2.0, classes)
        given = {"temperature": temperature, "label_smoothing": 0.1 / temperature, "soft_cap": 4.0, "weight": weight}
        found = cost_and_gradient(functional.cross_entropy, f, y, **given)
        with monkeypatch.context() as patch:
            patch.setattr(compiled, "DEVICES", set())
            expected = cost_and_gradient(functional.cross_entropy, f, y, **given)
        for a, b in zip(found, expected, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)
    assert len(counted) == 2
    assert not any(each.failed for each in counted)


def test_a_compiled_loss_keeps_the_rule(compiling, counted):
    loss = discovery.record("logistic")
    given = loss.defaults()
    points = [p for p in sweep(loss, np.float32) if p[2:] == tuple(map(float, np.float32(given)))]
    y, f = (torch.tensor([p[i] for p in points], dtype=torch.float32) for i in (0, 1))
    losses, slopes = cost_and_gradient(functional.logistic, f, y, reduction="none", check=False)
    for quantity, got in (("value", losses), ("grad", slopes)):
        worst = accuracy.worst(loss, quantity, np.float32, lambda *_, got=got: got.numpy(), points)
        assert worst.ulps <= accuracy.ULPS, str(worst)
    assert len(counted) == 2
    assert not any(each.failed for each in counted)


def test_where_compiling_fails_the_numbers_are_those_of_the_operations(compiling, counted, monkeypatch):
    def broken(*arguments, **options):
        def run(*tensors):
            raise RuntimeError("no compiler here")

        return run

    monkeypatch.setattr(torch, "compile", broken)
    f, y = arguments("huber", 40)
    with pytest.warns(UserWarning, match="torch.compile failed, .*: no compiler here"):
        found = cost_and_gradient(functional.huber, f, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is not tried again
        again = cost_and_gradient(functional.huber, f, y)
    monkeypatch.setattr(compiled, "DEVICES", set())
    expected = cost_and_gradient(functional.huber, f, y)
    for each in (found, again):
        assert all(torch.equal(a, b) for a, b in zip(each, expected, strict=True))
    assert all(each.failed for each in counted)
    assert len(counted) == 2


def test_memory_that_is_lacking_is_no_failure_of_the_compiler(compiling, monkeypatch):
    def full(*arguments, **options):
        def run(*tensors):
            raise torch.OutOfMemoryError("no memory")

        return run

    monkeypatch.setattr(torch, "compile", full)
    with pytest.raises(torch.OutOfMemoryError):
        functional.huber(*arguments("huber", 40))


def test_iterations_are_not_compiled(compiling, counted):
    found = cost_and_gradient(functional.sparsemax, *arguments("sparsemax", 9))
    assert torch.isfinite(found[1]).all()
    assert not counted
