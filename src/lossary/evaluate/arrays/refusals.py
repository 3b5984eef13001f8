"""What is wrong with the data, where, and what to do: found only once a kernel has raised its flag."""

from __future__ import annotations

import numpy as np

from lossary.backends.cpu.specs.conventions import FLAGS
from lossary.formula import LABELS, NONNEGATIVE, SIGNS, UNIT, Choice, Domain, Loss

MISSING = '; pass missing="nan" to leave missing targets out'
"""What to do about a target that is NaN: every method and every host takes this keyword."""


class DomainError(ValueError):
    """A number outside its domain: the loss, the rule, the first offending position and value."""


def inside(domain: Domain, numbers: np.ndarray) -> np.ndarray:
    """Which numbers belong to the domain; NaN never does."""
    if isinstance(domain, Choice):
        return np.isin(numbers, domain.values)
    above = numbers >= domain.low if domain.low_closed else numbers > domain.low
    below = numbers <= domain.high if domain.high_closed else numbers < domain.high
    return above & below


def refuse(
    loss: Loss, flags: int, y: np.ndarray, f: np.ndarray, weights: np.ndarray | None, shape: tuple[int, ...], label: str
) -> None:
    """Raise a DomainError if anything that counts is really outside its domain; flags may be raised in caution."""
    if weights is not None and flags & FLAGS["w"]:
        refuse_weights(weights, shape)
    counts = np.True_ if weights is None else weights != 0.0
    if flags & FLAGS["y"]:
        _refuse_first(label, "y_true", "targets", loss.target, y, ~inside(loss.target, y) & counts, shape)
    if flags & FLAGS["f"]:
        finite = np.isfinite(f)
        _refuse_first(
            label, "y_pred", "predictions", loss.prediction, f, finite & ~inside(loss.prediction, f) & counts, shape
        )


def refuse_weights(weights: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise a DomainError if a weight is negative, infinite or NaN."""
    _refuse_first("", "sample_weight", "weights", NONNEGATIVE, weights, ~inside(NONNEGATIVE, weights), shape)


def _refuse_first(
    label: str, argument: str, what: str, domain: Domain, numbers: np.ndarray, wrong: np.ndarray, shape: tuple[int, ...]
) -> None:
    first = int(np.argmax(wrong))
    if not wrong[first]:
        return
    index = ", ".join(str(i) for i in np.unravel_index(first, shape)) if shape else ""
    place = f"{argument}[{index}]" if shape else argument
    more = int(np.count_nonzero(wrong)) - 1
    others = f" (and {more} more)" if more else ""
    who = f"{label}: " if label else ""
    advice = _advice(domain, float(numbers[first]), what)
    raise DomainError(f"{who}{what} must be in {domain}, but {place} is {numbers[first]:g}{others}{advice}")


def _advice(domain: Domain, number: float, what: str) -> str:
    if np.isnan(number):
        return MISSING if what == "targets" else "; a weight of zero leaves an example out"
    if domain == SIGNS and number == 0.0:
        return "; turn labels 0/1 into -1/+1 with 2*y - 1"
    if domain in (UNIT, LABELS) and number == -1.0:
        return "; turn labels -1/+1 into 0/1 with (y + 1)/2"
    if domain == UNIT and what == "predictions":
        return "; for logits use the loss `logistic`"
    return ""
