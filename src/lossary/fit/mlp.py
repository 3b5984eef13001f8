"""A multi-layer perceptron under any loss: small, standard, stopped early on a yardstick you choose.

>>> import numpy as np
>>> from lossary.fit import mlp
>>> x = np.linspace(-1.0, 1.0, 200)[:, None]
>>> model = mlp.fit(x, np.abs(x[:, 0]), "huber:delta=0.5", random_state=0)
>>> bool(abs(model.mean([[0.5]])[0] - 0.5) < 0.05)
True

It needs PyTorch to be trained (``pip install 'lossary[fit,torch]'``), and nothing but NumPy to predict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from lossary.boosting.activation import activation_of
from lossary.evaluate.judged import from_means, from_probabilities
from lossary.evaluate.probabilities import as_targets, is_binary, probabilities
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rowwise import RowLossFunction
from lossary.fit.data import feature_names, matrix, prepared, weight_of_known

Yardstick = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class LearningCurve:
    """What each epoch of training came to.

    training     (epochs,), the mean loss over the epoch's batches, each as it was met
    held_out     (epochs,), the yardstick on the rows held out after each epoch; empty if there were none
    best         the epoch, counted from 0, whose network was kept
    yardstick    its name
    """

    training: np.ndarray
    held_out: np.ndarray
    best: int
    yardstick: str

    def __repr__(self) -> str:
        return f"<learning curve of {len(self.training)} epochs, the best is {self.best + 1}>"


@dataclass(frozen=True, repr=False)
class NetworkFit:
    """A trained network, in NumPy: it pickles, and predicts without PyTorch.

    Attributes
    ----------
    loss : the loss it was trained with
    layers : weights (out, in) and biases (out,) of each layer; between layers stands a rectifier
    centre, spread : (d,)
        What is taken off each feature, and what it is then divided by.
    start, unit : (k,) and float
        A score is ``start + unit * (the last layer's output)``.
    learning_curve : LearningCurve
    feature_names : tuple of str or None
    """

    loss: AnyLoss
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    centre: np.ndarray
    spread: np.ndarray
    start: np.ndarray
    unit: float
    learning_curve: LearningCurve
    feature_names: tuple[str, ...] | None = None

    def score(self, X: object) -> np.ndarray:
        """The network's output: (n,), or (n, k) for a loss of rows."""
        features = matrix(X)
        if features.shape[1] != len(self.centre):
            raise ValueError(f"X has {features.shape[1]} features, but the network was trained on {len(self.centre)}")
        hidden = (features - self.centre) / self.spread
        for weight, bias in self.layers[:-1]:
            hidden = np.maximum(hidden @ weight.T + bias, 0.0)
        weight, bias = self.layers[-1]
        scores = self.start + self.unit * (hidden @ weight.T + bias)
        return scores if isinstance(self.loss, RowLossFunction) else scores[:, 0]

    def predict(self, X: object) -> np.ndarray:
        """What the loss takes as a prediction: the score, or a function of it that keeps to the loss's domain."""
        return activation_of(self.loss).forward(self.score(X))

    def mean(self, X: object) -> np.ndarray:
        """The prediction in the target's units: a mean, a probability, or for most regressions the same as predict."""
        return self.loss.mean(self.predict(X))

    def plot_learning_curve(self, ax: Any = None) -> Any:
        """Draw the learning curve on matplotlib's axes, and give them back."""
        from lossary.fit.curves import draw_learning_curve  # noqa: PLC0415  matplotlib, which few fits ask for

        return draw_learning_curve(self.learning_curve, str(self.loss), ax)

    def __repr__(self) -> str:
        sizes = " - ".join(str(size) for size in (len(self.centre), *(len(bias) for _, bias in self.layers)))
        return f"<network {sizes} under {self.loss}: {len(self.learning_curve.training)} epochs>"


def fit(
    X: Any,
    y: Any,
    loss: str | AnyLoss = "squared_error",
    *,
    hidden: Sequence[int] = (64, 64),
    yardstick: str | AnyLoss | Yardstick | None = None,
    validation_fraction: float = 0.15,
    validation_rows: Any = None,
    patience: int = 20,
    max_epochs: int = 500,
    batch_size: int | None = None,
    learning_rate: float = 3e-3,
    weight_decay: float = 1e-4,
    sample_weight: Any = None,
    classes: int | None = None,
    random_state: int = 0,
    device: str = "cpu",
    progress: bool | None = None,
    missing: str = "error",
    **parameters: Any,
) -> NetworkFit:
    """Train a multi-layer perceptron under a loss, and keep its best epoch.

    Features are standardised; training starts from the best constant; the optimiser is AdamW, whose rate is halved when
    the yardstick has not improved for a third of the patience.

    Parameters
    ----------
    X : (n, d) array or data frame of numbers
        Computed in float32.
    y : (n,) array
        Targets in the loss's domain, which is checked; class indices for a loss of rows.
    loss : str or loss
        A name with or without parameters, a loss of the catalogue, or one of ``lossary.define``.
    hidden : sequence of int
        Units of each hidden layer.
    yardstick : str, loss or callable, optional
        What the rows held out are judged by: by default the loss itself; another loss, which is given means or
        probabilities through its link; or a function ``(y, predictions)``, of means, or for a loss of class scores of
        what it takes. Less is better.
    validation_fraction : float in [0, 1)
        The share of rows held out; with 0 nothing is, and training lasts ``max_epochs``.
    validation_rows : array of row numbers or booleans, optional
        The rows to hold out, instead of random ones.
    patience : int
        Epochs without a better yardstick after which training stops.
    max_epochs : int
    batch_size : int, optional
        Rows of a step; by default between 32 and 512, about 64 steps an epoch.
    learning_rate, weight_decay : float
        Of AdamW.
    sample_weight : (n,) array, optional
        Zero or more; rows of weight zero do not count at all.
    classes : int, optional
        The number of classes; else the largest index and one.
    random_state : int
        Seeds the first weights, the rows held out and the order of batches.
    device : str
        Where torch trains, such as "cuda".
    progress : bool, optional
        A progress bar on stderr; by default if that is a terminal and ``rich`` is installed.
    missing : "error" or "nan"
        Whether a target that is NaN raises, or its row does not count.
    **parameters
        Of the loss.

    Returns
    -------
    NetworkFit

    Raises
    ------
    ValueError
        For data that do not fit the loss, options out of range, and training that runs to infinity.

    Examples
    --------
    >>> from lossary.fit import mlp
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 10, [0, 0, 1, 1] * 10
    >>> model = mlp.fit(X, y, "softmax_cross_entropy", hidden=[8], max_epochs=100)
    >>> model.predict([[0.0], [3.0]]).argmax(axis=1)
    array([0, 1])
    """
    settled = get(loss)
    settled = settled.using(**parameters) if parameters else settled
    _refuse_options(hidden, validation_fraction, patience, max_epochs, batch_size, learning_rate, weight_decay)
    import_module("lossary.torch")  # where torch is missing, this says which extra to install
    from lossary.fit.networks import Recipe, trained  # noqa: PLC0415

    sample_weight = weight_of_known(y, sample_weight, missing)
    data = prepared(X, y, sample_weight, None, classes=isinstance(settled, RowLossFunction))
    held = _held_out(data.rows, data.kept, data.all_rows, validation_fraction, validation_rows, random_state)
    name, judge = judged_by(settled, yardstick)
    recipe = Recipe(
        tuple(int(size) for size in hidden),
        patience,
        max_epochs,
        batch_size,
        learning_rate,
        weight_decay,
        int(random_state),
        device,
        progress,
    )
    network = trained(settled, data, held, classes, recipe, name, judge)
    return replace(network, feature_names=feature_names(X))


def judged_by(loss: AnyLoss, yardstick: str | AnyLoss | Yardstick | None) -> tuple[str, Yardstick]:
    """The name of a yardstick, and a function of targets and the loss's predictions; less is better."""
    if yardstick is None:
        return str(loss), lambda y, f: float(loss.cost(y, f))
    if callable(yardstick) and not isinstance(yardstick, AnyLoss):
        own: Yardstick = yardstick
        name = str(getattr(own, "__name__", own))
        rows = isinstance(loss, RowLossFunction)
        return name, (own if rows else lambda y, f: float(own(y, loss.mean(f))))
    other = get(yardstick)
    if isinstance(other, RowLossFunction):
        return str(other), lambda y, f: float(other.cost(y, from_probabilities(other, probabilities(loss, f))))
    if isinstance(loss, RowLossFunction):
        raise TypeError(f"{other} judges one prediction an example, but {loss} gives a row; take a loss of classes")
    if is_binary(other) and is_binary(loss):
        return str(other), lambda y, f: float(
            other.cost(as_targets(other, y > 0.5), from_means(other, probabilities(loss, f)))
        )
    return str(other), lambda y, f: float(other.cost(y, from_means(other, loss.mean(f))))


def _held_out(rows: int, kept: np.ndarray | None, all_rows: int, fraction: float, given: Any, seed: int) -> np.ndarray:
    """Which of the rows that count are held out, (rows,) booleans."""
    if given is not None:
        chosen = np.zeros(all_rows, dtype=bool)
        chosen[np.asarray(given)] = True
        held = chosen if kept is None else chosen[kept]
        if held.all():
            raise ValueError("validation_rows are all rows that count: nothing is left to learn from")
        return held
    count = round(fraction * rows)
    if fraction > 0.0:
        count = min(max(count, 1), rows - 1)
    held = np.zeros(rows, dtype=bool)
    held[np.random.default_rng(seed).permutation(rows)[:count]] = True
    return held


def _refuse_options(
    hidden: Sequence[int],
    fraction: float,
    patience: int,
    max_epochs: int,
    batch_size: int | None,
    learning_rate: float,
    weight_decay: float,
) -> None:
    if any(size < 1 for size in hidden):
        raise ValueError(f"hidden layers must have at least one unit, but hidden is {tuple(hidden)}")
    if not 0.0 <= fraction < 1.0:
        raise ValueError(f"validation_fraction must be in [0, 1), not {fraction!r}")
    whole: Mapping[str, int | None] = {"patience": patience, "max_epochs": max_epochs, "batch_size": batch_size}
    for name, number in whole.items():
        if number is not None and number < 1:
            raise ValueError(f"{name} must be at least 1, not {number!r}")
    if not 0.0 < learning_rate < np.inf:
        raise ValueError(f"learning_rate must be positive, not {learning_rate!r}")
    if not 0.0 <= weight_decay < np.inf:
        raise ValueError(f"weight_decay must be zero or more, not {weight_decay!r}")
