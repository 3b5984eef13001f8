"""``check``: a loss in LightGBM, beside LightGBM's own objective where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np

from lossary.boosting.checking import CLASSES, ROUNDS, Data, Host, Trained, number_of_scores
from lossary.boosting.checking import check as _check
from lossary.evaluate.registry import AnyLoss
from lossary.lightgbm.builtin import BUILTINS
from lossary.lightgbm.training import train
from lossary.proof.report import Report

PARAMS = {"verbosity": -1, "num_leaves": 15, "num_threads": 1, "deterministic": True, "seed": 0}


def check(loss: str | AnyLoss, curvature: str = "auto") -> Report:
    """Check a loss in LightGBM: derivatives, the cost round by round, and the built-in objective where there is one.

    Trains on 2,000 seeded examples and judges on 2,000 others; takes seconds, and mpmath (``lossary[check]``).

    Examples
    --------
    >>> import lossary.lightgbm
    >>> lossary.lightgbm.check("expectile:0.8").ok
    True
    """
    return _check(loss, curvature, HOST)


def _train(loss: AnyLoss, curvature: str, data: Data) -> Trained:
    dataset, evaluations = lightgbm.Dataset(data.X, data.y), dict[str, dict[str, list[float]]]()
    params = PARAMS | number_of_scores(loss)
    callbacks = [lightgbm.record_evaluation(evaluations)]
    model = train(params, dataset, ROUNDS, loss=loss, curvature=curvature, valid_sets=[dataset], callbacks=callbacks)
    costs = evaluations["training"][model.loss.name]
    return Trained(model.predict(data.held_out, raw=True), _roots(model.booster), costs)


def _train_builtin(params: Mapping[str, Any], data: Data) -> Trained:
    rows = {"num_class": CLASSES} if str(params["objective"]).startswith("multiclass") else {}
    booster = lightgbm.train({**PARAMS, **rows, **params}, lightgbm.Dataset(data.X, data.y), ROUNDS)
    return Trained(np.asarray(booster.predict(data.held_out, raw_score=True)), _roots(booster))


def _roots(booster: lightgbm.Booster) -> list[int]:
    """The feature that each tree splits first; -1 for one that does not split."""
    return [tree["tree_structure"].get("split_feature", -1) for tree in booster.dump_model()["tree_info"]]


HOST = Host("LightGBM", _train, _train_builtin, BUILTINS)
