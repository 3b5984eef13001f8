"""What the columns of the training held, in a few numbers: to see whether a new table is like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """One column: ``kind`` is "number", "date" or "category", ``rows`` its cells and ``missing`` those that are empty.

    ``quantiles`` are those at the levels 0, 0.05 ... 1 of numbers, or of days since 1970; ``shares`` those of the
    commonest categories.
    """

    kind: str
    rows: int
    missing: int
    quantiles: tuple[float, ...] = ()
    shares: Mapping[str, float] | None = None
