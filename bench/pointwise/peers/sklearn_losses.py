"""scikit-learn's private ``sklearn._loss``: fused Cython loops over OpenMP threads, for its own models.

The unit of work is what ``LinearModelLoss.loss_gradient`` does: losses and gradients into arrays, here reused, then
the sum of the losses over n, and the gradient divided by n in place. Its half losses are doubled where they are read.
"""

from __future__ import annotations

import numpy as np
from sklearn._loss import loss as losses

from bench.pointwise.cases import DELTA, POWER, TAU, Case, Data
from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.machine import THREADS
from bench.racing.providers import COST, Entry, Provider


def _made(name: str) -> tuple[losses.BaseLoss, float] | None:
    """The loss, and by what it must be multiplied to be ours."""
    if name == "squared_error":
        return losses.HalfSquaredError(), 2.0
    if name == "huber":
        return losses.HuberLoss(delta=DELTA), 1.0
    if name == "absolute_error":
        return losses.AbsoluteError(), 1.0
    if name == "quantile":
        return losses.PinballLoss(quantile=TAU), 1.0
    if name == "logistic":
        return losses.HalfBinomialLoss(), 1.0
    if name == "poisson":
        return losses.HalfPoissonLoss(), 1.0
    if name == "tweedie":
        return losses.HalfTweedieLoss(power=POWER), 1.0
    return None


def _enter(case: Case, data: Data) -> Entry | None:
    made = _made(case.name)
    if made is None:
        return None
    loss, factor = made
    values, gradient = np.empty_like(data.f), np.empty_like(data.f)

    def step() -> tuple[float, np.ndarray]:
        loss.loss_gradient(data.y, data.f, loss_out=values, gradient_out=gradient, n_threads=THREADS)
        np.divide(gradient, data.size, out=gradient)
        return values.sum() / data.size, gradient

    return Entry(
        Contestant("sklearn", step),
        lambda got: Answer(factor * float(got[0]), factor * got[1]),  # type: ignore[index]
    )


NOTE = "sklearn._loss.loss_gradient(n_threads=2), arrays reused; reductions by NumPy"

PROVIDERS = [Provider("sklearn", COST, _enter, NOTE)]
