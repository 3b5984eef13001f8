"""No round of boosting makes the training cost rise, whatever the loss, the booster and the unit of the target."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import lossary
from lossary.boosting.checking import made_targets
from lossary.boosting.derivatives import Derivatives
from lossary.boosting.model import BoostedModel
from lossary.boosting.units import in_units_of
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import REALS, Interval

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

LEVEL_START = {"multiclass_hinge"}
"""Every step raises its cost at the start in a leaf without a majority, and no sum of derivatives knows such a leaf."""

BENDING = ("huber", "pseudo_huber", "log_cosh", "smooth_l1", "fair", "barron")


def _in_units(loss: AnyLoss, y: np.ndarray) -> Iterator[np.ndarray]:
    """The targets in each unit, if the loss's are amounts."""
    is_amount = not isinstance(loss, RowLossFunction) and isinstance(loss.target, Interval)
    if is_amount and not np.isfinite(loss.target.high) and loss.target.low in (0.0, -np.inf):
        yield from ((unit * y).astype(np.float32) for unit in UNITS)
    else:
        yield y


def _trained(
    host, loss: str | AnyLoss, X: np.ndarray, y: np.ndarray, rounds: int = ROUNDS, **params: float
) -> BoostedModel:
    rows = host.rows(int(y.max()) + 1 - lossary.get(loss).record.more_classes) if _has_rows(loss) else {}
    if rows and host.name == "catboost":
        rows = {}
    return host.adapter.train(host.params | rows | params, host.data(X, y), rounds, loss=loss)


def _costs(
    host, loss: str | AnyLoss, X: np.ndarray, y: np.ndarray, rounds: int = ROUNDS, **params: float
) -> np.ndarray:
    """The training cost at the start and after each round."""
    model = _trained(host, loss, X, y, rounds, **params)
    start = np.broadcast_to(model.start, (len(y), *model.start.shape))
    scores = [start, *(host.staged(model, X, k) for k in range(1, rounds + 1))]
    wide = y if _has_rows(loss) else y.astype(np.float64)  # the kernel that found the start; the numbers are the same
    return np.array([model.derivatives.cost(wide, each) for each in scores])


def _has_rows(loss: str | AnyLoss) -> bool:
    return isinstance(lossary.get(loss), RowLossFunction)


def _never_rises(costs: np.ndarray) -> bool:
    """Up to the rounding of labels and leaves in float32."""
    spread = max(abs(costs[0]), float(np.ptp(costs)))
    return bool(np.isfinite(costs).all() and np.all(np.diff(costs) <= 1e-6 * spread))


def _features_and_targets(loss: AnyLoss, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(rows, 3)).astype(np.float32)
    return X, made_targets(loss, X, rng)


@pytest.mark.in_turn
def test_the_training_cost_never_rises_in_any_unit(host, each_loss):
    loss = lossary.get(each_loss.name)
    if loss.name in NO_BOTTOM:
        pytest.skip("its start is a minimum")
    X, y = _features_and_targets(loss)
    for targets in _in_units(loss, y):
        costs = _costs(host, loss, X, targets)
        assert _never_rises(costs), (loss, float(np.abs(targets).max()), costs)


@pytest.mark.in_turn
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
    costs = _costs(host, loss, X, y, rounds + (loss.name in LEVEL_START))
    if loss.name in LEVEL_START:
        assert costs[-1] < min(costs[:2]), costs
    else:
        assert _never_rises(costs), (loss, costs)


@pytest.mark.parametrize("weights", [(0.4, 0.35, 0.25), (0.49, 0.3, 0.21), (0.45, 0.25, 0.2, 0.1)])
def test_where_no_class_has_a_majority_equal_scores_are_the_minimum_of_the_multiclass_hinge(weights):
    """And sums of derivatives that treat classes alike are zero only if all classes weigh the same."""
    rng, loss, classes = np.random.default_rng(0), lossary.multiclass_hinge, np.arange(len(weights))
    level = loss.cost(classes, np.zeros((len(weights),) * 2), np.array(weights))
    for step in 0.1 * rng.normal(size=(200, len(weights))):
        assert loss.cost(classes, np.tile(step, (len(weights), 1)), np.array(weights)) > level
    sums = np.array(weights) @ Derivatives(loss)(classes, np.zeros((len(weights),) * 2))[0].astype(float)
    assert np.abs(sums).max() > 0.01


def _is_in_units(loss: AnyLoss, y: np.ndarray, unit: float) -> bool:
    """Whether the gradient of targets in another unit is everywhere the same multiple, its parameter in units of y."""
    rng = np.random.default_rng(1)
    f = (np.abs(y) + 0.1) * rng.uniform(0.5, 2.0, y.size)
    here, there = (in_units_of(loss, each) for each in (y, unit * y))
    moved = unit * f if loss.link == "identity" else f + np.log(unit)
    before, after = here.gradient(y, f), there.gradient(unit * y, moved)
    return bool(np.allclose(after * np.abs(before).max(), before * np.abs(after).max(), rtol=1e-3, atol=0.0))


@pytest.mark.in_turn
def test_what_is_learned_does_not_depend_on_the_unit(host, each_loss):
    """Counts have a unit of their own, and so do losses that bend at a fixed size."""
    loss = lossary.get(each_loss.name)
    X, y = _features_and_targets(loss)
    y = y.astype(np.float64)
    if len(list(_in_units(loss, y))) == 1 or each_loss.likelihood is not None or not _is_in_units(loss, y, 1e3):
        pytest.skip("its targets are no amounts, or have a unit")
    logarithmic = loss.link != "identity" or loss.prediction != REALS
    usual = _trained(host, loss, X, y).predict(X, raw=True)
    for unit in (1e-6, 1e9):
        scores = _trained(host, loss, X, unit * y).predict(X, raw=True)
        scores = scores - np.log(unit) if logarithmic else scores / unit
        np.testing.assert_allclose(scores, usual, rtol=0.0, atol=1e-3 * float(np.ptp(usual)), err_msg=f"{unit:g}")


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


def test_few_examples_within_the_bend_hold_nobody_back(host):
    """A bend far below the residuals is nearly the absolute error, and learns nearly as fast."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(1000, 4))
    signal = 100.0 * (np.sin(2.0 * X[:, 0]) + X[:, 1])
    y = signal + 30.0 * rng.standard_t(2.0, size=1000)

    def error(loss: str) -> float:
        return float(np.abs(_trained(host, loss, X, y, 40).predict(X) - signal).mean())

    bending = np.mean([error(loss) for loss in ("huber:delta=1", "huber:delta=5", "log_cosh")])
    assert bending < 1.22 * error("absolute_error")


def test_what_the_exact_hessian_would_have_done_is_seen():
    assert not _never_rises(np.array([3.0, 2.0, 2.1]))
    assert not _never_rises(np.array([3.0, 2.0, np.nan]))
    assert _never_rises(np.array([3.0, 2.0, 2.0]))
