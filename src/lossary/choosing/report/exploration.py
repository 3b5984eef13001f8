"""The explorer beside a report: the residuals of the shown candidate, under the losses that may be the best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.scores import tested_rows
from lossary.choosing.comparison.study import Candidate
from lossary.choosing.given.units import is_free_of_units
from lossary.choosing.judging.decide import Decision
from lossary.choosing.report.words import clean, number
from lossary.choosing.training.recipes import Part, loss_of
from lossary.evaluate.pointwise.function import LossFunction
from lossary.explorer import page
from lossary.explorer.formulas import shown

MOST_POINTS = 200
MOST_LOSSES = 4
ACROSS = 10.0
"""Where the largest prediction lies; the smallest lies at 0."""


@dataclass(frozen=True)
class _Residuals:
    """Out-of-fold predictions, residuals and weights of a sample of rows."""

    prediction: np.ndarray
    residual: np.ndarray
    weight: np.ndarray
    rows: int  # that the sample is of

    @property
    def scale(self) -> float:
        """1.4826 times the median size: the standard deviation, where residuals are normal."""
        sizes = np.abs(self.residual)
        return float(1.4826 * np.median(sizes)) or float(sizes.mean()) or 1.0


def explorer_page(decision: Decision) -> str | None:
    """The explorer as a page that opens with these residuals; None where there are none, or no loss to show them under.

    It holds no more of the data than predictions, residuals and weights of a sample of rows.
    """
    if decision.study.want.functional not in ("mean", "median", "quantile"):
        return None
    residuals = _sample(decision)
    losses = list(dict.fromkeys(_losses(decision, residuals.scale)))[:MOST_LOSSES]
    if not losses or residuals.residual.size < 2:
        return None
    return page(losses, points=_points(residuals), note=_note(decision, residuals))


def _sample(decision: Decision) -> _Residuals:
    study = decision.study
    y = study.y.astype(np.float64)
    prediction = study.predictions[decision.shown_label][0]
    known = np.flatnonzero(tested_rows(study)[0] & np.isfinite(prediction) & np.isfinite(y))
    taken = known
    if known.size > MOST_POINTS:
        taken = np.sort(np.random.default_rng(study.seed).choice(known, MOST_POINTS, replace=False))
    weight = np.ones(y.size) if study.weight is None else study.weight / study.weight[known].mean()
    return _Residuals(prediction[taken], (y - prediction)[taken], weight[taken], known.size)


def _losses(decision: Decision, scale: float) -> Iterator[str]:
    """The losses to show, the recommended one first and the usual one last of those that it is held against."""
    board, recommended = decision.leaderboard, decision.verdict.recommended
    usual = [entry.candidate for entry in board.entries if entry.candidate.kind == "reference"]
    tied = [board.entry(label).candidate for label in decision.verdict.tied]
    on_page = {loss.name for loss in shown()}
    for candidate in (*([recommended] if recommended else []), *usual, *tied):
        part = Part(candidate.loss, candidate.parameters, own=candidate.own_loss)
        if candidate.loss in on_page and _is_of_targets(candidate) and is_free_of_units(part, "identity"):
            loss = loss_of(part, "", scale)
            assert isinstance(loss, LossFunction)
            yield _spec(loss)


def _is_of_targets(candidate: Candidate) -> bool:
    """Whether it was trained, by a loss of the catalogue, on the targets as they are."""
    return candidate.own_loss is None and candidate.estimator is None and not candidate.target


def _spec(loss: LossFunction) -> str:
    given = ",".join(f"{name}={float(f'{value:.4g}')!r}" for name, value in loss.fixed.items())
    return f"{loss.name}:{given}" if given else loss.name


def _points(residuals: _Residuals) -> list[tuple[float, float, float]]:
    low, high = float(residuals.prediction.min()), float(residuals.prediction.max())
    across = (
        ACROSS * (residuals.prediction - low) / (high - low) if high > low else np.full(residuals.residual.size, 5.0)
    )
    up = residuals.residual / residuals.scale
    return [
        (round(float(x), 2), round(float(y), 3), round(float(w), 3))
        for x, y, w in zip(across, up, residuals.weight, strict=True)
    ]


def _note(decision: Decision, residuals: _Residuals) -> str:
    name = decision.study.name_of(decision.shown_label)
    taken = residuals.residual.size
    which = f"all {taken:,} rows" if taken == residuals.rows else f"a random {taken:,} of {residuals.rows:,} rows"
    low, high = number(float(residuals.prediction.min())), number(float(residuals.prediction.max()))
    return clean(
        f"These points are {which} of your data, each predicted without having been seen in training. Across: what "
        f"{name} predicts, from {low} at 0 to {high} at 10. Upwards: the target less that, in units of "
        f"{number(residuals.scale)}, which is the residuals’ scale; parameters of losses are in that unit too."
    )
