"""The part of ``lossary.fit.mlp`` that is PyTorch: a network, and the loop that trains it."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lossary.boosting.activation import Activation, Exponential, Increasing, Sigmoid, Softmax, activation_of
from lossary.boosting.start import starting_score
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit.networks.learning_curve import LearningCurve
from lossary.fit.networks.model import NetworkFit
from lossary.fit.networks.recipe import Recipe, Validation
from lossary.fit.problem.data import Data
from lossary.formula import Interval
from lossary.torch.interface.functions import made

STEPS = 64
"""Batches of an epoch, where the rows allow."""

STEEPEST = 10.0
"""Gradients longer than this (in units of the first) are cut: one wild row must not undo an epoch."""


@dataclass(frozen=True)
class _Rows:
    """Some rows as tensors."""

    x: Tensor
    y: Tensor
    weight: Tensor | None

    def taking(self, rows: Tensor) -> _Rows:
        return _Rows(self.x[rows], self.y[rows], None if self.weight is None else self.weight[rows])


class _Network(nn.Module):  # type: ignore[misc]
    """Linear layers with rectifiers between, and its output in units of the scores."""

    def __init__(self, sizes: tuple[int, ...], start: Tensor, unit: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        nn.init.zeros_(self.layers[-1].bias)
        with torch.no_grad():
            self.layers[-1].weight.mul_(0.1)  # so that training starts close to the best constant
        self.register_buffer("start", start)
        self.unit = unit

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.start + self.unit * self.layers[-1](x)


Cost = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""From scores, targets and weights to the mean loss."""


def trained(loss: AnyLoss, data: Data, classes: int | None, validation: Validation, recipe: Recipe) -> NetworkFit:
    """The network of the best epoch."""
    held_out = validation.held_out
    y, weight = data.y[~held_out], _training_weight(data, held_out)
    features = np.asarray(data.features.toarray() if hasattr(data.features, "toarray") else data.features)
    centre, spread = features[~held_out].mean(axis=0), features[~held_out].std(axis=0)
    spread[spread <= 1e-12 * np.abs(centre)] = 1.0
    x = ((features - centre) / spread).astype(np.float32)
    start = np.atleast_1d(starting_score(loss, y, weight, classes))
    unit = _unit(loss, y)
    rows = _tensors(x[~held_out], y, weight, recipe.device)
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        sizes = (x.shape[1], *(int(size) for size in recipe.hidden), len(start))
        network = _Network(sizes, torch.tensor(start, dtype=torch.float32), unit).to(recipe.device)
        judge = _judge(loss, network, torch.tensor(x[held_out], device=recipe.device), data.y[held_out], validation)
        training = _Training(network, _cost_of(loss), rows, recipe)
        curve = training.run(judge if held_out.any() else None, validation.name)
    layers = tuple(
        (layer.weight.detach().cpu().double().numpy(), layer.bias.detach().cpu().double().numpy())
        for layer in network.layers
    )
    return NetworkFit(loss, layers, centre, spread, start, unit, curve)


def _training_weight(data: Data, held_out: np.ndarray) -> np.ndarray | None:
    """The weights of the rows to learn from, of mean one."""
    if data.weight is None:
        return None
    learned = data.weight[~held_out]
    return np.asarray(learned / learned.mean())


def _judge(loss: AnyLoss, network: _Network, x: Tensor, y: np.ndarray, validation: Validation) -> Callable[[], float]:
    """A function that judges the network, as it is when called, on rows held out."""
    activation = activation_of(loss)

    def judge() -> float:
        with torch.no_grad():
            scores = network(x).double().cpu().numpy()
        scores = scores if isinstance(loss, RowLossFunction) else scores[:, 0]
        return validation.yardstick(y, activation.forward(scores))

    return judge


def _unit(loss: AnyLoss, y: np.ndarray) -> float:
    """What the network's outputs are measured in: the spread of the targets, where scores are in their units."""
    plain = not isinstance(loss, RowLossFunction) and loss.link == "identity" and isinstance(loss.target, Interval)
    if not plain or activation_of(loss).name != "identity":
        return 1.0
    centre = np.median(y)
    return float(np.median(np.abs(y - centre)) / 0.6745) or float(y.std()) or 1.0


def _tensors(x: np.ndarray, y: np.ndarray, weight: np.ndarray | None, device: str) -> _Rows:
    whole = y.dtype.kind in "iu" and y.ndim == 1
    targets = torch.tensor(y.astype(np.int64) if whole else y.astype(np.float32), device=device)
    weights = None if weight is None else torch.tensor(weight.astype(np.float32), device=device)
    return _Rows(torch.tensor(x, device=device), targets, weights)


def _cost_of(loss: AnyLoss) -> Cost:
    """The mean loss of scores, targets and weights; the mean weight of all rows is one, and divides every batch."""
    function, activate = made(loss.record), _activated(activation_of(loss))
    rows = isinstance(loss, RowLossFunction)
    parameters: dict[str, Any] = dict(loss.given)

    def cost(scores: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
        f = activate(scores if rows else scores[:, 0])
        if not rows:
            y = y.to(f.dtype)
        if weight is None:
            return function(f, y, **parameters)
        name = "sample_weight" if rows else "weight"
        return function(f, y, **{name: weight}, denominator=float(len(f)), **parameters)

    return cost


def _activated(activation: Activation) -> Callable[[Tensor], Tensor]:
    """``activation.forward`` on tensors."""
    if isinstance(activation, Exponential):
        return lambda scores: activation.low + torch.exp(scores)
    if isinstance(activation, Sigmoid):
        return lambda scores: activation.low + (activation.high - activation.low) * torch.sigmoid(scores)
    if isinstance(activation, Softmax):
        return lambda scores: torch.softmax(scores, dim=1)
    if isinstance(activation, Increasing):
        return lambda s: torch.cumsum(torch.cat([s[:, :1], torch.exp(s[:, 1:])], dim=1), dim=1)
    return lambda scores: scores


class _Training:
    """The training of a network on some rows."""

    def __init__(self, network: _Network, cost: Cost, rows: _Rows, recipe: Recipe) -> None:
        self._network, self._cost, self._rows, self._recipe = network, cost, rows, recipe
        count = len(rows.x)
        self._batch_size = min(max(count // STEPS, 32), 512) if recipe.batch_size is None else recipe.batch_size
        self._steepness = self._steepness_at_start()
        self._optimiser = torch.optim.AdamW(
            network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
        )

    def run(self, judge: Callable[[], float] | None, yardstick: str) -> LearningCurve:
        """Train; the network ends as it was after its best epoch, or its last if there is none to ``judge``."""
        recipe, network = self._recipe, self._network
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self._optimiser, factor=0.5, patience=max(recipe.patience // 3, 1)
        )
        costs: list[float] = []
        scores: list[float] = []
        best, best_state = -1, copy.deepcopy(network.state_dict())
        with _bar(recipe) as advance:
            for epoch in range(recipe.max_epochs):
                costs.append(self._epoch())
                if not np.isfinite(costs[-1]):
                    raise ValueError(
                        f"training ran to {costs[-1]} in epoch {epoch + 1}; choose a smaller learning_rate"
                    )
                scores.append(costs[-1] if judge is None else judge())
                if best < 0 or scores[-1] < scores[best] or judge is None:
                    best, best_state = epoch, copy.deepcopy(network.state_dict())
                scheduler.step(scores[-1])
                advance(scores[-1])
                if judge is not None and epoch - best >= recipe.patience:
                    break
        network.load_state_dict(best_state)
        return LearningCurve(np.array(costs), np.array(scores if judge else []), best, yardstick)

    def _epoch(self) -> float:
        """One pass over the rows in random order; the mean loss of its batches."""
        rows = self._rows
        order = torch.randperm(len(rows.x)).to(rows.x.device)
        total = 0.0
        for indices in order.split(self._batch_size):
            batch = rows.taking(indices)
            self._optimiser.zero_grad()
            cost = self._cost(self._network(batch.x), batch.y, batch.weight)
            (cost / self._steepness).backward()
            nn.utils.clip_grad_norm_(self._network.parameters(), STEEPEST)
            self._optimiser.step()
            total += float(cost.detach()) * len(indices)
        return total / len(rows.x)

    def _steepness_at_start(self) -> float:
        """How steep the cost is at the start: it makes gradients of order one whatever the units of the targets."""
        network, rows = self._network, self._rows
        constant = network.start.expand(len(rows.x), -1).clone().requires_grad_()
        self._cost(constant, rows.y, rows.weight).backward()
        assert constant.grad is not None
        steepness = float(constant.grad.abs().sum()) * network.unit
        return steepness if 0.0 < steepness < np.inf else 1.0


@contextmanager
def _one_thread() -> Iterator[None]:
    """A small network's layers are too small to share out: threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _bar(recipe: Recipe) -> Iterator[Callable[[float], None]]:
    """A progress bar on stderr, if it is wanted; yields what is told of every epoch's score."""
    wanted = sys.stderr.isatty() if recipe.progress is None else recipe.progress
    if not wanted or find_spec("rich") is None:
        yield lambda score: None
        return
    from rich.console import Console  # noqa: PLC0415  optional
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[score]}"), TimeElapsedColumn())
    with Progress(TextColumn("epochs"), *columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=recipe.max_epochs, score="")
        yield lambda score: bar.update(task, advance=1, score=f"held out {score:.4g}")
