"""Losses that a user adds to a comparison: each takes part as the rules have it, or is refused in one sentence."""

from __future__ import annotations

import json
import warnings

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import lossary
from lossary.choosing.candidates import Asked, candidates
from lossary.choosing.diagnosis.diagnose import Diagnosis, Settings
from lossary.choosing.given.answers import recipe_of
from lossary.choosing.given.losses import given_losses
from lossary.choosing.given.units import is_free_of_units
from lossary.choosing.report.code.blocks import recipes
from lossary.choosing.scheduling.identity import recipe_identity
from lossary.choosing.table.task import parse_question, task_of
from lossary.choosing.training.predictions import scale_of
from lossary.choosing.training.recipes import Part, recipe
from lossary.cli.main import app

ROWS = 120
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=ROWS)
NOISE = DRAW.normal(size=ROWS)
TARGETS = {
    "amount": np.exp(0.5 * X + 0.3 * NOISE) + 0.1,
    "number": 2.0 * X + NOISE,
    "share": 1.0 / (1.0 + np.exp(-X - NOISE)),
    "two": np.where(X + NOISE > 0.0, "b", "a").astype(object),
    "colour": np.array(["red", "green", "blue"], dtype=object)[np.digitize(X + NOISE, [-0.5, 0.5])],
    "grade": np.array(["low", "medium", "high"], dtype=object)[np.digitize(X + NOISE, [-0.5, 0.5])],
}
QUESTIONS = [
    *((target, words) for target in ("amount", "number", "share") for words in ("mean", "median", "quantile:0.9")),
    ("amount", "interval:0.8"),
    *((target, words) for target in ("two", "colour", "grade") for words in ("probability", "label")),
]
MINE = """
import lossary

mine = lossary.define(lambda y, f, c=1.0: ((f - y) / c) ** 2 / (1.0 + abs(f - y) / c), name="mine")
other = "no loss"
"""


@pytest.fixture(scope="module")
def own_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "losses_of_mine.py"
    path.write_text(MINE)
    return path


def asked(target: str, words: str, spec, model: str = "linear"):
    want = parse_question(words)
    return recipe_of(given_losses([spec])[0], model, want, task_of(target, TARGETS[target]))


@pytest.mark.parametrize(("target", "words"), QUESTIONS)
def test_every_loss_takes_part_or_says_why_not_and_in_what_question(target, words):
    taking_part, refused = [], []
    for loss in lossary.catalogue():
        try:
            taking_part.append(asked(target, words, loss).candidate)
        except ValueError as refusal:
            refused.append(loss.name)
            text = str(refusal)
            assert loss.name in text
            assert "\n" not in text
            assert ". " not in text
            assert repr(target) in text or "is wanted" in text
            assert "leave" in text
    assert len(taking_part) >= 4
    assert len(refused) >= 4
    for candidate in taking_part:
        assert candidate.shifted == (words.startswith(("quantile", "interval")))


def test_a_loss_of_numbers_is_no_loss_of_classes_and_the_other_way_round():
    with pytest.raises(ValueError, match=r"^squared_error takes targets .* 'two' has 2 classes, whose label is wanted"):
        asked("two", "label", "squared_error")
    with pytest.raises(ValueError, match=r"^hinge takes the labels of two classes, and the mean of 'number'"):
        asked("number", "mean", "hinge")
    with pytest.raises(ValueError, match=r"^hinge tells which class of 'two' is likelier and not how likely"):
        asked("two", "probability", "hinge")
    with pytest.raises(ValueError, match=r"^logistic.* is of two classes, and 'colour' has 3"):
        asked("colour", "label", "logistic")
    with pytest.raises(ValueError, match=r"^cumulative_logit is of classes in order, and those of 'colour'"):
        asked("colour", "label", "cumulative_logit")
    assert asked("grade", "label", "cumulative_logit").candidate.loss == "cumulative_logit"


def test_a_target_outside_a_loss_is_refused_with_its_row():
    row = 1 + int(np.argmax(TARGETS["number"] <= 0.0))
    with pytest.raises(ValueError, match=rf"^gamma takes targets in \(0, inf\), and 'number' has -.* in row {row} and"):
        asked("number", "mean", "gamma")


@pytest.mark.parametrize(("words", "takes_part"), [("mean", ()), ("median", (0.5,)), ("quantile:0.9", (0.9,))])
def test_a_quantile_of_another_level_is_refused(words, takes_part):
    for level in (0.5, 0.9):
        if level in takes_part:
            assert asked("number", words, f"quantile:{level}").candidate.parameters == {"tau": level}
        else:
            with pytest.raises(ValueError, match=rf"predicts the {level}-quantile, and the .* is wanted"):
                asked("number", words, f"quantile:{level}")


def test_stated_parameters_are_not_rounded():
    assert asked("number", "mean", "huber:delta=2.12345").label == "huber(delta=2.12345), linear"


# Which scale a loss is trained on.


@pytest.mark.parametrize("target", ["number", "amount"])
def test_a_loss_is_trained_on_another_scale_only_if_it_is_the_same_there(target):
    """By other means than the rule's: the constant of least loss moves along with the targets, or it does not."""
    y = TARGETS[target]
    told = {}
    for name in ("squared_error", "huber:delta=0.7", "log_cosh", "absolute_percentage_error"):
        made = asked(target, "mean", name)
        scale = scale_of(made.candidate, y)
        loss = lossary.get(name)
        in_units = {p.name: v / 3.0 for p, v in zip(loss.parameters, loss.given.values(), strict=True)}
        moved = 3.0 * loss.using(**in_units).optimal_constant(y / 3.0)
        told[name] = (scale.unit != 1.0, bool(np.isclose(moved, loss.optimal_constant(y), rtol=1e-6)))
    assert [is_scaled for is_scaled, _ in told.values()] == [True, True, False, False]
    assert told["log_cosh"] == (False, False)
    assert all(same for is_scaled, same in told.values() if is_scaled)


def test_parameters_in_nobody_knows_what_units_are_not_scaled(own_file):
    made = asked("number", "mean", f"{own_file}:mine:c=0.3")
    assert made.candidate.own_units
    assert scale_of(made.candidate, TARGETS["number"]).unit == 1.0
    assert not is_free_of_units(Part("log_cosh", {}), "identity")
    assert is_free_of_units(Part("huber", {"delta": 1.0}), "identity")
    assert is_free_of_units(Part("poisson", {}), "log")
    assert not is_free_of_units(Part("negative_binomial", {"alpha": 1.0}), "log")


# Which candidates there are.


def labels(specs, only=False, words="mean", target="number"):
    asked_for = Asked(given_losses(specs), only)
    task, told = task_of(target, TARGETS[target]), Diagnosis((), Settings(spread=0.7))
    return [r.label for r in candidates(parse_question(words), task, told, ["linear", "boosting"], asked_for)]


def test_what_is_asked_for_comes_after_the_usual_loss_under_each_model():
    found = labels(["fair:c=2"])
    assert found[:4] == ["squared_error, linear", "squared_error, boosting", "fair(c=2), linear", "fair(c=2), boosting"]
    assert set(labels([])) | {"fair(c=2), linear", "fair(c=2), boosting"} == set(found)


def test_only_what_is_asked_for_beside_the_usual_loss():
    assert labels(["fair:c=2"], only=True) == [
        "squared_error, linear",
        "squared_error, boosting",
        "fair(c=2), linear",
        "fair(c=2), boosting",
    ]
    assert labels(["squared_error"], only=True) == ["squared_error, linear", "squared_error, boosting"]


def test_a_name_without_parameters_is_the_candidate_with_those_of_the_data():
    assert labels(["huber"], only=True)[2:] == ["huber(delta=0.941), linear", "huber(delta=0.941), boosting"]
    assert set(labels(["huber"])) == set(labels([]))
    assert "huber(delta=1), linear" in labels(["huber:delta=1"])


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        (["hubr"], "no loss is named 'hubr'; did you mean huber"),
        (["huber:delta=two"], "'two' is not a number"),
        (["huber:delta=2", "huber:2"], "is given twice"),
        ("huber", "losses is a sequence of losses: .'huber'., not 'huber'"),
        (["nowhere.py:mine"], "there is no file nowhere.py"),
        (["no_module_at_all:mine"], "no module is called 'no_module_at_all'"),
        (["json:dumps"], "dumps is no loss among the losses that lossary.define made in it; it has none"),
        ([lossary.define(lambda y, f: (f - y) ** 2, name="huber")], "your own loss is called 'huber'"),
    ],
)
def test_what_is_no_loss_is_refused_by_name(specs, message):
    with pytest.raises(ValueError, match=message):
        given_losses(specs)


def test_a_file_without_the_loss_names_those_that_it_has(own_file):
    with pytest.raises(ValueError, match=r"other is no loss .* it has mine"):
        given_losses([f"{own_file}:other"])


def test_a_link_put_on_a_loss_of_the_catalogue_is_a_candidate_of_the_catalogue():
    made = asked("amount", "mean", lossary.with_link("squared_error", "log"))
    assert (made.label, made.candidate.own_loss) == ("squared_error, log link, linear", None)


# A comparison.


def test_losses_of_ones_own_are_compared_in_other_processes_and_found_again(own_file, tmp_path):
    table = {"x": X, "z": NOISE}
    options = {"models": ["linear"], "losses": [f"{own_file}:mine:c=2"], "only": True, "folds": 3, "repeats": 1}
    alone = lossary.choose(table, TARGETS["number"], **options)
    together = lossary.choose(table, TARGETS["number"], **options, jobs=2, folder=tmp_path)
    assert sorted(e.label for e in alone.leaderboard.rivals) == ["mine(c=2), linear", "squared_error, linear"]
    for label, predictions in alone.study.predictions.items():
        np.testing.assert_array_equal(predictions, together.study.predictions[label])
    kept = {path.name for path in (tmp_path / "predictions").glob("*.npz")}
    assert len(kept) == 2 * 3
    lossary.choose(table, TARGETS["number"], **options, folder=tmp_path)
    assert {path.name for path in (tmp_path / "predictions").glob("*.npz")} == kept
    json.loads(together.report(tmp_path / "r.json").read_text())
    (mine,) = [c for c in alone.study.candidates if c.own_loss is not None]
    code = {r.host: r.code for r in recipes(alone.study, mine)}["scikit-learn"]
    known = {"X": np.column_stack([X, NOISE]), "X_new": np.column_stack([X, NOISE]), "y": TARGETS["number"]}
    exec(compile(code, "scikit-learn", "exec"), known)
    assert np.corrcoef(known["predictions"], 2.0 * X + NOISE)[0, 1] > 0.99


def test_another_formula_of_the_same_name_is_another_file():
    one, other = (lossary.define(f, name="mine") for f in (lambda y, f: (f - y) ** 2, lambda y, f: (f - y) ** 4))
    again = lossary.define(lambda y, f: (f - y) ** 2, name="mine")
    identities = [recipe_identity(recipe("mine", "linear", own=loss)) for loss in (one, other, again)]
    assert identities[0] == identities[2] != identities[1]


def test_the_command_takes_losses_and_only_these(own_file, tmp_path, monkeypatch):
    monkeypatch.chdir(own_file.parent)
    pl.DataFrame({"x": X, "y": TARGETS["number"]}).write_csv(tmp_path / "data.csv")
    options = ["--target", "y", "--want", "mean", "--models", "linear", "--inspect", "--json", "--only"]
    command = ["choose", str(tmp_path / "data.csv"), *options]
    mine = f"./{own_file.name}:mine"
    told = CliRunner().invoke(app, [*command, "--loss", mine, "--loss", "fair:2"])
    assert told.exit_code == 0, told.stderr
    planned = [each["label"] for each in json.loads(told.stdout)["candidates"]]
    assert planned == ["squared_error, linear", "mine(c=1), linear", "fair(c=2), linear"]
    for more, message in (((), "nothing is: name a loss"), (("--loss", "hinge"), "hinge takes the labels of two")):
        told = CliRunner().invoke(app, [*command, *more])
        assert told.exit_code == 2
        assert told.stderr.startswith("lossary: ")
        assert told.stderr.count("\n") == 1
        assert message in told.stderr


@pytest.mark.parametrize("model", ["linear", "boosting", "mlp"])
def test_every_model_trains_a_loss_of_ones_own(own_file, model):
    from lossary.choosing.comparison.study import Fold  # noqa: PLC0415
    from lossary.choosing.table.features import features_of  # noqa: PLC0415
    from lossary.choosing.training import fold_fit  # noqa: PLC0415
    from lossary.choosing.training.problem import Problem  # noqa: PLC0415

    pytest.importorskip({"linear": "numpy", "boosting": "lightgbm", "mlp": "torch"}[model])
    y = 1000.0 + 100.0 * X + 10.0 * NOISE
    made = recipe_of(given_losses([f"{own_file}:mine:c=20"])[0], model, parse_question("mean"), task_of("y", y))
    problem = Problem(features_of({"x": X}), y, (), None, parse_question("mean"), None, False, 0)
    fold = Fold(np.arange(90), np.arange(90, ROWS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = fold_fit.run(problem, made, fold).predictions
    assert np.mean(np.abs(found - y[fold.test])) < 0.6 * np.mean(np.abs(y[fold.test] - np.median(y[fold.train])))
