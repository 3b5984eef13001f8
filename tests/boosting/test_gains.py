"""XGBoost's least gain of a split, which has no unit: penalties and limits mean the same for targets of any size."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("xgboost")

import xgboost

import lossary.xgboost
from lossary.xgboost.gains import multiplied

UNIT = 2.0**-20
PENALTIES = (
    {},
    {"lambda": 20.0, "min_child_weight": 9.0},
    {"reg_lambda": 0.0, "booster": "dart"},
    {"booster": "gblinear", "updater": "coord_descent"},
)


def scores(X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, **params: object) -> np.ndarray:
    data = xgboost.DMatrix(X, y, weight=weight)
    return lossary.xgboost.train({"nthread": 1, **params}, data, 10, loss="huber").predict(data, raw=True)


@pytest.mark.parametrize("params", PENALTIES, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_penalties_and_limits_mean_the_same_for_small_targets(made, params, weighted):
    weight = np.random.default_rng(0).uniform(0.5, 2.0, made.values.size) if weighted else None
    usual = scores(made.X, made.values, weight, **params)
    small = scores(made.X, UNIT * made.values, weight, **params) / UNIT
    np.testing.assert_allclose(small, usual, rtol=0.0, atol=1e-4 * np.ptp(usual))


def test_gains_and_slopes_that_are_asked_for_are_in_the_units_of_the_target(made):
    """A least gain is in squared units, an L1 penalty in units: as they are for targets that need no multiple."""
    usual = scores(made.X, made.values, None, gamma=8.0, alpha=3.0)
    small = scores(made.X, UNIT * made.values, None, gamma=8.0 * UNIT**2, alpha=3.0 * UNIT) / UNIT
    np.testing.assert_allclose(small, usual, rtol=0.0, atol=1e-4 * np.ptp(usual))
    assert not np.allclose(usual, scores(made.X, made.values, None))


def test_what_xgboost_itself_learns_of_small_targets(made):
    """Why it is done: its own objective, and ours without the multiple, stop at the constant."""
    data = xgboost.DMatrix(made.X, UNIT * made.values)
    theirs = xgboost.train({"nthread": 1, "objective": "reg:squarederror"}, data, 10).predict(data)
    assert np.ptp(theirs) < 1e-3 * np.ptp(scores(made.X, UNIT * made.values, None))


def test_parameters_of_sums_are_multiplied_under_either_name_and_others_kept():
    assert multiplied({"eta": 0.1, "reg_lambda": 2, "gamma": "3"}, 1.0) == {"eta": 0.1, "reg_lambda": 2, "gamma": "3"}
    changed = multiplied({"eta": 0.1, "reg_lambda": 2, "gamma": "3"}, 4.0)
    assert changed == {"eta": 0.1, "reg_lambda": 8.0, "gamma": 12.0, "alpha": 0.0, "min_child_weight": 4.0}
