"""scikit-learn: the private losses of its models where they exist, else its public metrics, one example at a time."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from sklearn import metrics
from sklearn._loss import loss as losses
from sklearn.linear_model import _sgd_fast as sgd

from bench.accuracy.peer import Answer, Compute, Function, Library, version


def _arrays(made: Callable[..., losses.BaseLoss], by_sign: bool = False) -> Compute:
    """A loss of ``sklearn._loss``; ``by_sign`` where ours has labels -1 and 1 and theirs 0 and 1."""

    def compute(y: np.ndarray, f: np.ndarray, *parameters: float) -> Answer:
        loss = made(*parameters)
        target = 0.5 * (y + 1.0) if by_sign else y
        return loss.loss(target.astype(y.dtype), f), loss.gradient(target.astype(y.dtype), f)

    return compute


def _numbers(made: Callable[..., object]) -> Compute:
    """A loss of ``SGDRegressor`` or ``SGDClassifier``, which takes one number."""

    def compute(y: np.ndarray, f: np.ndarray, *parameters: float) -> Answer:
        loss = made(*parameters)
        pairs = list(zip(y.tolist(), f.tolist(), strict=True))
        value, slope = loss.py_loss, loss.py_dloss  # type: ignore[attr-defined]
        return np.array([value(b, a) for a, b in pairs]), np.array([slope(b, a) for a, b in pairs])

    return compute


def _metric(metric: Callable[..., float], **options: object) -> Compute:
    """A public metric of one example; it has no gradient."""

    def compute(y: np.ndarray, f: np.ndarray, *_: float) -> Answer:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [metric(y[i : i + 1], f[i : i + 1], **options) for i in range(f.size)]
        return np.array(found, dtype=f.dtype), None

    return compute


def _labels(y: np.ndarray, f: np.ndarray) -> np.ndarray:
    return (y == 0.0) | (y == 1.0)


DOUBLE = ("float64",)

FUNCTIONS = {
    "squared_error": Function("metrics.mean_squared_error", _metric(metrics.mean_squared_error)),
    "half_squared_error": Function("_loss.HalfSquaredError", _arrays(losses.HalfSquaredError)),
    "absolute_error": Function("_loss.AbsoluteError", _arrays(losses.AbsoluteError)),
    "absolute_percentage_error": Function(
        "metrics.mean_absolute_percentage_error", _metric(metrics.mean_absolute_percentage_error)
    ),
    "squared_log_error": Function("metrics.mean_squared_log_error", _metric(metrics.mean_squared_log_error)),
    "quantile(tau=0.9)": Function("_loss.PinballLoss", _arrays(lambda tau: losses.PinballLoss(quantile=tau))),
    "epsilon_insensitive": Function("SGDRegressor's", _numbers(sgd.EpsilonInsensitive), dtypes=DOUBLE),
    "squared_epsilon_insensitive": Function("SGDRegressor's", _numbers(sgd.SquaredEpsilonInsensitive), dtypes=DOUBLE),
    "huber": Function("_loss.HuberLoss", _arrays(lambda delta: losses.HuberLoss(delta=delta))),
    "logistic": Function("_loss.HalfBinomialLoss", _arrays(lambda *_: losses.HalfBinomialLoss())),
    "binary_cross_entropy": Function(
        "metrics.log_loss",
        _metric(metrics.log_loss, labels=[0, 1]),
        takes=_labels,
        note="log_loss takes labels only, and clips probabilities at the dtype's epsilon.",
    ),
    "brier": Function(
        "metrics.brier_score_loss",
        _metric(metrics.brier_score_loss, labels=[0, 1]),
        takes=_labels,
        note="brier_score_loss takes labels only.",
    ),
    "exponential": Function("_loss.ExponentialLoss", _arrays(losses.ExponentialLoss, by_sign=True)),
    "hinge": Function("SGDClassifier's", _numbers(lambda: sgd.Hinge(1.0)), dtypes=DOUBLE),
    "squared_hinge": Function("SGDClassifier's", _numbers(lambda: sgd.SquaredHinge(1.0)), dtypes=DOUBLE),
    "modified_huber": Function("SGDClassifier's", _numbers(sgd.ModifiedHuber), dtypes=DOUBLE),
    "perceptron": Function("Perceptron's", _numbers(lambda: sgd.Hinge(0.0)), dtypes=DOUBLE),
    "poisson": Function("_loss.HalfPoissonLoss", _arrays(losses.HalfPoissonLoss)),
    "gamma": Function("_loss.HalfGammaLoss", _arrays(losses.HalfGammaLoss)),
    "tweedie": Function("_loss.HalfTweedieLoss", _arrays(lambda p: losses.HalfTweedieLoss(power=p))),
    "poisson_deviance": Function("metrics.mean_poisson_deviance", _metric(metrics.mean_poisson_deviance)),
    "gamma_deviance": Function("metrics.mean_gamma_deviance", _metric(metrics.mean_gamma_deviance)),
    "tweedie_deviance": Function("metrics.mean_tweedie_deviance", _metric(metrics.mean_tweedie_deviance, power=1.5)),
}

LIBRARY = Library(
    "scikit-learn",
    version("scikit-learn"),
    FUNCTIONS,
    "scikit-learn's losses with a gradient are private to its models; its metrics have none.",
)
