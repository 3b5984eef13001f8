"""Scores of new rows beside promised ones: exact in any parts, intervals that hold the truth, drift that is no luck."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.support.chosen import CASES, ROWS

from lossary.choosing.models.drift import Drifts
from lossary.choosing.models.evaluation import Evaluator, yardsticks_of
from lossary.choosing.models.model import ChosenModel
from lossary.choosing.models.summaries import summary_of
from lossary.choosing.models.sums import Mean, Sums, differ, mean_of
from lossary.choosing.models.tables import CATEGORY, DATE, MISSING, NUMBER, UNSEEN, Cells, Column, Values

NAMES = ("amounts", "several classes", "interval", "costs", "numbered classes")


@pytest.fixture(scope="module")
def models() -> dict[str, ChosenModel]:
    return {name: CASES[name].choice().model for name in NAMES}


def later(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """Rows of the same world: each drawn anew from the first ones."""
    return table[np.random.default_rng(3).integers(0, ROWS, 500)]


# Sums.


def test_sums_do_not_depend_on_the_parts():
    draw = np.random.default_rng(0)
    scores, weight = draw.lognormal(size=5000) * 10.0 ** draw.integers(-9, 9, 5000), draw.uniform(size=5000)
    for weights in (None, weight):
        whole, parts = Sums(), Sums()
        whole.add(scores, weights)
        for rows in np.array_split(np.arange(5000), 37):
            parts.add(scores[rows], None if weights is None else weights[rows])
        assert parts.mean().value == whole.mean().value
        assert parts.mean().value == pytest.approx(np.average(scores, weights=weights), rel=1e-14)
        assert parts.mean().low == pytest.approx(whole.mean().low, rel=1e-9)


def test_the_spread_of_large_scores_that_are_nearly_the_same():
    sums = Sums()
    for rows in np.array_split(1e9 + np.arange(1000.0) % 2, 10):
        sums.add(rows)
    half = 0.5 * (sums.mean().high - sums.mean().low)
    assert half == pytest.approx(1.9623 * 0.5 / np.sqrt(999), rel=1e-3)


@pytest.mark.parametrize("shares", [False, True])
def test_intervals_hold_the_truth_as_often_as_they_say(shares):
    draw, held = np.random.default_rng(1), 0
    for _ in range(400):
        sums = Sums(most=1.0 if shares else None)
        weight = draw.choice([0.0, 1.0, 2.0], size=120)
        sums.add(draw.binomial(1, 0.1, 120).astype(float) if shares else draw.gamma(4.0, 0.25, 120), weight)
        held += sums.mean().low <= (0.1 if shares else 1.0) <= sums.mean().high
    assert 0.92 <= held / 400 <= 0.98


def test_rows_that_all_cost_nothing_leave_room_where_a_row_may_cost_something():
    free, priced = Sums(), Sums(most=3.0)
    for sums in (free, priced):
        sums.add(np.zeros(100))
    assert free.mean() == Mean(0.0, 0.0, 0.0)
    assert priced.mean().high == pytest.approx(3.0 * 0.03699, rel=1e-3)  # Wilson's upper end of 0 in 100


def test_two_means_of_one_truth_differ_as_seldom_as_intervals_say():
    draw = np.random.default_rng(2)

    def mean(centre: float, rows: int) -> Mean:
        sums = Sums()
        sums.add(draw.gamma(4.0, 0.25 * centre, rows))
        return sums.mean()

    assert 0.02 <= np.mean([differ(mean(1.0, 100), mean(1.0, 300)) for _ in range(300)]) <= 0.08
    assert np.mean([differ(mean(1.5, 100), mean(1.0, 300)) for _ in range(50)]) == 1.0
    assert differ(Mean(1.0, 0.5, 1.5), Mean(1.0, float("nan"), 1.0)) is None


def test_a_mean_of_means_is_as_sure_as_its_parts():
    both = mean_of([Mean(1.0, 0.7, 1.3), Mean(2.0, 1.6, 2.4)])
    assert (both.value, both.low, both.high) == pytest.approx((1.5, 1.25, 1.75))


# Evaluations.


@pytest.mark.parametrize("name", NAMES)
def test_parts_have_the_scores_of_the_whole(models, name):
    table, evaluator = later(name, CASES[name].table()), Evaluator(models[name].content)
    for start in range(0, 500, 64):
        part = table[start : start + 64]
        evaluator.add(part, part["y"])
    parts, whole = evaluator.result(), models[name].evaluate(table, "y")
    assert [score.score for score in parts.scores] == [score.score for score in whole.scores]
    assert (parts.rows, parts.missing, parts.drift) == (whole.rows, whole.missing, whole.drift)
    assert parts.coverage == whole.coverage


@pytest.mark.parametrize("name", NAMES)
def test_the_first_yardstick_is_the_one_that_was_promised(models, name):
    promise = models[name].promise
    assert yardsticks_of(models[name].content)[0].name == promise.yardstick
    first = models[name].evaluate(later(name, CASES[name].table()), "y").scores[0]
    assert (first.yardstick, first.shown) == (promise.yardstick, promise.shown)
    assert None not in (first.score, first.low, first.high, first.promised, first.promised_low, first.promised_high)


def test_scores_are_those_that_numpy_finds(models):
    table = later("amounts", CASES["amounts"].table())
    y, p = table["y"].to_numpy(), models["amounts"].predict(table)
    found = {score.yardstick: score for score in models["amounts"].evaluate(table, "y").scores}
    assert found["squared error"].score == pytest.approx(np.sqrt(np.mean((y - p) ** 2)), rel=1e-12)
    weight = np.arange(500.0)
    weighted = models["amounts"].evaluate(table, "y", weight).scores[0].score
    assert weighted == pytest.approx(np.sqrt(np.average((y - p) ** 2, weights=weight)), rel=1e-12)
    table = later("costs", CASES["costs"].table())
    wrong = models["costs"].predict(table) != table["y"].to_numpy()
    is_yes = table["y"].to_numpy() == "yes"
    found = {score.yardstick: score.score for score in models["costs"].evaluate(table, "y").scores}
    assert found["error rate"] == pytest.approx(wrong.mean(), rel=1e-12)
    assert found["balanced error rate"] == pytest.approx(
        0.5 * (wrong[is_yes].mean() + wrong[~is_yes].mean()), rel=1e-12
    )
    assert found["cost"] == pytest.approx(np.mean(wrong * np.where(is_yes, 3.0, 1.0)), rel=1e-12)
    table = later("interval", CASES["interval"].table())
    low, high = models["interval"].predict_interval(table).T
    inside = (low <= table["y"].to_numpy()) & (table["y"].to_numpy() <= high)
    covered = models["interval"].evaluate(table, "y").coverage
    assert covered is not None
    assert covered.share == pytest.approx(inside.mean(), rel=1e-12)
    assert (covered.meant, covered.promised) == (pytest.approx(0.8), models["interval"].promise.coverage)


def test_what_was_promised_is_told_from_what_was_not(models):
    table = later("amounts", CASES["amounts"].table())
    assert models["amounts"].evaluate(table, "y").verdict == "as promised"
    shifted = models["amounts"].evaluate(table.with_columns(y=pl.col("y") + 2.0), "y")
    assert shifted.verdict == "worse than promised"
    assert shifted.drift == ()  # the columns are those of the training; what they mean is not
    exact = table.with_columns(y=pl.Series(models["amounts"].predict(table)))
    assert models["amounts"].evaluate(exact, "y").verdict == "better than promised"
    promise = replace(models["amounts"].promise, low=None, high=None)
    unsure = Evaluator(replace(models["amounts"].content, promise=promise))
    unsure.add(table, table["y"])
    assert unsure.result().verdict == "not comparable"


def test_rows_without_a_score_are_told(models):
    table = later("amounts", CASES["amounts"].table()).with_columns(
        y=pl.when(pl.int_range(500) == 7).then(-3.0).otherwise("y")
    )
    found = {score.yardstick: score for score in models["amounts"].evaluate(table, "y").scores}
    assert found["squared error"].score is not None
    assert found["Poisson deviance"].score is None
    assert "none for a target of -3 predicted as" in found["Poisson deviance"].reason
    assert "(1 row)" in found["Poisson deviance"].reason


def test_rows_without_a_target_are_counted(models):
    table = later("amounts", CASES["amounts"].table())
    gaps = table.with_columns(y=pl.when(pl.int_range(500) % 5 == 0).then(None).otherwise("y"))
    found = models["amounts"].evaluate(gaps, "y")
    assert (found.rows, found.missing) == (400, 100)
    assert found.scores == models["amounts"].evaluate(gaps.drop_nulls("y"), "y").scores
    with pytest.raises(ValueError, match="no row has a target: every cell of 'y' is empty"):
        models["amounts"].evaluate(table.with_columns(y=pl.lit(None, dtype=pl.Float64)), "y")


@pytest.mark.parametrize(
    ("name", "other", "message"),
    [
        ("several classes", "d", "'d' in row 12, a class that training had not; it had 'a', 'b', 'c'"),
        ("numbered classes", 2, "2 in row 12, a class that training had not; it had 0, 1"),
        ("amounts", float("inf"), "column 'y' is inf in row 12"),
    ],
)
def test_targets_that_training_could_not_have_had_are_refused(models, name, other, message):
    table = later(name, CASES[name].table())
    odd = table.with_columns(y=pl.when(pl.int_range(500) == 11).then(pl.lit(other)).otherwise("y"))
    evaluator = Evaluator(models[name].content)
    evaluator.add(odd[:10], odd[:10]["y"])
    with pytest.raises(ValueError, match=message):
        evaluator.add(odd[10:], odd[10:]["y"])
    with pytest.raises(ValueError, match="the weight in row 13 is -1"):
        evaluator.add(table[10:], table[10:]["y"], np.where(np.arange(490) == 2, -1.0, 1.0))
    with pytest.raises(ValueError, match=r"there are 400 targets, but 490 rows"):
        evaluator.add(table[10:], table["y"][:400])


# Drift.


def drift_of(old: np.ndarray, new: np.ndarray, kind: str = NUMBER, parts: int = 3):
    """What is said of one column; of words the levels are those of the old ones."""
    levels = tuple(sorted({v for v in old if v is not None})) if kind == CATEGORY else ()
    column = Column("x", kind, levels=levels)
    drifts = Drifts((column,), {"x": summary_of(old)})
    if kind == CATEGORY:
        places = {level: float(place) for place, level in enumerate(levels)}
        new = np.array([MISSING if v is None else places.get(v, UNSEEN) for v in new])
    for part in np.array_split(new, parts):
        drifts.add(Cells(part.size, {column: Values(part)}))
    return drifts.found()


def drawn(kind: str, draw: np.random.Generator, rows: int, shift: float = 0.0) -> np.ndarray:
    numbers = draw.normal(shift, size=rows)
    if kind == "ties":
        return np.clip(np.round(numbers), 0.0, 3.0)
    if kind == DATE:
        return np.datetime64("2024-01-01", "us") + (numbers * 30 * 86_400_000_000).astype("timedelta64[us]")
    if kind == CATEGORY:
        words = np.array(["a", "b", "c", "d"], dtype=object)[np.clip(np.round(numbers) + 1, 0, 3).astype(int)]
        words[draw.uniform(size=rows) < 0.1] = None
        return words
    return np.where(draw.uniform(size=rows) < 0.1, np.nan, numbers)


KINDS = {NUMBER: NUMBER, "ties": NUMBER, DATE: DATE, CATEGORY: CATEGORY}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("old", "new"), [(300, 500), (2000, 60)])
def test_luck_is_no_drift(kind, old, new):
    draw = np.random.default_rng(4)
    said = [drift_of(drawn(kind, draw, old), drawn(kind, draw, new), KINDS[kind]) for _ in range(100)]
    assert sum(map(bool, said)) <= 3, [drift for drifts in said for drift in drifts]


@pytest.mark.parametrize("kind", KINDS)
def test_a_shift_is_drift(kind):
    draw = np.random.default_rng(5)
    (first, *_) = drift_of(drawn(kind, draw, 400), drawn(kind, draw, 400, 1.0), KINDS[kind])
    assert first.what in ("distribution", "range", "categories")
    assert "in training" in first.text or "that training had" in first.text


def test_each_change_has_its_sentence():
    draw = np.random.default_rng(6)
    x = np.linspace(0.0, 1.0, 1001)
    (found,) = drift_of(x, x * 1.5)
    assert (found.what, found.text) == ("range", "33.4% of the values are above 1, the most that training had")
    (found,) = drift_of(x, x * x)
    assert (found.what, found.text) == (
        "distribution",
        "50.0% of the values are less than 0.25; in training 25% were",
    )
    (found,) = drift_of(x, np.where(np.arange(1001) % 5 == 0, np.nan, x))
    assert (found.what, found.text) == ("missing", "20.1% of the cells are empty; in training 0.0% were")
    days = np.datetime64("2024-01-01", "us") + np.arange(1000) * np.timedelta64(1, "D")
    (found,) = drift_of(days, days + np.timedelta64(100, "D"), DATE)
    assert found.text == "10.0% of the values are after 2026-09-26, the last that training had"
    words = np.array(["red", "blue"], dtype=object)[draw.integers(0, 2, 1000)]
    unseen, shares = drift_of(words, np.where(np.arange(1000) % 2, "red", "green").astype(object), CATEGORY)
    assert {unseen.what, shares.what} == {"unseen", "categories"}
    assert "50.0% of the values are of categories that training had not" in (unseen.text, shares.text)
    assert any("0.0% of the values are 'blue'; in training" in each.text for each in (unseen, shares))
