"""What a report shows beside the decision, where the one who asks for it has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lossary.choosing.report.code.table import Columns, Source


@dataclass(frozen=True)
class FittedCurves:
    """Predictions along one feature, one curve a loss; ``points`` are the feature and target of (some) rows."""

    feature: str
    x: np.ndarray
    curves: Mapping[str, np.ndarray]
    points: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class InfluentialRow:
    """A row on which a fit hangs: its number, how much (a hat value, a distance), why, and what stands in it."""

    row: int
    influence: float
    why: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Exhibits:
    """All of it is optional. ``command`` and ``versions`` say how the comparison is made again, ``source`` and
    ``columns`` which table the code for the winner reads.
    """

    source: Source = field(default_factory=lambda: Source("y"))
    features: Sequence[str] = ()
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    curves: Sequence[FittedCurves] = ()
    influential: Sequence[InfluentialRow] = ()
    influence: str = "influence"
    limits: Sequence[str] = ()
    columns: Columns | None = None
