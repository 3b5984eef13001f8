"""How each host trains: lines of code, and the expressions for what they predict.

The lines know ``X``, ``y``, ``loss`` and, where a host needs to know when to stop, the rows ``learn`` and ``held``.
What is done to predictions, and what they are judged by, is added by ``numbers`` and ``classes``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lossary.boosting.activation import activation_of
from lossary.choosing.comparison.folds import HELD_OUT_SHARE
from lossary.choosing.report.code.winner import Winner
from lossary.choosing.training.trees import lightgbm_params, rounds_of_all_rows
from lossary.rowwise import RowLoss

EVERY = 20
"""Rounds are tried in steps of this."""


@dataclass(frozen=True)
class Host:
    """A host's part of the code.

    imports     lines
    training    lines that train, or that come before what is predicted is defined
    scores      an expression of what the loss takes, with ``{Z}`` for the features; "" if the host does not tell
    means       an expression of predictions in the units of the target that was trained on
    argument    the argument that ``predicted`` takes beside the features: "rounds" or "network"; "" if none
    stopping    from an expression for the held-out cost to lines that find when to stop; None if ``training`` does
    refitting   lines that train on all rows, once it is known when to stop
    out_of_fold an expression of predictions of all rows by models that have not seen them; "" if that takes too long
    """

    imports: tuple[str, ...]
    training: list[str]
    scores: str
    means: str
    argument: str = ""
    stopping: Callable[[str], list[str]] | None = None
    refitting: tuple[str, ...] = ()
    out_of_fold: str = ""


def split(winner: Winner) -> list[str]:
    """The rows that are learned from, and those that tell when to stop."""
    if winner.study.ordered:
        learned_share = f"{1.0 - HELD_OUT_SHARE:g}"
        return [f"learn, held = np.split(np.arange(len(y)), [int({learned_share} * len(y))])  # the last rows are held"]
    if winner.grouped:
        splitter = f"GroupShuffleSplit(1, test_size={HELD_OUT_SHARE:g}, random_state=0)"
        return [f"learn, held = next({splitter}.split(y, groups=groups))  # groups are held out whole"]
    strata = ", stratify=y" if winner.study.classes else ""
    return [f"learn, held = train_test_split(np.arange(len(y)), test_size={HELD_OUT_SHARE:g}, random_state=0{strata})"]


def split_imports(winner: Winner) -> list[str]:
    """What ``split`` calls."""
    if winner.study.ordered:
        return []
    return [f"from sklearn.model_selection import {'GroupShuffleSplit' if winner.grouped else 'train_test_split'}"]


def _folds(winner: Winner) -> tuple[str, str]:
    """scikit-learn's splitter for penalties, if not the usual one, and what its fit has to be told."""
    if winner.study.ordered:
        return "TimeSeriesSplit", ""
    return ("GroupKFold", ", groups=groups") if winner.grouped else ("", "")


def class_codes(classes: Sequence[str], has_own_order: bool) -> list[str]:
    """Lines that number the targets' classes."""
    if not has_own_order:
        return ["classes, codes = np.unique(y, return_inverse=True)"]
    return [
        f"classes = np.array({list(classes)!r})  # in order",
        "codes = np.argmax(np.asarray(y)[:, np.newaxis] == classes, axis=1)",
    ]


def import_lines(imports: list[str]) -> list[str]:
    """Others' first, the library's own last."""
    return sorted(imports, key=lambda line: ("lossary" in line, line.startswith("from"), line))


# Trees.


def lightgbm(winner: Winner, t: str, weights: str) -> Host:
    """LightGBM's trees, as the comparison trains them."""
    shown = ", ".join(f'"{name}": {value:g}' for name, value in lightgbm_params(winner.trees).items())
    all_rows = f", weight={weights}" if weights else ""
    lines = [
        f"params = {{{shown}{_classes(winner)}}}",
        f"data = lightgbm.Dataset(X[learn], {t}[learn]{_only_learned(weights)}, params=params)",
        f"model = lossary.lightgbm.train(params, data, {winner.trees.rounds}, loss=loss)",
    ]
    refitting = [
        f"data = lightgbm.Dataset(X, {t}{all_rows}, params=params)",
        "model = lossary.lightgbm.train(params, data, rounds, loss=loss)",
    ]
    return _boosted(winner, ("import lightgbm", "import lossary.lightgbm"), lines, refitting, "num_iteration=rounds")


def xgboost(winner: Winner, t: str, weights: str) -> Host:
    """XGBoost's trees, grown the same way: leaf by leaf."""
    trees = winner.trees
    shares = f'"subsample": {trees.share:g}, "colsample_bytree": {trees.share:g}'
    params = (
        f'"eta": {trees.rate:g}, "grow_policy": "lossguide", "max_leaves": {trees.leaves}, "max_depth": 0, {shares}'
    )
    all_rows = f", weight={weights}" if weights else ""
    lines = [
        f"params = {{{params}{_classes(winner)}}}",
        f"data = xgboost.DMatrix(X[learn], {t}[learn]{_only_learned(weights)})",
        f"model = lossary.xgboost.train(params, data, {trees.rounds}, loss=loss)",
    ]
    refitting = [
        f"data = xgboost.DMatrix(X, {t}{all_rows})",
        "model = lossary.xgboost.train(params, data, rounds, loss=loss)",
    ]
    until = "iteration_range=(0, rounds)"
    return _boosted(winner, ("import xgboost", "import lossary.xgboost"), lines, refitting, until)


def _boosted(winner: Winner, imports: tuple[str, ...], lines: list[str], refitting: list[str], until: str) -> Host:
    scores = f"model.predict({{Z}}, raw=True, {until})"
    if activation_of(winner.trained).name != "identity":
        scores = f"model.activation.forward({scores})"
    refit = (f"rounds = {_of_all_rows('rounds')}  # all rows are more", *refitting)

    def stopping(cost: str) -> list[str]:
        return [f"rounds = min(range({EVERY}, {winner.trees.rounds + 1}, {EVERY}), key=lambda rounds: {cost})"]

    return Host(imports, lines, scores, f"model.predict({{Z}}, {until})", "rounds", stopping, refit)


def _of_all_rows(rounds: str) -> str:
    """The rounds for all rows, from an expression of those for the rows that are not held out."""
    more = rounds_of_all_rows(1000, round(1000 * (1.0 - HELD_OUT_SHARE)), 1000) / 1000
    return f"round({more:g} * {rounds})"


def _classes(winner: Winner) -> str:
    record: Any = winner.trained.record
    return f', "num_class": {len(winner.study.classes) - record.more_classes}' if isinstance(record, RowLoss) else ""


def _only_learned(weights: str) -> str:
    return f", weight={weights}[learn]" if weights else ""


def histogram(winner: Winner, t: str, weights: str) -> Host:
    """scikit-learn's own trees, for numbers."""
    arguments = ["    loss=hist_gradient_boosting.loss(loss),", *_grown(winner)]
    weight_arguments = f", sample_weight={weights}[learn], sample_weight_val={weights}[held]" if weights else ""
    fit = f"model.fit(X[learn], {t}[learn], X_val=X[held], y_val={t}[held]{weight_arguments})"
    imports = (
        "from sklearn.ensemble import HistGradientBoostingRegressor",
        "from lossary.sklearn import hist_gradient_boosting",
    )
    lines = ["model = HistGradientBoostingRegressor(", *arguments, ")", fit]
    return Host(imports, lines, "", "model.predict({Z})", refitting=_histogram_of_all_rows(t, weights))


def histogram_of_classes(winner: Winner, weights: str) -> Host:
    """scikit-learn's own trees under their own log loss."""
    weight_arguments = f", sample_weight={weights}[learn], sample_weight_val={weights}[held]" if weights else ""
    y = winner.labels
    fit = f"model.fit(X[learn], {y}[learn], X_val=X[held], y_val={y}[held]{weight_arguments})"
    imports = ("from sklearn.ensemble import HistGradientBoostingClassifier",)
    lines = ["model = HistGradientBoostingClassifier(", *_grown(winner), ")", fit]
    means = "model.predict_proba({Z})" + ("" if winner.many else "[:, 1]")
    return Host(imports, lines, "", means, refitting=_histogram_of_all_rows(y, weights))


def _histogram_of_all_rows(y: str, weights: str) -> tuple[str, ...]:
    weight_argument = f", sample_weight={weights}" if weights else ""
    return (
        f"model.set_params(early_stopping=False, max_iter={_of_all_rows('model.n_iter_')})  # all rows are more",
        f"model.fit(X, {y}{weight_argument})",
    )


def _grown(winner: Winner) -> list[str]:
    trees = winner.trees
    return [
        f"    learning_rate={trees.rate:g}, max_iter={trees.rounds}, max_leaf_nodes={trees.leaves},",
        f"    min_samples_leaf={trees.fewest_rows}, max_features={trees.share:g},",
        f"    early_stopping=True, n_iter_no_change={trees.patience}, random_state=0,",
    ]


# Lines and networks.


def estimator(winner: Winner, t: str, weights: str, cost: str) -> Host:
    """scikit-learn's interface to linear models and networks of the library; ``cost`` is a scorer's loss."""
    kind, fit_argument = "Classifier" if winner.study.classes else "Regressor", ""
    name = ("MLP" if winner.candidate.model == "mlp" else "Linear") + kind
    arguments = ["loss"]
    if winner.candidate.weights:
        none, one = winner.candidate.weights
        arguments.append(f"class_weight={{classes[0]: {none:g}, classes[1]: {one:g}}}")
    imports = [f"from lossary.sklearn import {name}"]
    if winner.candidate.model == "mlp":
        estimator_code = f"{name}({', '.join(arguments)})"
    elif winner.penalties:
        folds, fit_argument = _folds(winner)
        cv = f", cv={folds}()" if folds else ""
        tools = ", ".join(["GridSearchCV", *([folds] if folds else [])])
        imports = [f"from lossary.sklearn import {name}, scorer", f"from sklearn.model_selection import {tools}"]
        penalties = ", ".join(f"{each:g}" for each in winner.penalties)
        scoring = cost if winner.study.classes else f"scorer({cost})"
        if winner.study.classes:
            imports[0] = f"from lossary.sklearn import {name}"
        estimator_code = (
            f'GridSearchCV({name}({", ".join(arguments)}), {{"alpha": [{penalties}]}}, scoring={scoring}{cv})'
        )
    else:
        estimator_code = f"{name}({', '.join(arguments)})"
    # Residuals of a network's own training rows are too small: those of held-out rows are wanted.
    learned = "[learn]" if winner.candidate.model == "mlp" and winner.candidate.shifted else ""
    weight_argument = f", sample_weight={weights}{learned}" if weights else ""
    out_of_fold = _out_of_fold(winner, t, weights)
    if out_of_fold:
        imports += ["from sklearn.model_selection import cross_val_predict"]
        imports += ["from sklearn.model_selection import GroupKFold"] if winner.grouped else []
    return Host(
        tuple(imports),
        [f"model = {estimator_code}", f"model.fit(X{learned}, {t}{learned}{weight_argument}{fit_argument})"],
        "",
        "model.predict({Z})",
        out_of_fold=out_of_fold,
    )


def _out_of_fold(winner: Winner, t: str, weights: str) -> str:
    """Of a line whose predictions residuals correct: what lines fitted to other rows predict."""
    if winner.candidate.model != "linear" or not winner.needs_residuals:
        return ""
    model = "model.best_estimator_" if winner.penalties else "model"
    groups = ", groups=groups, cv=GroupKFold()" if winner.grouped else ""
    weight_argument = f', params={{"sample_weight": {weights}}}' if weights else ""
    return f"cross_val_predict({model}, X, {t}{groups}{weight_argument})"
