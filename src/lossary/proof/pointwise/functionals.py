"""Does the best constant prediction of a small weighted sample give the functional that the loss claims to elicit?

The minimiser is a grid and golden sections over the referee's cost; the functional is computed from its definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import mpmath
from mpmath import mp

from lossary.backends import reference
from lossary.formula import Choice, Interval, Loss
from lossary.proof.findings import Finding
from lossary.proof.points import parameter_settings
from lossary.proof.pointwise.exact_loss import ExactLoss, minimum

Sample = Sequence[tuple[mpmath.mpf, mpmath.mpf]]
"""Targets and their weights."""

AGREE = 1e-9
WEIGHTS = (0.5, 2.0, 1.0, 0.75, 3.0, 1.25, 0.25)


def mean(sample: Sample) -> mpmath.mpf:
    """The weighted mean."""
    return sum(w * y for y, w in sample) / sum(w for _, w in sample)


def quantile(sample: Sample, level: float) -> mpmath.mpf:
    """The least target that a share ``level`` of the weight does not exceed; unique where no sum of weights hits it."""
    total = sum(w for _, w in sample)
    below = mp.zero
    for y, w in sorted(sample):
        below += w
        if below >= mpmath.mpf(level) * total:
            return y
    raise ValueError("the level of a quantile is at most 1")


def expectile(sample: Sample, level: float) -> mpmath.mpf:
    """The root of the balance of mean shortfall and mean excess, which falls from target to target: by bisection."""

    def balance(m: mpmath.mpf) -> mpmath.mpf:
        tau = mpmath.mpf(level)
        return sum(w * (tau if y > m else 1 - tau) * (y - m) for y, w in sample)

    low, high = min(y for y, _ in sample), max(y for y, _ in sample)
    for _ in range(150):
        middle = (low + high) / 2
        low, high = (middle, high) if balance(middle) > 0 else (low, middle)
    return low


def beta_median(sample: Sample, floor: float) -> mpmath.mpf:
    """The median under weights w/|y|, where no |y| counts as less than ``floor``."""
    return quantile([(y, w / max(abs(y), mpmath.mpf(floor))) for y, w in sample], 0.5)


def shifted_geometric_mean(sample: Sample) -> mpmath.mpf:
    """The geometric mean of 1 + y, less one."""
    return mpmath.expm1(mean([(mpmath.log1p(y), w) for y, w in sample]))


def known(loss: Loss, parameters: tuple[float, ...]) -> Callable[[Sample], mpmath.mpf] | None:
    """The functional of a sample by its definition; None where it has no definition but the loss itself."""
    level = 0.5 if loss.functional_level is None else loss.functional_level(*parameters)
    if loss.functional == "probability" and loss.claims.given(*parameters).get("proper") is False:
        return None
    return {
        "mean": mean,
        "probability": mean,
        "median": lambda s: quantile(s, 0.5),
        "quantile": lambda s: quantile(s, level),
        "expectile": lambda s: expectile(s, level),
        "beta-median": lambda s: beta_median(s, *parameters),
        "shifted geometric mean": shifted_geometric_mean,
    }.get(loss.functional)


def sample_of(loss: Loss) -> list[float]:
    """Some targets, with ends of the domain and ties among them."""
    domain = loss.target
    if isinstance(domain, Choice):
        low, high = domain.values
        return [low, high, high, low, high, high, low]
    assert isinstance(domain, Interval)
    if domain.high == 1.0:
        return [0.0, 1.0, 1.0, 0.25, 1.0, 0.0, 0.75]
    targets = [0.6, 3.0, 1.7, 9.25, 3.0, 0.9, 4.2]
    if domain.low == -mp.inf:
        targets[0] = -2.5
    return targets if domain.low != 0.0 or not domain.low_closed else [0.0, *targets[1:]]


def functionals(loss: Loss) -> Iterator[Finding]:
    """The minimiser of a sample's cost against the loss's functional, at every parameter setting."""
    with mp.workdps(reference.DIGITS):
        for parameters in parameter_settings(loss):
            functional = known(loss, parameters)
            if functional is not None:
                yield _agrees(ExactLoss(loss, parameters), functional)


def _agrees(exact: ExactLoss, functional: Callable[[Sample], mpmath.mpf]) -> Finding:
    sample = [(mpmath.mpf(y), mpmath.mpf(w)) for y, w in zip(sample_of(exact.record), WEIGHTS, strict=True)]
    best = least(exact, sample)
    minimiser, expected = exact.mean_of(best), functional(sample)
    if -1.0 in exact.record.target and exact.record.functional == "probability":
        expected = (1 + expected) / 2
    what = f"{exact}: its minimiser is the {exact.record.functional}"
    agrees = bool(abs(minimiser - expected) <= AGREE * (1 + abs(expected)))
    detail = f"the best constant stands for {mpmath.nstr(minimiser, 12)}, "
    return Finding(what, agrees, f"{detail}the {exact.record.functional} is {mpmath.nstr(expected, 12)}")


def least(exact: ExactLoss, sample: Sample) -> mpmath.mpf:
    """The constant of least cost."""
    grid = [mpmath.mpf(k) / 8 for k in range(-24, 81)] + [y for y, _ in sample]
    inside = [f for f in grid if exact.takes(sample[0][0], f)]
    return minimum(lambda f: sum(w * exact.value(y, f) for y, w in sample), inside)
