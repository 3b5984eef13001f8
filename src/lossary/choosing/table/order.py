"""The order of classes: as a column declares it, or as plain names show it ("low, medium, high", "1 star, 2 stars")."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

FEWEST = 3
MOST = 10
"""Classes that ordinal losses are tried on."""

SCALES: tuple[tuple[str, ...], ...] = (
    ("none", "very low", "low", "medium|moderate|middle|mid|average", "high", "very high"),
    ("extra small|xs", "small|s", "medium|m", "large|l", "extra large|xl", "xxl|2xl", "xxxl|3xl"),
    (
        "strongly disagree|completely disagree",
        "disagree",
        "somewhat disagree|slightly disagree",
        "neutral|neither agree nor disagree|neither|undecided|no opinion",
        "somewhat agree|slightly agree",
        "agree",
        "strongly agree|completely agree",
    ),
    ("terrible|very poor|very bad", "poor|bad", "fair|average|acceptable|ok|okay", "good", "very good", "excellent"),
    ("never", "rarely|seldom", "sometimes|occasionally", "often|frequently", "very often|usually", "always"),
    ("none|no", "minimal|very mild", "mild", "moderate", "severe", "very severe|critical|extreme"),
    ("very dissatisfied", "dissatisfied", "neutral|neither", "satisfied", "very satisfied"),
    ("very unlikely", "unlikely", "neutral|neither|possible|somewhat likely", "likely", "very likely"),
    ("not at all", "a little|slightly", "somewhat|moderately", "quite a bit|quite|very", "extremely|very much"),
    ("very unhappy", "unhappy|not happy|not too happy", "neutral", "happy|pretty happy", "very happy"),
)
"""Usual answers, from the least to the most; | parts words for the same."""

NUMBERED = re.compile(r"(?:(?:grade|level|stage|score|rating)\s*)?[<>≤≥]?\s*(\d+(?:\.\d+)?)(.*)")


def ordered_names(names: Sequence[str], declared: Sequence[str] = ()) -> tuple[str, ...]:
    """The names in their order, from the least to the most; empty where none is declared or evident."""
    if not FEWEST <= len(names) <= MOST:
        return ()
    if declared and set(names) <= set(declared):
        return tuple(name for name in declared if name in set(names))
    for places in (_numbers(names), *(_places(names, scale) for scale in SCALES)):
        if places and len(set(places)) == len(names):
            return tuple(name for _, name in sorted(zip(places, names, strict=True)))
    return ()


def _places(names: Sequence[str], scale: Sequence[str]) -> list[float]:
    """Where each name stands on a scale; empty if one does not."""
    place = {word: float(i) for i, words in enumerate(scale) for word in words.split("|")}
    found = [place.get(" ".join(re.split(r"[\s_\-]+", name.strip().casefold()))) for name in names]
    return [each for each in found if each is not None] if None not in found else []


def _numbers(names: Sequence[str]) -> list[float]:
    """The number that each name begins with, if all go on alike: "1 star", "2 stars"; "10-19", "20-29", "30+"."""
    matches = [NUMBERED.fullmatch(name.strip().casefold()) for name in names]
    if None in matches:
        return []
    words = {re.sub(r"[\d\s.,+\-–]|to|and|more|s$", "", match[2]) for match in matches if match is not None}
    return [float(match[1]) for match in matches if match is not None] if len(words) == 1 else []


def declared_order(table: Any, target: Any) -> tuple[str, ...]:
    """The order that a column of pandas (ordered categories) or polars (Enum) declares; empty for any other.

    Examples
    --------
    >>> import polars as pl
    >>> declared_order({"y": pl.Series(["hot", "cold"], dtype=pl.Enum(["cold", "hot"]))}, "y")
    ('cold', 'hot')
    """
    dtype = _dtype(table, target)
    is_declared = getattr(dtype, "ordered", False) or type(dtype).__name__ == "Enum"
    return tuple(str(name) for name in dtype.categories) if is_declared else ()


def _dtype(table: Any, target: Any) -> Any:
    """The type of a column, or of a table's column of this name; None where there is none."""
    if not isinstance(target, str):
        return getattr(target, "dtype", None)
    if hasattr(table, "collect_schema"):
        return table.collect_schema().get(target)
    is_frame = hasattr(table, "columns") or isinstance(table, Mapping)
    return getattr(table[target], "dtype", None) if is_frame and target in table else None
