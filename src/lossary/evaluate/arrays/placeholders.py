"""Numbers that stand in for examples that do not count: whatever stood there, nothing overflows and nothing is NaN."""

from __future__ import annotations

import math

from lossary.formula import Choice, Domain
from lossary.rowwise import RowLoss


def member(domain: Domain) -> float:
    """Some number inside a domain, of ordinary size."""
    if isinstance(domain, Choice):
        return domain.values[0]
    inner = (0.5, 1.0, 0.0, domain.low + 1.0, domain.high - 1.0, 0.5 * (domain.low + domain.high))
    return next(x for x in inner if x in domain)


def plain_row(loss: RowLoss, k: int) -> tuple[list[float], list[float]]:
    """A row of target weights and one of ``k`` predictions that a loss takes without trouble."""
    classes = k + loss.more_classes
    t = 1.0 / classes if loss.targets == "distribution" else 0.0
    flat = {"probabilities": 1.0 / k, "independent_probabilities": 0.5, "log_probabilities": -math.log(k)}
    f = [float(i) if loss.prediction == "increasing" else flat.get(loss.prediction, 0.0) for i in range(k)]
    return [t] * classes, f
