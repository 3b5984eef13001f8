"""A report as data: the decision, and what the page shows beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from lossary.choosing.judging.decide import Decision
from lossary.choosing.report.largest_losses import costly
from lossary.choosing.report.supplement import Exhibits
from lossary.choosing.report.words import clean


def as_json(decision: Decision, exhibits: Exhibits | None = None, more: Mapping[str, Any] | None = None) -> str:
    """The decision as JSON, with costly rows, exhibits, and whatever else is given."""
    told = {**decision.to_dict(), **_beside(decision, exhibits or Exhibits()), **(more or {})}
    return clean(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False))


def _beside(decision: Decision, exhibits: Exhibits) -> dict[str, Any]:
    return {
        "data": exhibits.source.data,
        "target": exhibits.source.target,
        "features": list(exhibits.features),
        "command": exhibits.command,
        "versions": dict(exhibits.versions),
        "costly_rows": [asdict(row) for row in costly(decision)],
        "influence": exhibits.influence,
        "influential_rows": [
            {**asdict(row), "values": {name: _known(value) for name, value in row.values.items()}}
            for row in exhibits.influential
        ],
        "curves": [
            {
                "feature": each.feature,
                "x": each.x.tolist(),
                "curves": {label: curve.tolist() for label, curve in each.curves.items()},
            }
            for each in exhibits.curves
        ],
    }


def _known(value: object) -> object:
    """A cell: what is not a finite number, text or nothing is None."""
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int)) else str(value)
