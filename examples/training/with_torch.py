"""Lossary in PyTorch: a loss is an ``nn.Module``, with torch's name and arguments where torch has it.

    python examples/training/with_torch.py

Recognises digits under softmax cross-entropy; then learns a function from targets with heavy-tailed noise, once under
squared error and once under Huber. Half a minute on two cores; the learning curves are in build/examples/pytorch.png.
"""

from __future__ import annotations

import numpy as np
import tasks
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import lossary.torch


def network(inputs: int, outputs: int) -> nn.Module:
    """Two hidden layers. The last one gives raw scores: the softmax is part of the loss."""
    return nn.Sequential(
        nn.Linear(inputs, 128),
        nn.ReLU(),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Linear(128, outputs),
    )


def train(task: tasks.Task, loss: nn.Module, curve: tasks.Curve) -> None:
    """Adam on batches of 64. After every epoch the curve gets the mean cost and the held-out predictions."""
    torch.manual_seed(tasks.SEED)
    model = network(task.x.shape[1], task.outputs)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    data = TensorDataset(torch.from_numpy(task.x), torch.from_numpy(task.y))
    batches = DataLoader(data, batch_size=64, shuffle=True)
    for _ in range(curve.epochs):
        costs = [step(model, optimizer, loss, x, y) for x, y in batches]
        with torch.no_grad():
            curve.add(np.mean(costs), model(torch.from_numpy(task.x_held_out)).numpy())


def step(model: nn.Module, optimizer: torch.optim.Optimizer, loss: nn.Module, x: Tensor, y: Tensor) -> float:
    """One step down the gradient of one batch's cost."""
    optimizer.zero_grad()
    cost = loss(model(x), y)
    cost.backward()
    optimizer.step()
    return cost.item()


def main() -> None:
    """Train three networks, draw their curves, and check what they reached."""
    torch.set_num_threads(1)  # these networks are too small to share among processors
    with tasks.Run("PyTorch") as run:
        task = tasks.digits()
        loss = lossary.torch.CrossEntropyLoss(label_smoothing=0.1)
        train(task, loss, run.curve(task, "softmax cross-entropy"))

        task = tasks.heavy_tails()
        train(task, lossary.torch.MSELoss(), run.curve(task, "squared error"))
        train(task, lossary.torch.HuberLoss(delta=task.delta), run.curve(task, "Huber"))
    run.report()


if __name__ == "__main__":
    main()
