"""A small multi-layer perceptron under any loss: standard parts of PyTorch, the loss from ``lossary.torch``.

Two hidden layers of rectifiers, Adam, and an early stop by whatever the user wants to be good at. Features are
standardised; the output starts at the best constant, and for losses of residuals in the targets' own spread, so that
one learning rate does for targets of any unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

try:
    import torch
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ModuleNotFoundError("lossary.fit.mlp needs PyTorch: pip install 'lossary[torch]'", name="torch") from None

from lossary.boosting.activation import Activation, Exponential, Identity, Increasing, Sigmoid, Softmax, activation_of
from lossary.boosting.start import starting_score
from lossary.boosting.targets import targets_of
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rowwise import RowLossFunction
from lossary.torch.functions import made

Yardstick = Callable[[np.ndarray, np.ndarray], float]
Watch = Callable[[int, float, float], None]

EVALUATED = 65536
"""Rows that a prediction takes at a time."""


@dataclass(frozen=True, repr=False)
class MLPFit:
    """A trained network.

    Attributes
    ----------
    loss : the loss it was trained with
    network : torch.nn.Module
        From standardised features, float32, to scores.
    costs, scores : (epochs,) arrays
        The mean training loss of each epoch, and the yardstick on the rows held out: the learning curve.
    best_epoch : int
        The epoch whose weights were kept, counted from zero.
    """

    loss: AnyLoss
    network: torch.nn.Module
    costs: np.ndarray
    scores: np.ndarray
    best_epoch: int
    _centre: np.ndarray
    _spread: np.ndarray
    _activation: Activation

    def predict(self, X: Any) -> np.ndarray:
        """What the loss takes as predictions: (n,), or (n, k) for class scores, float64."""
        features = _matrix(X)
        if features.shape[1] != self._centre.size:
            raise ValueError(f"X has {features.shape[1]} features, but the network was trained on {self._centre.size}")
        return _predicted(self.network, (features - self._centre) / self._spread, self._activation)

    def mean(self, X: Any) -> np.ndarray:
        """Predictions in the targets' units: a mean, a probability, or what the loss predicts."""
        return np.asarray(self.loss.mean(self.predict(X)))

    def __repr__(self) -> str:
        return f"<network under {self.loss}: {len(self.costs)} epochs, the best {self.scores[self.best_epoch]:.6g}>"


def mlp(
    X: Any,
    y: Any,
    loss: str | AnyLoss = "squared_error",
    *,
    sample_weight: Any = None,
    held_out: Any = 0.15,
    yardstick: Yardstick | None = None,
    hidden: Sequence[int] = (64, 64),
    learning_rate: float = 3e-3,
    batch_size: int | None = None,
    max_epochs: int = 200,
    patience: int = 15,
    alpha: float = 1e-5,
    classes: int | None = None,
    random_state: int = 0,
    watch: Watch | None = None,
) -> MLPFit:
    """Train a small network with any loss, stopped early by a yardstick on rows held out.

    Parameters
    ----------
    X : (n, d) array of numbers
    y : (n,) array
        Targets in the loss's domain; class indices for a loss of class scores.
    loss : str or loss
    sample_weight : (n,) array, optional
    held_out : float or (m,) array of row numbers
        The share of rows, or the rows, that are not learned from.
    yardstick : callable, optional
        Of the held-out rows' numbers and what the loss predicts there: less is better. By default the loss's own cost.
    hidden : sequence of int
        The widths of the hidden layers.
    learning_rate, alpha : float
        Of Adam; ``alpha`` is the weight decay.
    batch_size : int, optional
        By default between 32 and 512, so that an epoch has some twenty steps.
    max_epochs, patience : int
        Training ends when the yardstick has been worse than its best for ``patience`` epochs.
    classes : int, optional
        The number of classes; else the largest index and one.
    random_state : int
        Seeds the weights, the held-out rows and the order of batches.
    watch : callable, optional
        Told of every epoch's number, training cost and yardstick.

    Returns
    -------
    MLPFit

    Raises
    ------
    ValueError
        For numbers that are missing, shapes that do not fit, targets outside the loss's domain, and a cost that is not
        finite from the first epoch on.

    Examples
    --------
    >>> import numpy as np
    >>> from lossary.fit.mlp import mlp
    >>> x = np.linspace(-1.0, 1.0, 200)[:, None]
    >>> fit = mlp(x, np.abs(x[:, 0]), "huber:delta=0.5", max_epochs=60)
    >>> bool(abs(fit.predict([[0.5]])[0] - 0.5) < 0.1)
    True
    """
    settled, features = get(loss), _matrix(X)
    target = targets_of(settled, np.asarray(y))
    weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    _refuse_unequal(features, target, weight)
    held = _held(held_out, len(target), random_state)
    learn = np.setdiff1d(np.arange(len(target)), held)
    centre, spread = features[learn].mean(axis=0), features[learn].std(axis=0)
    spread = np.where(spread > 0.0, spread, 1.0)
    standard = (features - centre) / spread
    activation = activation_of(settled)
    weights = None if weight is None else weight[learn]
    start = np.atleast_1d(starting_score(settled, target[learn], weights, classes))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(random_state)
        network = _network(standard.shape[1], hidden, start, _unit(settled, activation, target[learn]))
        job = _Job(settled, network, activation, standard, target, weight, learn, held)
        judge = yardstick or job.own_cost
        size = batch_size or int(np.clip(2 ** round(math.log2(max(len(learn) / 20.0, 1.0))), 32, 512))
        costs, scores, best = _trained(job, judge, learning_rate, alpha, size, max_epochs, patience, watch)
    return MLPFit(settled, network, np.array(costs), np.array(scores), best, centre, spread, activation)


@dataclass(frozen=True)
class _Job:
    """A network and what it learns."""

    loss: AnyLoss
    network: torch.nn.Module
    activation: Activation
    features: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    learn: np.ndarray
    held: np.ndarray

    def own_cost(self, rows: np.ndarray, f: np.ndarray) -> float:
        """The loss's cost of held-out rows."""
        return float(self.loss.cost(self.y[rows], f, None if self.weight is None else self.weight[rows]))


def _trained(
    job: _Job,
    judge: Yardstick,
    rate: float,
    alpha: float,
    size: int,
    epochs: int,
    patience: int,
    watch: Watch | None,
) -> tuple[list[float], list[float], int]:
    """Epochs until the yardstick no longer improves; the network is left with the weights of the best."""
    optimiser = torch.optim.AdamW(job.network.parameters(), lr=rate, weight_decay=alpha)
    costs: list[float] = []
    scores: list[float] = []
    best, level, kept = 0, 0, _copy(job.network)
    for epoch in range(epochs):
        costs.append(_epoch(job, optimiser, size))
        scores.append(judge(job.held, _predicted(job.network, job.features[job.held], job.activation)))
        if watch is not None:
            watch(epoch, costs[-1], scores[-1])
        if epoch == 0 and not math.isfinite(costs[0]):
            raise ValueError(f"{job.loss}: the cost is {costs[0]:g} after one epoch; lower the learning rate")
        if epoch == 0 or scores[-1] < scores[best] or not math.isfinite(scores[best]):
            best, level, kept = epoch, epoch, _copy(job.network)
        elif scores[-1] == scores[best]:
            level = epoch  # an error rate may stay level for long before it moves
        elif epoch - level >= patience or not math.isfinite(costs[-1]):
            break
    job.network.load_state_dict(kept)
    return costs, scores, best


def _epoch(job: _Job, optimiser: torch.optim.Optimizer, size: int) -> float:
    """One pass over the rows learned from, in random order; the mean cost of its batches."""
    function = made(job.loss.record)
    order = torch.randperm(len(job.learn)).numpy()
    total = 0.0
    pieces = [job.learn[order[i : i + size]] for i in range(0, len(order), size)]
    for rows in pieces:
        scores = job.network(_tensor(job.features[rows]))
        target = torch.from_numpy(job.y[rows]) if job.y.dtype.kind in "iu" else _tensor(job.y[rows])
        weights = None if job.weight is None else _tensor(job.weight[rows])
        rowwise = isinstance(job.loss, RowLossFunction)
        given = {"sample_weight" if rowwise else "weight": weights}
        f = _activated(scores if rowwise else scores[:, 0], job.activation)
        cost = function(f, target, denominator="count", empty=0.0, **given, **job.loss.given)
        optimiser.zero_grad()
        cost.backward()
        torch.nn.utils.clip_grad_norm_(job.network.parameters(), 10.0)
        optimiser.step()
        total += float(cost.detach()) * len(rows)
    return total / len(order)


class _Started(torch.nn.Module):
    """The last layer: a constant, and a line of the units before in the targets' spread."""

    def __init__(self, width: int, start: np.ndarray, unit: float) -> None:
        super().__init__()
        self.line = torch.nn.Linear(width, start.size)
        torch.nn.init.normal_(self.line.weight, std=0.1 / math.sqrt(width))
        torch.nn.init.zeros_(self.line.bias)
        self.register_buffer("start", torch.tensor(start, dtype=torch.float32))
        self.unit = unit

    def forward(self, before: torch.Tensor) -> torch.Tensor:
        """Scores."""
        return self.start + self.unit * self.line(before)


def _network(columns: int, hidden: Sequence[int], start: np.ndarray, unit: float) -> torch.nn.Module:
    layers: list[torch.nn.Module] = []
    width = columns
    for wide in hidden:
        layers += [torch.nn.Linear(width, wide), torch.nn.ReLU()]
        width = wide
    return torch.nn.Sequential(*layers, _Started(width, start, unit))


def _unit(loss: AnyLoss, activation: Activation, y: np.ndarray) -> float:
    """The targets' spread, where a score is a value of the target; else one."""
    if isinstance(loss, RowLossFunction) or loss.link != "identity" or not isinstance(activation, Identity):
        return 1.0
    if loss.family == "binary":
        return 1.0
    away = np.abs(y - np.median(y))
    return float(np.median(away)) / 0.6745 or float(y.std()) or 1.0


def _activated(scores: torch.Tensor, activation: Activation) -> torch.Tensor:
    """The activation on tensors."""
    if isinstance(activation, Exponential):
        return activation.low + torch.exp(scores)
    if isinstance(activation, Sigmoid):
        return activation.low + (activation.high - activation.low) * torch.sigmoid(scores)
    if isinstance(activation, Softmax):
        return torch.softmax(scores, dim=-1)
    if isinstance(activation, Increasing):
        return torch.cumsum(torch.cat([scores[:, :1], torch.exp(scores[:, 1:])], dim=1), dim=1)
    return scores


def _predicted(network: torch.nn.Module, standard: np.ndarray, activation: Activation) -> np.ndarray:
    with torch.no_grad():
        parts = [network(_tensor(standard[i : i + EVALUATED])) for i in range(0, max(len(standard), 1), EVALUATED)]
    scores = torch.cat(parts).numpy().astype(np.float64)
    shaped = scores if isinstance(activation, (Softmax, Increasing)) or scores.shape[1] > 1 else scores[:, 0]
    return np.asarray(activation.forward(shaped))


def _copy(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def _tensor(numbers: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(numbers, dtype=np.float32))


def _matrix(X: Any) -> np.ndarray:
    features = np.asarray(X, dtype=np.float64)
    if features.ndim != 2:
        raise ValueError(f"X must have two dimensions, rows and features, but has shape {features.shape}")
    bad = np.argwhere(~np.isfinite(features))
    if len(bad):
        row, column = bad[0]
        raise ValueError(f"X[{row}, {column}] is {features[row, column]:g}; fill it in, or leave the row out")
    return features


def _refuse_unequal(features: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> None:
    if y.shape != (len(features),):
        raise ValueError(f"X has {len(features)} rows, but y has shape {y.shape}")
    if weight is not None and weight.shape != y.shape:
        raise ValueError(f"X has {len(features)} rows, but sample_weight has shape {weight.shape}")


def _held(held_out: Any, rows: int, seed: int) -> np.ndarray:
    if isinstance(held_out, float):
        if not 0.0 < held_out < 1.0:
            raise ValueError(f"held_out must be a share between 0 and 1, or row numbers, not {held_out:g}")
        count = max(1, round(held_out * rows))
        return np.sort(np.random.default_rng(seed).permutation(rows)[:count])
    held = np.asarray(held_out)
    if held.ndim != 1 or held.dtype.kind not in "iu" or not held.size or held.min() < 0 or held.max() >= rows:
        raise ValueError(f"held_out must be row numbers from 0 to {rows - 1}")
    return held
