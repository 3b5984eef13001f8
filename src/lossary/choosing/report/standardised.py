"""Numeric features on one scale, so that their parts in a line can be compared."""

from __future__ import annotations

import numpy as np

from lossary.choosing.table.features import Features


def standardised_numbers(features: Features) -> tuple[list[int], np.ndarray]:
    """Positions and standardised values of the numeric features, missing values at their median."""
    positions = features.of_kind("number", "levels")
    has_values = ~np.isnan(features.matrix[:, positions]).all(axis=0)
    positions = [position for position, has_any in zip(positions, has_values, strict=True) if has_any]
    values = features.matrix[:, positions]
    values = np.where(np.isnan(values), np.nanmedian(values, axis=0) if positions else 0.0, values)
    spread = values.std(axis=0)
    return positions, (values - values.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
