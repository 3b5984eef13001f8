"""Lossary in JAX: a loss is a pure function in optax's order, ``(predictions, targets)``, one number an example.

    python examples/training/with_jax.py

Recognises digits under softmax cross-entropy; then learns a function from targets with heavy-tailed noise, once under
squared error and once under Huber. Half a minute on two cores; the learning curves are in build/examples/jax.png.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import tasks
from jax import Array

import lossary.jax

Parameters = list[tuple[Array, Array]]
Loss = Callable[[Array, Array], Array]


def network(inputs: int, outputs: int) -> Parameters:
    """Weights and biases of two hidden layers and the output."""
    sizes = [(inputs, 128), (128, 128), (128, outputs)]
    keys = jax.random.split(jax.random.key(tasks.SEED), len(sizes))
    initial = jax.nn.initializers.glorot_uniform()
    return [(initial(key, size), jnp.zeros(size[1])) for key, size in zip(keys, sizes, strict=True)]


@jax.jit
def predict(parameters: Parameters, x: Array) -> Array:
    """Raw scores: the softmax is part of the loss."""
    *hidden, (weights, biases) = parameters
    for w, b in hidden:
        x = jax.nn.relu(x @ w + b)
    return x @ weights + biases


def batches(task: tasks.Task, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The examples in a new order, 64 at a time; a few are left out, as a batch of another size is compiled anew."""
    order = rng.permutation(len(task.x))
    for start in range(0, len(order) - 63, 64):
        chosen = order[start : start + 64]
        yield task.x[chosen], task.y[chosen]


def train(task: tasks.Task, loss: Loss, curve: tasks.Curve) -> None:
    """Adam. After every epoch the curve gets the mean cost and the held-out predictions."""
    optimizer = optax.adam(0.002)

    @jax.value_and_grad
    def cost_and_gradient(parameters: Parameters, x: Array, y: Array) -> Array:
        return loss(predict(parameters, x), y).mean()

    @jax.jit
    def step(
        parameters: Parameters, state: optax.OptState, x: Array, y: Array
    ) -> tuple[Parameters, optax.OptState, Array]:
        cost, gradient = cost_and_gradient(parameters, x, y)
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(parameters, updates), state, cost

    rng = np.random.default_rng(tasks.SEED)
    parameters = network(task.x.shape[1], task.outputs)
    state = optimizer.init(parameters)
    for _ in range(curve.epochs):
        costs = []
        for x, y in batches(task, rng):
            parameters, state, cost = step(parameters, state, x, y)
            costs.append(cost)
        curve.add(np.mean(costs), predict(parameters, task.x_held_out))


def main() -> None:
    """Train three networks, draw their curves, and check what they reached."""
    with tasks.Run("JAX") as run:
        task = tasks.digits()
        loss = partial(lossary.jax.softmax_cross_entropy, label_smoothing=0.1)
        train(task, loss, run.curve(task, "softmax cross-entropy"))

        task = tasks.heavy_tails()
        train(task, lossary.jax.squared_error, run.curve(task, "squared error"))
        train(task, partial(lossary.jax.huber, delta=task.delta), run.curve(task, "Huber"))
    run.report()


if __name__ == "__main__":
    main()
