"""``lossary.fit.linear``: from a user's words to a problem, a solver, and a result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lossary.evaluate.arrays.missing import by_label
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit.class_scores import fitted_rows
from lossary.fit.ordered_classes import fitted_ordered
from lossary.fit.problem.data import weight_of_known
from lossary.fit.problem.ordered import is_ordered
from lossary.fit.request import Request, requested
from lossary.fit.results.linear_fit import LinearFit
from lossary.fit.run import fitted


def linear(
    X: Any,
    y: Any,
    loss: str | AnyLoss = "squared_error",
    *,
    penalty: str | None = "l2",
    alpha: float = 0.0,
    l1_ratio: float = 0.5,
    fit_intercept: bool = True,
    sample_weight: Any = None,
    offset: Any = None,
    scale: str | None = None,
    solver: str = "auto",
    tol: float | None = None,
    max_iter: int | None = None,
    start: LinearFit | tuple[Any, Any] | None = None,
    trace: bool = False,
    random_state: int = 0,
    classes: int | None = None,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    missing: str = "error",
    **parameters: Any,
) -> LinearFit:
    """The linear model that minimises a loss, with a certificate.

    Minimises, over ``coef`` and ``intercept``, ::

        sum(w * loss(y, X @ coef + intercept + offset)) / sum(w) + penalty

    where the penalty, which leaves out the intercept, is ``alpha / 2 * sum(coef**2)`` for "l2",
    ``alpha * sum(|coef|)`` for "l1" and the mixture ``alpha * (l1_ratio * sum(|coef|) + (1 - l1_ratio) / 2 *
    sum(coef**2))`` for "elastic_net". (scikit-learn's ``C`` is ``1 / (alpha * sum(w))``.) A loss whose predictions must
    stay in a domain takes ``exp`` or the sigmoid of the linear score. For a loss of class scores there is a row of
    coefficients for each class; for one of ordered classes (cumulative_logit: proportional odds) one row for all, and
    the scores are ``intercept - X @ coef``, with an intercept for each threshold between two classes.

    Parameters
    ----------
    X : (n, d) array, CSR matrix or data frame of numbers
        Computed in float64.
    y : (n,) array
        Targets in the loss's domain, which is checked; class indices for a loss of class scores.
    loss : str or loss
        A name or an alias with parameters after a colon ("pinball:0.9"), a loss with parameters fixed by ``using``, or
        one of ``lossary.define``. Its parameters may also be given by keyword (``delta=2.0``).
    penalty : "l2", "l1", "elastic_net" or None
    alpha : float
        The penalty's weight; 0 is no penalty.
    l1_ratio : float in [0, 1]
    fit_intercept : bool
    sample_weight : (n,) array, optional
        Zero or more; rows of weight zero do not count at all, whatever stands there.
    offset : (n,) array, or (n, k) for classes, optional
        Added to the scores.
    scale : None, "mad" or "proposal2"
        Estimate the scale of the residuals along with the fit. The loss's parameter in units of y is then a multiple of
        it: the one you name, else that of 95% efficiency under normal errors (1.345 for Huber, 4.685 for Tukey).
    solver : str
        "auto", or "newton", "lbfgs", "proximal_newton", "interior_point", "majorize_minimise"; "gradient_descent" and
        "sgd" are for teaching.
    tol : float, optional
        What the certificate must reach: 1e-8 of a gradient norm, 1e-9 of a duality gap (1e-8 for class scores).
    max_iter : int, optional
        Steps, or passes over the data for "sgd".
    start : LinearFit or (intercept, coef), optional
        Where to start; the interior-point method takes none.
    trace : bool
        Whether to keep every step in ``.path``.
    random_state : int
        Seeds random starts and the order of "sgd".
    classes : int, optional
        The number of classes; else the largest index and one.
    learning_rate, batch_size : float, int, optional
        Of the teaching solvers: the length of a step, and the rows that one of "sgd" looks at.
    missing : "error" or "nan"
        Whether a target that is NaN raises, or its row does not count (of rows of labels, the label).

    Returns
    -------
    LinearFit

    Raises
    ------
    ValueError
        For shapes that do not fit, missing numbers (with their position), targets outside the loss's domain, an
        objective that is infinite where the solver starts, and (SeparationError) one that falls for ever.

    Warns
    -----
    ConvergenceWarning
        If the certificate did not reach its tolerance.
    RankWarning
        If features depend on each other and no penalty decides: the coefficients of least norm (of standardised
        features) are returned; predictions do not depend on that choice.
    ScaleWarning
        If the loss's parameter in the units of y is a hundred times the residuals' scale or more, or a hundredth of it
        or less: the fit is right, but hardly any row lies near where the loss bends.

    Notes
    -----
    Convex losses with curvature go to Newton's method, or L-BFGS beyond 500 features; convex ones made of straight
    pieces to an interior-point method and a last step onto the exact vertex (Portnoy and Koenker 1997,
    doi:10.1214/ss/1030037960); losses that are not convex to majorize-minimise from several starts, and the result
    says that it is a local minimum. float32 features are converted: a fit to 1e-9 needs the digits.

    Examples
    --------
    >>> import lossary
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 30.0]
    >>> fit = lossary.fit.linear(X, y, "pinball:0.5")
    >>> fit.coef, fit.converged, fit.certificate.kind
    (array([1.]), True, 'duality gap')
    """
    request: Request = requested(
        loss,
        parameters,
        penalty=penalty,
        alpha=alpha,
        l1_ratio=l1_ratio,
        fit_intercept=fit_intercept,
        scale=scale,
        solver=solver,
        tol=tol,
        max_iter=max_iter,
        start=start,
        trace=trace,
        random_state=random_state,
        classes=classes,
        learning_rate=learning_rate,
        batch_size=batch_size,
    )
    with np.errstate(over="ignore", under="ignore"):
        loss = request.loss
        single_labels = isinstance(loss, RowLossFunction) and by_label(loss.record)
        if single_labels and missing == "nan":
            request = replace(request, options={**request.options, "missing": missing})
        weight = weight_of_known(y, sample_weight, missing, single_labels)
        of_rows = fitted_ordered if is_ordered(loss) else fitted_rows
        run = of_rows if isinstance(loss, RowLossFunction) else fitted
        return run(request, X, y, weight, offset)
