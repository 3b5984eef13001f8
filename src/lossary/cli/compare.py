"""Linear models fitted under several losses, and judged on the same yardsticks on rows they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import qr

from lossary.cli.console import UserError
from lossary.cli.data import Table
from lossary.cli.linear import Fit, fit_linear, is_local, is_piecewise_linear
from lossary.evaluate.interface import LossFunction
from lossary.evaluate.refusals import inside
from lossary.evaluate.registry import get
from lossary.formula import SIGNS

ABSENT = float("nan")
COLLINEAR = 1e-10
"""A feature is a combination of others when what it adds to them is this small a part of it."""

BARE_LABEL = "a label is all this predicts; Brier and log loss take it for a probability of 0 or 1."
NEGLIGIBLE = 1e-9
"""A parameter this small guards a division; nobody need tune it."""


@dataclass(frozen=True)
class Yardstick:
    """A number to judge predictions by, and the functional that makes it smallest."""

    name: str
    consistent_for: str
    measure: Callable[[np.ndarray, np.ndarray], float]
    signed: bool = False


@dataclass(frozen=True)
class Candidate:
    """A loss, its fit on every row, and its scores on rows left out: pooled, and fold by fold."""

    loss: LossFunction
    fit: Fit
    scores: dict[str, float]
    by_fold: dict[str, list[float]]


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
        known = [score for score in scores if np.isfinite(score)]
        return min(known, default=ABSENT)


def compare(
    table: Table, losses: Sequence[LossFunction], folds: int, seed: int, advance: Callable[[int], None]
) -> Comparison:
    """Fit every loss on all rows and on each fold's complement; ``advance`` is told of every fit."""
    _refuse_unfit(table, folds)
    labelled = _is_labelled(table, losses)
    yardsticks = _label_yardsticks(table.y) if labelled else _number_yardsticks(losses)
    parts = np.array_split(np.random.default_rng(seed).permutation(len(table.y)), folds)
    candidates = [_judge(table, loss, parts, yardsticks, labelled, advance) for loss in losses]
    return Comparison(table, candidates, yardsticks, folds, seed, labelled, _notes(table, candidates, labelled))


def _judge(
    table: Table,
    loss: LossFunction,
    parts: Sequence[np.ndarray],
    yardsticks: Sequence[Yardstick],
    labelled: bool,
    advance: Callable[[int], None],
) -> Candidate:
    y = coded(table.y, loss) if labelled else table.y
    _refuse_targets(table.target, y, loss)
    predictions = np.empty(len(y))
    with np.errstate(over="ignore", under="ignore"):
        fit = fit_linear(loss, table.features, y)
        advance(1)
        for part in parts:
            kept = np.setdiff1d(np.arange(len(y)), part)
            model = fit_linear(loss, table.features[kept], y[kept])
            predictions[part] = judged_on(model, table.features[part], labelled)
            advance(1)
    truth = as_labels(table.y) if labelled else table.y
    scores = {yardstick.name: _score(yardstick, truth, predictions) for yardstick in yardsticks}
    by_fold = {s.name: [_score(s, truth[part], predictions[part]) for part in parts] for s in yardsticks}
    return Candidate(loss, fit, scores, by_fold)


def _score(yardstick: Yardstick, truth: np.ndarray, predictions: np.ndarray) -> float:
    return yardstick.measure(truth, predictions) if np.isfinite(predictions).all() else ABSENT


# Numbers.


def _number_yardsticks(losses: Sequence[LossFunction]) -> list[Yardstick]:
    levels = sorted({float(loss.given["tau"]) for loss in losses if loss.name == "quantile"})
    pinballs = [Yardstick(f"pinball {tau:g}", f"{tau:g}-quantile", get(f"quantile:{tau!r}").cost) for tau in levels]
    return [
        Yardstick("MAE", "median", get("absolute_error").cost),
        Yardstick("RMSE", "mean", get("root_mean_squared_error").cost),
        *pinballs,
        Yardstick("bias", "mean", lambda y, p: float(np.mean(p) - np.mean(y)), signed=True),
    ]


# Labels: the truth is 0 or 1, a prediction the probability of 1, or NaN beside a bare score.


def _is_labelled(table: Table, losses: Sequence[LossFunction]) -> bool:
    values = set(np.unique(table.y).tolist())
    return any(loss.family == "binary" for loss in losses) and values in ({0.0, 1.0}, {-1.0, 1.0})


def as_labels(y: np.ndarray) -> np.ndarray:
    """Labels as 0 and 1, however they were coded."""
    return (y > 0.0).astype(np.float64)


def coded(y: np.ndarray, loss: LossFunction) -> np.ndarray:
    """Labels as the loss wants them: -1 and +1 for losses on margins, 0 and 1 for the others."""
    labels = as_labels(y)
    return 2.0 * labels - 1.0 if loss.target == SIGNS else labels


def judged_on(model: Fit, features: np.ndarray, labelled: bool) -> np.ndarray:
    """What a yardstick takes: the prediction in the target's units, or the probability of label 1.

    A loss that settles only the label gives 0 or 1 here: the side of zero its score is on.
    """
    if not labelled:
        return model.mean(features)
    if model.loss.link != "identity":
        return model.mean(features)
    score = model.predict(features)
    if model.loss.target != SIGNS:
        return np.clip(score, 0.0, 1.0)
    return np.clip(0.5 * (1.0 + score), 0.0, 1.0) if gives_probability(model.loss) else (score > 0.0).astype(np.float64)


def gives_probability(loss: LossFunction) -> bool:
    """Whether the prediction tells how likely a label is, and not only which is likelier."""
    return loss.functional not in ("label", "none", "smoothed_hinge")


def _label_yardsticks(y: np.ndarray) -> list[Yardstick]:
    brier, log_loss = get("brier"), get("binary_cross_entropy")
    return [
        Yardstick("errors", "label", lambda t, p: float(np.mean((p > 0.5) != (t > 0.5)))),
        Yardstick("Brier", "probability", brier.cost),
        Yardstick("log loss", "probability", log_loss.cost),
        Yardstick("bias", "probability", lambda t, p: float(np.mean(p) - np.mean(t)), signed=True),
    ]


# What cannot be compared, and what must be said.


def _refuse_unfit(table: Table, folds: int) -> None:
    rows, unknowns = len(table.y), len(table.names) + 1
    needed = max(2 * folds, -(-(unknowns + 1) * folds // (folds - 1)))
    if rows < needed:
        raise UserError(
            f"{rows} row{'s' * (rows != 1)} cannot fit and judge {unknowns} coefficients in {folds} folds: "
            f"it takes at least {needed}; gather more rows{', or lower --folds' if folds > 2 else ''}"
        )
    if np.ptp(table.y) == 0.0:
        raise UserError(f"the target {table.target!r} is {table.y[0]:g} in every row: there is nothing to predict")
    for name, column in zip(table.names, table.features.T, strict=True):
        if np.ptp(column) == 0.0:
            raise UserError(f"column {name!r} is {column[0]:g} in every row; leave it out with --drop {name}")
    _refuse_collinear(table)


def _refuse_collinear(table: Table) -> None:
    standard = (table.features - table.features.mean(axis=0)) / table.features.std(axis=0)
    triangle, order = qr(standard, mode="r", pivoting=True)[:2]
    sizes = np.abs(np.diag(triangle))
    if sizes.size and sizes[-1] <= COLLINEAR * sizes[0]:
        name = table.names[order[int(np.argmax(sizes <= COLLINEAR * sizes[0]))]]
        raise UserError(
            f"column {name!r} is a linear combination of the other features; leave it out with --drop {name}"
        )


def _refuse_targets(name: str, y: np.ndarray, loss: LossFunction) -> None:
    wrong = ~inside(loss.target, y)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise UserError(
            f"{loss} takes targets in {loss.target}, but column {name!r} has {y[row]:g} in row {row + 1}"
            f"{f' and {int(wrong.sum()) - 1} more such' if wrong.sum() > 1 else ''}; leave out --loss {loss.name}"
        )


def _notes(table: Table, candidates: Sequence[Candidate], labelled: bool) -> list[str]:
    """What a reader must know, said once for all the losses that it is true of."""
    told: dict[str, list[str]] = {}
    for candidate in candidates:
        for note in (_scale_note(table, candidate), _fit_note(candidate), _link_note(candidate)):
            told.setdefault(note, []).append(str(candidate.loss))
        if labelled and not gives_probability(candidate.loss):
            told.setdefault(BARE_LABEL, []).append(str(candidate.loss))
    return [f"{', '.join(losses)}: {note}" for note, losses in told.items() if note]


def _fit_note(candidate: Candidate) -> str:
    if not candidate.fit.converged:
        return "the optimiser stopped before the gradient vanished; take the numbers with care."
    if is_local(candidate.loss) and not is_piecewise_linear(candidate.loss):
        return "the cost may have several optima; this is the best of those found."
    return ""


def _link_note(candidate: Candidate) -> str:
    link = candidate.fit.output.name or {"identity": "", "log": "exp"}.get(candidate.loss.link, "sigmoid")
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
