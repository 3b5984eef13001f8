"""Attacks on the claims of a loss, as ``formula.Claims`` defines them, in the referee's arithmetic.

A claim that holds must withstand pairs of ordinary, near and extreme points. A claim of ``False`` must have a
counterexample. A bound must never be exceeded and be approached to a thousandth; where there is none, the quantity must
grow without end.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeAlias

import mpmath
from mpmath import mp

from lossary.backends import reference
from lossary.formula import Choice, Interval, Loss
from lossary.proof.findings import Finding, at
from lossary.proof.points import generic, parameter_settings
from lossary.proof.subject import Subject, minimum, within

Number: TypeAlias = mpmath.mpf
Broken = tuple[Number, Number, str] | None
"""A counterexample: target, prediction and what is wrong there."""

NOISE = mpmath.mpf(10) ** -40
SLACK = mpmath.mpf(10) ** -12  # bounds are stated as doubles
NEAR = tuple(mpmath.mpf(r) for r in ("1e-4", "0.01", "0.1", "0.3", "1", "2", "5", "20", "300"))
WINDOWS = tuple(mpmath.mpf(10) ** (10**k) for k in range(4))
PROBABILITIES = (0.02, 0.2, 0.45, 0.5, 0.7, 0.97)


def claims(loss: Loss) -> Iterator[Finding]:
    """An attack on every claim made, at every parameter setting."""
    with mp.workdps(reference.DIGITS):
        made: dict[str, list[Finding]] = {}
        for parameters in parameter_settings(loss):
            arena = Arena(loss, parameters)
            for name, claimed in loss.claims.given(*parameters).items():
                made.setdefault(name, []).append(attack(arena, name, claimed))
    for name, findings in made.items():
        wrong = [finding for finding in findings if not finding.passed]
        several = Finding(f"{loss.name}: {name} is as claimed", True, f"at {len(findings)} parameter settings")
        yield wrong[0] if wrong else findings[0] if len(findings) == 1 else several


class Arena(Subject):
    """A loss at fixed parameters, and the points it is attacked at."""

    @cached_property
    def ordinary(self) -> list[tuple[Number, Number]]:
        """Points of moderate size: generic ones, and every target with predictions around its kinks."""
        found = [(mpmath.mpf(y), mpmath.mpf(f)) for y, f, *_ in generic(self.loss, self.parameters, 60)]
        for y in self._targets((0.3, 1.0, 3.7)):
            found += [(y, f) for f in self._around(y, NEAR)]
        return found

    @cached_property
    def windows(self) -> list[list[tuple[Number, Number]]]:
        """Points ever farther out, and ever nearer to kinks and to the ends of the domain."""
        return [
            [
                (y, f)
                for y in self._targets((window, 1 / window, 1.0))
                for f in self._around(y, (window, 1 / window, 1 / window / 3))
            ]
            for window in WINDOWS
        ]

    def _targets(self, sizes: tuple[float, ...]) -> list[Number]:
        if isinstance(self.loss.target, Choice):
            return [mpmath.mpf(y) for y in self.loss.target.values]
        return [y for y in self._spread(self.loss.target, [mp.zero], sizes) if within(self.loss.target, y)]

    def _around(self, y: Number, sizes: tuple[float, ...]) -> list[Number]:
        domain = self.loss.prediction
        centres = [mp.zero, *self.kinks(y)]
        if self.loss.link == "identity" and isinstance(self.loss.target, Interval):
            centres.append(y)
        if self.loss.link == "log" and y > 0:
            centres.append(mpmath.log(y))
        assert isinstance(domain, Interval)
        return [f for f in self._spread(domain, centres, sizes) if within(domain, f)]

    @staticmethod
    def _spread(domain: Interval, centres: list[Number], sizes: tuple[float, ...]) -> list[Number]:
        ends = [mpmath.mpf(end) for end in (domain.low, domain.high) if mpmath.isfinite(end)]
        found = [mpmath.mpf(c) + sign * s for c in [*centres, *ends] for s in sizes for sign in (1, -1)]
        return sorted({*found, *centres, *ends})

    def size(self, quantity: str) -> Callable[[Number, Number], Number]:
        """A quantity where it exists: NaN at kinks."""

        def measured(y: Number, f: Number) -> Number:
            if quantity != "value" and f in self.kinks(y):
                return mp.nan
            got = self(quantity, y, f)
            return abs(got) if quantity == "grad" else got

        return measured


def attack(arena: Arena, name: str, claimed: bool | float) -> Finding:
    """Try to break one claim at fixed parameters."""
    what = f"{arena}: {name} is {claimed:g}" if not isinstance(claimed, bool) else f"{arena}: {name} is {claimed}"
    if name in BOUNDS:
        return _bound(arena, what, BOUNDS[name], float(claimed))
    if name == "homogeneous":
        return _homogeneous(arena, what, float(claimed))
    broken = ATTACKS[name](arena)
    if claimed and broken is None:
        return Finding(what, True)
    if claimed and broken is not None:
        y, f, said = broken
        return _failed(arena, what, y, f, said)
    return Finding(what, broken is not None, "" if broken else "no counterexample found: is it really false?")


def _failed(arena: Arena, what: str, y: Number, f: Number, said: str) -> Finding:
    point = (float(y), float(f), *arena.parameters)
    return Finding(what, False, f"at {at(arena.loss, point)}: {said}", point)


# Claims that are true or false: an attack returns a counterexample or None.


def _convex(arena: Arena) -> Broken:
    """A chord below the graph, between near neighbours or far ones."""
    steps = [mpmath.mpf(h) for h in ("1e-4", "1e-2", "0.3", "3", "40")]
    for y, f in arena.ordinary:
        middle = arena.value(y, f)
        for h in steps:
            if not (arena.takes(y, f - h) and arena.takes(y, f + h)):
                continue
            low, high = arena.value(y, f - h), arena.value(y, f + h)
            if middle - (low + high) / 2 > NOISE * (abs(low) + abs(high) + abs(middle)):
                said = f"value {mpmath.nstr(middle, 12)} lies above its chord over f +- {mpmath.nstr(h, 5)}"
                return y, f, said
    return _random_chords(arena)


def _random_chords(arena: Arena) -> Broken:
    chosen = random.Random(1821)
    for y, a in arena.ordinary:
        for _ in range(2):
            _, b = chosen.choice(arena.ordinary)
            t = mpmath.mpf(chosen.random())
            chord = t * arena.value(y, a) + (1 - t) * arena.value(y, b)
            f = t * a + (1 - t) * b
            if arena.value(y, f) - chord > NOISE * (1 + abs(chord)):
                return y, f, f"value lies above its chord from {mpmath.nstr(a, 12)} to {mpmath.nstr(b, 12)}"
    return None


def _nonnegative(arena: Arena) -> Broken:
    for y, f in [*arena.ordinary, *(p for window in arena.windows for p in window)]:
        got = arena.value(y, f)
        if not got >= -NOISE:
            return y, f, f"value is {mpmath.nstr(got, 12)}"
    return None


def _even(arena: Arena) -> Broken:
    for y, f in arena.ordinary:
        if not arena.takes(y, 2 * y - f):
            continue
        one, other = arena.value(y, f), arena.value(y, 2 * y - f)
        if abs(one - other) > NOISE * (abs(one) + abs(other)):
            return y, f, f"value is {mpmath.nstr(one, 12)}, on the other side of y {mpmath.nstr(other, 12)}"
    return None


def _proper(arena: Arena) -> Broken:
    """A probability that the minimiser of its own expected loss does not give back."""
    for p in PROBABILITIES:
        best = minimum(_expected(arena, p), _candidates(arena))
        found = arena.links(best)
        if abs(found - p) > 1e-6:
            return mpmath.mpf(p), best, f"of probability {p:g} the best prediction says {mpmath.nstr(found, 8)}"
    return None


def _calibrated(arena: Arena) -> Broken:
    """A probability for which a prediction of the wrong sign, or none, is as good as the best."""
    for p in (q for q in PROBABILITIES if q != 0.5):
        expected = _expected(arena, p)
        right = 1 if p > 0.5 else -1
        grid = _candidates(arena)
        best = expected(minimum(expected, [f for f in grid if f * right >= 0]))
        wrong = minimum(expected, [f for f in grid if f * right <= 0])
        if expected(wrong) <= best + 1e-9:
            return mpmath.mpf(p), wrong, f"with P(y=1) = {p:g} this costs no more than any of the right sign"
    return None


def _expected(arena: Arena, p: float) -> Callable[[Number], Number]:
    yes, no = mp.one, mpmath.mpf(-1 if -1.0 in arena.loss.target else 0)
    return lambda f: mpmath.mpf(p) * arena.value(yes, f) + (1 - mpmath.mpf(p)) * arena.value(no, f)


def _candidates(arena: Arena) -> list[Number]:
    domain = arena.loss.prediction
    assert isinstance(domain, Interval)
    if mpmath.isfinite(domain.high):
        return [mpmath.mpf(domain.low) + (domain.high - domain.low) * mpmath.mpf(k) / 200 for k in range(201)]
    steps = [mpmath.mpf(k) / 8 for k in range(1, 81)] + [mpmath.mpf(k) for k in range(11, 41)]
    return [mp.zero, *steps, *(-s for s in steps)]


ATTACKS: dict[str, Callable[[Arena], Broken]] = {
    "convex": _convex,
    "nonnegative": _nonnegative,
    "even": _even,
    "proper": _proper,
    "calibrated": _calibrated,
}

# Claims that are numbers.

BOUNDS = {"lipschitz": "grad", "smooth": "hess", "bounded": "value"}


def _bound(arena: Arena, what: str, quantity: str, claimed: float) -> Finding:
    size = arena.size(quantity)
    if mpmath.isinf(claimed):
        return _endless(arena, what, size)
    limit = mpmath.mpf(claimed)
    best, where = mp.ninf, (mp.zero, mp.zero)
    for y, f in [*arena.ordinary, *(p for window in arena.windows for p in window)]:
        got = size(y, f)
        if got > limit + SLACK * abs(limit):
            return _failed(arena, what, y, f, f"{quantity} is {mpmath.nstr(got, 17)}")
        if got > best:
            best, where = got, (y, f)
    y, f = where
    around = [f + k * (abs(f - y) or 1) / 2 for k in (-1, 0, 1)]
    peak = minimum(lambda x: -size(y, x) if arena.takes(y, x) else mp.inf, around)
    highest = max(best, size(y, peak))
    if highest > limit + SLACK * abs(limit):
        return _failed(arena, what, y, peak, f"{quantity} is {mpmath.nstr(highest, 17)}")
    near = highest >= limit - abs(limit) / 1000
    return Finding(
        what, bool(near), "" if near else f"the most found is {mpmath.nstr(highest, 12)}: not the smallest bound"
    )


def _endless(arena: Arena, what: str, size: Callable[[Number, Number], Number]) -> Finding:
    """Whether the greatest value of a window keeps growing from one window to the next."""
    highest = [
        max((s for y, f in window if not mpmath.isnan(s := size(y, f))), default=mp.zero) for window in arena.windows
    ]
    grows = highest[-1] == mp.inf or highest[-1] > mpmath.mpf("1.5") * highest[-2] > 0
    said = "" if grows else f"it stays below {mpmath.nstr(max(highest), 12)}"
    return Finding(what, bool(grows), said)


def _homogeneous(arena: Arena, what: str, degree: float) -> Finding:
    """Compare value(c y, c f) with c**degree value(y, f); where no degree is claimed, two must disagree."""
    seen: list[Number] = []
    for y, f in arena.ordinary:
        here = arena.value(y, f)
        for c in (mpmath.mpf(2), mpmath.mpf(7), mpmath.mpf("0.3125")):
            if not (here > 0 and arena.takes(c * y, c * f)):
                continue
            there = arena.value(c * y, c * f)
            if mpmath.isfinite(degree) and abs(there - c**degree * here) > SLACK * abs(there) + NOISE:
                return _failed(
                    arena, what, y, f, f"scaled by {mpmath.nstr(c, 5)} the value is {mpmath.nstr(there, 12)}"
                )
            if there > 0:
                seen.append(mpmath.log(there / here) / mpmath.log(c))
    enough = len(seen) >= 10
    if mpmath.isfinite(degree):
        return Finding(what, enough, "" if enough else "too few points to say")
    differs = enough and max(seen) - min(seen) > 1e-6
    return Finding(
        what, bool(differs), "" if differs else f"the degree is always {mpmath.nstr(seen[0], 8) if seen else '?'}"
    )
