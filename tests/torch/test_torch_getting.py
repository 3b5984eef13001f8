"""Modules by ``lossary.torch.get``, and how modules and functions get through what trainers do with them."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch

import lossary
import lossary.torch as losses
from lossary import discovery

FOURTH = lossary.define(lambda y, f, c=1.0: ((f - y) / c) ** 4, name="fourth")


def test_every_name_gives_the_module_of_the_loss() -> None:
    for name in discovery.names():
        assert type(losses.get(name)) is type(getattr(losses, name)())
    assert repr(losses.get("pinball:0.9", reduction="sum")) == "Quantile(tau=0.9, reduction='sum')"
    assert losses.get(lossary.huber.using(delta=2.0), delta=3.0).delta == 3.0


def test_parameters_that_are_arrays_become_tensors() -> None:
    loss = losses.get(lossary.huber.using(delta=np.array([1.0, 2.0])))
    f, y = torch.tensor([3.0, 3.0], dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
    assert loss(f, y).item() == lossary.huber.cost([0.0, 0.0], [3.0, 3.0], delta=np.array([1.0, 2.0]))


def test_refusals() -> None:
    with pytest.raises(ValueError, match="no loss is named 'hubre'; did you mean huber"):
        losses.get("hubre")
    with pytest.raises(TypeError, match=r"Fourth has no option 'd'; it has .*c, "):
        losses.get(FOURTH, d=2.0)


@pytest.mark.parametrize("travelled", [copy.deepcopy, lambda loss: pickle.loads(pickle.dumps(loss))])
@pytest.mark.parametrize("loss", ["huber:2", "softmax_cross_entropy:0.1", FOURTH.using(c=2.0)], ids=str)
def test_copies_and_pickles_give_the_same_number(loss, travelled) -> None:
    f = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    module = losses.get(loss)
    y = torch.tensor([0, 1, 2, 0]) if isinstance(module, losses.CrossEntropyLoss) else torch.zeros_like(f)
    again = travelled(torch.nn.ModuleDict({"loss": module}).eval())["loss"]
    assert again(f, y) == module(f, y)
    assert not again.training
    assert repr(again) == repr(module)


def test_a_copy_of_ones_own_loss_is_of_the_same_class_and_keeps_what_it_learned() -> None:
    module = losses.get(FOURTH, c=torch.nn.Parameter(torch.tensor(3.0)))
    again = copy.deepcopy(module)
    assert type(again) is type(module)
    assert set(again.state_dict()) == {"c"}
    assert again.c == 3.0
    assert again.c is not module.c


def test_every_function_pickles() -> None:
    for name in dir(losses.functional):
        function = getattr(losses.functional, name)
        assert pickle.loads(pickle.dumps(function)) is function
