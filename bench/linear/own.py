"""Ours, what people write in NumPy by hand, and the floor: the three products, with the outputs given."""

from __future__ import annotations

import numpy as np

import lossary
from bench.linear.cases import LinearAnswer, LinearData, LinearShape
from bench.racing.harness import Contestant
from bench.racing.providers import COST, FLOOR, OURS, Entry, Provider
from bench.rowwise.peers.numpy_rows import softmax

PRODUCTS = FLOOR + "three products"


def _ours(shape: LinearShape, data: LinearData) -> Entry:
    fused = lossary.linear_cross_entropy
    return Entry(
        Contestant(OURS, lambda: fused(data.x, data.weight, data.y)),
        lambda got: LinearAnswer(got.cost, got.x_gradient, got.weight_gradient),  # type: ignore[attr-defined]
    )


def _numpy(shape: LinearShape, data: LinearData) -> Entry:
    def step() -> tuple[np.floating, np.ndarray, np.ndarray]:
        cost, g = softmax(data.y, data.x @ data.weight.T)
        return cost, g @ data.weight, g.T @ data.x

    return Entry(
        Contestant("numpy", step),
        lambda got: LinearAnswer(float(got[0]), got[1], got[2]),  # type: ignore[index]
    )


def products(data: LinearData) -> Contestant:
    """Logits, and from an array of their shape the two gradients: what no one does without."""
    logits = np.empty((len(data.x), len(data.weight)), data.x.dtype)
    by_x, by_weight = np.empty_like(data.x), np.empty_like(data.weight)

    def step() -> None:
        np.matmul(data.x, data.weight.T, out=logits)
        np.matmul(logits, data.weight, out=by_x)
        np.matmul(logits.T, data.x, out=by_weight)

    return Contestant(PRODUCTS, step)


PROVIDERS = [
    Provider(OURS, COST, _ours, "linear_cross_entropy at its defaults; targets checked, new arrays for every result"),
    Provider("numpy", COST, _numpy, "all logits at once; NumPy's BLAS for the products, one thread for the rest"),
]
