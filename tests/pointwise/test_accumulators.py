"""Accumulators: what is merged carries what it is, and a cost of batches is the cost of all of them at once."""

from __future__ import annotations

import copy
import functools
import itertools
import pickle
import subprocess
import sys

import numpy as np
import pytest

import lossary
from lossary.evaluate.accumulate import Accumulator

CE = lossary.softmax_cross_entropy
F = np.array([[0.0, 1.0, 2.0], [3.0, 1.0, 0.5], [1.0, 1.0, 4.0]])
Y = np.array([0, 1, 2])

# An option, two values of it that are not the same, and one that is the same as the first but is written otherwise.
OPTIONS = {
    "class_weight": ([1.0, 2.0, 5.0], [1.0, 2.0, 4.0], np.array([1.0, 2.0, 5.0], np.float32)),
    "ignore_index": (-1, -100, np.int64(-1)),
    "label_smoothing": (0.25, 0.5, np.float32(0.25)),
    "temperature": (2.0, 1.0, 2),
    "soft_cap": (30.0, 15.0, np.array(30.0)),
    "class_prior": (np.array([0.5, 0.25, 0.25]), [0.25, 0.5, 0.25], (0.5, 0.25, 0.25)),
    "denominator": ("count", "weights", "count"),
}


def rows(option: str, value: object, at: int = 0) -> Accumulator:
    return CE.accumulator().update(Y[at:], F[at:], **{option: value})


@pytest.mark.parametrize("option", list(OPTIONS))
def test_an_update_under_another_option_is_refused_and_changes_nothing(option: str) -> None:
    first, other, same = OPTIONS[option]
    cost = rows(option, first)
    before = pickle.dumps(cost)
    for wrong in ({option: other}, {}) if option != "denominator" else ({option: other}, {}, {option: 2.0}):
        with pytest.raises(ValueError, match=rf"{option}=.*{option}="):
            cost.update(Y, F, **wrong)
        assert pickle.dumps(cost) == before
    assert cost.update(Y, F, **{option: same}).denominator == 2.0 * rows(option, first).denominator


@pytest.mark.parametrize("option", list(OPTIONS))
def test_costs_under_other_options_do_not_merge(option: str) -> None:
    first, other, same = OPTIONS[option]
    for wrong in (rows(option, other), CE.accumulator().update(Y, F)):
        with pytest.raises(ValueError, match=rf"cannot merge .*{option}=.*{option}="):
            rows(option, first).merge(wrong)
        with pytest.raises(ValueError, match="cannot merge"):
            pickle.loads(pickle.dumps(wrong)).merge(pickle.loads(pickle.dumps(rows(option, first))))
    whole = CE.cost(np.tile(Y, 2)[1:], np.tile(F, (2, 1))[1:], **{option: first})
    assert rows(option, first).merge(rows(option, same, at=1)).value == whole


def test_a_long_class_weight_is_known_by_what_it_holds() -> None:
    w = np.linspace(1.0, 2.0, 100)
    f = np.zeros((2, 100))
    cost = CE.accumulator().update([0, 99], f, class_weight=w)
    size = len(pickle.dumps(cost))
    assert size < 1000
    cost.update([0, 99], f, class_weight=w.astype(">f8")[::-1][::-1])
    w[50] = np.nextafter(w[50], 2.0)  # changed in place: the same array, another option
    with pytest.raises(ValueError, match=r"class_weight=.*digest.*class_weight=.*digest"):
        cost.update([0, 99], f, class_weight=w)


def test_parameters_of_an_update_are_what_is_merged() -> None:
    # Both would have been called the cost of huber(delta=1), over 2.
    wide, usual = (lossary.huber.accumulator().update([0.0], [4.0], delta=d) for d in (2.0, 1.0))
    with pytest.raises(
        ValueError, match=r"cannot merge the cost of huber with delta=2 into that of huber with delta=1"
    ):
        usual.merge(wide)
    with pytest.raises(ValueError, match=r"this update has delta=1, those before have delta=2"):
        wide.update([0.0], [4.0])
    assert usual.merge(lossary.huber.accumulator().update([0.0], [4.0])).value == 3.5
    assert wide.merge(lossary.huber.accumulator().update([0.0], [4.0], delta=2)).value == 6.0


def test_parameters_of_the_loss_are_named() -> None:
    with pytest.raises(ValueError, match=r"huber with delta=1\.0000000000000002 into that of huber with delta=1$"):
        lossary.huber.accumulator().merge(lossary.huber.using(delta=1.0 + 2.0**-52).accumulator())
    with pytest.raises(ValueError, match=r"cost of log_cosh into that of huber$"):
        lossary.huber.accumulator().merge(lossary.log_cosh.accumulator())


def test_what_is_each_examples_own_may_differ() -> None:
    y, f, tau = np.zeros(4), np.array([1.0, -2.0, 3.0, -4.0]), np.array([0.1, 0.2, 0.3, 0.4])
    halves = [slice(0, 1), slice(1, 4)]
    cost = lossary.quantile.accumulator()
    for half in halves:
        cost.update(y[half], f[half], tau=tau[half])
    assert cost.value == lossary.quantile.cost(y, f, tau=tau)
    with pytest.raises(ValueError, match=r"tau=0\.3, those before have tau=one value an example"):
        cost.update(y, f, tau=0.3)
    masked = CE.accumulator().update(Y, F, mask=Y > 0).update(Y, F, class_mask=F < 4.0, mask=Y < 2, check=False)
    assert masked.denominator == 4.0


def test_an_empty_accumulator_takes_the_options_of_what_it_is_given() -> None:
    weighted = rows("class_weight", [1.0, 2.0, 5.0])
    empty = CE.accumulator().merge(CE.accumulator()).merge(weighted)
    assert empty.value == weighted.value
    assert weighted.merge(CE.accumulator()).value == empty.value
    with pytest.raises(ValueError, match="cannot merge"):
        empty.merge(CE.accumulator().update(Y, F))


def test_a_number_divides_the_whole_not_each_batch() -> None:
    # It was added up: batches of cost 8 / 4 had 8 / 8.
    y, f = np.zeros(4), np.array([1.0, 2.0, 2.0, 3.0])
    parts = [lossary.absolute_error.accumulator().update(y[i : i + 2], f[i : i + 2], denominator=4) for i in (0, 2)]
    by_updates = lossary.absolute_error.accumulator()
    for i in range(4):
        by_updates.update(y[i : i + 1], f[i : i + 1], denominator=4.0)
    assert by_updates.value == parts[0].merge(parts[1]).value == lossary.absolute_error.cost(y, f, denominator=4) == 2.0
    with pytest.raises(ValueError, match="denominator=5, those before have denominator=4"):
        by_updates.update(y, f, denominator=5.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"y_true": [0.0, np.nan], "y_pred": [0.0, 1.0]},
        {"y_true": [0.0], "y_pred": [0.0, 1.0]},
        {"y_true": [0.0], "y_pred": [0.0], "sample_weight": [-1.0]},
        {"y_true": [0.0], "y_pred": [0.0], "detla": 2.0},
        {"y_true": [0.0], "y_pred": [0.0], "delta": -1.0},
    ],
)
def test_a_failed_update_leaves_all_as_it_was(wrong: dict) -> None:
    for cost in (lossary.huber.accumulator(), lossary.huber.accumulator().update([0.0], [3.0])):
        before = pickle.dumps(cost)
        with pytest.raises((ValueError, TypeError)):
            cost.update(**wrong)
        assert pickle.dumps(cost) == before
    assert cost.update([0.0], [3.0]).value == 2.5


def test_any_order_of_merging_gives_the_same_or_the_same_refusal() -> None:
    parts = [CE.accumulator(), rows("temperature", 2.0), rows("temperature", 2, at=1), rows("temperature", 2.0, at=2)]
    values = set()
    for order in itertools.permutations(parts):
        merged = CE.accumulator()
        for part in order:
            merged.merge(part)
        values.add((merged.value, merged.denominator))
    assert len(values) == 1
    for order in itertools.permutations([*parts[:2], CE.accumulator().update(Y, F)]):
        with pytest.raises(ValueError, match=r"temperature=(1|2) into .*temperature=(1|2)$"):
            functools.reduce(Accumulator.merge, order, CE.accumulator())


def test_options_in_another_order_are_the_same() -> None:
    one = CE.accumulator().update(Y, F, temperature=2.0, ignore_index=-1)
    assert one.merge(CE.accumulator().update(Y, F, ignore_index=-1, temperature=2.0)).denominator == 6.0


def test_the_pickle_of_a_version_that_knew_no_options() -> None:
    for cost, usable in (
        (lossary.huber.accumulator(), True),
        (lossary.huber.accumulator().update([0.0], [4.0]), False),
    ):
        state = {name: value for name, value in cost.__dict__.items() if name != "settings"}
        old = Accumulator.__new__(Accumulator)
        old.__setstate__(state)
        other = lossary.huber.accumulator().update([0.0], [4.0], delta=2.0)
        if usable:
            assert old.merge(other).value == 6.0
        else:
            with pytest.raises(ValueError, match="delta=2 into that of huber with delta=1"):
                old.merge(other)


def test_the_cost_of_a_users_own_loss_travels() -> None:
    # Its derived formulas could not be pickled.
    def mine(scale: float) -> lossary.LossFunction:
        return lossary.define(lambda y, f, c=1.0: scale * np.log1p(((f - y) / c) ** 2), name="mine")

    cost = mine(1.0).accumulator().update([0.0], [1.0], c=2.0)
    sent = (
        "import pickle, sys; cost = pickle.load(sys.stdin.buffer); cost.update([0.0], [2.0], c=2.0); "
        "sys.stdout.buffer.write(pickle.dumps(cost))"
    )
    back = subprocess.run([sys.executable, "-c", sent], input=pickle.dumps(cost), capture_output=True, check=True)
    returned = pickle.loads(back.stdout)
    np.testing.assert_array_equal(returned.loss.gradient([0.0], [1.0]), mine(1.0).gradient([0.0], [1.0]))
    assert returned.value == mine(1.0).cost([0.0, 0.0], [1.0, 2.0], c=2.0)
    assert copy.deepcopy(cost).merge(returned).denominator == 3.0
    with pytest.raises(ValueError, match="another loss called mine into that of mine"):
        returned.merge(mine(2.0).accumulator())


def test_the_root_of_a_mean_and_a_mean_do_not_merge() -> None:
    rooted, plain = (lossary.define(lambda y, f: (f - y) ** 2, name="mine", cost_root=root) for root in (True, False))
    with pytest.raises(ValueError, match="another loss called mine"):
        rooted.accumulator().merge(plain.accumulator())
