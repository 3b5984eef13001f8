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
from lossary.evaluate.rowwise import RowLossFunction
from lossary.fit.networks.learning_curve import LearningCurve, Yardstick
from lossary.fit.networks.model import NetworkFit
from lossary.fit.problem.data import Data
from lossary.formula import Interval
from lossary.torch.functions import made

STEPS = 64
"""Batches of an epoch, where the rows allow."""

STEEPEST = 10.0
"""Gradients longer than this (in units of the first) are cut: one wild row must not undo an epoch."""


@dataclass(frozen=True)
class Recipe:
    """How to train."""

    hidden: tuple[int, ...]
    patience: int
    max_epochs: int
    batch_size: int | None
    learning_rate: float
    weight_decay: float
    seed: int
    device: str
    progress: bool | None


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


def trained(
    loss: AnyLoss,
    data: Data,
    held: np.ndarray,
    classes: int | None,
    recipe: Recipe,
    yardstick: str,
    judge: Yardstick,
) -> NetworkFit:
    """The network of the best epoch."""
    learn = ~held
    features = np.asarray(data.features.toarray() if hasattr(data.features, "toarray") else data.features)
    centre, spread = features[learn].mean(axis=0), features[learn].std(axis=0)
    spread[spread <= 1e-12 * np.abs(centre)] = 1.0
    x = ((features - centre) / spread).astype(np.float32)
    weight = None if data.weight is None else data.weight / data.weight[learn].mean()
    start = np.atleast_1d(starting_score(loss, data.y[learn], None if weight is None else weight[learn], classes))
    unit = _unit(loss, data.y[learn])
    rows = _tensors(x[learn], data.y[learn], None if weight is None else weight[learn], recipe.device)
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        sizes = (x.shape[1], *recipe.hidden, len(start))
        network = _Network(sizes, torch.tensor(start, dtype=torch.float32), unit).to(recipe.device)
        cost = _cost_of(loss)
        scores_of_held = torch.tensor(x[held], device=recipe.device)
        activation = activation_of(loss)

        def held_out() -> float:
            with torch.no_grad():
                scores = network(scores_of_held).double().cpu().numpy()
            scores = scores if isinstance(loss, RowLossFunction) else scores[:, 0]
            return judge(data.y[held], activation.forward(scores))

        curve = _train(network, cost, rows, held_out if held.any() else None, recipe, yardstick)
    layers = tuple(
        (layer.weight.detach().cpu().double().numpy(), layer.bias.detach().cpu().double().numpy())
        for layer in network.layers
    )
    return NetworkFit(loss, layers, centre, spread, start, unit, curve)


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


def _cost_of(loss: AnyLoss) -> Callable[[Tensor, Tensor, Tensor | None], Tensor]:
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


def _train(
    network: _Network,
    cost: Callable[[Tensor, Tensor, Tensor | None], Tensor],
    rows: _Rows,
    held_out: Callable[[], float] | None,
    recipe: Recipe,
    yardstick: str,
) -> LearningCurve:
    """Train; the network ends as it was after its best epoch."""
    count = len(rows.x)
    batch = min(max(count // STEPS, 32), 512) if recipe.batch_size is None else recipe.batch_size
    measure = _measure(network, cost, rows)
    optimiser = torch.optim.AdamW(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    slower = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.5, patience=max(recipe.patience // 3, 1))
    training: list[float] = []
    judged: list[float] = []
    best, kept = -1, copy.deepcopy(network.state_dict())
    with _bar(recipe) as advance:
        for epoch in range(recipe.max_epochs):
            training.append(_epoch(network, cost, rows, batch, optimiser, measure))
            if not np.isfinite(training[-1]):
                raise ValueError(f"training ran to {training[-1]} in epoch {epoch + 1}; choose a smaller learning_rate")
            judged.append(training[-1] if held_out is None else held_out())
            if best < 0 or judged[-1] < judged[best] or held_out is None:
                best, kept = epoch, copy.deepcopy(network.state_dict())
            slower.step(judged[-1])
            advance(judged[-1])
            if held_out is not None and epoch - best >= recipe.patience:
                break
    network.load_state_dict(kept)
    return LearningCurve(np.array(training), np.array(judged if held_out else []), best, yardstick)


def _epoch(
    network: _Network,
    cost: Callable[[Tensor, Tensor, Tensor | None], Tensor],
    rows: _Rows,
    batch: int,
    optimiser: torch.optim.Optimizer,
    measure: float,
) -> float:
    """One pass over the rows in random order; the mean loss of its batches."""
    order = torch.randperm(len(rows.x)).to(rows.x.device)
    total = 0.0
    for part in order.split(batch):
        some = rows.taking(part)
        optimiser.zero_grad()
        value = cost(network(some.x), some.y, some.weight)
        (value / measure).backward()
        nn.utils.clip_grad_norm_(network.parameters(), STEEPEST)
        optimiser.step()
        total += float(value.detach()) * len(part)
    return total / len(rows.x)


def _measure(network: _Network, cost: Callable[[Tensor, Tensor, Tensor | None], Tensor], rows: _Rows) -> float:
    """How steep the cost is at the start: it makes gradients of order one whatever the units of the targets."""
    constant = network.start.expand(len(rows.x), -1).clone().requires_grad_()
    cost(constant, rows.y, rows.weight).backward()
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
