"""The rows of the table: losses that somebody else has too, and the points at which all are asked."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bench.accuracy.peer import DTYPES
from lossary import discovery
from lossary.formula import Loss
from lossary.proof.points import Point, parameter_settings, sweep

POINTS = 600
"""At least this many for a row: half of them near trouble, half over the domain."""


@dataclass(frozen=True)
class Row:
    """A loss at parameters: its defaults, but for those ``given`` by name."""

    name: str
    given: tuple[tuple[str, float], ...] = ()

    @property
    def label(self) -> str:
        return self.name + (f"({', '.join(f'{k}={v:g}' for k, v in self.given)})" if self.given else "")

    @cached_property
    def loss(self) -> Loss:
        """The loss, with this row's parameters as its defaults."""
        record = discovery.record(self.name)
        given = dict(self.given)
        parameters = tuple(replace(p, default=given.get(p.name, p.default)) for p in record.parameters)
        return replace(record, parameters=parameters)

    def parameters(self, dtype: str) -> tuple[float, ...]:
        """As the dtype holds them."""
        return tuple(float(DTYPES[dtype](p)) for p in self.loss.defaults())

    def points(self, dtype: str, size: int = POINTS) -> list[Point]:
        """The points of ``lossary.proof`` for this loss, of which only those with this row's parameters count."""
        settings = len(parameter_settings(self.loss))
        parameters = self.parameters(dtype)
        found = sweep(self.loss, DTYPES[dtype], size * settings)
        return list(dict.fromkeys(point for point in found if point[2:] == parameters))


ROWS: tuple[Row, ...] = (
    Row("squared_error"),
    Row("half_squared_error"),
    Row("absolute_error"),
    Row("absolute_percentage_error"),
    Row("absolute_percentage_error", (("floor", 1e-7),)),
    Row("squared_log_error"),
    Row("quantile", (("tau", 0.9),)),
    Row("epsilon_insensitive"),
    Row("squared_epsilon_insensitive"),
    Row("huber"),
    Row("smooth_l1"),
    Row("pseudo_huber"),
    Row("log_cosh"),
    Row("cauchy"),
    Row("logistic"),
    Row("logistic_margin"),
    Row("binary_cross_entropy"),
    Row("brier"),
    Row("focal"),
    Row("exponential"),
    Row("hinge"),
    Row("squared_hinge"),
    Row("modified_huber"),
    Row("perceptron"),
    Row("poisson"),
    Row("gamma"),
    Row("tweedie"),
    Row("poisson_deviance"),
    Row("gamma_deviance"),
    Row("tweedie_deviance"),
    Row("gaussian_nll"),
    Row("laplace_nll"),
    Row("student_t_nll"),
)


@dataclass(frozen=True)
class Probe:
    """One point worth showing: where a textbook formula, or a popular function, goes wrong."""

    row: str
    quantity: str
    dtype: str
    y: float
    f: float


PROBES: tuple[Probe, ...] = (
    Probe("logistic_margin", "value", "float32", 1.0, -1000.0),
    Probe("logistic_margin", "grad", "float32", 1.0, -1000.0),
    Probe("logistic", "value", "float64", 0.0, -40.0),
    Probe("logistic", "value", "float64", 0.0, -math.inf),
    Probe("binary_cross_entropy", "value", "float64", 1.0, 1e-50),
    Probe("binary_cross_entropy", "grad", "float64", 1.0, 1e-20),
    Probe("focal", "value", "float64", 1.0, -100.0),
    Probe("focal", "grad", "float64", 1.0, -100.0),
    Probe("exponential", "value", "float64", 1.0, 800.0),
    Probe("huber", "grad", "float32", 0.0, 1e-6),
    Probe("log_cosh", "value", "float32", 0.0, 1e-3),
    Probe("log_cosh", "value", "float64", 0.0, 1e-8),
    Probe("pseudo_huber", "value", "float64", 0.0, 1e-9),
    Probe("pseudo_huber", "value", "float64", 0.0, 1e200),
    Probe("poisson_deviance", "value", "float64", 1.0, 1.0 + 1e-7),
    Probe("gamma_deviance", "value", "float64", 1.0, 1.0 + 1e-7),
    Probe("tweedie_deviance", "value", "float64", 1.0, 1.0 + 1e-7),
    Probe("squared_log_error", "value", "float32", 1e5, 99999.75),
    Probe("laplace_nll", "value", "float64", -40.0, 800.0),
    Probe("student_t_nll", "value", "float64", 0.0, 1e200),
)


def probe_point(probe: Probe, row: Row) -> Point:
    """The probe as the dtype holds it."""
    with np.errstate(over="ignore", under="ignore"):
        y, f = (float(DTYPES[probe.dtype](x)) for x in (probe.y, probe.f))
    return (y, f, *row.parameters(probe.dtype))
