"""What predictions are judged by: scores that are least where the functional that is wanted is predicted.

A candidate is never judged by its own loss, but by the same few scores as all others, each consistent for what is
wanted (Gneiting 2011, doi:10.1198/jasa.2011.r10138): the first of a panel decides, the others are shown beside it,
because candidates that miss the truth each in its own way may well rank differently under each (Patton 2020,
doi:10.1080/07350015.2019.1585256). The numbers come from the losses of the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lossary.choosing.comparison.study import Candidate, Study, Want
from lossary.evaluate.arrays.refusals import inside
from lossary.evaluate.registry import AnyLoss, get, pointwise
from lossary.formula import POSITIVE, REALS, UNIT, Domain

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Yardstick:
    """A score of each row, and which targets and predictions it has a number for.

    ``unit`` is what the mean score is measured in: "y", "y squared", "nats", "cost", or "" for a pure number. ``root``
    says that people read its root (of the mean squared error), ``shown`` under which name.
    """

    name: str
    score: Score
    unit: str = ""
    target: Domain = REALS
    prediction: Domain = REALS
    root: bool = False

    @property
    def shown(self) -> str:
        """The name over a column of numbers as they are read."""
        return f"root mean {self.name}" if self.root else f"mean {self.name}"

    def read(self, score: float) -> float:
        """A mean score as people read it."""
        return float(np.sqrt(score)) if self.root else float(score)


@dataclass(frozen=True)
class Scores:
    """One yardstick's score of every row in every repeat: (repeats, n), NaN where no fold tested the row."""

    yardstick: Yardstick
    constant: np.ndarray
    by_candidate: Mapping[str, np.ndarray]
    undefined: Mapping[str, str]
    """Why a candidate has none: "9.6% of predictions are negative"."""


def panel(study: Study) -> tuple[Yardstick, ...]:
    """The yardsticks for what is wanted, the one that decides first."""
    want, counted = study.want, study.y if study.weight is None else study.y[study.weight > 0.0]
    if want.functional in ("label", "probability"):
        found = _of_labels(study) if want.functional == "label" else _of_probabilities(study)
    elif want.functional == "interval":
        found = _of_intervals(want)
    else:
        found = _of_means() if want.functional == "mean" else _of_quantiles(quantile_level(want))
    return tuple(y for y in found if bool(inside(y.target, counted).all()))


def judged_by(study: Study, first: Yardstick) -> str:
    """What decides, in words, and what would if nobody had asked for anything but the usual."""
    usual = "probability" if study.want.functional in ("label", "probability") else "mean"
    said = f"Judged by the {first.shown}"
    if study.want.functional == usual:
        return f"{said}."
    other = panel(replace(study, want=Want(usual)))[0]
    return f"{said}; were the {usual} wanted, the usual question for such a target, it would be the {other.shown}."


def quantile_level(want: Want) -> float:
    """The level asked for, or the one that the costs of predicting too low and too high amount to."""
    if want.functional == "median":
        return 0.5
    return want.level if want.level is not None else want.cost_under / (want.cost_under + want.cost_over)


def interval_levels(want: Want) -> tuple[float, float]:
    """The levels of the two ends of a central interval."""
    outside = 1.0 - (0.8 if want.level is None else want.level)
    return outside / 2.0, 1.0 - outside / 2.0


def cost_threshold(want: Want) -> float:
    """The probability above which it pays to say 1 (Elkan 2001)."""
    return want.cost_over / (want.cost_over + want.cost_under)


# The panels.


def _catalogued(spec: str, name: str, unit: str = "", root: bool = False) -> Yardstick:
    loss = pointwise(spec)
    return Yardstick(name, loss, unit, loss.target, loss.prediction, root)


def _of_means() -> list[Yardstick]:
    return [
        _catalogued("squared_error", "squared error", "y squared", root=True),
        _catalogued("poisson_deviance", "Poisson deviance"),
        _catalogued("gamma_deviance", "gamma deviance"),
    ]


def _of_quantiles(level: float) -> list[Yardstick]:
    # A quantile of log y is the log of the quantile: scores of logs are consistent too, and weigh small targets more.
    loss = get("absolute_error") if level == 0.5 else get(f"quantile:{level!r}")
    name = "absolute error" if level == 0.5 else f"quantile loss ({level:g})"
    return [
        Yardstick(name, loss, "y"),
        Yardstick(f"{name} of logs", partial(_of_logs, loss), "", POSITIVE, POSITIVE),
    ]


# Functions of modules, not closures: results can be pickled.


def _of_logs(loss: AnyLoss, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return loss(np.log(y), np.log(p))


def _of_intervals(want: Want) -> list[Yardstick]:
    low, high = interval_levels(want)
    ends = [partial(_end, get(f"quantile:{level!r}"), index) for index, level in enumerate((low, high))]
    return [
        Yardstick("interval score", partial(_interval, ends[0], ends[1], low), "y"),
        Yardstick(f"quantile loss ({low:g})", ends[0], "y"),
        Yardstick(f"quantile loss ({high:g})", ends[1], "y"),
    ]


def _end(loss: AnyLoss, index: int, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return loss(y, np.ascontiguousarray(p[:, index]))


def _interval(lower: Score, upper: Score, low: float, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Winkler (1972): the width, and 2/alpha for each unit that the target lies outside."""
    return (lower(y, p) + upper(y, p)) / low


def _of_probabilities(study: Study) -> list[Yardstick]:
    if many_classes(study):
        row_losses = (("categorical_cross_entropy", "log loss", "nats"), ("multiclass_brier", "Brier score", ""))
        return [Yardstick(name, partial(_of_class, get(spec)), unit, REALS, UNIT) for spec, name, unit in row_losses]
    return [_catalogued("binary_cross_entropy", "log loss", "nats"), _catalogued("brier", "Brier score")]


def _of_class(loss: AnyLoss, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return loss(y.astype(np.int64), p)


def _of_labels(study: Study) -> list[Yardstick]:
    """Scores of decided classes: ``scored`` turns predictions into classes before."""
    found = [Yardstick("error rate", _wrong, ""), Yardstick("balanced error rate", _balanced(study), "")]
    if many_classes(study):
        return found
    want = study.want
    under, over = want.cost_under, want.cost_over
    price = get(f"quantile:{under / (under + over)!r}")
    cost = Yardstick("cost", partial(_priced, price, under + over), "cost")
    return found if under == over == 1.0 else [cost, *found]


def _wrong(y: np.ndarray, label: np.ndarray) -> np.ndarray:
    return get("absolute_error")((y != label).astype(np.float64), np.zeros(y.size))


def _priced(price: AnyLoss, unit: float, y: np.ndarray, label: np.ndarray) -> np.ndarray:
    return unit * price(y, label)


def _balanced(study: Study) -> Score:
    """Errors of which every class contributes the same, however rare it is."""
    weight = np.ones(study.y.size) if study.weight is None else study.weight
    classes = study.y.astype(np.int64)
    share = np.bincount(classes, weight) / weight.sum()
    present = np.count_nonzero(share)
    return partial(_spread, present * share)


def _spread(parts: np.ndarray, y: np.ndarray, label: np.ndarray) -> np.ndarray:
    return _wrong(y, label) / parts[y.astype(np.int64)]


# Scoring.


def many_classes(study: Study) -> bool:
    """Whether a prediction is a row of probabilities, one a class."""
    return study.want.functional in ("label", "probability") and len(study.classes) > 2


def tested(study: Study) -> np.ndarray:
    """Which rows a fold of each repeat tests, and count: (repeats, n)."""
    found = np.zeros((repeats(study), study.y.size), dtype=bool)
    for fold in study.folds:
        found[fold.repeat, fold.test] = True
    return found if study.weight is None else found & (study.weight > 0.0)


def repeats(study: Study) -> int:
    """How often the rows were split into folds."""
    return 1 + max(fold.repeat for fold in study.folds)


def constant_predictions(study: Study) -> np.ndarray:
    """What the best constant of each training fold predicts for its test rows, in the shape of predictions."""
    constants = np.asarray(study.constants, dtype=np.float64)
    found = np.full((repeats(study), study.y.size, *constants.shape[1:]), np.nan)
    for fold, constant in zip(study.folds, constants, strict=True):
        found[fold.repeat, fold.test] = constant
    return found


def scored(study: Study, yardstick: Yardstick) -> Scores:
    """Every candidate's score of every row; a candidate without one has the reason among the undefined."""
    where = tested(study)
    by_candidate, undefined = {}, {}
    for candidate in study.candidates:
        rows = _of(study, yardstick, study.predictions.get(candidate.label), candidate, where)
        if isinstance(rows, str):
            undefined[candidate.label] = rows
        else:
            by_candidate[candidate.label] = rows
    constant = _of(study, yardstick, constant_predictions(study), None, where)
    if isinstance(constant, str):
        constant = np.full(where.shape, np.nan)
    return Scores(yardstick, constant, by_candidate, undefined)


def decided(study: Study, predictions: np.ndarray, threshold: float | None) -> np.ndarray:
    """The class that predictions amount to: the likeliest; of two 1 above a threshold, by default the costs'."""
    if many_classes(study):
        return np.argmax(predictions, axis=-1).astype(np.float64)
    level = cost_threshold(study.want) if threshold is None else threshold
    return (predictions > level).astype(np.float64)


def _of(
    study: Study, yardstick: Yardstick, predictions: np.ndarray | None, candidate: Candidate | None, where: np.ndarray
) -> np.ndarray | str:
    label = "" if candidate is None else candidate.label
    if predictions is None or label in study.failures:
        return study.failures.get(label, "it gave no predictions")
    kept = np.ascontiguousarray(predictions[where], dtype=np.float64)
    y = np.broadcast_to(study.y, where.shape)[where].astype(np.float64)
    if not np.isfinite(kept).all():
        return f"{_share(~np.isfinite(kept))} of predictions are not finite"
    if study.want.functional == "label":
        kept = decided(study, kept, None if candidate is None else candidate.threshold)
    reason = _outside(yardstick.prediction, kept)
    if reason:
        return reason
    scores = yardstick.score(y, kept)
    endless = np.isinf(scores)
    if endless.any():
        return f"{_share(endless)} of rows were given no chance at all, and happened: the score is infinite"
    found = np.full(where.shape, np.nan)
    found[where] = scores
    return found


def _outside(domain: Domain, predictions: np.ndarray) -> str:
    """How many predictions have no score, in words; "" if all have one."""
    wrong = ~inside(domain, predictions)
    if not wrong.any():
        return ""
    if domain == POSITIVE:
        negative = predictions < 0.0
        return f"{_share(negative)} of predictions are negative" if negative.any() else f"{_share(wrong)} are zero"
    return f"{_share(wrong)} of predictions are outside {domain}"


def _share(flags: np.ndarray) -> str:
    share = float(np.mean(flags))
    return f"{share:.1%}" if share >= 0.0005 else f"{int(np.count_nonzero(flags))} in {flags.size}"


# Means.


def overall(study: Study, rows: np.ndarray) -> float:
    """The weighted mean of all rows tested, over the repeats."""
    return _mean(study, rows, np.arange(study.y.size))


def by_fold(study: Study, rows: np.ndarray) -> np.ndarray:
    """The weighted mean score of each fold's test rows, in the order of the folds."""
    return np.array([_mean(study, rows[f.repeat, f.test], f.test) for f in study.folds])


def by_row(rows: np.ndarray) -> np.ndarray:
    """Each row's score, averaged over the repeats that tested it; NaN where none did."""
    known = ~np.isnan(rows)
    count = known.sum(axis=0)
    total = np.where(known, rows, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(rows.shape[1], np.nan), where=count > 0)


def skill(score: float, constant: float) -> float:
    """The part of the constant's score that a candidate saves: 1 is perfect, 0 no better than the constant."""
    return float("nan") if not constant > 0.0 else 1.0 - score / constant


def _mean(study: Study, scores: np.ndarray, rows: np.ndarray) -> float:
    weight = np.ones(rows.size) if study.weight is None else study.weight[rows]
    known = ~np.isnan(scores)
    counted = float(np.sum(known * weight))
    return float(np.sum(np.where(known, scores, 0.0) * weight)) / counted if counted else float("nan")
