"""From what models give to what was asked for."""

from __future__ import annotations

import numpy as np

from bench.real.asked import Asked


def of_probabilities(question: Asked, p: np.ndarray) -> np.ndarray:
    """Probabilities as they are, or the labels of least expected cost."""
    if question.functional == "probability":
        return p
    if question.costs is None:
        return np.asarray(np.argmax(p, axis=1))
    missed, false_alarm = question.costs
    return np.asarray(p[:, 1] * missed > p[:, 0] * false_alarm, dtype=np.int64)


def of_quantiles(quantiles: list[np.ndarray]) -> np.ndarray:
    """One quantile as it is; two as the ends of an interval, the lower first."""
    return quantiles[0] if len(quantiles) == 1 else np.sort(np.column_stack(quantiles), axis=1)
