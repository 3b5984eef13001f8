"""Small neural networks of any loss: ``lossary.fit.mlp``, stopped by the yardstick."""

from __future__ import annotations

import numpy as np

from lossary.choosing.training.linear_models import Material, Trained
from lossary.evaluate.judged import from_means
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rowwise import RowLossFunction


def train(loss: AnyLoss, material: Material) -> Trained:
    """A network that learns from all but the held-out rows."""
    import torch  # noqa: PLC0415  optional

    from lossary.fit import mlp  # noqa: PLC0415  needs PyTorch

    def yardstick(y: np.ndarray, found: np.ndarray) -> float:
        # Of one prediction an example the network tells the mean; the judge wants what the loss takes.
        f = found if isinstance(loss, RowLossFunction) else from_means(loss, found)
        return material.judge(f, material.held)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        fit = mlp.fit(
            material.matrix,
            material.y,
            loss,
            sample_weight=material.weight,
            validation_rows=material.held,
            yardstick=yardstick,
            classes=material.classes if isinstance(loss, RowLossFunction) else None,
            random_state=material.seed,
            progress=False,
        )
    finally:
        torch.set_num_threads(threads)
    return Trained(lambda matrix: np.asarray(fit.predict(matrix)), material.held)
