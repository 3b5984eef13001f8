"""Small neural networks of any loss: ``lossary.fit.mlp``, stopped by the yardstick."""

from __future__ import annotations

import numpy as np

from lossary.choosing.training.scores import NetworkScores
from lossary.choosing.training.training_set import TrainedModel, TrainingSet
from lossary.evaluate.predictions.conversion import from_means
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction


def train(loss: AnyLoss, training_set: TrainingSet) -> TrainedModel:
    """A network that learns from all but the held-out rows."""
    import torch  # noqa: PLC0415  optional

    from lossary.fit import mlp  # noqa: PLC0415  needs PyTorch

    _, held_out = training_set.splits[0]

    def yardstick(y: np.ndarray, predictions: np.ndarray) -> float:
        # Of losses of one prediction the network passes means; the score wants what the loss takes.
        f = predictions if isinstance(loss, RowLossFunction) else from_means(loss, predictions)
        return training_set.score(f, held_out)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        fit = mlp.fit(
            training_set.matrix,
            training_set.y,
            loss,
            sample_weight=training_set.weight,
            validation_rows=held_out,
            yardstick=yardstick,
            classes=training_set.classes if isinstance(loss, RowLossFunction) else None,
            random_state=training_set.seed,
            progress=False,
        )
    finally:
        torch.set_num_threads(threads)

    scores = NetworkScores.of(fit)
    return TrainedModel(scores, lambda: (held_out, scores.predict(training_set.matrix[held_out])))
