"""Linear models under any loss, as scikit-learn estimators around ``lossary.fit.linear``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from lossary.evaluate.registry import AnyLoss
from lossary.fit import LinearFit, linear
from lossary.fit.solvers import FEW
from lossary.sklearn.targets import Classifier, ModelEstimator, Regressor


class _Linear(ModelEstimator):
    """The parameters and attributes that both estimators share."""

    _sparse = True

    def _model(self, loss: AnyLoss, X: Any, y: np.ndarray, sample_weight: Any, classes: int | None) -> LinearFit:
        options = self._options
        return linear(X, y, loss, sample_weight=sample_weight, classes=classes, random_state=self._seed, **options)

    def _take(self, model: LinearFit) -> None:
        self.coef_, self.intercept_ = model.coef, model.intercept
        self.n_iter_ = max(1, model.iterations)
        self.certificate_, self.converged_ = model.certificate, model.converged
        self.scale_, self.loss_ = model.scale, model.loss
        self._errors = _standard_errors(model)
        self.result_ = replace(model, _problem=None)  # an estimator does not keep its training data

    @property
    def standard_errors_(self) -> np.ndarray:
        return self._known_errors()[1]

    @property
    def intercept_standard_error_(self) -> float:
        return self._known_errors()[0]

    def _known_errors(self) -> tuple[float, np.ndarray]:
        errors = getattr(self, "_errors", "the model is not fitted yet")
        if isinstance(errors, str):
            raise AttributeError(f"there are no standard errors: {errors}")
        return errors


def _standard_errors(model: LinearFit) -> tuple[float, np.ndarray] | str:
    """Of intercept and coefficients; or why there are none."""
    if model.coef.size > FEW:
        return f"they are left out for more than {FEW} coefficients; lossary.fit.linear(...).standard_errors() has them"
    try:
        errors = model.standard_errors()
    except LinAlgError:
        return "the loss has no curvature in some direction"
    except ValueError as refusal:
        return str(refusal)
    return errors.intercept, errors.coef


class LinearRegressor(_Linear, Regressor):
    """The linear model of least loss: a mean, a median, a quantile, a robust centre, as the loss says.

    Parameters
    ----------
    loss : str or loss
        A name or an alias, with parameters after a colon ("pinball:0.9"), a loss of the catalogue with parameters fixed
        by ``using``, or one of ``lossary.define``. ``set_params(loss__tau=0.5)`` changes its parameters.
    penalty : "l2", "l1", "elastic_net" or None
    alpha : float
        The penalty's weight; 0 is no penalty. scikit-learn's ``C`` is ``1 / (alpha * sum of weights)``.
    l1_ratio : float in [0, 1]
    fit_intercept : bool
    scale : None, "mad" or "proposal2"
        Estimate the scale of the residuals along with the fit, and give the loss its parameter in units of it.
    solver : str
    tol : float, optional
    max_iter : int, optional
    learning_rate, batch_size : float, int, optional
        Of the solvers "gradient_descent" and "sgd".
    random_state : int, RandomState or None
    missing : "error" or "nan"
        Whether a target that is NaN raises, or its row is left out.

    All are those of ``lossary.fit.linear``, which says what is refused and warned of.

    Attributes
    ----------
    coef_ : (d,) array
    intercept_ : float
    n_iter_ : int
        Steps of the solver; 1 if it began at the optimum.
    certificate_ : Certificate
        A gradient norm or duality gap, and the tolerance it was held against.
    converged_ : bool
    scale_ : float or None
        The scale of the residuals, where it was estimated.
    loss_ : the loss that was minimised, its parameters in the units of the data
    standard_errors_, intercept_standard_error_ : (d,) array, float
        Where they are defined: no penalty, a smooth loss, converged; elsewhere an AttributeError says why not.
    result_ : LinearFit
        Without the data.
    n_features_in_, feature_names_in_

    Examples
    --------
    >>> from lossary.sklearn import LinearRegressor
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [4.0]], [0.0, 1.0, 2.0, 3.0, 30.0]
    >>> LinearRegressor("huber:delta=0.1").fit(X, y).coef_.round(2)
    array([1.05])
    """

    def __init__(
        self,
        loss: str | AnyLoss = "squared_error",
        *,
        penalty: str | None = "l2",
        alpha: float = 0.0,
        l1_ratio: float = 0.5,
        fit_intercept: bool = True,
        scale: str | None = None,
        solver: str = "auto",
        tol: float | None = None,
        max_iter: int | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        random_state: Any = 0,
        missing: str = "error",
    ) -> None:
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.scale = scale
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.random_state = random_state
        self.missing = missing


class LinearClassifier(_Linear, Classifier):
    """The linear model of least loss for labels: logistic regression, support vectors, softmax regression ...

    Losses of margins, and of labels 0 and 1, tell two classes apart; losses of class scores any number. A little
    penalty is the default, because without one classes that can be separated have no best coefficients.

    Parameters
    ----------
    loss : str or loss
        As for ``LinearRegressor``.
    class_weight : dict, "balanced" or None
        What an example of each class weighs, times its sample weight.

    The others are those of ``LinearRegressor``.

    Attributes
    ----------
    classes_ : (classes,) array
    coef_ : (1, d) array for a loss of one score, or of ordered classes, else (classes, d)
    intercept_ : (1,) array, or (classes,); of ordered classes the thresholds between them

    The others are those of ``LinearRegressor``.

    Examples
    --------
    >>> from lossary.sklearn import LinearClassifier
    >>> model = LinearClassifier("hinge", alpha=0.1).fit([[-1.0], [-2.0], [1.0], [2.0]], ["no", "no", "yes", "yes"])
    >>> model.predict([[-3.0], [3.0]]), hasattr(model, "predict_proba")
    (array(['no', 'yes'], dtype='<U3'), False)
    """

    def __init__(
        self,
        loss: str | AnyLoss = "logistic",
        *,
        penalty: str | None = "l2",
        alpha: float = 1e-4,
        l1_ratio: float = 0.5,
        fit_intercept: bool = True,
        class_weight: Any = None,
        solver: str = "auto",
        tol: float | None = None,
        max_iter: int | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        random_state: Any = 0,
        missing: str = "error",
    ) -> None:
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.random_state = random_state
        self.missing = missing

    def _take(self, model: LinearFit) -> None:
        super()._take(model)
        self.coef_ = np.atleast_2d(model.coef)
        self.intercept_ = np.atleast_1d(model.intercept)
