"""What predictions of the recommended candidate depend on, as found on rows that training has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Importance:
    """How much worse predictions score if a column's values are shuffled among rows.

    ``increase`` is of the yardstick as people read it (the root, of the mean squared error), and ``low`` and ``high``
    hold it with 95%; all are NaN where predictions of shuffled rows have no score.
    """

    column: str
    increase: float
    low: float
    high: float


@dataclass(frozen=True)
class Effect:
    """Mean predictions with a column set to one value after another, all else as in the table: partial dependence.

    ``kind`` is "number", "category" or "date", ``values`` the (g,) values as the table has them, ``what`` is predicted,
    and ``curves`` have the (g,) mean predictions under each candidate, or (g, 2) for both ends of an interval.
    """

    column: str
    kind: str
    values: tuple[float | str, ...]
    what: str
    curves: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Importances:
    """The importances of a candidate's columns, the largest first.

    ``candidate`` is its label, and ``name`` what people call it. ``score`` is the yardstick's of the ``rows`` as they
    are, by the models of so many ``folds``; each column was shuffled ``repeats`` times. ``related`` are sentences on
    first columns that nearly follow from each other.
    """

    candidate: str
    name: str
    yardstick: str
    score: float
    rows: int
    folds: int
    repeats: int
    columns: tuple[Importance, ...]
    related: tuple[str, ...] = ()

    def in_words(self) -> str:
        """How the numbers came about, in a sentence."""
        times = f"{self.repeats} times" if self.repeats > 1 else "once"
        models = "the models of one fold" if self.folds == 1 else f"the models of {self.folds} folds"
        return (
            f"How much the {self.yardstick} ({self.score:.4g}) of {self.name} grows if a column is shuffled: "
            f"{self.rows:,} rows that were held out from {models}, each column {times}; with 95% intervals over rows."
        )


@dataclass(frozen=True)
class Explanation:
    """Importances, and the effects of the first columns."""

    importances: Importances
    effects: tuple[Effect, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings, lists and dicts alone; a number that is not there is None."""
        importances = self.importances
        facts = {
            key: getattr(importances, key)
            for key in ("candidate", "name", "yardstick", "score", "rows", "folds", "repeats")
        }
        columns = [
            {"column": c.column, **{key: _finite(getattr(c, key)) for key in ("increase", "low", "high")}}
            for c in importances.columns
        ]
        effects = [
            {
                "column": e.column,
                "kind": e.kind,
                "what": e.what,
                "values": list(e.values),
                "curves": {label: curve.tolist() for label, curve in e.curves.items()},
            }
            for e in self.effects
        ]
        return {
            "importances": {**facts, "columns": columns, "related": list(importances.related)},
            "effects": effects,
        }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
