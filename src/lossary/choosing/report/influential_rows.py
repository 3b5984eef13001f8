"""The rows that a linear fit depends on most: those of largest hat value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from lossary.choosing.planning import Inspection
from lossary.choosing.report.standardised import standardised_numbers

LISTED = 5
"""Rows in the report."""

NAMED = 6
"""Features whose values are shown beside a row."""


@dataclass(frozen=True)
class InfluentialRow:
    """A row that a fit depends on: its number, how much (a hat value, a distance), why, and its values."""

    row: int
    influence: float
    why: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


def influential_rows(inspection: Inspection) -> tuple[InfluentialRow, ...]:
    """The rows of largest hat value in a linear model of the numeric features."""
    problem, features = inspection.problem, inspection.features
    positions, standardised = standardised_numbers(features)
    if not positions or problem.y.size <= len(positions) + 1:
        return ()
    hat = _hat_values(np.column_stack([np.ones(problem.y.size), standardised]))
    leverage = [finding for finding in inspection.diagnosis.findings if finding.kind.name == "leverage"]
    leverage_rows = {row for finding in leverage for row in finding.details.get("rows", ())}
    influential = []
    for row in np.argsort(hat)[::-1][:LISTED]:
        values = {features.names[j]: float(features.matrix[row, j]) for j in positions[:NAMED]}
        number = int(features.row_numbers[row])
        why = "drags the line" if number in leverage_rows else "far out in the features"
        target = problem.classes[int(problem.y[row])] if problem.classes else float(problem.y[row])
        influential.append(InfluentialRow(number, float(hat[row]), why, {**values, inspection.task.name: target}))
    return tuple(influential)


def _hat_values(design: np.ndarray) -> np.ndarray:
    """The diagonal of the projection on the columns, of which some may depend on others."""
    left, sizes, _ = np.linalg.svd(design, full_matrices=False)
    return np.asarray(np.sum(left[:, sizes > 1e-8 * sizes[0]] ** 2, axis=1))
