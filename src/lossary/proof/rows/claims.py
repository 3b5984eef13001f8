"""Attacks on the claims of a rowwise loss, as ``rowwise.RowClaims`` defines them; the referee judges each.

A claim that holds must withstand ordinary, near and extreme rows, and those that a search finds. A claim of ``False``
must have a counterexample. A bound must never be exceeded and be approached to a thousandth; where there is none, the
quantity must grow without end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import mpmath
import numpy as np
from mpmath import mp

from lossary.backends.reference import DIGITS
from lossary.proof.claim_findings import by_claim, without_counterexample, worded
from lossary.proof.findings import Finding
from lossary.proof.rows.bounds import BOUNDS, bound
from lossary.proof.rows.cases import FROM_UNCONSTRAINED, settings, soft_target, takes_index, weights
from lossary.proof.rows.exact_loss import Number, Numbers, settled, shared, short
from lossary.proof.rows.loss_under_test import NOISE, RowLossUnderTest
from lossary.proof.rows.proper_scoring import calibrated, proper
from lossary.proof.rows.random_search import minimise
from lossary.rowwise import RowLoss

Counterexample = str
"""What is wrong, and where."""


def claims(record: RowLoss) -> Iterator[Finding]:
    """An attack on every claim made, at every setting of the parameters."""
    findings: dict[str, list[Finding]] = {}
    with mp.workdps(DIGITS):
        for parameters in settings(record):
            loss = RowLossUnderTest(record, parameters)
            for name, claimed in record.claims.given(*parameters).items():
                # A claim may be a function that claims nothing here.
                if claimed is not None:
                    findings.setdefault(name, []).append(attack(loss, name, claimed))
    yield from by_claim(record.name, findings)


def attack(loss: RowLossUnderTest, name: str, claimed: bool | float) -> Finding:
    """Try to break one claim at fixed parameters."""
    what = worded(loss, name, claimed)
    if name in BOUNDS:
        return bound(loss, what, BOUNDS[name], float(claimed))
    counterexample = ATTACKS[name](loss)
    if claimed:
        return Finding(what, counterexample is None, counterexample or "")
    return without_counterexample(what) if counterexample is None else Finding(what, True)


# Convexity.


def _convex(loss: RowLossUnderTest) -> Counterexample | None:
    """A chord below the graph: between near neighbours, far ones, and pairs that a search finds."""
    return _near_chord(loss) or _far_chord(loss)


def _near_chord(loss: RowLossUnderTest) -> Counterexample | None:
    generator = np.random.default_rng(1821)
    for t, f in loss.ordinary:
        direction = generator.normal(size=len(f))
        if loss.record.prediction == "probabilities":
            direction -= direction.mean()
        for h in ("0.001", "0.3", "30"):
            step = mpmath.mpf(h)
            ends = [
                tuple(x + sign * step * along for x, along in zip(f, direction.tolist(), strict=True))
                for sign in (1, -1)
            ]
            # Between log-probabilities a chord leaves their surface, whatever its ends.
            is_inside = loss.record.prediction == "log_probabilities" and all(x <= 0 for end in ends for x in end)
            if is_inside or all(loss.takes(t, end) for end in ends):
                counterexample = _above(loss, t, ends[0], ends[1])
                if counterexample:
                    return counterexample
    return None


def _above(loss: RowLossUnderTest, t: Numbers, a: Numbers, b: Numbers) -> Counterexample | None:
    """Whether the value half-way between two rows lies above their chord."""
    middle, low, high = (loss.value(t, row) for row in (_halfway(a, b), a, b))
    if middle - (low + high) / 2 > NOISE * (abs(low) + abs(high) + abs(middle)):
        problem = f"value {mpmath.nstr(middle, 12)} lies above its chord, {mpmath.nstr((low + high) / 2, 12)}"
        return f"at t={short(t)}: {problem}, half-way from f={short(a)} to {short(b)}"
    return None


def _halfway(a: Numbers, b: Numbers) -> Numbers:
    return tuple((x + y) / 2 for x, y in zip(a, b, strict=True))


def _far_chord(loss: RowLossUnderTest) -> Counterexample | None:
    """Chords between rows of all sizes; then from the most suspicious on, ever more so."""
    generator = np.random.default_rng(1821)
    kind = loss.record.prediction
    for k in (2, 3):
        n = 240
        t = _targets(loss.record, n, k, generator)
        scale = 10.0 ** generator.uniform(-1.0, 1.3, (n, 1))
        start = scale * generator.normal(size=(n, 2 * k))
        is_near = generator.random((n, 1)) < 0.3
        start[:, k:] = np.where(is_near, start[:, :k] + 0.2 * generator.normal(size=(n, k)), start[:, k:])

        depth = _sag(loss, t, start)
        worst = np.argsort(depth)[:24]
        t = t[worst]
        ends, depth = minimise(partial(_sag, loss, t), start[worst], 30)
        for i in np.argsort(depth)[:3]:
            a, b = (settled(kind, tuple(map(mpmath.mpf, FROM_UNCONSTRAINED[kind](z)))) for z in np.split(ends[i], 2))
            target = tuple(map(mpmath.mpf, t[i]))
            counterexample = _above(loss, shared(target) if loss.record.targets == "distribution" else target, a, b)
            if counterexample:
                return counterexample
    return None


def _sag(loss: RowLossUnderTest, t: np.ndarray, z: np.ndarray) -> np.ndarray:
    """How far below its chord the value lies half-way, in a measure in which rounding errors are small.

    Both ends of each chord are unconstrained numbers, side by side in ``z``.
    """
    a, b = map(FROM_UNCONSTRAINED[loss.record.prediction], np.split(z, 2, axis=1))
    low, high, middle = (loss.on_numpy.at(t, row) for row in (a, b, 0.5 * (a + b)))
    with np.errstate(all="ignore"):
        depth: np.ndarray = (0.5 * (low + high) - middle) / (1e-3 + np.abs(low) + np.abs(high))
    return np.where(np.isfinite(depth), depth, np.inf)


def _targets(loss: RowLoss, n: int, k: int, generator: np.random.Generator) -> np.ndarray:
    """Class indices and other targets, by turns, as weights."""
    classes = k + loss.more_classes
    rows = [
        weights(int(generator.integers(classes)), classes)
        if takes_index(loss) and i % 2
        else soft_target(loss, classes, generator)
        for i in range(n)
    ]
    return np.array(rows)


# Signs and symmetries.


def _nonnegative(loss: RowLossUnderTest) -> Counterexample | None:
    """A negative value: at edge cases, far out, or where a search ends that goes downhill."""
    rows = [*loss.edge_cases, *(row for window in loss.windows[1:] for row in window if len(row[1]) == 2)]
    generator = np.random.default_rng(1821)
    t = _targets(loss.record, 24, 3, generator)
    ends, lowest = minimise(lambda z: loss.on_numpy.value(t, z), 2.0 * generator.normal(size=(24, 3)), 40)
    rows += [loss.found(t[i], ends[i]) for i in np.argsort(lowest)[:4]]
    for target, f in rows:
        value = loss.value(target, f)
        if not value >= -NOISE:
            return f"at t={short(target)}, f={short(f)}: value is {mpmath.nstr(value, 12)}"
    return None


def _same(a: Number, b: Number) -> bool:
    return bool(a == b or abs(a - b) <= NOISE * (1 + abs(b)))


def _shift_invariant(loss: RowLossUnderTest) -> Counterexample | None:
    """A number that changes something when it is added to all scores."""
    for t, f in loss.ordinary:
        value = loss.value(t, f)
        for c in ("1", "-3.7"):
            shifted = loss.value(t, tuple(x + mpmath.mpf(c) for x in f))
            if not _same(shifted, value):
                return (
                    f"at t={short(t)}, f={short(f)}: value {mpmath.nstr(value, 12)} becomes {mpmath.nstr(shifted, 12)} "
                    f"when {c} is added to the row"
                )
    return None


def _symmetric(loss: RowLossUnderTest) -> Counterexample | None:
    """An order of the classes that changes something, or that is none of a valid row."""
    generator = np.random.default_rng(1821)
    for t, f in loss.ordinary:
        value, k = loss.value(t, f), len(f)
        for order in (list(range(k))[::-1], generator.permutation(k).tolist()):
            reordered = tuple(f[i] for i in order)
            reordered_value = loss.value((*(t[i] for i in order), *t[k:]), reordered)
            if not loss.takes(t, reordered):
                return f"f={short(f)} may not be reordered"
            if not _same(reordered_value, value):
                change = f"value {mpmath.nstr(value, 12)} becomes {mpmath.nstr(reordered_value, 12)}"
                return f"at t={short(t)}, f={short(f)}: {change} when the classes are ordered {tuple(order)}"
    return None


ATTACKS: dict[str, Callable[[RowLossUnderTest], Counterexample | None]] = {
    "convex": _convex,
    "nonnegative": _nonnegative,
    "shift_invariant": _shift_invariant,
    "symmetric": _symmetric,
    "proper": proper,
    "calibrated": calibrated,
}
