"""The levels of the quantiles that a question asks for."""

from __future__ import annotations

from lossary.choosing.comparison.study import Want


def quantile_level(want: Want) -> float:
    """The level asked for, or the one that the costs of predicting too low and too high amount to."""
    if want.functional == "median":
        return 0.5
    return want.level if want.level is not None else want.cost_under / (want.cost_under + want.cost_over)


def interval_levels(want: Want) -> tuple[float, float]:
    """The levels of the two ends of a central interval."""
    outside = 1.0 - (0.8 if want.level is None else want.level)
    return outside / 2.0, 1.0 - outside / 2.0
