"""A column of targets as yardsticks take it."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.choosing.models.content import Content
from lossary.choosing.models.tables import CATEGORY, values_of
from lossary.choosing.table.features import MISSING, UNSEEN


def targets_of(content: Content, values: Any, first_row: int = 0) -> np.ndarray:
    """Targets, (n,): numbers, or the classes' numbers; NaN where missing.

    Raises ValueError for a class that training had not, and for what is no number.
    """
    numbers = values_of(content.target, values, first_row).values
    if not content.classes:
        return numbers
    if content.target.kind != CATEGORY:
        known = np.array(content.classes, dtype=np.float64)
        is_class = numbers[:, np.newaxis] == known
        numbers = np.where(is_class.any(axis=1), is_class.argmax(axis=1), np.where(np.isnan(numbers), MISSING, UNSEEN))
    if (numbers == UNSEEN).any():
        row = first_row + int(np.argmax(numbers == UNSEEN)) + 1
        shown = ", ".join(map(repr, content.classes[:12]))
        raise ValueError(
            f"the target {content.target.name!r} has a class in row {row} that training had not: it had {shown}"
        )
    return np.where(numbers == MISSING, np.nan, numbers)
