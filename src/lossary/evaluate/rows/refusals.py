"""What is wrong with rows of targets and predictions, where, and what to do: once a kernel has raised its flag."""

from __future__ import annotations

import numpy as np

from lossary.evaluate.arrays.precision import SUMMED_TO_ONE
from lossary.evaluate.arrays.refusals import MISSING, DomainError
from lossary.evaluate.rows.pair import RowPair
from lossary.rowwise import RowLoss


def refuse_rows(
    loss: RowLoss, label: str, pair: RowPair, weight: np.ndarray | None, slack: tuple[float, float]
) -> None:
    """Raise a DomainError for the first target or prediction outside its domain, if there really is one.

    ``slack`` is how far from one the sums of targets and of predictions may be.
    """
    counts = np.ones(pair.f.shape[0], dtype=bool) if weight is None else weight != 0.0
    classes = pair.f.shape[1] + loss.more_classes
    if pair.indexed:
        wrong = ((pair.y < 0) | (pair.y >= classes)) & counts
        rule = f"class indices must be whole numbers from 0 to {classes - 1}"
        advice = "; pass ignore_index= for rows without a class" if (pair.y[wrong] < 0).any() else ""
        _refuse(label, rule, "y_true", pair.y[:, np.newaxis], wrong[:, np.newaxis], pair.leading, advice)
    else:
        _refuse_numbers(label, "targets", "y_true", loss.targets, pair.y, counts, pair.leading, slack[0])
    _refuse_numbers(label, "predictions", "y_pred", loss.prediction, pair.f, counts, pair.leading, slack[1])


def _refuse_numbers(
    label: str,
    what: str,
    argument: str,
    kind: str,
    numbers: np.ndarray,
    counts: np.ndarray,
    leading: tuple[int, ...],
    slack: float,
) -> None:
    rows = counts[:, np.newaxis]
    is_number = ~np.isnan(numbers) if what == "predictions" else np.True_
    shape = (*leading, numbers.shape[1])
    finite = np.isfinite(numbers)
    match kind:
        case "distribution" | "relevance":
            _refuse(
                label,
                f"{what} must be finite and not negative",
                argument,
                numbers,
                ~(finite & (numbers >= 0.0)) & rows,
                shape,
            )
        case "labels" | "probabilities" | "independent_probabilities":
            inside = (numbers >= 0.0) & (numbers <= 1.0)
            _refuse(
                label,
                f"{what} must be in [0, 1]",
                argument,
                numbers,
                ~inside & rows & is_number,
                shape,
                _for_scores(kind, label),
            )
        case "log_probabilities":
            _refuse(
                label,
                f"{what} must be log-probabilities, at most 0",
                argument,
                numbers,
                (numbers > slack) & rows,
                shape,
                "; for plain scores take the loss on logits",
            )
        case "scores" if what == "targets":
            _refuse(
                label, f"{what} must be scores below infinity", argument, numbers, ~(numbers < np.inf) & rows, shape
            )
        case "increasing":
            climbs = np.hstack([np.ones((numbers.shape[0], 1), bool), ~(np.diff(numbers, axis=1) <= 0.0)])
            _refuse(label, f"{what} must increase along a row", argument, numbers, ~climbs & rows & is_number, shape)
    if kind == "distribution" or kind in SUMMED_TO_ONE:
        with np.errstate(over="ignore"):
            sums = (np.exp(numbers) if kind == "log_probabilities" else numbers).sum(axis=1, dtype=np.float64)
        wrong = ~(np.abs(sums - 1.0) <= slack) & counts & ~np.isnan(sums)
        rule = f"the probabilities of {what} must sum to one"
        _refuse(label, rule, argument, sums[:, np.newaxis], wrong[:, np.newaxis], leading, "", "a row with sum")


def _for_scores(kind: str, label: str) -> str:
    return "; for scores take a loss on logits, such as softmax_cross_entropy" if kind == "probabilities" else ""


def _refuse(
    label: str,
    rule: str,
    argument: str,
    numbers: np.ndarray,
    wrong: np.ndarray,
    shape: tuple[int, ...],
    advice: str = "",
    what: str = "",
) -> None:
    if not wrong.any():
        return
    first = int(np.argmax(wrong))
    index = ", ".join(str(i) for i in np.unravel_index(first, shape)) if shape else ""
    place = f"{argument}[{index}]" if index else argument
    more = int(np.count_nonzero(wrong)) - 1
    others = f" (and {more} more)" if more else ""
    number = numbers.reshape(-1)[first]
    if argument == "y_true" and not what and np.isnan(number):
        advice = MISSING
    shown = f"{number:g}" if numbers.dtype.kind == "f" else str(number)
    shown = f"{what} {shown}" if what else shown
    raise DomainError(f"{label}: {rule}, but {place} is {shown}{others}{advice}")
