"""The benchmark's own machinery: interleaving, statistics and the referee, with fake contestants and a fake clock."""

import sys
from collections import Counter

import numpy as np
import pytest
from bench.linear import cases as linear_cases
from bench.linear import memory
from bench.linear import run as linear_run
from bench.linear.own import PRODUCTS
from bench.pages import tables
from bench.pointwise.cases import CASES, Store
from bench.pointwise.referee import Answer, Referee
from bench.racing import floors
from bench.racing.harness import Contestant, Rules, Times, race, ratio
from bench.racing.providers import OURS, Failure
from bench.rowwise import providers as row_providers
from bench.rowwise import run as row_run
from bench.rowwise.cases import EXTRA, HALF_IGNORED, IGNORED, IGNORING, PLAIN, SOFTMAX, RowStore
from bench.rowwise.cells import IGNORED_SUFFIX, RowCell
from bench.rowwise.peers import numpy_rows
from bench.rowwise.referee import FORMULAS, RowErrors, RowReferee
from bench.rowwise.verdicts import lost as rows_lost


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


def test_what_prepares_a_call_is_not_on_the_clock():
    world, log = FakeTime(), []

    def prepare():
        log.append("prepare")
        world.now += 50.0

    def call():
        log.append("call")
        world.now += 0.1

    times = race(
        [Contestant("one", call, prepare)], Rules(0.0, 5), np.random.default_rng(0), lambda: world.now, log.append
    )
    assert times["one"].samples == pytest.approx(np.full(5, 0.1))
    assert [each for each in log if each in ("prepare", "call")] == ["prepare", "call"] * 6


ROW_CASES = (PLAIN, IGNORING, *EXTRA)


def _row_data(case, shape=(40, 7), dtype="float64"):
    return RowStore(3).get(case, shape, dtype)


@pytest.mark.parametrize("case", ROW_CASES, ids=lambda case: case.label)
def test_the_rowwise_referee_s_gradient_is_the_slope_of_its_cost(case):
    data = _row_data(case)
    y = data.y if data.y.ndim == 1 else data.y.astype(np.longdouble)
    f, formula, step = data.f.astype(np.longdouble), FORMULAS[case.label], np.longdouble(1e-6)
    gradient = formula(y, f, data.class_weight)[1]
    for j in range(f.shape[1]):
        moved = np.zeros_like(f)
        moved[:, j] = step
        up, down = (formula(y, f + sign * moved, data.class_weight)[0] for sign in (1, -1))
        np.testing.assert_allclose((up - down) / (2 * step), gradient[:, j], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", ROW_CASES, ids=lambda case: case.label)
def test_the_rowwise_referee_passes_the_right_answer_and_notices_a_wrong_one(case):
    referee = RowReferee(case, _row_data(case))
    right = Answer(referee.cost, referee.gradient.astype(np.float64))
    assert referee.judge(right).cost == 0.0
    assert referee.judge(right).gradient < 1e-15
    wrong = right.gradient.copy()
    wrong[7] += 1e-3 * np.abs(right.gradient).max()
    assert referee.judge(Answer(1.001 * referee.cost, wrong)).cost > 1e-4
    assert referee.judge(Answer(right.cost, wrong)).gradient > 1e-4
    assert referee.judge(Answer(right.cost, np.full_like(wrong, np.nan))).gradient == np.inf


def test_the_rowwise_referee_counts_a_gradient_of_an_ignored_row_as_lost():
    data = _row_data(IGNORING)
    referee = RowReferee(IGNORING, data)
    spoiled = referee.gradient.astype(np.float64)
    spoiled[np.flatnonzero(data.y == IGNORED)[0], 0] = 1e-20
    assert referee.judge(Answer(referee.cost, spoiled)).gradient > 1.0


BY_HAND = [case for case in ROW_CASES if case.label in numpy_rows._FORMULAS]


@pytest.mark.parametrize("case", BY_HAND, ids=lambda case: case.label)
def test_the_rowwise_formulas_by_hand_agree_with_the_referee(case):
    data = _row_data(case)
    entry = numpy_rows.PROVIDERS[0].enter(case, data)
    errors = RowReferee(case, data).judge(entry.read(entry.contestant.once()))
    assert errors.cost < 1e-13
    assert errors.gradient < 1e-12


def test_ours_in_place_is_restored_before_every_call():
    data = _row_data(PLAIN, dtype="float32")
    kept, referee = data.f.copy(), RowReferee(PLAIN, data)
    entry = row_providers._in_place(PLAIN, data)
    for _ in range(2):
        errors = referee.judge(entry.read(entry.contestant.once()))
        assert errors.cost < 1e-6
        assert errors.gradient < 1e-5
    np.testing.assert_array_equal(data.f, kept)


def _timed(seconds):
    return {name: Times(np.full(5, time)) for name, time in seconds.items()}


def _row_cell(label, seconds, gradient=1e-7):
    errors = {name: RowErrors(1e-9, gradient) for name in seconds if not name.startswith("floor")}
    return RowCell(_timed(seconds), (), label, (10_000, 1_000), "float32", 20.0, errors)


def test_a_missed_goal_a_faster_peer_and_a_wrong_answer_are_lost_cells():
    kept = {OURS: 1.9, floors.COPY: 1.0, "torch eager": 10.0, "jax.jit": 4.0}
    assert rows_lost([_row_cell(SOFTMAX, kept)]) == []
    missed = rows_lost([_row_cell(SOFTMAX, {**kept, OURS: 2.1})])
    assert [each.wanted for each in missed] == [
        "ours at most 2x floor: copy",
        "torch eager at least 5x ours",
        "jax.jit at least 2x ours",
    ]
    assert [each.wanted for each in rows_lost([_row_cell("focal", {**kept, "jax.jit": 1.8})])] == [
        "jax.jit slower than ours"
    ]
    assert "gradient within 1e-05" in rows_lost([_row_cell(SOFTMAX, kept, gradient=1e-4)])[0].wanted
    gone = RowCell({}, (Failure(OURS, "ValueError: no"),), SOFTMAX, (4, 3), "float32", 1.0, {})
    assert [(each.wanted, each.got) for each in rows_lost([gone])] == [("ours takes part", "ValueError: no")]


@pytest.mark.parametrize(("half", "wanted"), [(0.55, []), (0.65, ["ours, half ignored at most 0.6x ours"])])
def test_ignored_rows_must_save_time(half, wanted):
    cell = _row_cell(HALF_IGNORED, {OURS: 1.0, OURS + IGNORED_SUFFIX: half})
    assert [each.wanted for each in rows_lost([cell])] == wanted


def test_the_rowwise_part_runs_prints_and_records(monkeypatch):
    monkeypatch.setattr(row_run, "EXTRA", ())
    monkeypatch.setattr(row_providers, "PEERS", ("numpy_rows",))
    monkeypatch.setattr(row_run, "QUICK_RULES", Rules(0.0, 3))
    part = row_run.rowwise(True, ("float32",), [(30, 4)], (), 0, np.random.default_rng(0))
    (plain, (ratios, times, *_)), (half, halves) = tables.groups(part.record())
    assert (plain, half) == ("softmax cross-entropy, float32", "half the rows ignored, float32")
    everyone = ("ours", "ours, fresh out", "ours, in place", "numpy")
    assert ratios.columns == (plain, *everyone[1:], floors.COPY)
    assert times.columns == (plain, *everyone, floors.COPY, "rounds")
    assert (times.rows[0][0], times.rows[0][-1]) == ("30 x 4", "3")
    assert [grid.title for grid in halves][2] == "Time over that with all rows counted"
    assert halves[2].columns == (half, *everyone)
    assert all("-" not in grid.rows[0] for grid in halves)
    assert set(part.record()["cells"][0]["seconds"]) == {*everyone, floors.COPY}


def test_the_linear_referee_s_gradients_are_the_slopes_of_its_cost():
    data = linear_cases.made((6, 3, 5), 1)
    data = linear_cases.LinearData(data.x.astype(np.float64), data.weight.astype(np.float64), data.y)
    exact = linear_cases.LinearReferee(data)
    for numbers, gradient in ((data.x, exact.x_gradient), (data.weight, exact.weight_gradient)):
        for place in np.ndindex(numbers.shape):
            kept, costs = numbers[place], []
            for step in (1e-6, -1e-6):
                numbers[place] = kept + step
                costs.append(linear_cases.LinearReferee(data).cost)
            numbers[place] = kept
            assert (costs[0] - costs[1]) / 2e-6 == pytest.approx(gradient[place], abs=1e-8)


def test_the_linear_referee_takes_rows_in_pieces_and_notices_a_wrong_answer(monkeypatch):
    data = linear_cases.made((10, 3, 5), 2)
    whole = linear_cases.LinearReferee(data)
    monkeypatch.setattr(linear_cases, "CHUNK", 15)
    pieces = linear_cases.LinearReferee(data)
    right = linear_cases.LinearAnswer(whole.cost, whole.x_gradient, whole.weight_gradient)
    assert pieces.judge(right).worst < 1e-14
    shifted = right.weight_gradient + 1e-3
    assert pieces.judge(linear_cases.LinearAnswer(right.cost, right.x_gradient, shifted)).weight_gradient > 1e-4
    unknown = linear_cases.LinearAnswer(right.cost, np.full((10, 3), np.nan), right.weight_gradient)
    assert pieces.judge(unknown).worst == np.inf


def test_a_slow_or_wrong_linear_layer_is_a_lost_cell():
    def wanted(ours, error=1e-6):
        times = _timed({OURS: ours, "torch eager": 1.5, PRODUCTS: 1.0})
        errors = {name: linear_cases.LinearErrors(1e-8, error, error) for name in (OURS, "torch eager")}
        return [each.wanted for each in linear_run._judged(linear_run.LinearCell(times, (), (9, 4, 16), 0, errors, {}))]

    assert wanted(1.1) == []
    assert wanted(1.3) == ["at most 1.2x the three products"]
    assert wanted(1.6) == ["torch eager slower than ours", "at most 1.2x the three products"]
    assert wanted(1.1, error=1e-4) == ["errors within 2e-06"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resident memory is read from /proc")
def test_peak_memory_is_that_of_one_call_in_a_fresh_process():
    shape, logits = (512, 8, 8192), 4 * 512 * 8192
    found = memory.peak("bench.linear.own", "numpy", shape, 0)
    assert 2 * logits < found < 8 * logits
    assert "StopIteration" in memory.peak("bench.linear.own", "nobody", shape, 0)
