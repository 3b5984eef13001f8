"""What the inspection finds: nothing in plain data, and in a twin of them with one thing wrong that thing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from lossary.choosing.findings.catalogue import kinds
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import parse_question

ROWS = 800


def features(draw) -> dict[str, np.ndarray]:
    colour = draw.choice(["red", "green", "blue"], ROWS)
    return {"a": draw.normal(size=ROWS), "b": draw.normal(size=ROWS), "c": draw.normal(size=ROWS), "colour": colour}


def plain(draw):
    """Two features count, and errors are normal."""
    x = features(draw)
    return {**x, "y": 1.0 + x["a"] - x["b"] + draw.normal(size=ROWS)}


def plain_classes(draw):
    x = features(draw)
    return {**x, "y": np.where(2.0 * x["a"] + draw.logistic(size=ROWS) > 0.0, "yes", "no")}


def noisy(noise):
    def made(draw):
        table = plain(draw)
        return {**table, "y": 1.0 + table["a"] - table["b"] + noise(draw, table)}

    return made


def target(made_of):
    """A target drawn with the mean exp(1 + (a - b) / 2)."""

    def made(draw):
        table = plain(draw)
        return {**table, "y": made_of(draw, np.exp(1.0 + 0.5 * (table["a"] - table["b"])))}

    return made


def column(name, values):
    def made(draw):
        table = plain(draw)
        return {**table, name: values(draw, table)}

    return made


def outliers(draw, table):
    return np.where(draw.uniform(size=ROWS) < 0.1, draw.normal(size=ROWS) * 30.0, draw.normal(size=ROWS))


def of_groups(draw):
    table, who = plain(draw), np.repeat(np.arange(ROWS // 10), 10)
    return {**table, "who": who[:], "y": table["y"] + 1.5 * draw.normal(size=ROWS // 10)[who]}


def of_named_groups(draw):
    table = of_groups(draw)
    return {**table, "who": np.array([f"person {i}" for i in table["who"]])}


def drifting(draw):
    table = plain(draw)
    walk = np.convolve(draw.normal(size=ROWS + 29), np.ones(30) / np.sqrt(30.0), "valid")
    return {**table, "y": table["y"] + 2.0 * walk}


def copied(draw):
    table = plain(draw)
    return {name: np.concatenate([values, values[:100]]) for name, values in table.items()}


def far_out(draw):
    table = {"a": draw.normal(size=ROWS)}
    y = 5.0 * table["a"] + draw.normal(size=ROWS)
    table["a"][:60], y[:60] = 30.0 + draw.normal(size=60), -60.0 + draw.normal(size=60)
    return {**table, "y": y}


def rare(draw):
    table = plain_classes(draw)
    return {**table, "y": np.where(table["a"] - 4.0 + draw.logistic(size=ROWS) > 0.0, "yes", "no")}


def flipped(draw):
    x = features(draw)
    sure = x["a"] > 0.0
    return {**x, "y": np.where(sure ^ (draw.uniform(size=ROWS) < 0.2), "yes", "no")}


def separable(draw):
    x = features(draw)
    return {**x, "y": np.where(x["a"] > x["b"], "yes", "no")}


TWINS = {
    "mean_is_not_median": noisy(lambda draw, _: draw.exponential(size=ROWS)),
    "nonnegative_target": target(lambda draw, mean: draw.gamma(2.0, mean / 2.0)),
    "counts": target(lambda draw, mean: draw.poisson(mean)),
    "shares": target(lambda draw, mean: draw.beta(2.0, 2.0 * mean)),
    "ordered_levels": target(lambda draw, mean: np.clip(np.round(mean - 2.0 + draw.normal(size=ROWS)), 1.0, 5.0)),
    "many_zeros": target(lambda draw, mean: draw.gamma(2.0, mean / 2.0) * (draw.uniform(size=ROWS) < 0.7)),
    "few_rows": lambda draw: {name: values[:60] for name, values in plain(draw).items()},
    "time_order": drifting,
    "groups": of_groups,
    "duplicates_across_folds": copied,
    "missing_values": column("c", lambda draw, table: np.where(np.arange(ROWS) % 9, table["c"], np.nan)),
    "leak": column("after", lambda draw, table: 3.0 * table["y"] + 0.01 * draw.normal(size=ROWS)),
    "heavy_tails": noisy(lambda draw, _: draw.standard_t(2.0, ROWS)),
    "asymmetry": noisy(lambda draw, _: draw.exponential(size=ROWS)),
    "heteroscedasticity": noisy(lambda draw, table: np.exp(table["a"]) * draw.normal(size=ROWS)),
    "mean_variance_power": target(lambda draw, mean: draw.gamma(3.0, mean / 3.0)),
    "overdispersion": target(lambda draw, mean: draw.negative_binomial(1.0, 1.0 / (1.0 + mean))),
    "leverage": far_out,
    "contamination": noisy(outliers),
    "heavy_log_tails": target(lambda draw, mean: mean * np.exp(0.3 * draw.standard_t(2.0, ROWS))),
}
OF_CLASSES = {"imbalance": rare, "label_noise": flipped, "separable_classes": separable}


def found_in(made, seed=0, want="mean"):
    data = prepare_data(pl.DataFrame(made(np.random.default_rng(seed))), "y")
    return {f.kind.name: f for f in inspect_and_plan(data, parse_question(want), models=["linear"]).diagnosis.findings}


@pytest.mark.parametrize("seed", range(4))
def test_plain_data_show_nothing(seed):
    assert not found_in(plain, seed)
    assert not found_in(plain_classes, seed, "probability").keys() - {"label_noise"}  # classes that overlap


@pytest.mark.parametrize("name", TWINS)
def test_what_is_wrong_is_found(name):
    finding = found_in(TWINS[name])[name]
    assert finding.code in finding.kind.code
    assert finding.text.strip()


@pytest.mark.parametrize("name", OF_CLASSES)
def test_what_is_wrong_with_labels_is_found(name):
    assert name in found_in(OF_CLASSES[name], want="probability")


def test_groups_with_names_are_found_though_a_fit_learns_them():
    assert found_in(of_named_groups)["groups"].about == "who"
    shuffled = found_in(lambda draw: {**of_named_groups(draw), "who": draw.permutation(of_named_groups(draw)["who"])})
    assert "groups" not in shuffled


def test_every_finding_about_data_has_a_twin():
    """But those of the question, and of targets that are refused."""
    of_data = {kind.name for kind in kinds() if kind.code < "LY040"}
    assert of_data - TWINS.keys() - OF_CLASSES.keys() == {"question_by_default", "constant_target", "asymmetric_costs"}
