"""Linear models fitted under several losses, and judged on the same yardsticks on rows they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from lossary.cli.data import Table
from lossary.cli.models import fit_linear, output_name
from lossary.cli.refusals import refuse_targets, refuse_unfit
from lossary.cli.scoring import (
    NO_SCORE,
    CrossValidation,
    Yardstick,
    code_labels,
    cross_validation,
    gives_probability,
    yardstick_predictions,
)
from lossary.evaluate.pointwise.function import LossFunction
from lossary.fit import LinearFit

BARE_LABEL = "a label is all this predicts; Brier and log loss take it for a probability of 0 or 1."
NEGLIGIBLE = 1e-9
"""A parameter this small guards a division; nobody need tune it."""


@dataclass(frozen=True)
class Candidate:
    """A loss, its fit on every row, and its scores on rows left out: pooled, and fold by fold."""

    loss: LossFunction
    fit: LinearFit
    scores: dict[str, float]
    by_fold: dict[str, list[float]]

    @property
    def output(self) -> str:
        """What keeps the linear score in the loss's domain: "exp", "sigmoid"; "" for nothing."""
        return output_name(self.loss)


@dataclass(frozen=True)
class Comparison:
    """What was compared, on what, and what a reader must know."""

    table: Table
    candidates: list[Candidate]
    yardsticks: list[Yardstick]
    folds: int
    seed: int
    labelled: bool = False
    notes: list[str] = field(default_factory=list)

    def best(self, yardstick: Yardstick) -> float:
        """The size of the score nearest to perfect; NaN if nothing could be scored."""
        scores = [abs(c.scores[yardstick.name]) for c in self.candidates]
        finite = [score for score in scores if np.isfinite(score)]
        return min(finite, default=NO_SCORE)


def compare(
    table: Table, losses: Sequence[LossFunction], folds: int, seed: int, advance: Callable[[int], None]
) -> Comparison:
    """Fit every loss on all rows and on each fold's complement; ``advance`` is told of every fit."""
    refuse_unfit(table, folds)
    validation = cross_validation(table.y, losses, folds, seed)
    candidates = [_fit_and_score(table, loss, validation, advance) for loss in losses]
    notes = _notes(table, candidates, validation.labelled)
    return Comparison(table, candidates, validation.yardsticks, folds, seed, validation.labelled, notes)


def _fit_and_score(
    table: Table, loss: LossFunction, validation: CrossValidation, advance: Callable[[int], None]
) -> Candidate:
    y = code_labels(table.y, loss) if validation.labelled else table.y
    refuse_targets(table.target, y, loss)
    predictions = np.empty(len(y))
    with np.errstate(over="ignore", under="ignore"):
        fit = fit_linear(loss, table.features, y)
        advance(1)
        for part in validation.parts:
            training_rows = np.setdiff1d(np.arange(len(y)), part)
            model = fit_linear(loss, table.features[training_rows], y[training_rows])
            predictions[part] = yardstick_predictions(model, table.features[part], validation.labelled)
            advance(1)
    scores = validation.scores(table.y, predictions)
    return Candidate(loss, fit, scores, validation.scores_by_fold(table.y, predictions))


# Notes.


def _notes(table: Table, candidates: Sequence[Candidate], labelled: bool) -> list[str]:
    """What a reader must know, said once for all the losses that it is true of."""
    losses_by_note: dict[str, list[str]] = {}
    for candidate in candidates:
        for note in (_scale_note(table, candidate), _fit_note(candidate), _link_note(candidate)):
            losses_by_note.setdefault(note, []).append(str(candidate.loss))
        if labelled and not gives_probability(candidate.loss):
            losses_by_note.setdefault(BARE_LABEL, []).append(str(candidate.loss))
    return [f"{', '.join(losses)}: {note}" for note, losses in losses_by_note.items() if note]


def _fit_note(candidate: Candidate) -> str:
    if candidate.fit.alpha:
        return f"the features separate the labels, so coefficients are held by a penalty of {candidate.fit.alpha:g}."
    if not candidate.fit.converged:
        return "the optimiser stopped before the gradient vanished; take the numbers with care."
    if not candidate.fit.is_global:
        return "the cost may have several optima; this is the best of those found."
    return ""


def _link_note(candidate: Candidate) -> str:
    link = candidate.output or {"identity": "", "log": "exp"}.get(candidate.loss.link, "sigmoid")
    return f"the linear score becomes the prediction by {link}." if link else ""


def _scale_note(table: Table, candidate: Candidate) -> str:
    """A default in units of y says nothing about this y: compare it with the residuals."""
    loss = candidate.loss
    spread = float(np.median(np.abs(candidate.fit.mean(table.features) - table.y))) / 0.6745
    for parameter in loss.parameters:
        value = loss.given[parameter.name]
        scaled = "units of y" in parameter.meaning and value == parameter.default and value > NEGLIGIBLE
        if scaled and 0.0 < spread < np.inf and not 0.1 <= value / spread <= 10.0:
            size = "small" if value < spread else "large"
            return (
                f"{parameter.name} is in units of {table.target}, and {size} beside residuals of about "
                f"{spread:.3g}; compare --loss {loss.name}:{parameter.name}={spread:.2g}."
            )
    return ""
