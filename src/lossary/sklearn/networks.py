"""Multi-layer perceptrons under any loss, as scikit-learn estimators around ``lossary.fit.mlp``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lossary.evaluate.registry import AnyLoss
from lossary.fit import mlp
from lossary.sklearn.targets import Classifier, ModelEstimator, Regressor


class _Network(ModelEstimator):
    """The parameters and attributes that both estimators share."""

    def _model(self, loss: AnyLoss, X: Any, y: np.ndarray, sample_weight: Any, classes: int | None) -> mlp.NetworkFit:
        options = self._options
        return mlp.fit(X, y, loss, sample_weight=sample_weight, classes=classes, random_state=self._seed, **options)

    def _take(self, model: mlp.NetworkFit) -> None:
        self.loss_, self.learning_curve_ = model.loss, model.learning_curve
        self.n_iter_ = len(model.learning_curve.training)

    def plot_learning_curve(self, ax: Any = None) -> Any:
        """Draw the learning curve on matplotlib's axes, and give them back."""
        return self.result_.plot_learning_curve(ax)


class MLPRegressor(_Network, Regressor):
    """A multi-layer perceptron of least loss: a mean, a median, a quantile, a robust centre, as the loss says.

    Parameters
    ----------
    loss : str or loss
        As for ``LinearRegressor``.

    missing : "error" or "nan"
        Whether a target that is NaN raises, or its row is left out.

    The others are those of ``lossary.fit.mlp.fit``, which says what is refused.

    Attributes
    ----------
    learning_curve_ : LearningCurve
    n_iter_ : int
        Epochs.
    loss_ : the loss
    result_ : NetworkFit

    Examples
    --------
    >>> import numpy as np
    >>> from lossary.sklearn import MLPRegressor
    >>> X = np.linspace(-1.0, 1.0, 200)[:, None]
    >>> model = MLPRegressor("huber:delta=0.5").fit(X, np.abs(X[:, 0]))
    >>> bool(abs(model.predict([[0.5]])[0] - 0.5) < 0.05)
    True
    """

    def __init__(
        self,
        loss: str | AnyLoss = "squared_error",
        *,
        hidden: Sequence[int] = (64, 64),
        yardstick: Any = None,
        validation_fraction: float = 0.15,
        patience: int = 20,
        max_epochs: int = 500,
        batch_size: int | None = None,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-4,
        device: str = "cpu",
        progress: bool | None = None,
        random_state: Any = 0,
        missing: str = "error",
    ) -> None:
        self.loss = loss
        self.hidden = hidden
        self.yardstick = yardstick
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.device = device
        self.progress = progress
        self.random_state = random_state
        self.missing = missing


class MLPClassifier(_Network, Classifier):
    """A multi-layer perceptron of least loss for labels.

    Parameters
    ----------
    loss : str or loss
        Of labels, or of class scores, as for ``LinearClassifier``; the default takes any number of classes.
    class_weight : dict, "balanced" or None
        What an example of each class weighs, times its sample weight.

    missing : "error" or "nan"
        Whether a target that is NaN raises, or its row is left out.

    The others are those of ``lossary.fit.mlp.fit``, which says what is refused.

    Attributes
    ----------
    classes_ : (classes,) array

    The others are those of ``MLPRegressor``.

    Examples
    --------
    >>> from lossary.sklearn import MLPClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 10, ["low", "low", "high", "high"] * 10
    >>> MLPClassifier(hidden=[8], max_epochs=100).fit(X, y).predict([[0.0], [3.0]])
    array(['low', 'high'], dtype='<U4')
    """

    def __init__(
        self,
        loss: str | AnyLoss = "softmax_cross_entropy",
        *,
        hidden: Sequence[int] = (64, 64),
        yardstick: Any = None,
        validation_fraction: float = 0.15,
        patience: int = 20,
        max_epochs: int = 500,
        batch_size: int | None = None,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-4,
        class_weight: Any = None,
        device: str = "cpu",
        progress: bool | None = None,
        random_state: Any = 0,
        missing: str = "error",
    ) -> None:
        self.loss = loss
        self.hidden = hidden
        self.yardstick = yardstick
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.class_weight = class_weight
        self.device = device
        self.progress = progress
        self.random_state = random_state
        self.missing = missing
