"""Is the gradient the derivative of the value, and the Hessian that of the gradient? Does the majorizer majorize?

Differences at 120 digits play the part of the derivative, so that a slip anywhere shows in the twentieth digit; at a
kink, where there is none, what is given must lie between the limits from either side.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import mpmath
from mpmath import mp

from lossary.backends import reference
from lossary.formula import REALS, Loss
from lossary.proof.findings import Finding, at
from lossary.proof.points import Point, generic, parameter_settings
from lossary.proof.pointwise.exact_loss import SLIVER, ExactLoss

RELATIVE = mpmath.mpf(10) ** -20
ABSOLUTE = mpmath.mpf(10) ** -32
POINTS = 24


def derivatives(loss: Loss) -> Iterator[Finding]:
    """Every attack that this loss's formulas invite."""
    yield _worst(loss, "grad is the derivative of value", _slope_error("value", "grad"))
    yield _worst(loss, "hess is the derivative of grad", _slope_error("grad", "hess"))
    if loss.kinks is not None:
        yield _worst(loss, "grad at a kink lies between its two sides", _kink_error("grad"))
        yield _worst(loss, "hess at a kink lies between its two sides", _kink_error("hess"))
    if loss.majorizer is not None:
        yield _worst(loss, "majorizer bounds value by a parabola", _parabola_error)
    if loss.fisher is not None:
        yield _worst(loss, "fisher is not negative", lambda s, y, f: (max(-s("fisher", y, f), mp.zero), ""))
        yield from _expectation(loss)


Attack = Callable[[ExactLoss, mpmath.mpf, mpmath.mpf], tuple[mpmath.mpf, str]]
"""How far a promise is broken at a point (0 if it is kept), and what to say about it."""


def _near_and_far(loss: Loss, parameters: tuple[float, ...], size: int) -> list[Point]:
    return [*generic(loss, parameters, size), *generic(loss, parameters, size, seed=1867, reach=(1.0, 2.5))]


def _worst(loss: Loss, what: str, attack: Attack, points: Callable[..., list[Point]] = _near_and_far) -> Finding:
    """The worst violation over all parameter settings and generic points."""
    worst, detail, worst_point = mp.zero, "", None
    count = 0
    with mp.workdps(reference.DIGITS):
        for parameters in parameter_settings(loss):
            exact = ExactLoss(loss, parameters)
            for point in points(loss, parameters, POINTS):
                violation, problem = attack(exact, mpmath.mpf(point[0]), mpmath.mpf(point[1]))
                count += 1
                if not violation <= worst:
                    worst, detail, worst_point = violation, f"at {at(loss, point)}: {problem}", point
    what = f"{loss.name}: {what}"
    return Finding(what, worst_point is None and count > 0, detail or f"{count} points", worst_point)


def _slope_error(below: str, above: str) -> Attack:
    def attack(exact: ExactLoss, y: mpmath.mpf, f: mpmath.mpf) -> tuple[mpmath.mpf, str]:
        stated, slope = exact(above, y, f), exact.slope(below, y, f)
        excess = abs(stated - slope) - RELATIVE * abs(slope) - ABSOLUTE
        problem = f"{above} is {mpmath.nstr(stated, 17)}, the slope of {below} {mpmath.nstr(slope, 17)}"
        return (mp.inf if mpmath.isnan(excess) else max(excess, mp.zero)), problem

    return attack


def _kink_error(quantity: str) -> Attack:
    def attack(exact: ExactLoss, y: mpmath.mpf, _: mpmath.mpf) -> tuple[mpmath.mpf, str]:
        worst, problem = mp.zero, ""
        for kink in exact.kinks(y):
            sides = [kink - SLIVER, kink + SLIVER]
            if not all(exact.takes(y, side) for side in (kink, *sides)):
                continue
            low, high = sorted(exact(quantity, y, side) for side in sides)
            at_kink = exact(quantity, y, kink)
            # Near a cusp both sides grow without bound, and infinity is the limit.
            excess = mp.zero if at_kink == mp.inf and high > 1e6 else max(low - at_kink, at_kink - high)
            if excess > worst + mpmath.mpf(10) ** -25 * (1 + abs(low) + abs(high)):
                worst = excess
                problem = f"at the kink f={mpmath.nstr(kink, 17)} {quantity} is {mpmath.nstr(at_kink, 17)}, beside it "
                problem += f"{mpmath.nstr(low, 17)} and {mpmath.nstr(high, 17)}"
        return worst, problem

    return attack


def _parabola_error(exact: ExactLoss, y: mpmath.mpf, f: mpmath.mpf) -> tuple[mpmath.mpf, str]:
    """How far the value somewhere rises above the parabola drawn at ``f``."""
    value, slope, curvature = (exact(q, y, f) for q in ("value", "grad", "majorizer"))
    worst, problem = mp.zero, ""
    if mpmath.isinf(curvature):
        return worst, problem
    for step in _steps(exact, y, f):
        if not exact.takes(y, f + step):
            continue
        value_after = exact.value(y, f + step)
        bound = value + slope * step + curvature * step * step / 2
        size = abs(value) + abs(slope * step) + abs(curvature * step * step) + abs(value_after)
        excess = value_after - bound - mpmath.mpf(10) ** -45 * size
        if not excess <= worst:
            worst = excess
            problem = f"a step of {mpmath.nstr(step, 17)} leads to {mpmath.nstr(value_after, 17)}, the parabola to "
            problem += f"{mpmath.nstr(bound, 17)}"
    return worst, problem


def _steps(exact: ExactLoss, y: mpmath.mpf, f: mpmath.mpf) -> list[mpmath.mpf]:
    """Where a parabola is likeliest to be crossed: the mirror images of ``f``, kinks, tiny, huge and random steps."""
    generator = random.Random(float(f))
    steps = [y - f, 2 * (y - f), -2 * f, -f]
    steps += [k - f + nudge for k in exact.kinks(y) for nudge in (mp.zero, mpmath.mpf("1e-9"), mpmath.mpf("-1e-9"))]
    steps += [2 * (k - f) for k in exact.kinks(y)]
    sizes = [mpmath.mpf(10) ** k for k in (-12, -6, -3, -1, 0, 1, 2, 6)]
    sizes += [mpmath.mpf(10) ** generator.uniform(-3.0, 3.0) for _ in range(4)]
    return steps + [sign * size for size in sizes for sign in (1, -1)]


def _expectation(loss: Loss) -> Iterator[Finding]:
    """The Fisher information against the loss's own distribution: the mean of hess, or of the squared gradient."""
    if loss.family == "distribution":
        yield _integrals(loss)
    elif loss.functional in ("mean", "probability"):
        yield _worst(loss, "fisher is hess averaged over the predicted mean", _fisher_error)


def _fisher_error(exact: ExactLoss, y: mpmath.mpf, f: mpmath.mpf) -> tuple[mpmath.mpf, str]:
    """Where hess is linear in the target, its expectation is its value at the expected target, the linked mean."""
    if exact.record.claims.given(*exact.parameters).get("proper") is False:
        return mp.zero, ""
    mean = exact.mean_of(f)
    if exact.record.target == REALS or not _linear_in_target(exact, f):
        return mp.zero, ""
    target = 2 * mean - 1 if -1.0 in exact.record.target else mean
    stated, expected = exact("fisher", y, f), exact("hess", target, f)
    excess = abs(stated - expected) - RELATIVE * abs(expected) - ABSOLUTE
    return max(excess, mp.zero), f"fisher is {mpmath.nstr(stated, 17)}, the mean of hess {mpmath.nstr(expected, 17)}"


def _linear_in_target(exact: ExactLoss, f: mpmath.mpf) -> bool:
    low, middle, high = (exact("hess", mpmath.mpf(y), f) for y in ("0.25", "0.5", "0.75"))
    return bool(abs(low + high - 2 * middle) <= RELATIVE * (abs(low) + abs(high)))


def _integrals(loss: Loss) -> Finding:
    """A negative log-likelihood's density integrates to one, and its squared gradient to the Fisher information."""
    what = f"{loss.name}: exp(-value) is a density and fisher its squared gradient's mean"
    with mp.workdps(15):
        for parameters in parameter_settings(loss):
            exact, f = ExactLoss(loss, parameters), mpmath.mpf("0.375")

            def density(y: mpmath.mpf, s: ExactLoss = exact, f: mpmath.mpf = f) -> mpmath.mpf:
                return mpmath.exp(-s.value(y, f))

            def information(y: mpmath.mpf, s: ExactLoss = exact, f: mpmath.mpf = f) -> mpmath.mpf:
                return s("grad", y, f) ** 2 * density(y, s, f)

            ends = [mp.ninf, f - 10, f - 1, f, f + 1, f + 10, mp.inf]
            total, squared = mpmath.quad(density, ends), mpmath.quad(information, ends)
            stated = exact("fisher", f, f)
            if abs(total - 1) > 1e-5 or abs(squared - stated) > 1e-5 * stated:
                problem = f"at {at(loss, (0.0, 0.375, *parameters))}: "
                problem += f"the density's integral is {mpmath.nstr(total, 10)}, "
                problem += f"the squared gradient's mean {mpmath.nstr(squared, 10)}, fisher {mpmath.nstr(stated, 10)}"
                return Finding(what, False, problem, (0.0, 0.375, *parameters))
    return Finding(what, True, "by quadrature")
