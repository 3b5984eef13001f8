"""What the columns of the training held, in a few numbers: to see whether a new table is like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lossary.choosing.table.frames import Columns

LEVELS = tuple(round(0.05 * step, 2) for step in range(21))
"""The levels of the quantiles that are kept."""

MOST_SHARES = 50

EPOCH = np.datetime64("1970-01-01", "us")


@dataclass(frozen=True)
class Summary:
    """One column: ``kind`` is "number", "date" or "category", ``rows`` its cells and ``missing`` those that are empty.

    ``quantiles`` are those at ``LEVELS`` of numbers, or of dates as days since 1970; ``shares`` are those of the
    commonest categories among the cells that are there.
    """

    kind: str
    rows: int
    missing: int
    quantiles: tuple[float, ...]
    shares: Mapping[str, float]


def summary_of(values: np.ndarray) -> Summary:
    """The summary of a column: numbers with NaN, moments with NaT, or text with None, where it is missing.

    Examples
    --------
    >>> import numpy as np
    >>> summary_of(np.array(["a", "b", "a", None], dtype=object)).shares["a"].__round__(3)
    0.667
    """
    if values.dtype == object:
        words, counts = np.unique([v for v in values if v is not None], return_counts=True)
        order = np.argsort(-counts, kind="stable")[:MOST_SHARES]
        total = int(counts.sum())
        shares = {str(words[j]): float(counts[j] / total) for j in order}
        return Summary("category", values.size, values.size - total, (), shares)
    is_date = values.dtype.kind == "M"
    numbers = (values - EPOCH) / np.timedelta64(1, "D") if is_date else values
    present = numbers[~np.isnan(numbers)]
    quantiles = tuple(np.quantile(present, LEVELS).tolist()) if present.size else ()
    return Summary("date" if is_date else "number", values.size, values.size - present.size, quantiles, {})


def summaries_of(columns: Columns) -> dict[str, Summary]:
    """The summaries of a table's columns."""
    return {name: summary_of(values) for name, values in columns.items()}
