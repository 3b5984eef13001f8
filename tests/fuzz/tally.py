"""What a run covered: calls by loss, method, layout and dtype, and how much was compared with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

COVERED: dict[str, Counter[str]] = {k: Counter() for k in ("loss", "method", "layout", "dtype", "checks")}


def clear() -> None:
    for each in COVERED.values():
        each.clear()


def call(loss: str, method: str, layouts: Iterable[str], dtypes: Iterable[str]) -> None:
    COVERED["loss"][loss] += 1
    COVERED["method"][method] += 1
    COVERED["layout"].update(set(layouts))
    COVERED["dtype"].update(set(dtypes))


def refused() -> None:
    COVERED["checks"]["errors with a reason"] += 1


def compared(method: str) -> None:
    COVERED["checks"]["answers equal to the plain path's"] += 1


def judged(number: int) -> None:
    COVERED["checks"]["numbers judged by the referee"] += number
