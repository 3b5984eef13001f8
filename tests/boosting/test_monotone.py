"""No round of boosting makes the training cost rise, whatever the loss, the booster and the unit of the target."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import lossary
from lossary.boosting.checking import made_targets
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import Interval

ROUNDS, ROWS = 5, 90
UNITS = (1e-6, 1.0, 1e9)

NOT_TRAINED = {
    "kl_prediction_target_log_probabilities",
    "kl_target_prediction_log_probabilities",
    "distillation",
    "kl_prediction_target",
    "kl_prediction_target_logits",
}
"""Of log-probabilities, or of two rows of scores: refused, as other tests show. The last are infinite at a label."""

NO_BOTTOM = {"perceptron", "multiclass_perceptron"}
"""Their cost is zero where all scores are: the start is a minimum that tells no class from another, and is left."""

BENDING = ("huber", "pseudo_huber", "log_cosh", "smooth_l1", "fair", "barron")


def _in_units(loss: AnyLoss, y: np.ndarray) -> Iterator[np.ndarray]:
    """The targets in each unit, if the loss's are amounts."""
    is_amount = not isinstance(loss, RowLossFunction) and isinstance(loss.target, Interval)
    if is_amount and not np.isfinite(loss.target.high) and loss.target.low in (0.0, -np.inf):
        yield from ((unit * y).astype(np.float32) for unit in UNITS)
    else:
        yield y


def _costs(
    host, loss: str | AnyLoss, X: np.ndarray, y: np.ndarray, rounds: int = ROUNDS, **params: float
) -> np.ndarray:
    """The training cost at the start and after each round."""
    rows = host.rows(int(y.max()) + 1 - lossary.get(loss).record.more_classes) if _has_rows(loss) else {}
    if rows and host.name == "catboost":
        rows = {}
    model = host.adapter.train(host.params | rows | params, host.data(X, y), rounds, loss=loss)
    start = np.broadcast_to(model.start, (len(y), *model.start.shape))
    scores = [start, *(host.staged(model, X, k) for k in range(1, rounds + 1))]
    return np.array([model.derivatives.cost(y, each) for each in scores])


def _has_rows(loss: str | AnyLoss) -> bool:
    return isinstance(lossary.get(loss), RowLossFunction)


LEVEL = {("xgboost", "symmetric_absolute_percentage_error"): 1e-4, ("catboost", "multiclass_hinge"): 5e-3}
"""Losses of straight pieces whose cost still rises in one booster, and how far: a share of the cost."""


def _never_rises(costs: np.ndarray, level: float = 1e-6) -> bool:
    """Up to the rounding of labels and leaves in float32."""
    spread = max(abs(costs[0]), float(np.ptp(costs)))
    return bool(np.isfinite(costs).all() and np.all(np.diff(costs) <= level * spread))


def _features_and_targets(loss: AnyLoss, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(rows, 3)).astype(np.float32)
    return X, made_targets(loss, X, rng)


def test_the_training_cost_never_rises_in_any_unit(host, each_loss):
    loss = lossary.get(each_loss.name)
    if loss.name in NO_BOTTOM:
        pytest.skip("its start is a minimum")
    X, y = _features_and_targets(loss)
    for targets in _in_units(loss, y):
        costs = _costs(host, loss, X, targets)
        assert _never_rises(costs, LEVEL.get((host.name, loss.name), 1e-6)), (loss, float(np.abs(targets).max()), costs)


def test_the_training_cost_never_rises_for_rows_of_scores(host, each_row_loss):
    loss = lossary.get(each_row_loss.name)
    if loss.name in NOT_TRAINED | NO_BOTTOM:
        pytest.skip("not trained from labels, or its start is a minimum")
    rows, rounds = (40, 2) if host.name == "catboost" else (ROWS, ROUNDS)  # it asks for one example at a time
    X, y = _features_and_targets(loss, rows)
    if host.name == "catboost" and loss.record.more_classes:
        with pytest.raises(ValueError, match="one score fewer than classes, which CatBoost refuses"):
            _costs(host, loss, X, y, rounds)
        return
    costs = _costs(host, loss, X, y, rounds)
    assert _never_rises(costs, LEVEL.get((host.name, loss.name), 1e-6)), (loss, costs)


def dollars() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    return X, np.exp(10.5 + 0.5 * X[:, 0] + 0.4 * rng.normal(size=300))


@pytest.mark.parametrize("loss", BENDING)
def test_bending_losses_of_dollars_predict_dollars(host, loss):
    X, y = dollars()
    name = {"lightgbm": "learning_rate", "xgboost": "eta", "catboost": "learning_rate"}[host.name]
    fitted = host.adapter.LossRegressor(loss, params=host.params | {name: 0.3}).fit(X, y)
    assert np.abs(fitted.predict(X) - y).mean() < 0.3 * y.mean()


@pytest.mark.parametrize("loss", BENDING)
def test_a_parameter_that_is_named_is_kept_and_still_nothing_diverges(host, loss):
    X, y = dollars()
    number = {parameter.name: 1.0 for parameter in lossary.get(loss).parameters}
    given = lossary.get(loss).using(**number) if number else loss
    assert _never_rises(_costs(host, given, X, y, 20))


def test_what_the_exact_hessian_would_have_done_is_seen():
    assert not _never_rises(np.array([3.0, 2.0, 2.1]))
    assert not _never_rises(np.array([3.0, 2.0, np.nan]))
    assert _never_rises(np.array([3.0, 2.0, 2.0]))
