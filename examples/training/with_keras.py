"""Lossary in Keras: a loss is a ``keras.losses.Loss``, for ``compile`` as an object or by name ("lossary>Huber").

    KERAS_BACKEND=jax python examples/training/with_keras.py
    KERAS_BACKEND=torch python examples/training/with_keras.py

Recognises digits under softmax cross-entropy; then learns a function from targets with heavy-tailed noise, once under
squared error and once under Huber. Half a minute on two cores; the learning curves are in build/examples.
"""

from __future__ import annotations

import keras
import numpy as np
import tasks

import lossary.keras

if keras.backend.backend() == "torch":
    import torch

    torch.set_num_threads(1)  # these networks are too small to share among processors


def network(inputs: int, outputs: int) -> keras.Model:
    """Two hidden layers. The last one gives raw scores: the softmax is part of the loss."""
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(outputs),
        ]
    )


class Reporter(keras.callbacks.Callback):
    """After every epoch gives the curve the mean cost and the held-out predictions."""

    def __init__(self, curve: tasks.Curve, x_held_out: np.ndarray) -> None:
        super().__init__()
        self.curve, self.x_held_out = curve, x_held_out

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Called by Keras."""
        self.curve.add(logs["loss"], self.model.predict(self.x_held_out, batch_size=1000, verbose=0))


def train(task: tasks.Task, loss: keras.losses.Loss, curve: tasks.Curve) -> None:
    """Adam on batches of 64."""
    keras.utils.set_random_seed(tasks.SEED)
    model = network(task.x.shape[1], task.outputs)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=loss)
    reporter = Reporter(curve, task.x_held_out)
    model.fit(task.x, task.y, batch_size=64, epochs=curve.epochs, callbacks=[reporter], verbose=0)


def main() -> None:
    """Train three networks, draw their curves, and check what they reached."""
    with tasks.Run(f"Keras on {keras.backend.backend()}") as run:
        task = tasks.digits()
        loss = lossary.keras.SoftmaxCrossEntropy(label_smoothing=0.1)
        train(task, loss, run.curve(task, "softmax cross-entropy"))

        task = tasks.heavy_tails()
        train(task, lossary.keras.SquaredError(), run.curve(task, "squared error"))
        train(task, lossary.keras.Huber(delta=task.delta), run.curve(task, "Huber"))
    run.report()


if __name__ == "__main__":
    main()
