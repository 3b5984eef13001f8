"""Parameters in the units of y, and the numbers that suit the scale of residuals.

A loss takes part if it has a parameter that, stretched with the residuals, leaves the gradient's shape as it is. That
is tried out on the gradient, not looked up. If the user does not name the parameter it is the multiple of the scale at
which a fit keeps 95% of least squares' efficiency under normal errors (1.345 for Huber, 4.685 for Tukey), found by
quadrature from the loss's own gradient and Hessian (Holland and Welsch 1977, doi:10.1080/03610927708827533).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import optimize, special

from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import REALS, Loss

EFFICIENCY = 0.95
NORMAL_MAD = float(special.ndtri(0.75))

_PROBES = np.array([0.25, 0.5, 1.0, 1.5, 2.5, 4.0, 8.0])
_NODES = np.linspace(-9.0, 9.0, 36001)
DENSITY = np.exp(-0.5 * _NODES * _NODES) / np.sqrt(2.0 * np.pi) * (_NODES[1] - _NODES[0])


@dataclass(frozen=True)
class Tuned:
    """A loss whose parameter ``name`` is ``multiple`` times the residuals' scale."""

    loss: LossFunction
    name: str
    multiple: float

    def at(self, scale: float) -> LossFunction:
        """The loss in the units of the data."""
        return self.loss.using(**{self.name: self.multiple * scale})


def tuned(loss: LossFunction, named: set[str]) -> Tuned:
    """The loss with its multiple: the parameter's number if the user ``named`` it, else that of 95% efficiency."""
    name = scale_parameter(loss)
    if name is None:
        raise ValueError(
            f"{loss.name} has no parameter in the units of y that a scale could set; "
            "use scale=None, or a loss such as huber, tukey_biweight, cauchy or pseudo_huber"
        )
    if name in named:
        return Tuned(loss, name, float(loss.given[name]))
    others = tuple((k, float(v)) for k, v in loss.given.items() if k != name)
    return Tuned(loss, name, _efficient(loss.record, name, others))


def scale_parameter(loss: LossFunction) -> str | None:
    """The parameter that stretches with the residuals; None if there is none."""
    if loss.link != "identity" or not (loss.target == loss.prediction == REALS):
        return None
    nothing = np.zeros_like(_PROBES)
    for parameter in loss.parameters:
        name = parameter.name
        if not isinstance(loss.given[name], float) or 1.0 not in parameter.within or 2.0 not in parameter.within:
            continue
        gradient = loss.using(**{name: 1.0}).gradient(nothing, _PROBES)
        stretched = loss.using(**{name: 2.0}).gradient(nothing, 2.0 * _PROBES)
        if np.any(gradient == 0.0) and not np.array_equal(gradient == 0.0, stretched == 0.0):
            continue
        is_moving = gradient != 0.0
        ratio = stretched[is_moving] / gradient[is_moving]
        if is_moving.any() and np.allclose(ratio, ratio[0], rtol=1e-9):
            return name
    return None


def psi(loss: LossFunction, name: str, multiple: float) -> tuple[np.ndarray, np.ndarray]:
    """The gradient and its derivative at the nodes of the normal distribution, for a scale of one."""
    return loss.using(**{name: multiple}).gradient_and_hessian(np.zeros_like(_NODES), _NODES)


@lru_cache(maxsize=64)
def _efficient(record: Loss, name: str, others: tuple[tuple[str, float], ...]) -> float:
    """The multiple of 95% efficiency, to four digits, as the literature gives it."""
    loss = LossFunction(record, dict(others))

    def excess(log_multiple: float) -> float:
        slope, bend = psi(loss, name, float(np.exp(log_multiple)))
        with np.errstate(invalid="ignore"):  # a loss that is flat where errors fall has no efficiency: NaN
            return float((DENSITY @ bend) ** 2 / (DENSITY @ (slope * slope))) - EFFICIENCY

    low, high = np.log(0.05), np.log(100.0)
    if not excess(low) < 0.0 < excess(high):
        raise ValueError(f"{loss}: no multiple of the scale gives {EFFICIENCY:.0%} efficiency; name {name} yourself")
    multiple = float(np.exp(optimize.brentq(excess, low, high, xtol=1e-7)))
    return float(f"{multiple:.4g}")


def mad(residuals: np.ndarray, weight: np.ndarray | None) -> float:
    """The (weighted) median of the absolute residuals, over that of a standard normal variable."""
    size = np.abs(residuals)
    if weight is None:
        return float(np.median(size)) / NORMAL_MAD
    order = np.argsort(size)
    share = np.cumsum(weight[order]) / weight.sum()
    first = int(np.searchsorted(share, 0.5 - 1e-12))
    level = size[order]
    # Where exactly half the weight lies on either side the median is the middle, as without weights.
    tied = first + 1 < len(level) and abs(share[first] - 0.5) <= 1e-12
    return float(0.5 * (level[first] + level[first + 1]) if tied else level[first]) / NORMAL_MAD
