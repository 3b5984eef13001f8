"""The score of predictions by the yardstick of a question, by scikit-learn's metrics: lower is better."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import log_loss, mean_pinball_loss, mean_squared_error

from bench.real.asked import Asked

LEAST_PROBABILITY = 1e-6
"""Probabilities are clipped to this, everybody's alike: a class of chance zero that happened is charged, not fatal."""

NAMES = {
    "mean": "root mean squared error",
    "median": "mean pinball loss",
    "quantile": "mean pinball loss",
    "interval": "mean interval score",
    "probability": "log loss",
    "label": "mean cost of errors",
}


def score(question: Asked, y: np.ndarray, predicted: np.ndarray) -> float:
    """The mean score of some rows. Raises ValueError for predictions of the wrong shape, or that are not finite."""
    _refuse_nonsense(question, y, predicted)
    if question.functional == "mean":
        return float(np.sqrt(mean_squared_error(y, predicted)))
    if question.functional == "interval":
        low, high = question.levels
        ends = mean_pinball_loss(y, predicted[:, 0], alpha=low) + mean_pinball_loss(y, predicted[:, 1], alpha=high)
        return float(2.0 / (1.0 - (high - low)) * ends)
    if question.levels:
        return float(mean_pinball_loss(y, predicted, alpha=question.levels[0]))
    if question.functional == "probability":
        p = np.clip(predicted, LEAST_PROBABILITY, 1.0)
        return float(log_loss(y, p / p.sum(axis=1, keepdims=True), labels=np.arange(len(question.classes))))
    missed, false_alarm = question.costs or (1.0, 1.0)
    return float(np.mean(np.where(predicted == y, 0.0, np.where(predicted < y, missed, false_alarm))))


def covered(question: Asked, y: np.ndarray, predicted: np.ndarray) -> float | None:
    """The share of targets inside an interval, or at or below a quantile; None where neither was asked for."""
    if question.functional == "interval":
        return float(np.mean((predicted[:, 0] <= y) & (y <= predicted[:, 1])))
    return float(np.mean(y <= predicted)) if question.levels else None


def _refuse_nonsense(question: Asked, y: np.ndarray, predicted: np.ndarray) -> None:
    wide = {"interval": 2, "probability": len(question.classes)}.get(question.functional)
    wanted = (y.size,) if wide is None else (y.size, wide)
    if predicted.shape != wanted:
        raise ValueError(f"predictions of the {question.functional} have the shape {predicted.shape}, not {wanted}")
    wrong = ~np.isfinite(predicted.astype(np.float64))
    if wrong.any():
        first = np.argwhere(wrong)[0]
        raise ValueError(f"prediction {tuple(map(int, first))} is {predicted[tuple(first)]}")
