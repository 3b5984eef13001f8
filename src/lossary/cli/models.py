"""The models of the command line, of any loss of one prediction: linear ones, boosted trees and small networks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from lossary.cli.console import UserError, explained
from lossary.cli.scoring import Model
from lossary.evaluate.pointwise.function import LossFunction
from lossary.fit import FitWarning, LinearFit, SeparationError, linear
from lossary.fit.problem.output import output_for

HELD = 1e-6
"""The penalty that holds coefficients where classes are separated: too small to matter elsewhere."""

ROUNDS = 100
RATE = 0.1

SMALL = 10_000
"""Rows below which a booster's threads wait for each other longer than they work."""


def output_name(loss: LossFunction) -> str:
    """The function that keeps linear scores in the loss's domain; "" for losses that take any number."""
    output = output_for(loss.prediction, loss.name)
    return "" if output.is_identity else output.name


def fit_linear(
    loss: LossFunction, features: np.ndarray, y: np.ndarray, options: Mapping[str, Any] | None = None
) -> LinearFit:
    """The linear model of least loss; where classes are separated, of least loss and a very small penalty."""
    options_given = dict(options or {})
    with explained(f"{loss}: "), warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)  # the result says as much, and tables show it
        try:
            return linear(features, y, loss, **options_given)
        except SeparationError:
            return linear(features, y, loss, **{**options_given, "penalty": "l2", "alpha": HELD})


@dataclass(frozen=True)
class Constant:
    """The best constant prediction."""

    loss: LossFunction
    value: float

    def predict(self, features: np.ndarray, /) -> np.ndarray:
        return np.full(len(features), self.value)

    def mean(self, features: np.ndarray, /) -> np.ndarray:
        return self.loss.mean(self.predict(features))


def best_constant(loss: LossFunction, y: np.ndarray) -> Constant:
    """The constant of least loss."""
    with explained(f"{loss}: "):
        return Constant(loss, float(loss.optimal_constant(y)))


@dataclass(frozen=True)
class Trees:
    """Boosted trees, as ``lossary.lightgbm`` or ``lossary.xgboost`` trains them; ``scores(features, rounds)``."""

    loss: LossFunction
    booster: str
    rounds: int
    scores: Callable[[np.ndarray, int], np.ndarray]
    activate: Callable[[np.ndarray], np.ndarray]

    def after(self, features: np.ndarray, rounds: int) -> np.ndarray:
        """What the first trees predict."""
        return self.activate(np.asarray(self.scores(features, rounds), dtype=np.float64))

    def predict(self, features: np.ndarray, /) -> np.ndarray:
        return self.after(features, self.rounds)

    def mean(self, features: np.ndarray, /) -> np.ndarray:
        return self.loss.mean(self.predict(features))


def fit_trees(loss: LossFunction, features: np.ndarray, y: np.ndarray, seed: int) -> Trees:
    """Boosted trees by LightGBM, or by XGBoost where that is missing."""
    with explained(f"{loss}: ", also=(TypeError,)):
        if find_spec("lightgbm") is not None:
            return _by_lightgbm(loss, features, y, seed)
        if find_spec("xgboost") is not None:
            return _by_xgboost(loss, features, y, seed)
    raise UserError("--model boosting needs LightGBM or XGBoost: pip install 'lossary[lightgbm]'")


def _threads(rows: int) -> int:
    """One, or as many as the booster likes."""
    return 1 if rows < SMALL else 0


def _by_lightgbm(loss: LossFunction, features: np.ndarray, y: np.ndarray, seed: int) -> Trees:
    import lightgbm  # noqa: PLC0415  optional

    from lossary.lightgbm import train  # noqa: PLC0415

    params = {
        "learning_rate": RATE,
        "num_leaves": int(np.clip(len(y) // 20, 4, 31)),
        "min_data_in_leaf": int(np.clip(len(y) // 20, 1, 20)),
        "num_threads": _threads(len(y)),
        "seed": seed,
        "verbosity": -1,
    }
    model = train(params, lightgbm.Dataset(features, y, params={"verbosity": -1}), ROUNDS, loss=loss)

    def scores(rows: np.ndarray, rounds: int) -> np.ndarray:
        return model.predict(rows, raw=True, num_iteration=rounds)

    return Trees(loss, "LightGBM", ROUNDS, scores, model.activation.forward)


def _by_xgboost(loss: LossFunction, features: np.ndarray, y: np.ndarray, seed: int) -> Trees:
    import xgboost  # noqa: PLC0415  optional

    from lossary.xgboost import train  # noqa: PLC0415

    params = {"learning_rate": RATE, "max_depth": 4, "nthread": _threads(len(y)), "seed": seed, "verbosity": 0}
    model = train(params, xgboost.DMatrix(features, y), ROUNDS, loss=loss)

    def scores(rows: np.ndarray, rounds: int) -> np.ndarray:
        return model.predict(xgboost.DMatrix(rows), raw=True, iteration_range=(0, rounds))

    return Trees(loss, "XGBoost", ROUNDS, scores, model.activation.forward)


def fit_network(loss: LossFunction, features: np.ndarray, y: np.ndarray, seed: int) -> Model:
    """A multi-layer perceptron."""
    if find_spec("torch") is None:
        raise UserError("--model mlp needs PyTorch: pip install 'lossary[torch]'")
    from lossary.fit import mlp  # noqa: PLC0415  optional

    with explained(f"{loss}: ", also=(TypeError,)):
        return mlp.fit(features, y, loss, random_state=seed, progress=False)


@dataclass(frozen=True)
class ModelSpec:
    """Which model to fit under which loss; ``options`` are those of linear models."""

    kind: str
    loss: LossFunction
    options: Mapping[str, Any]
    seed: int

    def fit(self, features: np.ndarray, y: np.ndarray) -> Model:
        """The model, fitted on these rows."""
        if self.kind == "linear":
            return fit_linear(self.loss, features, y, {**self.options, "random_state": self.seed})
        return (fit_trees if self.kind == "boosting" else fit_network)(self.loss, features, y, self.seed)
