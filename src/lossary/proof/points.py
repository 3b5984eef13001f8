"""Where to look for trouble: test points made from a loss's domain, kinks and parameters.

Every point is exact in the dtype it is made for, so that an error found there is the code's, not the input's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import numpy as np

from lossary.formula import Choice, Domain, Interval, Loss, Parameter

Point = tuple[float, ...]
"""``(y, f, *parameters)``."""

_PLAIN = (0.0, 0.3, 1.0, 3.7, 12.5, 1e-8, 1e-6, 1e-3, 40.0, 800.0, 1e5)
_EXTREME: dict[type, tuple[float, ...]] = {
    np.float64: (5e-324, 2e-310, 1e-300, 1e-160, 1e160, 1e300),
    np.float32: (1e-45, 1e-40, 1e-30, 1e-20, 1e20, 1e38),
}
_NUDGES = (0.0, 1e-12, -1e-12, 1e-7, -1e-7, 1e-3, -1e-3, 0.25, -0.25)


def parameter_settings(loss: Loss) -> list[tuple[float, ...]]:
    """The defaults; each parameter low, high and at its closed ends, the others at their defaults; those of its facts.

    Formulas have their singular points at closed ends and where facts hold: Barron's at alpha 2 and 0.
    """
    defaults = loss.defaults()
    settings = [defaults]
    for i, parameter in enumerate(loss.parameters):
        settings += [(*defaults[:i], value, *defaults[i + 1 :]) for value in (*_interior(parameter), *_ends(parameter))]
    settings += [tuple(fact.given.get(p.name, p.default) for p in loss.parameters) for fact in loss.facts]
    return [s for s in dict.fromkeys(settings) if all(x == 0.0 or 1e-3 <= abs(x) <= 1e3 for x in s) or s == defaults]


def _ends(parameter: Parameter) -> list[float]:
    within = parameter.within
    return [end for end in (within.low, within.high) if end in within]


def _interior(parameter: Parameter) -> tuple[float, float]:
    low, high = parameter.within.low, parameter.within.high
    if math.isinf(low):
        low = -4.0 if math.isinf(high) else high - 4.0
    if high > 1e3:
        return (low + 0.3, low + 7.3)
    return (low + 0.1 * (high - low), low + 0.9 * (high - low))


def targets(domain: Domain, dtype: type) -> list[float]:
    """Ordinary and extreme members of a target's domain."""
    if isinstance(domain, Choice):
        return list(domain.values)
    return _members(domain, dtype)


def _members(domain: Interval, dtype: type) -> list[float]:
    tiny = float(np.finfo(dtype).eps)
    numbers = [*_PLAIN, *_EXTREME[dtype], *(e for e in (domain.low, domain.high) if math.isfinite(e))]
    numbers += [1.0 - tiny, 1.0 - tiny / 2, 0.5, -1.0 + tiny, -0.75]
    candidates = {_round(sign * n, dtype) for n in numbers for sign in (1.0, -1.0)}
    return sorted(n for n in candidates if n in domain)


def _round(number: float, dtype: type) -> float:
    with np.errstate(over="ignore", under="ignore"):
        return float(dtype(number))


def predictions(loss: Loss, y: float, parameters: tuple[float, ...], dtype: type) -> tuple[list[float], list[float]]:
    """For one target: the predictions near trouble (kinks, equality), and those spread over the domain."""
    centres = [y]
    if loss.kinks is not None:
        centres += [float(k) for k in loss.kinks(y, *parameters)]
    if loss.link == "log" and y > 0.0:
        centres.append(math.log(y))
    near = {_round(c * (1.0 + n), dtype) for c in centres for n in _NUDGES}
    near |= {_round(c + n, dtype) for c in centres for n in _NUDGES}
    for centre in centres:
        at = dtype(_round(centre, dtype))
        up, down = np.nextafter(at, dtype(np.inf)), np.nextafter(at, dtype(-np.inf))
        near |= {float(at), float(up), float(down), float(np.nextafter(up, dtype(np.inf)))}
    domain = loss.prediction if isinstance(loss.prediction, Interval) else Interval()
    near_points = sorted(f for f in near if math.isfinite(f) and f in domain)
    return near_points, _members(domain, dtype)


def sweep(loss: Loss, dtype: type, size: int = 450, seed: int = 1857) -> Iterator[Point]:
    """About ``size`` test points, shared out over the parameter settings: half near trouble, half over the domain."""
    generator = random.Random(seed)
    settings = parameter_settings(loss)
    share = max(size // len(settings), 80) // 2
    for raw in settings:
        parameters = tuple(_round(p, dtype) for p in raw)
        if not all(x in p.within for x, p in zip(parameters, loss.parameters, strict=True)):
            continue  # rounding took it out of its range
        near: list[Point] = []
        spread: list[Point] = []
        for y in targets(loss.target, dtype):
            near_kinks, spread_out = predictions(loss, y, parameters, dtype)
            near += [(y, f, *parameters) for f in near_kinks]
            spread += [(y, f, *parameters) for f in spread_out]
        for group in (near, spread):
            yield from generator.sample(group, min(len(group), share))


def generic(
    loss: Loss, parameters: tuple[float, ...], size: int, seed: int = 1857, reach: tuple[float, float] = (-3.0, 1.0)
) -> list[Point]:
    """Points in the domain's interior, off the kinks; half of them 10**reach from ``f = y`` or its like."""
    generator = random.Random(seed)
    points: list[Point] = []
    for _ in range(50 * size):
        if len(points) == size:
            break
        y = _drawn(loss.target, generator)
        centre = _centre(loss, y)
        f = _drawn(loss.prediction, generator, ends=False)
        if generator.random() < 0.5:
            f = centre + generator.choice((-1.0, 1.0)) * 10.0 ** generator.uniform(*reach)
        kinks = () if loss.kinks is None else loss.kinks(y, *parameters)
        if is_interior(loss.prediction, f) and all(abs(f - k) > 1e-6 for k in (centre, *kinks)):
            points.append((y, f, *parameters))
    return points


def _centre(loss: Loss, y: float) -> float:
    """The prediction that hits the target, or 0 where the two are not of one kind."""
    if loss.link == "identity" and isinstance(loss.target, Interval):
        return y
    return math.log(y) if loss.link == "log" and y > 0.0 else 0.0


def is_interior(domain: Domain, number: float) -> bool:
    """Whether a number lies in the domain and not at its end."""
    return number in domain and not (isinstance(domain, Interval) and number in (domain.low, domain.high))


def _drawn(domain: Domain, generator: random.Random, ends: bool = True) -> float:
    """A random member of ordinary size, sometimes one of its ends."""
    if isinstance(domain, Choice):
        return generator.choice(domain.values)
    closed = [end for end in (domain.low, domain.high) if end in domain]
    if ends and closed and generator.random() < 0.15:
        return generator.choice(closed)
    size = 10.0 ** generator.uniform(-3.0, 1.7)
    if math.isinf(domain.low):
        return generator.choice((-1.0, 1.0)) * size if math.isinf(domain.high) else domain.high - size
    if math.isinf(domain.high):
        return domain.low + size
    return domain.low + (domain.high - domain.low) * generator.uniform(0.001, 0.999)
