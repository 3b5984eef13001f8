"""scikit-learn's private ``HalfMultinomialLoss``: a fused Cython loop over OpenMP threads, for its own models.

It takes class indices as floats. The unit of work is what ``LinearModelLoss.loss_gradient`` does: losses and gradients
into arrays, here reused, then the sum of the losses over n, and the gradient divided by n in place.
"""

from __future__ import annotations

import numpy as np
from sklearn._loss.loss import HalfMultinomialLoss

from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.machine import THREADS
from bench.racing.providers import COST, Entry, Provider
from bench.rowwise.cases import SOFTMAX, RowCase, RowData


def _enter(case: RowCase, data: RowData) -> Entry | None:
    if case.label not in (SOFTMAX, "class weights"):
        return None
    n, k = data.f.shape
    loss = HalfMultinomialLoss(n_classes=k)
    y, values, gradient = data.y.astype(data.f.dtype), np.empty(n, data.f.dtype), np.empty_like(data.f)
    weight = data.class_weight[data.y].astype(data.f.dtype) if case.weighted else None
    divisor = n if weight is None else float(weight.sum(dtype=np.float64))

    def step() -> tuple[float, np.ndarray]:
        loss.loss_gradient(y, data.f, weight, loss_out=values, gradient_out=gradient, n_threads=THREADS)
        np.divide(gradient, gradient.dtype.type(divisor), out=gradient)
        return values.sum() / divisor, gradient

    return Entry(
        Contestant("sklearn", step),
        lambda got: Answer(float(got[0]), got[1]),  # type: ignore[index]
    )


NOTE = "HalfMultinomialLoss.loss_gradient(n_threads=2), arrays reused; reductions by NumPy"

PROVIDERS = [Provider("sklearn", COST, _enter, NOTE)]
