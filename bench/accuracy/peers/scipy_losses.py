"""SciPy: ``special``, ``stats``, and what ``optimize.least_squares`` minimises, at its first step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize, special, stats

from bench.accuracy.peer import Answer, Compute, Function, Library, version


def _residual(value: Callable[..., np.ndarray]) -> Compute:
    """A function of ``(parameter, r)``; it has no gradient."""

    def compute(y: np.ndarray, f: np.ndarray, parameter: float) -> Answer:
        return value(f.dtype.type(parameter), f - y), None

    return compute


def _least_squares(loss: str, y: np.ndarray, f: np.ndarray, scale: float) -> Answer:
    """The cost and gradient that ``least_squares`` starts from, NaN where it refuses to start."""
    found = np.full((2, f.size), np.nan)
    one = np.array([[1.0]])
    for i, (a, b) in enumerate(zip(y.tolist(), f.tolist(), strict=True)):
        try:
            start = optimize.least_squares(
                lambda x, a=a: x - a, [b], jac=lambda x: one, loss=loss, f_scale=scale, max_nfev=1
            )
        except ValueError:
            continue
        found[:, i] = start.cost, start.grad[0]
    return found[0], found[1]


def _pseudo_huber(y: np.ndarray, f: np.ndarray, delta: float) -> Answer:
    gradient = _least_squares("soft_l1", y, f, delta)[1] if f.dtype == np.float64 else None
    return special.pseudo_huber(f.dtype.type(delta), f - y), gradient


def _logistic(y: np.ndarray, f: np.ndarray, *_: float) -> Answer:
    return -(y * special.log_expit(f) + (1.0 - y) * special.log_expit(-f)), special.expit(f) - y


FUNCTIONS = {
    "huber": Function("special.huber", _residual(special.huber)),
    "pseudo_huber": Function("special.pseudo_huber; least_squares(loss='soft_l1') for the gradient", _pseudo_huber),
    "cauchy": Function(
        "least_squares(loss='cauchy')", lambda y, f, c: _least_squares("cauchy", y, f, c), dtypes=("float64",)
    ),
    "logistic": Function("special.log_expit, special.expit", _logistic),
    "logistic_margin": Function(
        "special.log_expit, special.expit", lambda y, f: (-special.log_expit(y * f), -y * special.expit(-y * f))
    ),
    "binary_cross_entropy": Function(
        "special.xlogy, special.xlog1py", lambda y, f: (-special.xlogy(y, f) - special.xlog1py(1.0 - y, -f), None)
    ),
    "poisson_deviance": Function("2 special.kl_div", lambda y, f: (2.0 * special.kl_div(y, f), None)),
    "gaussian_nll": Function("-stats.norm.logpdf", lambda y, f, scale: (-stats.norm.logpdf(y, f, scale), None)),
    "laplace_nll": Function("-stats.laplace.logpdf", lambda y, f, scale: (-stats.laplace.logpdf(y, f, scale), None)),
    "student_t_nll": Function("-stats.t.logpdf", lambda y, f, scale, df: (-stats.t.logpdf(y, df, f, scale), None)),
}

LIBRARY = Library("SciPy", version("scipy"), FUNCTIONS)
