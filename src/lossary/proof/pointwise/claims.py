"""Attacks on the claims of a loss, as ``formula.Claims`` defines them, in the referee's arithmetic.

A claim that holds must withstand pairs of ordinary, near and extreme points. A claim of ``False`` must have a
counterexample. A bound must never be exceeded and be approached to a thousandth; where there is none, the quantity must
grow without end.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import mpmath
from mpmath import mp

from lossary.backends import reference
from lossary.formula import Interval, Loss
from lossary.proof.claim_findings import by_claim, growing, largest, without_counterexample, worded
from lossary.proof.findings import Finding, at
from lossary.proof.points import parameter_settings
from lossary.proof.pointwise.exact_loss import minimum
from lossary.proof.pointwise.loss_under_test import LossUnderTest, Number

Counterexample = tuple[Number, Number, str]
"""A target, a prediction, and what is wrong there."""

NOISE = mpmath.mpf(10) ** -40
SLACK = mpmath.mpf(10) ** -12  # bounds are stated as doubles
PROBABILITIES = (0.02, 0.2, 0.45, 0.5, 0.7, 0.97)


def claims(record: Loss) -> Iterator[Finding]:
    """An attack on every claim made, at every parameter setting."""
    findings: dict[str, list[Finding]] = {}
    with mp.workdps(reference.DIGITS):
        for parameters in parameter_settings(record):
            loss = LossUnderTest(record, parameters)
            for name, claimed in record.claims.given(*parameters).items():
                findings.setdefault(name, []).append(attack(loss, name, claimed))
    yield from by_claim(record.name, findings)


def attack(loss: LossUnderTest, name: str, claimed: bool | float) -> Finding:
    """Try to break one claim at fixed parameters."""
    what = worded(loss, name, claimed)
    if name in BOUNDS:
        return _bound(loss, what, BOUNDS[name], float(claimed))
    if name == "homogeneous":
        return _homogeneous(loss, what, float(claimed))
    counterexample = ATTACKS[name](loss)
    if not claimed:
        return without_counterexample(what) if counterexample is None else Finding(what, True)
    return Finding(what, True) if counterexample is None else _failed(loss, what, *counterexample)


def _failed(loss: LossUnderTest, what: str, y: Number, f: Number, problem: str) -> Finding:
    point = (float(y), float(f), *loss.parameters)
    return Finding(what, False, f"at {at(loss.record, point)}: {problem}", point)


# Claims that are true or false: an attack returns a counterexample or None.


def _convex(loss: LossUnderTest) -> Counterexample | None:
    """A chord below the graph, between near neighbours or far ones."""
    steps = [mpmath.mpf(h) for h in ("1e-4", "1e-2", "0.3", "3", "40")]
    for y, f in loss.ordinary:
        middle = loss.value(y, f)
        for h in steps:
            if not (loss.takes(y, f - h) and loss.takes(y, f + h)):
                continue
            low, high = loss.value(y, f - h), loss.value(y, f + h)
            if middle - (low + high) / 2 > NOISE * (abs(low) + abs(high) + abs(middle)):
                problem = f"value {mpmath.nstr(middle, 12)} lies above its chord over f +- {mpmath.nstr(h, 5)}"
                return y, f, problem
    return _random_chords(loss)


def _random_chords(loss: LossUnderTest) -> Counterexample | None:
    generator = random.Random(1821)
    for y, first in loss.ordinary:
        for _ in range(2):
            _, second = generator.choice(loss.ordinary)
            share = mpmath.mpf(generator.random())
            chord = share * loss.value(y, first) + (1 - share) * loss.value(y, second)
            f = share * first + (1 - share) * second
            if loss.value(y, f) - chord > NOISE * (1 + abs(chord)):
                return y, f, f"value lies above its chord from {mpmath.nstr(first, 12)} to {mpmath.nstr(second, 12)}"
    return None


def _nonnegative(loss: LossUnderTest) -> Counterexample | None:
    for y, f in loss.everywhere:
        value = loss.value(y, f)
        if not value >= -NOISE:
            return y, f, f"value is {mpmath.nstr(value, 12)}"
    return None


def _even(loss: LossUnderTest) -> Counterexample | None:
    for y, f in loss.ordinary:
        if not loss.takes(y, 2 * y - f):
            continue
        value, mirrored = loss.value(y, f), loss.value(y, 2 * y - f)
        if abs(value - mirrored) > NOISE * (abs(value) + abs(mirrored)):
            return y, f, f"value is {mpmath.nstr(value, 12)}, on the other side of y {mpmath.nstr(mirrored, 12)}"
    return None


def _proper(loss: LossUnderTest) -> Counterexample | None:
    """A probability that the minimiser of its own expected loss does not give back."""
    for probability in PROBABILITIES:
        best = minimum(_expected(loss, probability), _candidates(loss))
        predicted = loss.mean_of(best)
        if abs(predicted - probability) > 1e-6:
            return (
                mpmath.mpf(probability),
                best,
                f"of probability {probability:g} the best prediction says {mpmath.nstr(predicted, 8)}",
            )
    return None


def _calibrated(loss: LossUnderTest) -> Counterexample | None:
    """A probability for which a prediction of the wrong sign, or none, is as good as the best."""
    for probability in (probability for probability in PROBABILITIES if probability != 0.5):
        expected = _expected(loss, probability)
        sign = 1 if probability > 0.5 else -1
        grid = _candidates(loss)
        least_cost = expected(minimum(expected, [f for f in grid if f * sign >= 0]))
        wrong_prediction = minimum(expected, [f for f in grid if f * sign <= 0])
        if expected(wrong_prediction) <= least_cost + 1e-9:
            return (
                mpmath.mpf(probability),
                wrong_prediction,
                f"with P(y=1) = {probability:g} this costs no more than any of the right sign",
            )
    return None


def _expected(loss: LossUnderTest, probability: float) -> Callable[[Number], Number]:
    positive, negative = mp.one, mpmath.mpf(-1 if -1.0 in loss.record.target else 0)
    return lambda f: (
        mpmath.mpf(probability) * loss.value(positive, f) + (1 - mpmath.mpf(probability)) * loss.value(negative, f)
    )


def _candidates(loss: LossUnderTest) -> list[Number]:
    domain = loss.record.prediction
    assert isinstance(domain, Interval)
    if mpmath.isfinite(domain.high):
        return [mpmath.mpf(domain.low) + (domain.high - domain.low) * mpmath.mpf(k) / 200 for k in range(201)]
    steps = [mpmath.mpf(k) / 8 for k in range(1, 81)] + [mpmath.mpf(k) for k in range(11, 41)]
    return [mp.zero, *steps, *(-s for s in steps)]


ATTACKS: dict[str, Callable[[LossUnderTest], Counterexample | None]] = {
    "convex": _convex,
    "nonnegative": _nonnegative,
    "even": _even,
    "proper": _proper,
    "calibrated": _calibrated,
}

# Claims that are numbers.

BOUNDS = {"lipschitz": "grad", "smooth": "hess", "bounded": "value"}


def _bound(loss: LossUnderTest, what: str, quantity: str, claimed: float) -> Finding:
    size = loss.size(quantity)
    if mpmath.isinf(claimed):
        return growing(what, [largest(size(y, f) for y, f in window) for window in loss.windows])
    limit = mpmath.mpf(claimed)
    largest_found, argmax = mp.ninf, (mp.zero, mp.zero)
    for y, f in loss.everywhere:
        number = size(y, f)
        if number > limit + SLACK * abs(limit):
            return _failed(loss, what, y, f, f"{quantity} is {mpmath.nstr(number, 17)}")
        if number > largest_found:
            largest_found, argmax = number, (y, f)
    y, f = argmax
    bracket = [f + k * (abs(f - y) or 1) / 2 for k in (-1, 0, 1)]
    peak = minimum(lambda x: -size(y, x) if loss.takes(y, x) else mp.inf, bracket)
    highest = max(largest_found, size(y, peak))
    if highest > limit + SLACK * abs(limit):
        return _failed(loss, what, y, peak, f"{quantity} is {mpmath.nstr(highest, 17)}")
    is_reached = highest >= limit - abs(limit) / 1000
    return Finding(
        what,
        bool(is_reached),
        "" if is_reached else f"the most found is {mpmath.nstr(highest, 12)}: not the smallest bound",
    )


def _homogeneous(loss: LossUnderTest, what: str, degree: float) -> Finding:
    """Compare value(c y, c f) with c**degree value(y, f); where no degree is claimed, two must disagree."""
    degrees: list[Number] = []
    for y, f in loss.ordinary:
        value = loss.value(y, f)
        for factor in (mpmath.mpf(2), mpmath.mpf(7), mpmath.mpf("0.3125")):
            if not (value > 0 and loss.takes(factor * y, factor * f)):
                continue
            scaled = loss.value(factor * y, factor * f)
            if mpmath.isfinite(degree) and abs(scaled - factor**degree * value) > SLACK * abs(scaled) + NOISE:
                return _failed(
                    loss, what, y, f, f"scaled by {mpmath.nstr(factor, 5)} the value is {mpmath.nstr(scaled, 12)}"
                )
            if scaled > 0:
                degrees.append(mpmath.log(scaled / value) / mpmath.log(factor))
    is_enough = len(degrees) >= 10
    if mpmath.isfinite(degree):
        return Finding(what, is_enough, "" if is_enough else "too few points to say")
    differs = is_enough and max(degrees) - min(degrees) > 1e-6
    return Finding(
        what, bool(differs), "" if differs else f"the degree is always {mpmath.nstr(degrees[0], 8) if degrees else '?'}"
    )
