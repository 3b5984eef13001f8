"""Linear models fitted under several losses, and judged on the same yardsticks on rows they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from lossary.cli.data import Table
from lossary.cli.judging import (
    NO_SCORE,
    Yardstick,
    as_labels,
    code_labels,
    gives_probability,
    is_labelled,
    label_yardsticks,
    number_yardsticks,
    yardstick_predictions,
)
from lossary.cli.models import fit_linear, output_name
from lossary.cli.refusals import refuse_targets, refuse_unfit
from lossary.evaluate.interface import LossFunction
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
    labelled = is_labelled(table.y, losses)
    yardsticks = label_yardsticks() if labelled else number_yardsticks(losses)
    parts = np.array_split(np.random.default_rng(seed).permutation(len(table.y)), folds)
    candidates = [_fit_and_score(table, loss, parts, yardsticks, labelled, advance) for loss in losses]
    return Comparison(table, candidates, yardsticks, folds, seed, labelled, _notes(table, candidates, labelled))


def _fit_and_score(
    table: Table,
    loss: LossFunction,
    parts: Sequence[np.ndarray],
    yardsticks: Sequence[Yardstick],
    labelled: bool,
    advance: Callable[[int], None],
) -> Candidate:
    y = code_labels(table.y, loss) if labelled else table.y
    refuse_targets(table.target, y, loss)
    predictions = np.empty(len(y))
    with np.errstate(over="ignore", under="ignore"):
        fit = fit_linear(loss, table.features, y)
        advance(1)
        for part in parts:
            training_rows = np.setdiff1d(np.arange(len(y)), part)
            model = fit_linear(loss, table.features[training_rows], y[training_rows])
            predictions[part] = yardstick_predictions(model, table.features[part], labelled)
            advance(1)
    observed = as_labels(table.y) if labelled else table.y
    scores = {yardstick.name: yardstick.score(observed, predictions) for yardstick in yardsticks}
    by_fold = {s.name: [s.score(observed[part], predictions[part]) for part in parts] for s in yardsticks}
    return Candidate(loss, fit, scores, by_fold)


# What must be said.


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
