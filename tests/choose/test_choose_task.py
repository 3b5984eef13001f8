"""What a target is, what may be asked of it, and what is refused in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lossary.choosing.comparison.study import Want
from lossary.choosing.planning import task_and_question
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import parse_question, possible_questions, question_for, task_of


def text(*values):
    return np.array(values, dtype=object)


N = np.arange(40.0)


@pytest.mark.parametrize(
    ("values", "support", "counts", "classes"),
    [
        (N - 3.5, "real", False, 0),
        (N, "nonnegative", True, 0),
        (N + 0.5, "positive", False, 0),
        (N / 39.0, "unit", False, 0),
        (N % 3 / 2.0, "unit", False, 0),
        (N % 2, "classes", False, 2),
        (text(*"ab" * 20), "classes", False, 2),
        (text(*[f"c{i % 9}" for i in range(40)]), "classes", False, 9),
    ],
)
def test_the_task_follows_from_the_target(values, support, counts, classes):
    task = task_of("y", values)
    assert (task.support, task.counts, len(task.classes)) == (support, counts, classes)
    assert question_for(None, task) == Want("probability" if classes else "mean", stated=False)
    assert len(possible_questions(task)) == (2 if classes else 4)


@pytest.mark.parametrize(
    ("name", "values", "support", "bounds"),
    [
        ("y", N % 2, "unit", (0.0, 1.0)),
        ("y", N % 2 + 1.0, "two values", (1.0, 2.0)),
        ("y", 2.0 * (N % 2) - 1.0, "two values", (-1.0, 1.0)),
        ("pct_urban", N + 0.5, "percent", (0.0, 100.0)),
        ("Percent.voting", N + 30.0, "percent", (0.0, 100.0)),
        ("share_%", N / 3.0, "percent", (0.0, 100.0)),
        ("pct_of_gdp", 4.0 * N + 0.5, "positive", None),  # beyond 100
        ("percentile", N + 0.5, "positive", None),
        ("y", N * 2.5, "nonnegative", (0.0, 100.0)),
        ("y", N * 2.5 + 20.0, "positive", None),
        ("y", N % 5 + 1.0, "positive", (1.0, 5.0)),
        ("y", N, "nonnegative", None),
    ],
)
def test_numbers_have_the_ends_that_name_and_values_show(name, values, support, bounds):
    task = task_of(name, values, as_classes=False)
    assert (task.support, task.bounds) == (support, bounds)


@pytest.mark.parametrize(
    "names",
    [
        ("low", "medium", "high"),
        ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"),
        ("1 star", "2 stars", "10 stars"),
        ("10-19", "20-29", "30+"),
        ("never", "sometimes", "always"),
        ("very_bad", "bad", "good", "very_good"),
        ("9", "10", "11"),
        ("S", "M", "L"),
        ("stage 1", "stage 2", "stage 10"),
    ],
)
def test_classes_keep_the_order_that_their_names_show(names):
    index = np.arange(40) % len(names)
    task = task_of("y", text(*np.array(names, dtype=object)[index]))
    assert (task.classes, task.ordered) == (names, len(names))
    np.testing.assert_array_equal(task.y, index)
    assert "in order" in task.described()


@pytest.mark.parametrize(
    "names",
    [
        ("red", "green", "blue"),
        ("low", "medium", "blue"),
        ("medium", "average", "high"),  # two words for one place
        ("c1", "c2", "c3"),
        ("2 doors", "2 seats", "4 doors"),
        ("low", "high"),
        tuple(f"{i} years" for i in range(11)),
    ],
)
def test_other_classes_have_the_order_of_the_alphabet(names):
    index = np.arange(44) % len(names)
    task = task_of("y", text(*np.array(names, dtype=object)[index]))
    assert (task.classes, task.ordered) == (tuple(sorted(names)), 0)


@pytest.mark.parametrize("maker", ["pandas", "polars", "unordered"])
def test_a_column_may_declare_its_order(maker):
    order, values = ["warm", "cold", "icy", "never"], ["cold", "warm", "icy"] * 14
    if maker == "pandas":
        table = pd.DataFrame({"x": range(42), "y": pd.Categorical(values, categories=order, ordered=True)})
    elif maker == "polars":
        table = pl.DataFrame({"x": range(42), "y": pl.Series(values, dtype=pl.Enum(order))})
    else:
        table = pd.DataFrame({"x": range(42), "y": pd.Categorical(values, categories=order)})
    for data in (prepare_data(table, "y"), prepare_data(table[["x"]], table["y"])):
        task, _ = task_and_question(data, None)
        expected = ("cold", "icy", "warm") if maker == "unordered" else ("warm", "cold", "icy")
        assert (task.classes, task.ordered) == (expected, 0 if maker == "unordered" else 3)
        assert [task.classes[int(i)] for i in task.y] == values


def test_few_whole_levels_are_numbers_unless_classes_are_asked_for():
    assert task_of("y", N % 5).ordered == 5
    task = task_of("y", N % 5 + 7.0, as_classes=True)
    assert task.classes == ("7", "8", "9", "10", "11")  # in order of number, not of spelling
    np.testing.assert_array_equal(task.y, N % 5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (N[:10], "10 rows with a target are too few"),
        (np.ones(40), "'y' is 1 in every row: there is nothing to predict"),
        (text(*["a"] * 40), "'y' is 'a' in every row"),
        (text(*[f"p{i}" for i in range(40)]), "40 different values in 40 rows: that names rows"),
        (text("rare", *"ab" * 20), "class 'rare' of the target 'y' has one row"),
        (np.append(N, np.inf), "'y' is inf in row 41"),
        (N.astype("datetime64[D]"), "holds dates"),
    ],
)
def test_what_cannot_be_learned_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        task_of("y", values)


@pytest.mark.parametrize(
    ("words", "want"),
    [
        ("mean", Want("mean")),
        ("Median", Want("median")),
        ("quantile:0.9", Want("quantile", 0.9)),
        ("q0.9", Want("quantile", 0.9)),
        ("interval", Want("interval", 0.8)),
        ("interval:.5", Want("interval", 0.5)),
        ("prob", Want("probability")),
    ],
)
def test_questions_in_words(words, want):
    assert parse_question(words) == want


@pytest.mark.parametrize(
    ("words", "costs", "message"),
    [
        ("mode", (), "nothing called 'mode'"),
        ("quantile", (), "which quantile"),
        ("quantile:1.5", (), "between 0 and 1"),
        ("mean:3", (), "mean takes no level"),
        ("mean", (3.0, 1.0), "ask for the 0.75 quantile"),
        ("quantile:0.9", (3.0, 1.0), "give one of them"),
        (None, (-1.0, 1.0), "positive"),
    ],
)
def test_questions_that_are_none(words, costs, message):
    with pytest.raises(ValueError, match=message):
        parse_question(words, *costs)


def test_a_question_that_is_no_text_is_refused():
    with pytest.raises(TypeError, match=r"said in words, such as 'mean' or 'quantile:0\.9', not 0\.9"):
        parse_question(0.9)


def test_costs_ask_for_a_quantile_of_numbers_and_a_label_of_two_classes():
    costs = parse_question(None, 3.0, 1.0)
    assert question_for(costs, task_of("y", N)) == Want("quantile", None, 3.0, 1.0)
    assert question_for(costs, task_of("y", N % 2)) == Want("label", None, 3.0, 1.0)
    with pytest.raises(ValueError, match="for two classes"):
        question_for(costs, task_of("y", text(*"abc" * 20)))
    with pytest.raises(ValueError, match="not for the median"):
        question_for(Want("median"), task_of("y", text(*"ab" * 20)))
