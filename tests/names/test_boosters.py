"""XGBoost's, LightGBM's and CatBoost's losses beside those that the dictionary names, and that it names all of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from tests.support.beside import factor_of, ours

from lossary.elsewhere import LIBRARIES, Name

CHOSEN = np.random.default_rng(2001)
ROWS, CLASSES = 6, 3
SCORES = np.array([0.3, 0.2, -0.2, -0.3, 0.1, 0.0])
OF_CLASSES = CHOSEN.normal(size=(ROWS, CLASSES))
LINKS = {"log": np.exp, "logit": lambda f: 1.0 / (1.0 + np.exp(-f))}


def trained(library: str) -> dict[str, Name]:
    """Names that the dictionary has a loss for, and that are trained on."""
    return {n: e for n, e in LIBRARIES[library].names.items() if not e.metric and not e.refused}


def evaluated(library: str) -> dict[str, Name]:
    return {n: e for n, e in LIBRARIES[library].names.items() if e.metric and not e.refused}


def data_of(library: str, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets as the library has them, the same as they are given here, and raw scores."""
    record = ours(library, name).record
    if record.name in ("softmax_cross_entropy", "one_vs_rest_logistic", "categorical_cross_entropy"):
        labels = np.array([0, 1, 2, 2, 1, 0])
        return labels.astype(float), labels, OF_CLASSES
    bits = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    if record.name == "hinge":
        return bits, 2.0 * bits - 1.0, 5.0 * SCORES
    if record.link == "logit" or record.name in ("binary_cross_entropy", "brier"):
        return bits, bits, SCORES
    positive = np.array([0.8, 2.0, 0.5, 1.1, 0.7, 1.5])  # below and above the mean by turns, and of like Hessians
    if record.link == "log" or record.name in ("gamma_deviance", "poisson_deviance"):
        whole = np.ceil(positive)
        return (whole, whole, SCORES) if "poisson" in name else (positive, positive, SCORES)
    if "log_error" in record.name:
        return positive, positive, np.abs(SCORES) + 0.1
    y = np.array([-1.2, 2.3, -0.4, 0.7, -2.5, 0.3])
    return y, y, SCORES


def as_predicted(library: str, name: str, scores: np.ndarray) -> np.ndarray:
    """Scores as the loss takes them: as they are if it has the link, else through it."""
    loss = ours(library, name).record.name
    if loss in ("binary_cross_entropy", "brier"):
        return LINKS["logit"](scores)
    if loss in ("gamma_deviance", "poisson_deviance"):
        return LINKS["log"](scores)
    if loss == "categorical_cross_entropy":
        return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return scores


def slope(leaves: tuple[np.ndarray, np.ndarray], penalties: tuple[float, float]) -> np.ndarray:
    """The gradient, from leaves of minus the gradient over curvature plus penalty."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((penalties[1] - penalties[0]) / (1.0 / leaves[0] - 1.0 / leaves[1]))


def assert_metric(library: str, name: str, measured: Callable[[np.ndarray], float]) -> None:
    """What a library measures of raw scores is our cost, or differs from it by a term of the target alone."""
    _, y, scores = data_of(library, name)

    def both(f: np.ndarray) -> tuple[float, float]:
        predicted = as_predicted(library, name, f)
        return measured(f), float(factor_of(library, name) * ours(library, name).cost(y, predicted))

    found, expected = both(scores)
    if LIBRARIES[library].names[name].shifted:
        found_before, expected_before = both(0.5 * scores)
        found, expected = found - found_before, expected - expected_before
    assert found == pytest.approx(expected, rel=1e-4)


def assert_gradient(library: str, name: str, found: np.ndarray, given: dict[str, float]) -> None:
    _, y, scores = data_of(library, name)
    expected = factor_of(library, name) * ours(library, name, given).gradient(y, scores)
    seen = np.isfinite(found) & (np.abs(expected) > 1e-3)
    assert seen.sum() >= ROWS / 2, name
    np.testing.assert_allclose(found[seen], expected[seen], rtol=2e-3, err_msg=name)


# XGBoost.

GIVEN_TO_XGBOOST = {"reg:quantileerror": {"quantile_alpha": 0.3}, "reg:pseudohubererror": {"huber_slope": 0.7}}
LATER = {"reg:expectileerror"}
"""From XGBoost 3.3 on."""
RENEWED = {"reg:absoluteerror", "reg:quantileerror"}
"""Whose leaves are set anew to quantiles of the residuals."""


def xgboost_options(name: str) -> dict[str, object]:
    several = {"num_class": CLASSES} if name.startswith("m") else {}
    return {"objective": name, "verbosity": 0, "nthread": 1, **several, **GIVEN_TO_XGBOOST.get(name, {})}


def leaf_of_xgboost(name: str, target: float, score: np.ndarray, penalty: float) -> np.ndarray:
    xgboost = pytest.importorskip("xgboost")
    data = xgboost.DMatrix(np.zeros((1, 1)), label=[target], base_margin=np.atleast_2d(score))
    options = {"lambda": penalty, "learning_rate": 1.0, "min_child_weight": 0.0, "max_delta_step": 0.0}
    model = xgboost.train({**xgboost_options(name), **options}, data, 1)
    return np.asarray(model.predict(data, output_margin=True)).ravel() - np.ravel(score)


@pytest.mark.parametrize("name", [name for name in trained("xgboost") if name not in RENEWED | LATER])
def test_gradients_of_xgboost(name: str) -> None:
    targets, _, scores = data_of("xgboost", name)
    penalties = (1.0, 4.0)
    leaves = [[leaf_of_xgboost(name, y, f, p) for y, f in zip(targets, scores, strict=True)] for p in penalties]
    found = slope((np.array(leaves[0]), np.array(leaves[1])), penalties)
    assert_gradient("xgboost", name, found.reshape(scores.shape), GIVEN_TO_XGBOOST.get(name, {}))


@pytest.mark.parametrize("name", sorted(RENEWED))
def test_leaves_of_xgboost_that_are_set_anew_are_the_best_constant(name: str) -> None:
    xgboost = pytest.importorskip("xgboost")
    y = CHOSEN.gamma(2.0, size=101)
    data = xgboost.DMatrix(np.zeros((101, 1)), label=y, base_margin=np.zeros(101))
    model = xgboost.train({**xgboost_options(name), "learning_rate": 1.0, "lambda": 0.0}, data, 1)
    loss = ours("xgboost", name, GIVEN_TO_XGBOOST.get(name, {}))
    leaf = float(model.predict(data)[0])
    assert loss.cost(y, np.full(101, leaf)) == pytest.approx(
        loss.cost(y, np.full(101, loss.optimal_constant(y))), rel=1e-3
    )


OBJECTIVES = {
    "logloss": "binary:logistic",
    "mlogloss": "multi:softprob",
    "poisson-nloglik": "count:poisson",
    "gamma-nloglik": "reg:gamma",
    "gamma-deviance": "reg:gamma",
    "tweedie-nloglik": "reg:tweedie",
}


@pytest.mark.parametrize("name", evaluated("xgboost"))
def test_metrics_of_xgboost(name: str) -> None:
    xgboost = pytest.importorskip("xgboost")
    targets = data_of("xgboost", name)[0]
    objective = OBJECTIVES.get(name, "reg:squarederror")
    entry = LIBRARIES["xgboost"].names[name]

    def measured(f: np.ndarray) -> float:
        data = xgboost.DMatrix(np.zeros((ROWS, 1)), label=targets, base_margin=f)
        model = xgboost.Booster({**xgboost_options(objective), "eval_metric": entry.call or name}, [data])
        return float(model.eval(data).rpartition(":")[2])

    assert_metric("xgboost", name, measured)


def listed_by_xgboost() -> list[str]:
    xgboost = pytest.importorskip("xgboost")
    data = xgboost.DMatrix([[1.0]], label=[1.0])
    with pytest.raises(xgboost.core.XGBoostError) as raised:
        xgboost.train({"objective": "no such objective"}, data)
    return re.findall(r"Objective candidate: (\S+)", str(raised.value))


def test_every_objective_of_xgboost_is_known() -> None:
    spoken = {spelling for entry in LIBRARIES["xgboost"].names.values() for spelling in entry.also}
    known = {name for name, entry in LIBRARIES["xgboost"].names.items() if not entry.metric}
    listed = {*listed_by_xgboost()}
    assert len(listed) > 15
    assert listed <= known | spoken
    assert known <= listed | LATER


# LightGBM.

GIVEN_TO_LIGHTGBM = {"huber": {"alpha": 0.7}, "fair": {"fair_c": 1.6}, "tweedie": {"tweedie_variance_power": 1.3}}
METRICS = {"regression_l1": "l1", "quantile": "quantile", "mape": "mape"}
"""Of objectives whose leaves are set anew: the metric that has the same number."""


def lightgbm_model(options: dict[str, object], target: np.ndarray, score: np.ndarray, x: np.ndarray):
    lightgbm = pytest.importorskip("lightgbm")
    fixed = {"verbosity": -1, "num_threads": 1, "min_data_in_leaf": 1, "min_data_in_bin": 1}
    fixed |= {"min_sum_hessian_in_leaf": 0.0, "feature_pre_filter": False, "boost_from_average": False}
    start = np.asarray(score).ravel(order="F")
    data = lightgbm.Dataset(x, target, init_score=start, params=fixed)
    seen: dict = {}
    keep = [lightgbm.record_evaluation(seen)]
    return lightgbm.train({**fixed, **options}, data, 1, valid_sets=[data], callbacks=keep), seen


def leaves_of_lightgbm(name: str, rows: list[int], penalty: float) -> np.ndarray:
    """Leaves of two rows, whose gradients must differ in sign for the tree to part them."""
    targets, _, scores = data_of("lightgbm", name)
    several = {"num_class": CLASSES} if scores.ndim == 2 else {}
    options = {"objective": name, "lambda_l2": penalty, "learning_rate": 1.0, **several}
    x = np.array([[0.0], [1.0]])
    model, _ = lightgbm_model({**options, **GIVEN_TO_LIGHTGBM.get(name, {})}, targets[rows], scores[rows], x)
    return np.asarray(model.predict(x, raw_score=True))


@pytest.mark.parametrize("name", [name for name in trained("lightgbm") if name not in METRICS])
def test_gradients_of_lightgbm(name: str) -> None:
    penalties = (1.0, 4.0)
    found = np.full(data_of("lightgbm", name)[2].shape, np.nan)
    for rows in ([0, 1], [2, 3], [4, 5]):
        found[rows] = slope(tuple(leaves_of_lightgbm(name, rows, p) for p in penalties), penalties)
    assert_gradient("lightgbm", name, found, GIVEN_TO_LIGHTGBM.get(name, {}))


OF_LIGHTGBM = {
    "binary_logloss": "binary",
    "multi_logloss": "multiclass",
    "gamma_deviance": "gamma",
    "kullback_leibler": "cross_entropy",
}
SUMMED = {"gamma_deviance"}
"""A sum over rows, which its trap says."""


@pytest.mark.parametrize("name", [*METRICS, *evaluated("lightgbm")])
def test_metrics_of_lightgbm(name: str) -> None:
    targets, _, scores = data_of("lightgbm", name)
    metric = METRICS.get(name, name)
    several = {"num_class": CLASSES} if scores.ndim == 2 else {}
    options = {"objective": OF_LIGHTGBM.get(name, name if name in METRICS else "regression"), **several}

    def measured(f: np.ndarray) -> float:
        x = np.arange(float(ROWS))[:, None]
        _, seen = lightgbm_model({**options, "metric": metric, "learning_rate": 1e-12}, targets, f, x)
        return float(seen["training"][metric][0]) / (ROWS if name in SUMMED else 1)

    assert_metric("lightgbm", name, measured)


def test_aliases_of_lightgbm_train_the_same() -> None:
    for name, entry in trained("lightgbm").items():
        for spelling in (name, *entry.also):
            targets, _, scores = data_of("lightgbm", name)
            several = {"num_class": CLASSES} if scores.ndim == 2 else {}
            model, _ = lightgbm_model({"objective": spelling, **several}, targets, scores, np.arange(6.0)[:, None])
            assert f"objective={name}" in model.model_to_string().replace("l2", "regression")


# CatBoost.

GIVEN_TO_CATBOOST = {
    "Huber": {"delta": 0.7},
    "Lq": {"q": 1.7},
    "Tweedie": {"variance_power": 1.3},
    "Focal": {"focal_alpha": 0.3, "focal_gamma": 1.5},
    "Quantile": {"alpha": 0.3},
    "Expectile": {"alpha": 0.3},
    "FairLoss": {"smoothness": 1.6},
}
SEVERAL = {"MultiLogloss", "MultiCrossEntropy"}
ROUGH = {"LogCosh": 1e-4}
"""How near values are where they are not near, which its trap says."""


@pytest.mark.parametrize("name", [*trained("catboost"), *evaluated("catboost")])
@pytest.mark.parametrize("told", [False, True])
def test_losses_of_catboost(name: str, told: bool) -> None:
    utils = pytest.importorskip("catboost.utils")
    given = GIVEN_TO_CATBOOST.get(name, {}) if told else {}
    call = LIBRARIES["catboost"].names[name].call or name
    if given:
        call = f"{name}:" + ";".join(f"{key}={value}" for key, value in given.items())
    targets, y, scores = data_of("catboost", name)
    if name in SEVERAL:
        y = CHOSEN.integers(0, 2, (ROWS, CLASSES)).astype(float)
        targets = y
    found = utils.eval_metric(targets, scores, call)[0]
    cost = ours("catboost", name, given).cost(y, as_predicted("catboost", name, scores))
    assert found == pytest.approx(factor_of("catboost", name, CLASSES) * cost, rel=ROUGH.get(name, 1e-6))


def test_every_loss_of_catboost_is_known() -> None:
    catboost = pytest.importorskip("catboost")
    with pytest.raises(catboost.CatBoostError) as raised:
        catboost.CatBoost({"loss_function": "NoSuchLoss", "iterations": 1}).fit([[1], [2]], [1, 2], verbose=False)
    listed = {*re.findall(r"'(\w+)'", str(raised.value).partition("Valid options")[2])}
    assert len(listed) > 60
    known = {*LIBRARIES["catboost"].names}
    assert listed == known | {*LIBRARIES["catboost"].no_losses}
