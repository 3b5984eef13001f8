"""The best constant prediction of a few targets, so that what a loss predicts is a number and not only a word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import lossary
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction

SAMPLES: tuple[tuple[float, ...], ...] = ((1, 2, 2, 3, 10), (1, 1, 1, 0), (1, 1, 1, -1))
"""Numbers whose mean, median and bulk lie apart, or labels: the first that are targets of the loss."""
CLASSES = (0, 0, 0, 1, 2)


def best(loss: AnyLoss) -> str:
    """A sentence with the targets and their best constant; empty for a loss of rows that is not proper."""
    if isinstance(loss, LossFunction):
        return _number(loss)
    record = loss.record
    known = loss.claims.get("proper") and not record.more_classes and record.targets != "scores"
    return _row(loss) if known else ""


def sample(loss: LossFunction) -> tuple[float, ...]:
    """Targets that the loss takes."""
    return next(each for each in SAMPLES if all(y in loss.record.target for y in each))


def _number(loss: LossFunction) -> str:
    y = sample(loss)
    constant = loss.optimal_constant(y)
    middle = f", whose median is {_short(np.median(y))} and mean {_short(np.mean(y))}," if y == SAMPLES[0] else ""
    meaning = {"log": "a mean", "logit": "a probability", "half_logit": "a probability"}.get(loss.record.link)
    means = f": {meaning} of {_short(loss.mean(constant))}" if meaning else ""
    return f"Of the targets {_listed(y)}{middle} the best constant prediction is {_short(constant)}{means}."


def _row(loss: RowLossFunction) -> str:
    constant = loss.optimal_constant(CLASSES, classes=3)
    shown = f"[{', '.join(map(_short, constant))}]"
    shares = "" if loss.record.link == "identity" else f": the probabilities {_listed(loss.mean(constant))}"
    return f"Of the classes {_listed(CLASSES)} the best constant row is {shown}{shares}."


def _listed(numbers: Sequence[float] | np.ndarray) -> str:
    *some, last = map(_short, numbers)
    return f"{', '.join(some)} and {last}"


def _short(number: float) -> str:
    return f"{float(number) + 0.0:.3g}"


def sentences() -> dict[str, str]:
    """What is said, by the name of the loss."""
    return {loss.name: best(loss) for loss in lossary.catalogue()}
