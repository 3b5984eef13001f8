"""scikit-learn: its own solver for each loss, at tolerances that bring it near our optimum."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import sklearn
from sklearn.linear_model import HuberRegressor, LogisticRegression
from sklearn.svm import LinearSVC

from bench.fit.cases import DELTA, LABELS, FitCase, FitData, Fitted
from bench.fit.own import DISCIPLINE
from bench.racing.harness import Contestant
from bench.racing.providers import Entry, Provider

HUBER = "HuberRegressor"
SVC = "LinearSVC"
SOLVERS = {"lbfgs": 1e-8, "newton-cholesky": 1e-8, "newton-cg": 1e-8, "liblinear": 1e-7}
"""Each with a tolerance at which it comes to a gradient about as small as ours."""


def _read(model: object) -> Fitted:
    coef = np.asarray(model.coef_)  # type: ignore[attr-defined]
    intercept = np.asarray(model.intercept_)  # type: ignore[attr-defined]
    single = coef.ndim == 1 or coef.shape[0] == 1
    return Fitted(intercept.item(), coef.reshape(-1)) if single else Fitted(intercept, coef)


def _quietly(fit: Callable[[], object]) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit()


def _huber(case: FitCase, data: FitData) -> Entry | None:
    """HuberRegressor estimates a scale too. The targets are in units in which it finds one."""
    if not case.loss.startswith("huber"):
        return None

    def call() -> object:
        model = HuberRegressor(epsilon=DELTA, alpha=0.0, max_iter=1000, tol=1e-7)
        return _quietly(lambda: model.fit(data.X, data.y))

    return Entry(Contestant(HUBER, call), _read)


def _svc(case: FitCase, data: FitData) -> Entry | None:
    if case.loss != "hinge":
        return None
    cost = 1.0 / (case.alpha * case.rows)

    def call() -> object:
        model = LinearSVC(loss="hinge", C=cost, fit_intercept=False, tol=1e-4, max_iter=20_000, random_state=0)
        return _quietly(lambda: model.fit(data.X, data.y))

    return Entry(Contestant(SVC, call), _read)


def _logistic(solver: str, tolerance: float, case: FitCase, data: FitData) -> Entry | None:
    if case.loss not in ("logistic", "softmax_cross_entropy"):
        return None
    if solver == "liblinear" and case.kind != LABELS:
        return None
    cost = 1.0 / (case.alpha * case.rows)

    def call() -> object:
        model = LogisticRegression(C=cost, solver=solver, tol=tolerance, max_iter=10_000)
        return _quietly(lambda: model.fit(data.X, data.y))

    return Entry(Contestant(f"LogisticRegression {solver}", call), _read)


_VERSION = f"scikit-learn {sklearn.__version__}"

PROVIDERS = (
    Provider(HUBER, DISCIPLINE, _huber, f"{_VERSION}, tol=1e-7; estimates a scale as well"),
    Provider(SVC, DISCIPLINE, _svc, f"{_VERSION}, hinge, tol=1e-4"),
    *(
        Provider(
            f"LogisticRegression {solver}", DISCIPLINE, partial(_logistic, solver, tolerance), f"tol={tolerance:g}"
        )
        for solver, tolerance in SOLVERS.items()
    ),
)
