"""Estimators of scikit-learn's interface that a user adds: candidates with losses of their own."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.svm import LinearSVC

import lossary
from lossary.choosing.given.estimators import recipes_of, split_models
from lossary.choosing.report.code.blocks import recipes
from lossary.choosing.scheduling.identity import recipe_identity
from lossary.choosing.table.encoding import encoder
from lossary.choosing.table.task import parse_question, task_of

ROWS = 200
DRAW = np.random.default_rng(1)
X = DRAW.normal(size=ROWS)
COLOUR = np.array(["blue", "green", "red"], dtype=object)[DRAW.integers(0, 3, ROWS)]
TABLE = {"x": X, "colour": COLOUR}
NUMBERS = X**2 + (COLOUR == "red") + 0.3 * DRAW.normal(size=ROWS)
WEIGHT = DRAW.uniform(0.5, 2.0, size=ROWS)
TWO = np.where(X + 0.5 * DRAW.logistic(size=ROWS) > 0.0, "yes", "no").astype(object)
THREE = np.array(["a", "b", "c"], dtype=object)[np.digitize(X + 0.3 * DRAW.normal(size=ROWS), [-0.6, 0.6])]


class Fragile(RegressorMixin, BaseEstimator):
    """An estimator that breaks as nobody foresees, and whose code is in no package."""

    def fit(self, X, y):
        raise KeyError("nobody foresaw this")

    def predict(self, X):
        return X[:, 0]


def by_hand(choice, estimator, y, weight=None):
    """Out-of-fold predictions by scikit-learn alone, on the matrix that lines take."""
    features = choice.inspection.features
    found = np.full(y.size, np.nan)
    for fold in choice.study.folds:
        encode = encoder(features, fold.train, for_trees=False)
        train, test = (encode(features.matrix[rows]) for rows in (fold.train, fold.test))
        options = {} if weight is None else {"sample_weight": weight[fold.train]}
        model = clone(estimator).fit(train, y[fold.train], **options)
        found[fold.test] = model.predict_proba(test)[:, 1] if hasattr(model, "predict_proba") else model.predict(test)
    return found


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_a_regressor_is_fitted_on_each_fold_as_by_hand(weight):
    forest = RandomForestRegressor(n_estimators=10)
    options = {"models": [forest], "want": "mean", "repeats": 1, "seed": 3, "sample_weight": weight}
    choice = lossary.choose(TABLE, NUMBERS, **options)
    (candidate,) = choice.study.candidates
    assert (candidate.label, candidate.model, candidate.loss) == (
        "RandomForestRegressor",
        "RandomForestRegressor",
        "its own loss",
    )
    expected = by_hand(choice, clone(forest).set_params(random_state=3), NUMBERS, weight)
    np.testing.assert_array_equal(choice.study.predictions[candidate.label][0], expected)
    assert choice.verdict.recommended.label == "RandomForestRegressor"
    assert forest.random_state is None


def test_a_classifier_gives_probabilities_as_by_hand():
    choice = lossary.choose(TABLE, TWO, models=[LogisticRegression()], repeats=1)
    expected = by_hand(choice, LogisticRegression(), 1.0 * (TWO == "yes"))
    np.testing.assert_allclose(choice.study.predictions["LogisticRegression"][0], expected, atol=1e-12)


def test_classes_and_labels():
    choice = lossary.choose(TABLE, THREE, want="label", models=[RandomForestClassifier(20), LinearSVC()], repeats=1)
    forest, machine = (choice.study.predictions[label][0] for label in ("RandomForestClassifier", "LinearSVC"))
    np.testing.assert_allclose(forest.sum(axis=1), 1.0)
    assert set(np.unique(machine)) == {0.0, 1.0}
    assert choice.leaderboard.best.value < choice.leaderboard.constant
    two = lossary.choose(TABLE, TWO, want="label", cost_under=3.0, models=[LinearSVC()], repeats=1)
    assert two.study.candidates[0].threshold == 0.5
    assert choice.report()


@pytest.mark.parametrize("words", ["quantile:0.9", "interval:0.8"])
def test_quantiles_are_those_of_residuals(words):
    models = [make_pipeline(PolynomialFeatures(2), LinearRegression()), "linear"]
    choice = lossary.choose(TABLE, NUMBERS, want=words, models=models, only=True, repeats=1)
    assert sorted(c.label.split(",")[0] for c in choice.study.candidates)[0] == "Pipeline"
    assert choice.leaderboard.best.label == "Pipeline"
    coverage = choice.leaderboard.best.coverage
    assert abs(coverage.share - coverage.meant) < 0.08


def test_estimators_beside_the_librarys_models_and_what_fails():
    models = ["linear", KNeighborsRegressor(5), KNeighborsRegressor(50), Fragile()]
    choice = lossary.choose(TABLE, NUMBERS, models=models, sample_weight=WEIGHT, repeats=1, jobs=2)
    labels = [c.label for c in choice.study.candidates]
    assert {"KNeighborsRegressor", "KNeighborsRegressor (2)", "squared_error, linear"} < set(labels)
    assert "nobody foresaw this" in choice.study.failures["Fragile"]
    assert choice.leaderboard.best.label == "KNeighborsRegressor"
    assert any("KNeighborsRegressor: its fit takes no weights" in note for note in choice.notes)


@pytest.mark.parametrize(
    ("models", "y", "words", "message"),
    [
        ([RandomForestRegressor], NUMBERS, "mean", "models has the class RandomForestRegressor"),
        ([3.0], NUMBERS, "mean", "models has 3.0, which is neither one of linear, boosting, mlp nor an estimator"),
        ([RandomForestRegressor()], TWO, "label", "RandomForestRegressor is no classifier, and the label of 'y'"),
        ([LogisticRegression()], NUMBERS, "mean", "LogisticRegression is no regressor, and the mean of 'y'"),
        ([LinearSVC()], TWO, "probability", "LinearSVC has no predict_proba, and the probability of 'y'"),
        ([], NUMBERS, "mean", "name a model at least: linear"),
        (["forest"], NUMBERS, "mean", "no model is called 'forest'"),
    ],
)
def test_what_cannot_answer_is_refused_in_one_sentence(models, y, words, message):
    with pytest.raises(ValueError, match=message):
        lossary.choose(TABLE, y, want=words, models=models)


def test_one_estimator_alone_is_not_said_to_be_better_than_others():
    choice = lossary.choose(TABLE, NUMBERS, want="mean", models=[KNeighborsRegressor(5)], repeats=1)
    assert choice.verdict.headline == (
        "Use KNeighborsRegressor: it scores better than the constant, and nothing else was compared."
    )


def test_losses_want_a_model_to_be_trained_under():
    with pytest.raises(ValueError, match=r"fair.* is a loss to train a model under, and estimators have their own"):
        lossary.choose(TABLE, NUMBERS, models=[LinearRegression()], losses=["fair:2"])


def test_the_model_that_is_left_predicts_and_says_that_no_file_holds_it(tmp_path):
    choice = lossary.choose(TABLE, THREE, want="label", models=[LinearSVC()], repeats=1, folds=3)
    assert list(choice.model.predict_table(TABLE).columns) == ["label"]
    assert np.mean(choice.model.predict(TABLE) == THREE) > 0.6
    with pytest.raises(ValueError, match="cannot be saved: LinearSVC is an estimator of your own"):
        choice.model.save(tmp_path / "model.lossary")
    assert choice.importances.columns[0].column == "x"


# Names of files.


def identity(estimator):
    task = task_of("y", NUMBERS)
    (made,) = recipes_of(split_models([estimator])[1], parse_question("mean"), task, seed=0)
    return recipe_identity(made)


def test_kept_predictions_are_those_of_the_same_settings():
    forest = RandomForestRegressor(10)
    assert identity(forest) == identity(RandomForestRegressor(10))
    assert identity(forest) != identity(RandomForestRegressor(11))
    assert identity(make_pipeline(forest)) != identity(make_pipeline(RandomForestRegressor(11)))
    assert any("scikit-learn" in part for part in identity(forest)["estimator"])


def test_nothing_is_kept_of_code_that_may_change(tmp_path):
    assert identity(Fragile()) is None
    assert identity(make_pipeline(Fragile())) is None
    lossary.choose(TABLE, NUMBERS, models=[LinearRegression()], repeats=1, folder=tmp_path)
    assert len(list((tmp_path / "predictions").glob("*.npz"))) == 5


# The report's code.


@pytest.mark.parametrize(
    ("estimator", "y", "words"),
    [
        (RandomForestRegressor(n_estimators=10, max_depth=3), NUMBERS, "mean"),
        (make_pipeline(PolynomialFeatures(2), LinearRegression()), NUMBERS, "quantile:0.9"),
        (LinearRegression(), NUMBERS, "interval:0.8"),
        (LogisticRegression(C=0.5), TWO, "probability"),
        (LogisticRegression(C=0.5), THREE, "label"),
        (LinearSVC(), TWO, "label"),
    ],
)
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_the_code_fits_what_was_compared(estimator, y, words, weight):
    matrix = np.column_stack([X, X > 0.0])
    choice = lossary.choose(matrix, y, want=words, models=[estimator], repeats=1, sample_weight=weight)
    (candidate,) = choice.study.candidates
    codes = recipes(choice.study, candidate)
    assert [recipe.host for recipe in codes] == ["The table", "scikit-learn"]
    known = {"X": matrix, "X_new": matrix, "y": y, "weight": weight}
    exec(compile(codes[1].code, "scikit-learn", "exec"), known)
    predictions = np.asarray(known["predictions"])
    assert predictions.shape == choice.study.predictions[candidate.label][0].shape or words == "label"
    if words == "label":
        assert set(known["labels"]) <= set(y)
        assert np.mean(known["labels"] == y) > 0.6
    else:
        found = choice.study.predictions[candidate.label][0]
        assert np.corrcoef(predictions.ravel(), found.ravel())[0, 1] > 0.8
