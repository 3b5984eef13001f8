"""Cases of pointwise losses drawn by hypothesis, within a theme that bounds how many kernels they ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from hypothesis import strategies as st
from tests.fuzz.dressing import LAYOUTS, OUTS, REFUSED
from tests.fuzz.pointwise import MASKED, METHODS, QUANTITIES, Case
from tests.fuzz.users import found

from lossary.formula import Interval, Loss
from lossary.proof import points

EXTREME_WEIGHTS = (5e-324, 1e-310, 2.3e-308, 1e-300, 1e-160, 1e160, 1e300, 1e308, 1.7e308)
ORDINARY_WEIGHTS = (0.0, 0.1, 0.5, 1.0, 2.0, 3.7, 1e-6, 1e6)
WRONG_WEIGHTS = (-1.0, math.nan, math.inf, -5e-324)
WRONG_TARGETS = (math.nan, math.inf, -math.inf, -7.5, 1.5)
PREDICTIONS = (math.nan, math.inf, -math.inf)
BORDERS = (1023, 1024, 1025, 2048 + 7)
PIECES = (2**16 - 1, 2**16 + 1, 2**17 + 3)
ENDS = (5e-324, 1e-310, 1e-50, 1e-30, 1e-10, 1e10, 1e30, 1e50, 1e300)


@dataclass(frozen=True)
class Theme:
    """What a run draws from: each combination is a kernel, which takes a second to compile."""

    losses: tuple[str, ...]
    methods: tuple[str, ...] = METHODS
    kinds: tuple[tuple[str, str], ...] = (("f8", "f8"), ("f4", "f4"))
    weights: tuple[str, ...] = ("f8",)
    curvatures: tuple[str, ...] = ("exact",)
    unweighted: bool = True
    extremes: bool = True
    array_parameters: bool = False


@lru_cache(maxsize=200)
def pool(name: str, parameters: tuple[float, ...], single: bool) -> tuple[tuple[float, float], ...]:
    """Points that a loss is likeliest to be wrong at: near its kinks, at the ends of its domain, over all sizes."""
    loss, dtype = found(name), np.float32 if single else np.float64
    drawn: list[tuple[float, float]] = []
    for y in points.targets(loss.target, dtype):
        near, spread = points.predictions(loss, y, parameters, dtype)
        drawn += [(y, f) for f in (*near, *spread)]
    return tuple(drawn)


def settings_of(loss: Loss, extremes: bool) -> list[tuple[float, ...]]:
    """Settings of the parameters, those at the far ends of their ranges last."""
    usual = points.parameter_settings(loss)
    if not extremes:
        return usual
    defaults = loss.defaults()
    far = [
        (*defaults[:i], end, *defaults[i + 1 :])
        for i, p in enumerate(loss.parameters)
        if isinstance(p.within, Interval)
        for end in ENDS
        if end in p.within
    ]
    return [*usual, *far]


def alternatives(kind: str) -> tuple[str, ...]:
    """The dtypes that go through the same kernel as one."""
    return {"f8": ("f8", "f8", ">f8", "i8", "i1", "?", "u1", ">i4"), "f4": ("f4", "f4", ">f4", "f2", ">f2", "bf16")}[
        kind
    ]


@st.composite
def cases(draw: st.DrawFn, theme: Theme) -> Case:
    """One call; simpler ones first, so that a failing one shrinks to what matters."""
    name = draw(st.sampled_from(theme.losses))
    loss = found(name)
    method = draw(st.sampled_from([m for m in theme.methods if not (loss.cost_root and "cost_g" in m and "hess" in m)]))
    y_kind, f_kind = draw(st.sampled_from(theme.kinds))
    single = (y_kind, f_kind) == ("f4", "f4")
    parameters = draw(st.sampled_from(settings_of(loss, theme.extremes)))
    examples = draw(st.lists(st.sampled_from(pool(name, parameters, single)), max_size=6))
    y, f = (list(column) for column in (zip(*examples, strict=True) if examples else ((), ())))
    rare = draw(st.integers(0, 11))
    if examples and rare == 1:
        y[draw(st.integers(0, len(y) - 1))] = draw(st.sampled_from(WRONG_TARGETS))
    if examples and rare in (2, 3):
        f[draw(st.integers(0, len(f) - 1))] = draw(st.sampled_from(PREDICTIONS))
    kinds = [draw(st.sampled_from(alternatives(y_kind))), draw(st.sampled_from(alternatives(f_kind)))]
    weighted = method not in QUANTITIES and draw(st.booleans() if theme.unweighted else st.just(True))
    weights, mask, w_kind, one = None, None, "f8", False
    if weighted:
        w_kind, weights, one = draw(_weights(theme, len(y)))
    if method in MASKED and (weighted or "f4" in theme.weights) and draw(st.integers(0, 3)) == 0:
        mask = tuple(draw(st.lists(st.booleans(), min_size=len(y), max_size=len(y))))
    if rare == 4:
        kinds[draw(st.integers(0, 1))] = draw(st.sampled_from(REFUSED))
    size, shape = draw(_shape(len(y)))
    return Case(
        name,
        method,
        tuple(y),
        tuple(f),
        weights,
        mask,
        parameters,
        bool(parameters) and theme.array_parameters and draw(st.booleans()),
        size,
        shape,
        (kinds[0], kinds[1], w_kind),
        tuple(draw(st.sampled_from(LAYOUTS)) for _ in range(4)),  # type: ignore[arg-type]
        one,
        draw(st.sampled_from([c for c in theme.curvatures if has(loss, c)])) if "hess" in method else "exact",
        **draw(_reduced(method)),
        out=draw(st.sampled_from(OUTS)) if method in ("cost_and_gradient", "gradient_and_hessian") else "none",
        cuts=tuple(draw(st.lists(st.integers(1, 5), max_size=3))) if method == "accumulator" else (),
        threads=2 if size > 2**17 else 1,
    )


def has(loss: Loss, curvature: str) -> bool:
    return curvature == "exact" or getattr(loss, curvature) is not None


@st.composite
def _weights(draw: st.DrawFn, theme: Theme, size: int) -> tuple[str, tuple[float, ...], bool]:
    kind = draw(st.sampled_from(theme.weights))
    kind = draw(st.sampled_from(alternatives(kind)))
    sort = draw(st.sampled_from(("ordinary", "ordinary", "extreme", "mixed") if theme.extremes else ("ordinary",)))
    numbers = {"ordinary": ORDINARY_WEIGHTS, "extreme": EXTREME_WEIGHTS, "mixed": ORDINARY_WEIGHTS + EXTREME_WEIGHTS}
    found = draw(st.lists(st.sampled_from(numbers[sort]), min_size=size, max_size=size))
    if size and draw(st.integers(0, 15)) == 1:
        found[draw(st.integers(0, size - 1))] = draw(st.sampled_from(WRONG_WEIGHTS))
    return kind, tuple(found), draw(st.integers(0, 4)) == 1


@st.composite
def _shape(draw: st.DrawFn, period: int) -> tuple[int, tuple[int, ...] | None]:
    """How many examples, and in what shape."""
    if not period:
        return 0, draw(st.sampled_from((None, (0, 3), (2, 0))))
    many = draw(st.integers(0, 39))
    if many in (1, 2, 3):
        return draw(st.sampled_from(BORDERS)), None
    if many == 4:
        return draw(st.sampled_from(PIECES)), None
    if period == 1:
        return 1, draw(st.sampled_from((None, (), (1, 1))))
    return draw(
        st.sampled_from(
            ((period, None), (period, (period, 1)), (2 * period, (2, period)), (4 * period, (2, 2, period)))
        )
    )


@st.composite
def _reduced(draw: st.DrawFn, method: str) -> dict[str, object]:
    if method == "parts":
        return {"denominator": draw(st.sampled_from(("weights", "count", 2.0)))}
    if method not in ("cost", "cost_and_gradient"):
        return {}
    if draw(st.booleans()):
        return {"reduction": "sum", "empty": draw(st.sampled_from((None, 0.25)))}
    return {
        "denominator": draw(st.sampled_from(("weights", "weights", "count", 2.0, 3.7, 1e-300, 1e300))),
        "empty": draw(st.sampled_from((None, 0.25))),
    }
