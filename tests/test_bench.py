"""The benchmark's own machinery: interleaving, statistics and the referee, with fake contestants and a fake clock."""

from collections import Counter

import numpy as np
import pytest
from bench.cases import CASES, Store
from bench.harness import Contestant, Rules, Times, race, ratio
from bench.referee import Answer, Referee


class FakeTime:
    """A clock that only contestants move, on a machine that slows down as it goes."""

    def __init__(self):
        self.now = 0.0
        self.order = []

    def contestant(self, name, seconds):
        def call():
            self.order.append(name)
            self.now += seconds * (1.0 + 0.01 * len(self.order))

        return Contestant(name, call)


def _race(rounds):
    world = FakeTime()
    runners = [world.contestant("one", 0.1), world.contestant("two", 0.2), world.contestant("three", 0.3)]
    times = race(runners, Rules(0.0, rounds), np.random.default_rng(0), lambda: world.now, lambda _: None)
    return times, world.order[3:]  # after a look at each


def test_every_round_runs_everyone_once_in_an_order_of_its_own():
    times, order = _race(30)
    assert {t.samples.size for t in times.values()} == {30}
    drawn = [tuple(order[k : k + 3]) for k in range(0, len(order), 3)]
    assert all(len(set(each)) == 3 for each in drawn)
    assert len(Counter(drawn)) == 6


def test_a_ratio_survives_a_machine_that_slows_down_and_times_do_not():
    times, _ = _race(60)
    found = ratio(times["two"], times["one"])
    assert found.value == pytest.approx(2.0, rel=0.05)
    assert found.low <= 2.0 <= found.high
    assert found.high - found.low < 1.0
    assert times["one"].samples[-1] > 2.0 * times["one"].samples[0]


def test_a_ratio_of_different_rounds_is_refused():
    with pytest.raises(ValueError, match="not of the same rounds"):
        ratio(Times(np.ones(3)), Times(np.ones(4)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_referee_passes_the_right_answer_and_notices_a_wrong_one(case):
    data = Store(0).get(case, 1000, "float32")
    referee = Referee(case, data, mean=True)
    right = Answer(referee.cost, referee.gradient.astype(np.float32))
    assert referee.judge(right).cost == 0.0
    assert referee.judge(right).ulps <= 0.5
    wrong = right.gradient.copy()
    wrong[7] *= np.float32(1.001)
    assert referee.judge(Answer(1.001 * referee.cost, wrong)).cost > 1e-4
    assert referee.judge(Answer(right.cost, wrong)).ulps > 100.0
    assert referee.judge(Answer(right.cost, np.full(1000, np.nan))).ulps == np.inf
