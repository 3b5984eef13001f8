"""Softmax cross-entropy in boosters against their own objective: ``python -m bench.boosting.softmax [--publish]``.

Real sets of two to ten classes, half of the rows held out, several splits, the same settings for both: small trees,
because of trees that fit every row the log loss held out hangs on how ties between splits are broken. Prints the
held-out log loss of each and their ratio, and writes the table to ``docs/benchmarks/softmax-boosting.md`` with
``--publish``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import catboost
import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.model_selection import StratifiedShuffleSplit

import lossary
from bench.real.loading import load
from bench.real.question import RealSet
from bench.table_page import run

RATE, ROUNDS, LEAVES, DEPTH, SPLITS, WANTED = 0.1, 50, 8, 3, 10, 1.005
PAGE = Path("docs/benchmarks/softmax-boosting.md")

SETS = (
    RealSet("sklearn", "breast_cancer", "target", "probability", "two classes"),
    RealSet("modeldata", "credit_data", "Status", "probability", "two classes"),
    RealSet("palmerpenguins", "penguins", "species", "probability", "three classes"),
    RealSet("modeldata", "hpc_data", "class", "probability", "four classes"),
    RealSet("dslabs", "olive", "area", "probability", "nine classes", drop=("region",)),
    RealSet("sklearn", "digits", "target", "probability", "ten classes"),
)

Matrix = np.ndarray
Predict = Callable[[Matrix], np.ndarray]


@dataclass(frozen=True)
class Host:
    """A booster: its settings, its name for the number of scores, and how it trains ours and its own objective.

    ``fewest`` is the least number of classes that have as many scores.
    """

    name: str
    params: Mapping[str, Any]
    classes: str
    ours: Callable[[Mapping[str, Any], Matrix, np.ndarray], Predict]
    builtin: Callable[[Mapping[str, Any], Matrix, np.ndarray], Predict]
    fewest: int = 2


def _lightgbm(params: Mapping[str, Any], X: Matrix, y: np.ndarray) -> Predict:
    model = lossary.lightgbm.train(dict(params), lightgbm.Dataset(X, y), ROUNDS, loss="softmax_cross_entropy")
    return lambda X: model.predict(X)


def _lightgbm_builtin(params: Mapping[str, Any], X: Matrix, y: np.ndarray) -> Predict:
    model = lightgbm.train({**params, "objective": "multiclass"}, lightgbm.Dataset(X, y), ROUNDS)
    return lambda X: np.asarray(model.predict(X))


def _xgboost(params: Mapping[str, Any], X: Matrix, y: np.ndarray) -> Predict:
    model = lossary.xgboost.train(params, xgboost.DMatrix(X, y), ROUNDS, loss="softmax_cross_entropy")
    return lambda X: model.predict(xgboost.DMatrix(X))


def _xgboost_builtin(params: Mapping[str, Any], X: Matrix, y: np.ndarray) -> Predict:
    model = xgboost.train({**params, "objective": "multi:softprob"}, xgboost.DMatrix(X, y), ROUNDS)
    return lambda X: model.predict(xgboost.DMatrix(X))


def _catboost(params: Mapping[str, Any], X: Matrix, y: np.ndarray) -> Predict:
    if "classes_count" in params:
        model = lossary.catboost.train(params, catboost.Pool(X, y), ROUNDS, loss="softmax_cross_entropy")
        return lambda X: model.predict(X)
    binary = lossary.catboost.train(params, catboost.Pool(X, y), ROUNDS, loss="logistic")
    return lambda X: np.column_stack([1.0 - binary.predict(X), binary.predict(X)])


def _catboost_builtin(params: Mapping[str, Any], X: Matrix, y: np.ndarray) -> Predict:
    own = "MultiClass" if "classes_count" in params else "Logloss"
    model = catboost.CatBoost({**params, "loss_function": own, "iterations": ROUNDS}).fit(X, y)
    return lambda X: np.asarray(model.predict(X, prediction_type="Probability"))


HOSTS = (
    Host(
        f"LightGBM {lightgbm.__version__}",
        {"num_threads": 1, "verbosity": -1, "learning_rate": RATE, "num_leaves": LEAVES},
        "num_class",
        _lightgbm,
        _lightgbm_builtin,
    ),
    Host(
        f"XGBoost {xgboost.__version__}",
        {"nthread": 1, "eta": RATE, "max_depth": DEPTH},
        "num_class",
        _xgboost,
        _xgboost_builtin,
    ),
    Host(
        f"CatBoost {catboost.__version__}",
        {
            "thread_count": 1,
            "allow_writing_files": False,
            "logging_level": "Silent",
            "learning_rate": RATE,
            "depth": DEPTH,
            # By default its own Logloss takes ten steps in a leaf on small sets, and a custom objective one.
            "leaf_estimation_iterations": 1,
        },
        "classes_count",
        _catboost,
        _catboost_builtin,
        fewest=3,
    ),
)


@dataclass(frozen=True)
class Compared:
    """Held-out log loss of both in one booster on one set: a mean over splits, and how far off their ratio may be."""

    host: str
    name: str
    rows: int
    classes: int
    ours: float
    builtin: float
    error: float

    @property
    def ratio(self) -> float:
        return self.ours / self.builtin


def encoded(chosen: RealSet) -> tuple[Matrix, np.ndarray]:
    """A set's features as numbers, words by their place in the alphabet, and its classes as indices."""
    table = load(chosen)
    words = table.features.select_dtypes(exclude="number").columns
    numbers = table.features.assign(**{name: pd.factorize(table.features[name], sort=True)[0] for name in words})
    return numbers.to_numpy(dtype=np.float64), pd.factorize(table.y, sort=True)[0]


def log_loss(y: np.ndarray, p: np.ndarray) -> float:
    """In double precision: boosters hand out rows that sum to one in single."""
    p = np.asarray(p, dtype=np.float64)
    return lossary.categorical_cross_entropy.cost(y, p / p.sum(axis=1, keepdims=True))


def compared(host: Host, chosen: RealSet, splits: int, seed: int = 0) -> Compared:
    """Train both on half of the rows, and judge them by the other half; means over splits."""
    X, y = encoded(chosen)
    classes = int(y.max()) + 1
    params = {**host.params, **({host.classes: classes} if classes >= host.fewest else {})}
    costs = []
    for learned, held_out in StratifiedShuffleSplit(splits, test_size=0.5, random_state=seed).split(X, y):
        predicted = (train(params, X[learned], y[learned])(X[held_out]) for train in (host.ours, host.builtin))
        costs.append([log_loss(y[held_out], p) for p in predicted])
    ours, builtin = np.mean(costs, axis=0)
    left = np.asarray(costs) @ [1.0, -ours / builtin]
    error = float(np.sqrt(np.sum(left**2) / max(splits - 1, 1) / splits) / builtin)
    return Compared(host.name, chosen.item, len(y), classes, float(ours), float(builtin), error)


def page(splits: int, sets: Sequence[RealSet] = SETS) -> Iterator[str]:
    """The table, line by line."""
    yield "# Softmax cross-entropy in boosters, beside their own objective"
    yield ""
    yield f"Held-out log loss, mean of {splits} splits into halves: {ROUNDS} rounds at a rate of {RATE}, {LEAVES}"
    yield f"leaves, each booster's defaults for the rest. Wanted: a ratio of at most {WANTED}. Its standard error is"
    yield "beside it: ties between splits of features are broken by the last bit of a sum. Two classes are one score in"
    yield "CatBoost: Logloss, and our logistic; and both take one step in a leaf (its `leaf_estimation_iterations`)."
    yield "`python -m bench.boosting.softmax --publish`"
    yield ""
    yield "| booster | set | rows | classes | ours | built-in | ratio | its error |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for host in HOSTS:
        for chosen in sets:
            found = compared(host, chosen, splits)
            numbers = f"{found.rows:,} | {found.classes} | {found.ours:.4f} | {found.builtin:.4f}"
            yield f"| {found.host} | {found.name} | {numbers} | {found.ratio:.4f} | {found.error:.4f} |"


def main() -> None:
    """Print the table, and publish it if asked."""
    run("bench.boosting.softmax", PAGE, lambda is_quick: page(1 if is_quick else SPLITS), quick="one split")


if __name__ == "__main__":
    main()
