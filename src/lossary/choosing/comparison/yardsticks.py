"""What predictions are judged by: scores that are least where the functional that is wanted is predicted.

A candidate is never judged by its own loss, but by the same few scores as all others, each consistent for what is
wanted (Gneiting 2011, doi:10.1198/jasa.2011.r10138): the first of a panel decides, the others are shown beside it,
because candidates that miss the truth each in its own way may well rank differently under each (Patton 2020,
doi:10.1080/07350015.2019.1585256). The numbers come from the losses of the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Study, Want, many_classes
from lossary.evaluate.arrays.refusals import inside
from lossary.evaluate.registry import AnyLoss, get, pointwise
from lossary.formula import POSITIVE, REALS, UNIT, Domain

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Yardstick:
    """A score of each row, and which targets and predictions it has a number for.

    ``unit`` is what the mean score is measured in: "y", "y squared", "nats", "cost", or "" for a pure number. ``root``
    says that people read its root (of the mean squared error), ``shown`` under which name; ``bounded`` that no row can
    cost more than a known price.
    """

    name: str
    score: Score
    unit: str = ""
    target: Domain = REALS
    prediction: Domain = REALS
    root: bool = False
    bounded: bool = False

    @property
    def shown(self) -> str:
        """The name over a column of numbers as they are read."""
        return f"root mean {self.name}" if self.root else f"mean {self.name}"

    def read(self, score: float) -> float:
        """A mean score as people read it."""
        return float(np.sqrt(score)) if self.root else float(score)


def panel(study: Study) -> tuple[Yardstick, ...]:
    """The yardsticks for what is wanted, the one that decides first."""
    want, counting_targets = study.want, study.y if study.weight is None else study.y[study.weight > 0.0]
    if want.functional in ("label", "probability"):
        yardsticks = _label_panel(study) if want.functional == "label" else _probability_panel(study)
    elif want.functional == "interval":
        yardsticks = _interval_panel(want)
    else:
        yardsticks = _mean_panel() if want.functional == "mean" else _quantile_panel(quantile_level(want))
    return tuple(each for each in yardsticks if bool(inside(each.target, counting_targets).all()))


def yardstick_in_words(study: Study, first: Yardstick) -> str:
    """What decides, in words, and what would if nobody had asked for anything but the usual."""
    usual = "probability" if study.want.functional in ("label", "probability") else "mean"
    sentence = f"Judged by the {first.shown}"
    if study.want.functional == usual:
        return f"{sentence}."
    shown = panel(replace(study, want=Want(usual)))[0].shown
    return f"{sentence}; were the {usual} wanted, the usual question for such a target, it would be the {shown}."


# The panels.


def _catalogued(spec: str, name: str, unit: str = "", root: bool = False) -> Yardstick:
    loss = pointwise(spec)
    return Yardstick(name, loss, unit, loss.target, loss.prediction, root)


def _mean_panel() -> list[Yardstick]:
    return [
        _catalogued("squared_error", "squared error", "y squared", root=True),
        _catalogued("poisson_deviance", "Poisson deviance"),
        _catalogued("gamma_deviance", "gamma deviance"),
    ]


def _quantile_panel(level: float) -> list[Yardstick]:
    # A quantile of log y is the log of the quantile: scores of logs are consistent too, and weigh small targets more.
    loss = get("absolute_error") if level == 0.5 else get(f"quantile:{level!r}")
    name = "absolute error" if level == 0.5 else f"quantile loss ({level:g})"
    return [
        Yardstick(name, loss, "y"),
        Yardstick(f"{name} of logs", partial(_loss_of_logs, loss), "", POSITIVE, POSITIVE),
    ]


# Functions of modules, not closures: results can be pickled.


def _loss_of_logs(loss: AnyLoss, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return loss(np.log(y), np.log(p))


def _interval_panel(want: Want) -> list[Yardstick]:
    low, high = interval_levels(want)
    ends = [partial(_end_loss, get(f"quantile:{level!r}"), index) for index, level in enumerate((low, high))]
    return [
        Yardstick("interval score", partial(_interval_score, ends[0], ends[1], low), "y"),
        Yardstick(f"quantile loss ({low:g})", ends[0], "y"),
        Yardstick(f"quantile loss ({high:g})", ends[1], "y"),
    ]


def _end_loss(loss: AnyLoss, index: int, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return loss(y, np.ascontiguousarray(p[:, index]))


def _interval_score(lower: Score, upper: Score, low: float, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Winkler (1972): the width, and 2/alpha for each unit that the target lies outside."""
    return (lower(y, p) + upper(y, p)) / low


def _probability_panel(study: Study) -> list[Yardstick]:
    if many_classes(study):
        row_losses = (("categorical_cross_entropy", "log loss", "nats"), ("multiclass_brier", "Brier score", ""))
        return [Yardstick(name, partial(_class_loss, get(spec)), unit, REALS, UNIT) for spec, name, unit in row_losses]
    return [_catalogued("binary_cross_entropy", "log loss", "nats"), _catalogued("brier", "Brier score")]


def _class_loss(loss: AnyLoss, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return loss(y.astype(np.int64), p)


def _label_panel(study: Study) -> list[Yardstick]:
    """Scores of decided classes: ``scores`` turns predictions into classes before."""
    error_rates = [
        Yardstick("error rate", _error, "", bounded=True),
        Yardstick("balanced error rate", _balanced_error_score(study), "", bounded=True),
    ]
    if many_classes(study):
        return error_rates
    want = study.want
    under, over = want.cost_under, want.cost_over
    price = get(f"quantile:{under / (under + over)!r}")
    cost = Yardstick("cost", partial(_error_cost, price, under + over), "cost", bounded=True)
    return error_rates if under == over == 1.0 else [cost, *error_rates]


def _error(y: np.ndarray, label: np.ndarray) -> np.ndarray:
    return get("absolute_error")((y != label).astype(np.float64), np.zeros(y.size))


def _error_cost(price: AnyLoss, unit: float, y: np.ndarray, label: np.ndarray) -> np.ndarray:
    return unit * price(y, label)


def _balanced_error_score(study: Study) -> Score:
    """Errors of which every class contributes the same, however rare it is."""
    weight = np.ones(study.y.size) if study.weight is None else study.weight
    classes = study.y.astype(np.int64)
    share = np.bincount(classes, weight) / weight.sum()
    present = np.count_nonzero(share)
    return partial(_balanced_error, present * share)


def _balanced_error(parts: np.ndarray, y: np.ndarray, label: np.ndarray) -> np.ndarray:
    return _error(y, label) / parts[y.astype(np.int64)]
