"""Cases of losses of a row of scores drawn by hypothesis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from tests.fuzz.drawing import EXTREME_WEIGHTS, ORDINARY_WEIGHTS, WRONG_WEIGHTS
from tests.fuzz.dressing import LAYOUTS, OUTS
from tests.fuzz.rowwise import METHODS, PER_ROW, RECORDS, RowCase

from lossary.proof.rows.cases import Case as Row
from lossary.proof.rows.cases import rounded, settings
from lossary.proof.rows.edge_cases import edge_cases


@dataclass(frozen=True)
class RowTheme:
    """What a run draws from: each combination is a kernel."""

    losses: tuple[str, ...]
    methods: tuple[str, ...] = METHODS
    sizes: tuple[int, ...] = (5,)
    kinds: tuple[str, ...] = ("f8",)
    indexed: tuple[bool, ...] = (True,)
    options: bool = False
    unweighted: bool = True
    extremes: bool = True


@lru_cache(maxsize=300)
def pool(name: str, parameters: tuple[float, ...], k: int, single: bool, indexed: bool) -> tuple[Row, ...]:
    """Hard rows of one length and one kind of target."""
    record = RECORDS[name]
    rows = edge_cases(record, parameters, np.float32 if single else np.float64, (k,))
    return tuple(row for row in rows if len(row.f) == k and isinstance(row.y, int) == indexed)


@st.composite
def row_cases(draw: st.DrawFn, theme: RowTheme) -> RowCase:
    """One call; simpler ones first."""
    name = draw(st.sampled_from(theme.losses))
    record = RECORDS[name]
    method = draw(st.sampled_from(theme.methods))
    kind = draw(st.sampled_from(theme.kinds))
    single = kind == "f4"
    choice = [i for i in theme.indexed if not (i and record.targets == "scores")] or [False]
    indexed = draw(st.sampled_from(choice))
    every = [rounded(s, np.float32 if single else np.float64) for s in settings(record)]
    fitting = [s for s in every if all(x in p.within for x, p in zip(s, record.parameters, strict=True))]
    parameters = draw(st.sampled_from(fitting))
    k = draw(st.sampled_from(theme.sizes))
    rows = draw(st.lists(st.sampled_from(pool(name, parameters, k, single, indexed)), min_size=1, max_size=4))
    y: list[Any] = [row.y for row in rows]
    f = [row.f for row in rows]
    options = draw(_options(record, k, indexed)) if theme.options else {}
    rare = draw(st.integers(0, 11))
    if rare == 1 and indexed:
        y[-1] = draw(st.sampled_from((-1, -100, k + record.more_classes)))
    if rare == 2 and record.prediction == "scores":
        f[-1] = (math.nan, *f[-1][1:])
    weighted = method not in (*PER_ROW, "full_hessian", "hessian_product")
    weighted = weighted and draw(st.booleans() if theme.unweighted else st.just(True))
    weights, mask = None, None
    if weighted:
        sorts = (ORDINARY_WEIGHTS, ORDINARY_WEIGHTS, EXTREME_WEIGHTS) if theme.extremes else (ORDINARY_WEIGHTS,)
        numbers = draw(st.sampled_from(sorts))
        found = draw(st.lists(st.sampled_from(numbers), min_size=len(y), max_size=len(y)))
        if draw(st.integers(0, 15)) == 1:
            found[-1] = draw(st.sampled_from(WRONG_WEIGHTS))
        weights = tuple(found)
        if draw(st.integers(0, 3)) == 0:
            mask = tuple(draw(st.lists(st.booleans(), min_size=len(y), max_size=len(y))))
    size, shape = draw(_rows(len(y)))
    y_kinds: tuple[str, ...] = (kind, f">{kind}")
    if indexed:
        y_kinds = ("i8", "i4", ">i8", "u1", "i2") if min(y) >= 0 else ("i8", "i2", ">i4")
    return RowCase(
        name,
        method,
        tuple(y),
        tuple(f),
        weights,
        mask,
        parameters,
        tuple(sorted(options.items())),
        size,
        shape,
        (
            draw(st.sampled_from(y_kinds)),
            draw(st.sampled_from((kind, kind, f">{kind}"))),
            draw(st.sampled_from(("f8", "f8", ">f8"))),
        ),
        tuple(draw(st.sampled_from(LAYOUTS)) for _ in range(3)),  # type: ignore[arg-type]
        draw(st.integers(0, 4)) == 1,
        **draw(_reduced(method)),
        out=draw(st.sampled_from(OUTS)) if method in ("cost_and_gradient", "gradient_and_hessian") else "none",
        cuts=tuple(draw(st.lists(st.integers(1, 5), max_size=3))) if method == "accumulator" else (),
    )


@st.composite
def _rows(draw: st.DrawFn, period: int) -> tuple[int, tuple[int, ...] | None]:
    if draw(st.integers(0, 19)) == 1:
        return draw(st.sampled_from((65, 257, 1025))), None
    return draw(st.sampled_from(((period, None), (2 * period, (2, period)), (period, (period, 1)))))


@st.composite
def _reduced(draw: st.DrawFn, method: str) -> dict[str, Any]:
    if method == "parts":
        return {"denominator": draw(st.sampled_from(("weights", "count", 2.0)))}
    if method not in ("cost", "cost_and_gradient"):
        return {}
    if draw(st.booleans()):
        return {"reduction": "sum", "empty": draw(st.sampled_from((None, 0.25)))}
    return {
        "denominator": draw(st.sampled_from(("weights", "weights", "count", 2.0, 3.7))),
        "empty": draw(st.sampled_from((None, 0.25))),
    }


@st.composite
def _options(draw: st.DrawFn, record: Any, k: int, indexed: bool) -> dict[str, Any]:
    """One option or two, as far as the loss takes them."""
    classes = k + record.more_classes
    found: dict[str, Any] = {}
    numbers = st.sampled_from((0.5, 1.0, 2.0, 3.7))
    possible = ["label_smoothing"] if record.targets != "scores" else []
    if record.targets not in ("labels", "scores"):
        possible.append("class_weight")
    if indexed:
        possible.append("ignore_index")
    if record.prediction == "scores":
        possible += ["temperature", "soft_cap", "class_prior", "class_mask"]
    for name in draw(st.lists(st.sampled_from(possible), max_size=2, unique=True)) if possible else ():
        match name:
            case "label_smoothing":
                found[name] = draw(st.sampled_from((0.1, 0.5)))
            case "class_weight":
                found[name] = tuple(
                    draw(st.lists(st.sampled_from((0.0, 0.5, 1.0, 2.0)), min_size=classes, max_size=classes))
                )
            case "ignore_index":
                found[name] = draw(st.sampled_from((0, -1, -100)))
            case "class_prior":
                found[name] = tuple(draw(st.lists(numbers, min_size=k, max_size=k)))
            case "class_mask":
                found[name] = (True,) * (k - 1) + (draw(st.booleans()),)
            case _:
                found[name] = draw(numbers)
    return found
