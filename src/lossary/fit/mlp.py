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

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from lossary.evaluate.predictions.conversion import from_means, from_probabilities
from lossary.evaluate.predictions.probabilities import as_targets, is_binary, probabilities
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit.networks.learning_curve import LearningCurve, Yardstick
from lossary.fit.networks.model import NetworkFit
from lossary.fit.networks.recipe import Recipe, Validation
from lossary.fit.problem.data import Data, feature_names, prepared, weight_of_known

__all__ = ["LearningCurve", "NetworkFit", "Yardstick", "fit", "judged_by"]


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
    function = get(loss)
    function = function.using(**parameters) if parameters else function
    if not 0.0 <= validation_fraction < 1.0:
        raise ValueError(f"validation_fraction must be in [0, 1), not {validation_fraction!r}")
    recipe = Recipe(
        hidden=tuple(hidden),
        patience=patience,
        max_epochs=max_epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        seed=int(random_state),
        device=device,
        progress=progress,
    )
    import_module("lossary.torch")  # where torch is missing, this says which extra to install
    from lossary.fit.networks.training import trained  # noqa: PLC0415

    sample_weight = weight_of_known(y, sample_weight, missing)
    data = prepared(X, y, sample_weight, None, classes=isinstance(function, RowLossFunction))
    if validation_rows is None:
        held_out = _random_rows(data.rows, validation_fraction, random_state)
    else:
        held_out = _rows_asked_for(data, validation_rows)
    validation = Validation(held_out, *judged_by(function, yardstick))
    network = trained(function, data, classes, validation, recipe)
    return replace(network, feature_names=feature_names(X))


def judged_by(loss: AnyLoss, yardstick: str | AnyLoss | Yardstick | None) -> tuple[str, Yardstick]:
    """The name of a yardstick, and a function of targets and the loss's predictions; less is better."""
    if yardstick is None:
        return str(loss), lambda y, f: float(loss.cost(y, f))
    if callable(yardstick) and not isinstance(yardstick, AnyLoss):
        users_own: Yardstick = yardstick
        name = str(getattr(users_own, "__name__", users_own))
        rows = isinstance(loss, RowLossFunction)
        return name, (users_own if rows else lambda y, f: float(users_own(y, loss.mean(f))))
    judging = get(yardstick)
    if isinstance(judging, RowLossFunction):
        return str(judging), lambda y, f: float(judging.cost(y, from_probabilities(judging, probabilities(loss, f))))
    if isinstance(loss, RowLossFunction):
        raise TypeError(f"{judging} judges one prediction an example, but {loss} gives a row; take a loss of classes")
    if is_binary(judging) and is_binary(loss):
        return str(judging), lambda y, f: float(
            judging.cost(as_targets(judging, y > 0.5), from_means(judging, probabilities(loss, f)))
        )
    return str(judging), lambda y, f: float(judging.cost(y, from_means(judging, loss.mean(f))))


def _rows_asked_for(data: Data, validation_rows: Any) -> np.ndarray:
    """Which of the rows that count are held out, (rows,) booleans: those that the user asked for."""
    of_all_rows = np.zeros(data.all_rows, dtype=bool)
    of_all_rows[np.asarray(validation_rows)] = True
    held_out = of_all_rows if data.kept is None else of_all_rows[data.kept]
    if held_out.all():
        raise ValueError("validation_rows are all rows that count: nothing is left to learn from")
    return held_out


def _random_rows(rows: int, fraction: float, seed: int) -> np.ndarray:
    """Which of the rows that count are held out, (rows,) booleans: a random share of them."""
    count = round(fraction * rows)
    if fraction > 0.0:
        count = min(max(count, 1), rows - 1)
    held_out = np.zeros(rows, dtype=bool)
    held_out[np.random.default_rng(seed).permutation(rows)[:count]] = True
    return held_out
