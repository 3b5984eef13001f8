"""The residuals' scale, estimated together with a robust fit, and the tuning constants that go with it.

A loss takes part if it has a parameter in the units of y: one that, stretched with the residuals, leaves the gradient's
shape as it is. That is tried out on the gradient, not looked up. If the user does not name the parameter it is the
multiple of the scale at which the fit keeps 95% of least squares' efficiency under normal errors (1.345 for Huber,
4.685 for Tukey), found by quadrature from the loss's own gradient and Hessian (Holland and Welsch 1977,
doi:10.1080/03610927708827533).

    mad         the median absolute residual over 0.6745, as R's ``MASS::rlm`` takes it
    proposal2   Huber's proposal 2: the scale at which the mean of psi(r / scale)**2 is what normal errors would give,
                with n - p for n (Huber 1964, doi:10.1214/aoms/1177703732)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy import optimize, special

from lossary.evaluate.pointwise.function import LossFunction
from lossary.fit.problem.solver import Solved
from lossary.fit.problem.tails import gradient_at
from lossary.formula import REALS, Loss

SCALES = ("mad", "proposal2")
EFFICIENCY = 0.95
NORMAL_MAD = float(special.ndtri(0.75))

ROUNDS = 200
SETTLED = 1e-9
"""The relative change of the scale below which it has settled."""

_PROBES = np.array([0.25, 0.5, 1.0, 1.5, 2.5, 4.0, 8.0])
_NODES = np.linspace(-9.0, 9.0, 36001)
_DENSITY = np.exp(-0.5 * _NODES * _NODES) / np.sqrt(2.0 * np.pi) * (_NODES[1] - _NODES[0])


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
        gradient = gradient_at(loss.using(**{name: 1.0}), nothing, _PROBES)
        stretched = gradient_at(loss.using(**{name: 2.0}), nothing, 2.0 * _PROBES)
        if np.any(gradient == 0.0) and not np.array_equal(gradient == 0.0, stretched == 0.0):
            continue
        is_moving = gradient != 0.0
        ratio = stretched[is_moving] / gradient[is_moving]
        if is_moving.any() and np.allclose(ratio, ratio[0], rtol=1e-9):
            return name
    return None


def _psi(loss: LossFunction, name: str, multiple: float) -> tuple[np.ndarray, np.ndarray]:
    """The gradient and its derivative at the nodes of the normal distribution, for a scale of one."""
    return loss.using(**{name: multiple}).gradient_and_hessian(np.zeros_like(_NODES), _NODES)


@lru_cache(maxsize=64)
def _efficient(record: Loss, name: str, others: tuple[tuple[str, float], ...]) -> float:
    """The multiple of 95% efficiency, to four digits, as the literature gives it."""
    loss = LossFunction(record, dict(others))

    def excess(log_multiple: float) -> float:
        psi, bend = _psi(loss, name, float(np.exp(log_multiple)))
        return float((_DENSITY @ bend) ** 2 / (_DENSITY @ (psi * psi))) - EFFICIENCY

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


@dataclass(frozen=True)
class ScaleRule:
    """How the scale is estimated: a method of ``SCALES``, for a loss and its rows' weights."""

    tuned_loss: Tuned
    method: str
    weight: np.ndarray | None

    def updated(self, residuals: np.ndarray, unknowns: int, scale: float) -> float:
        """The estimate from the residuals of a fit that took ``scale`` for theirs."""
        if self.method == "mad":
            return mad(residuals, self.weight)
        return self._proposal2(residuals, unknowns, scale)

    def _proposal2(self, residuals: np.ndarray, unknowns: int, scale: float) -> float:
        """Huber's next scale after ``scale``."""
        tuned_loss, weight = self.tuned_loss, self.weight
        psi = tuned_loss.at(1.0).gradient(np.zeros_like(residuals), residuals / scale)
        expected, _ = _psi(tuned_loss.loss, tuned_loss.name, tuned_loss.multiple)
        expected_square = float(_DENSITY @ (expected * expected))
        total = float(len(residuals) if weight is None else weight.sum())
        if total <= unknowns:
            raise ValueError(f"proposal2 needs more rows (or weight) than the {unknowns} unknowns; use scale='mad'")
        square = psi * psi
        summed = float(square.sum() if weight is None else weight @ square)
        return scale * float(np.sqrt(summed / ((total - unknowns) * expected_square)))


def fitted_with_scale(
    rule: ScaleRule,
    solve: Callable[[LossFunction, np.ndarray | None], Solved],
    residuals: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
) -> tuple[Solved, float, bool]:
    """Fit and scale in turn until neither moves: the answer, the scale, and whether it settled."""
    unknowns = start
    scale = _positive(mad(residuals(unknowns), rule.weight))
    solved, steps = None, 0
    for _ in range(ROUNDS):
        solved = solve(rule.tuned_loss.at(scale), unknowns)
        steps += solved.iterations
        unknowns = solved.unknowns
        new_scale = rule.updated(residuals(unknowns), len(unknowns), scale)
        change, scale = abs(_positive(new_scale) - scale), new_scale
        if change <= SETTLED * scale:
            last = solve(rule.tuned_loss.at(scale), unknowns)
            return replace(last, iterations=steps + last.iterations), scale, True
    assert solved is not None
    return solved, scale, False


def _positive(scale: float) -> float:
    if not scale > 0.0:
        raise ValueError(
            "the scale of the residuals is zero: more than half of the targets are fitted exactly. "
            "Pass the loss's parameter yourself, with scale=None"
        )
    return scale
