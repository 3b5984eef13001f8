"""The model that a choice leaves: trained on all rows, the same to the bit in another process, alone and in parts."""

import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from tests.support.chosen import CASES

import lossary
from lossary.choosing.choose import Choice
from lossary.choosing.comparison.study import Fold
from lossary.choosing.models.model import ChosenModel
from lossary.choosing.training import fold_fit

IN_ANOTHER_PROCESS = """
import sys
from pathlib import Path
import polars as pl
import lossary

for folder in sorted(Path(sys.argv[1]).iterdir()):
    model = lossary.load(folder / "model.lossary")
    model.predict_table(pl.read_parquet(folder / "table.parquet")).write_parquet(folder / "elsewhere.parquet")
"""


@dataclass(frozen=True)
class Made:
    """A choice, its model, and what that predicts of its table in another process."""

    choice: Choice
    table: pl.DataFrame
    elsewhere: pl.DataFrame
    loaded: ChosenModel

    @property
    def model(self) -> ChosenModel:
        return self.choice.model


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Made]:
    """All cases, saved here and predicted elsewhere."""
    root = tmp_path_factory.mktemp("models")
    choices = {}
    for name, case in CASES.items():
        folder = root / name
        folder.mkdir()
        choices[name] = case.choice()
        case.table().drop("y").write_parquet(folder / "table.parquet")
        assert choices[name].model.save(folder / "model.lossary") == folder / "model.lossary"
        assert [path.name for path in sorted(folder.iterdir())] == ["model.lossary", "table.parquet"]
    subprocess.run([sys.executable, "-c", IN_ANOTHER_PROCESS, str(root)], check=True)
    return {
        name: Made(
            choice,
            pl.read_parquet(root / name / "table.parquet"),
            pl.read_parquet(root / name / "elsewhere.parquet"),
            lossary.load(root / name / "model.lossary"),
        )
        for name, choice in choices.items()
    }


@pytest.mark.parametrize("name", CASES)
def test_another_process_predicts_the_same_to_the_bit(made, name):
    each = made[name]
    here = each.model.predict_table(each.table)
    assert here.equals(each.elsewhere)
    assert here.equals(each.loaded.predict_table(each.table))
    assert here.null_count().sum_horizontal().item() == 0


@pytest.mark.parametrize("name", CASES)
def test_a_row_is_predicted_alone_as_in_any_part_of_a_table_whatever_the_order_of_columns(made, name):
    each = made[name]
    whole = each.model.predictions(each.table)
    turned = each.table.select(reversed(each.table.columns)).with_columns(another=pl.lit("unknown"))
    parts = np.concatenate([each.loaded.predictions(turned[a:b]) for a, b in ((0, 1), (1, 8), (8, 77), (77, 240))])
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith(("average", "constant"))])
def test_the_model_predicts_what_a_fold_of_all_rows_does(made, name):
    """The folds' own way, from the features of the training; the model reads the table anew."""
    choice = made[name].choice
    problem = choice.inspection.whole
    recipe = next(r for r in choice.inspection.workload.recipes if r.label == choice.model.label)
    everything = np.arange(problem.y.size)
    expected = fold_fit.run(problem, recipe, Fold(everything, everything)).predictions
    in_order = made[name].table[choice.inspection.data.rows]
    np.testing.assert_array_equal(made[name].loaded.predictions(in_order), expected)


def test_the_average_is_of_what_its_members_predict(made):
    for name in ("average", "average of classes"):
        each = made[name]
        problem, everything = each.choice.inspection.whole, np.arange(each.table.height)
        members = {r.label: r for r in each.choice.inspection.workload.recipes}
        predicted = [
            m.weight * fold_fit.run(problem, members[m.label], Fold(everything, everything)).predictions
            for m in each.choice.average.members
        ]
        np.testing.assert_array_equal(each.model.predictions(each.table), sum(predicted))


def test_nothing_that_beats_the_constant_leaves_the_constant(made):
    numbers, classes = made["constant"], made["constant classes"]
    assert numbers.choice.verdict.code == classes.choice.verdict.code == "constant"
    y = numbers.choice.inspection.whole.y
    np.testing.assert_array_equal(numbers.loaded.predict(numbers.table), np.full(y.size, y.mean()))
    assert numbers.loaded.columns_needed == ()
    share = classes.choice.inspection.whole.y.mean()
    np.testing.assert_allclose(classes.loaded.predict_proba(classes.table[:2]), [[1.0 - share, share]] * 2)


def test_columns_of_predictions_have_one_rule_of_names(made):
    columns = {name: each.elsewhere.columns for name, each in made.items()}
    assert columns["numbers"] == columns["quantile"] == ["prediction"]
    assert columns["interval"] == columns["interval of residuals"] == ["low", "high"]
    assert columns["several classes"] == ["p_a", "p_b", "p_c", "label"]
    assert columns["numbered classes"] == ["p_0", "p_1", "label"]
    assert columns["labels alone"] == ["label"]
    assert columns["costs"] == ["label"], "what weighted classes give is no probability"


def test_ends_of_intervals_and_probabilities_are_what_they_should_be(made):
    for name in ("interval", "interval of residuals"):
        ends = made[name].model.predict_interval(made[name].table)
        assert (ends[:, 0] <= ends[:, 1]).all()
        np.testing.assert_array_equal(ends, made[name].model.predict(made[name].table))
    for name in ("two classes", "several classes", "classes in trees", "ratings", "average of classes"):
        p = made[name].model.predict_proba(made[name].table)
        np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-12)
        likeliest = made[name].model.classes_[p.argmax(axis=1)]
        np.testing.assert_array_equal(made[name].model.predict(made[name].table), likeliest)


def test_labels_are_decided_at_the_threshold_of_the_costs(made):
    """A missed yes costs three times a false alarm: the second of "no" and "yes" is said more often than it is."""
    case = CASES["two classes"]
    cheap = type(case)(case.table, "label", ("logistic, linear",), costs=(3.0, 1.0)).choice().model
    p = cheap.predictions(case.table().drop("y"))
    np.testing.assert_array_equal(cheap.predict(case.table()) == "yes", p > 0.25)
    turned = made["labels alone"].model
    assert turned.classes_.tolist() == ["yes", "no"]
    np.testing.assert_array_equal(
        turned.predict(made["labels alone"].table) == "no", turned.predictions(made["labels alone"].table) == 1.0
    )


def test_scikit_learn_takes_the_model_for_an_estimator_that_is_fitted(made):
    numbers, classes = made["numbers"], made["two classes"]
    assert is_regressor(numbers.model)
    assert is_classifier(classes.model)
    assert numbers.model.feature_names_in_.tolist() == ["x", "z"]
    assert numbers.model.n_features_in_ == 2
    y = CASES["numbers"].table()["y"].to_numpy()
    assert numbers.model.fit(numbers.table, y).score(numbers.table, y) > 0.5
    again = clone(numbers.model)
    np.testing.assert_array_equal(again.predict(numbers.table), numbers.model.predict(numbers.table))
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(classes.model)).predict(classes.table), classes.model.predict(classes.table)
    )
    assert not hasattr(numbers.model, "predict_interval")
    assert not hasattr(made["labels alone"].model, "predict_proba")
    with pytest.raises(AttributeError) as refusal:
        made["labels alone"].model.predict_proba(classes.table)
    assert "not how likely" in str(refusal.value.__cause__)
    assert "huber" in repr(numbers.model)


def test_targets_are_numbered_as_the_comparison_had_them(made):
    for name in ("numbers", "ratings", "numbered classes", "labels alone", "several classes"):
        each, y = made[name], CASES[name].table()["y"]
        np.testing.assert_array_equal(each.loaded.targets(y), each.choice.study.y)
    assert np.isnan(made["several classes"].loaded.targets(["a", None])[1])
    with pytest.raises(ValueError, match="'d' in row 8"):
        made["several classes"].loaded.targets(["a", "d"], first_row=6)
    with pytest.raises(ValueError, match="is 2 in row 1, a class that training had not; it had 0, 1"):
        made["numbered classes"].loaded.targets([2.0])


def test_the_promise_is_the_leaderboards(made):
    choice, promise = made["interval"].choice, made["interval"].loaded.promise
    entry = choice.leaderboard.entry(choice.model.label)
    assert (promise.yardstick, promise.score, promise.rows) == ("interval score", entry.score, 240)
    assert promise.low < promise.score < promise.high
    assert (promise.coverage, promise.meant) == (entry.coverage.share, 0.8)
    assert dict(promise.scores) == dict(entry.scores)
    assert made["average"].loaded.promise.score == 1.0, "the average's own"


def test_summaries_tell_of_the_trainings_columns(made):
    x = made["numbers"].loaded.summaries["x"]
    assert (x.kind, x.rows, x.missing, len(x.quantiles)) == ("number", 240, 0, 21)
    np.testing.assert_array_equal(x.quantiles[::10], np.quantile(made["numbers"].table["x"], [0.0, 0.5, 1.0]))
    colours = made["text"].loaded.summaries["colour"]
    assert colours.missing == made["text"].table["colour"].null_count()
    assert next(iter(colours.shares)) == "red"
    assert sum(colours.shares.values()) == pytest.approx(1.0)
    assert made["dates"].loaded.summaries["when"].kind == "date"


def test_the_same_choice_leaves_the_same_file(made, tmp_path):
    again = CASES["two classes"].choice().model.save(tmp_path / "again.lossary")
    first = made["two classes"].model.save(tmp_path / "first.lossary")
    assert Path(again).read_bytes() == Path(first).read_bytes()
