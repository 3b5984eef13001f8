"""A report as data: the decision, and what the page shows beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from lossary.choosing.judging.decide import Decision
from lossary.choosing.report.largest_losses import largest_losses
from lossary.choosing.report.supplement import Supplement
from lossary.choosing.report.words import clean


def as_json(decision: Decision, supplement: Supplement | None = None, more: Mapping[str, Any] | None = None) -> str:
    """The decision as JSON, with the supplement, the rows that cost most, and what else is given."""
    data = {**decision.to_dict(), **_supplementary(decision, supplement or Supplement()), **(more or {})}
    return clean(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))


def _supplementary(decision: Decision, supplement: Supplement) -> dict[str, Any]:
    told = supplement.explanation
    return {
        "data": supplement.source.file_name,
        "target": supplement.source.target,
        "features": list(supplement.features),
        "command": supplement.command,
        "versions": dict(supplement.versions),
        "costly_rows": [asdict(row) for row in largest_losses(decision)],
        "influence": supplement.influence,
        "influential_rows": [
            {**asdict(row), "values": {name: _json_value(value) for name, value in row.values.items()}}
            for row in supplement.influential
        ],
        "curves": [
            {
                "feature": curve_set.feature,
                "x": curve_set.x.tolist(),
                "curves": {label: curve.tolist() for label, curve in curve_set.curves.items()},
            }
            for curve_set in supplement.curves
        ],
        **({"importances": None, "effects": []} if told is None else told.to_dict()),
    }


def _json_value(value: object) -> object:
    """A cell: what is not a finite number, text or nothing is None."""
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int)) else str(value)
