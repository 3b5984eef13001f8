"""``check``: a loss in XGBoost, beside XGBoost's own objective where it has one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xgboost

from lossary.boosting.checking import CLASSES, ROUNDS, Data, Host, Trained, number_of_scores
from lossary.boosting.checking import check as _check
from lossary.boosting.derivatives import Derivatives
from lossary.evaluate.registry import AnyLoss
from lossary.proof.report import Report
from lossary.xgboost.builtin import BUILTINS
from lossary.xgboost.training import train

PARAMS = {"nthread": 1, "max_depth": 4, "eta": 0.1, "seed": 0}


def check(loss: str | AnyLoss, curvature: str = "auto") -> Report:
    """Check a loss in XGBoost: derivatives, the cost round by round, and the built-in objective where there is one.

    Trains on 2,000 seeded examples and judges on 2,000 others; takes seconds, and mpmath (``lossary[check]``).

    Examples
    --------
    >>> import lossary.xgboost
    >>> lossary.xgboost.check("expectile:0.8").ok
    True
    """
    return _check(loss, curvature, HOST)


def _train(loss: AnyLoss, curvature: str, data: Data) -> Trained:
    matrix, costs = xgboost.DMatrix(data.X, data.y), _Costs(loss)
    params, callbacks = PARAMS | number_of_scores(loss), [costs.watching(matrix)]
    model = train(params, matrix, ROUNDS, loss=loss, curvature=curvature, callbacks=callbacks)
    return Trained(model.predict(data.held_out, raw=True), _roots(model.booster), costs.recorded)


def _train_builtin(params: Mapping[str, Any], data: Data) -> Trained:
    rows = {"num_class": CLASSES} if str(params["objective"]).startswith("multi") else {}
    booster = xgboost.train({**PARAMS, **rows, **params}, xgboost.DMatrix(data.X, data.y), ROUNDS)
    return Trained(booster.predict(xgboost.DMatrix(data.held_out), output_margin=True), _roots(booster))


class _Costs:
    """The training cost after each round, in full: XGBoost's own record has six digits."""

    def __init__(self, loss: AnyLoss) -> None:
        self.recorded: list[float] = []
        self._derivatives = Derivatives(loss)

    def cost(self, scores: np.ndarray, data: xgboost.DMatrix) -> float:
        return self._derivatives.cost(data.get_label(), scores)

    def watching(self, data: xgboost.DMatrix) -> xgboost.callback.TrainingCallback:
        """A callback that looks at the data's scores."""
        costs = self

        class Watch(xgboost.callback.TrainingCallback):
            def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: Any) -> bool:
                costs.recorded.append(costs.cost(model.predict(data, output_margin=True), data))
                return False

        return Watch()


def _roots(booster: xgboost.Booster) -> list[int]:
    """The feature that each tree splits first; -1 for one that does not split."""
    trees = (json.loads(tree) for tree in booster.get_dump(dump_format="json"))
    return [int(tree["split"].removeprefix("f")) if "split" in tree else -1 for tree in trees]


HOST = Host("XGBoost", _train, _train_builtin, BUILTINS)
