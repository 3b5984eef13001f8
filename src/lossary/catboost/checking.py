"""``check``: a loss in CatBoost, beside CatBoost's own objective where it has one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import catboost
import numpy as np

from lossary.boosting.checking import ROUNDS, Data, Host, Trained
from lossary.boosting.checking import check as _check
from lossary.catboost.builtin import BUILTINS
from lossary.catboost.training import train
from lossary.evaluate.registry import AnyLoss
from lossary.proof.report import Report

PARAMS = {
    "thread_count": 1,
    "depth": 4,
    "learning_rate": 0.1,
    "random_seed": 0,
    "allow_writing_files": False,
    "logging_level": "Silent",
}


def _parameters(objective: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """CatBoost takes the numbers of an objective as part of its name."""
    suffix = ";".join(f"{name}={number}" for name, number in numbers.items())
    return {"loss_function": f"{objective}:{suffix}" if suffix else objective}


def check(loss: str | AnyLoss, curvature: str = "auto") -> Report:
    """Check a loss in CatBoost: derivatives, the cost round by round, and the built-in objective where there is one.

    Trains on 2,000 seeded examples and judges on 2,000 others; takes seconds (a loss of rows a minute), and mpmath
    (``lossary[check]``).

    Examples
    --------
    >>> import lossary.catboost
    >>> lossary.catboost.check("expectile:0.8").ok
    True
    """
    return _check(loss, curvature, HOST)


def _train(loss: AnyLoss, curvature: str, data: Data) -> Trained:
    model = train(PARAMS, catboost.Pool(data.X, data.y), ROUNDS, loss=loss, curvature=curvature)
    costs = next(iter(model.booster.get_evals_result()["learn"].values()))
    return Trained(model.predict(data.held_out, raw=True), _roots(model.booster), costs)


def _train_builtin(params: Mapping[str, Any], data: Data) -> Trained:
    booster = catboost.CatBoost({**PARAMS, "iterations": ROUNDS, **params}).fit(catboost.Pool(data.X, data.y))
    return Trained(np.asarray(booster.predict(data.held_out, prediction_type="RawFormulaVal")), _roots(booster))


def _roots(booster: catboost.CatBoost) -> list[int]:
    """The feature that each tree splits first; -1 for one that does not split."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        booster.save_model(str(path), format="json")
        trees = json.loads(path.read_text())["oblivious_trees"]
    return [tree["splits"][0]["float_feature_index"] if tree["splits"] else -1 for tree in trees]


HOST = Host("CatBoost", _train, _train_builtin, BUILTINS, _parameters)
