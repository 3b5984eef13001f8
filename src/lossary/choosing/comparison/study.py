"""What a comparison of losses leaves behind: who took part, on which folds, and every out-of-fold prediction.

Whatever is said afterwards (leaderboard, tests, verdict, report) is computed from these, and fits nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossary.evaluate.registry import AnyLoss

FUNCTIONALS = ("mean", "median", "quantile", "interval", "probability", "label")


@dataclass(frozen=True)
class Want:
    """What of the target's distribution is asked for: mean, median, quantile:0.9, interval:0.8, probability or label.

    ``level`` is the quantile's or the interval's; ``cost_under`` and ``cost_over`` are what a prediction too low and
    one too high cost by unit (for two classes: a missed one and a false alarm). ``positive`` is the class that comes
    second although its name comes first, "" where classes are in the order of their names.
    """

    functional: str
    level: float | None = None
    cost_under: float = 1.0
    cost_over: float = 1.0
    stated: bool = True  # False: nobody said so, it is a default, and the report says that
    positive: str = ""


@dataclass(frozen=True)
class Candidate:
    """One way to train: a loss with its parameters, under one model and link.

    ``label`` is unique in a study, as "huber(delta=1.3), linear", and stays the same: it is the key in stores and JSON.
    ``name`` is what people read, "Huber loss (delta 1.3), linear model"; by default the label. ``kind`` is "constant"
    for the best constant, "reference" for what is done by default (squared error with the identity link, log-loss),
    else "candidate".
    ``target`` says what was done to the target: "", "log1p" (a transformed target is no loss, but is compared) or
    "log1p, smeared", brought back to the mean by the residuals on the log scale (Duan 1983).
    """

    label: str
    loss: str
    parameters: Mapping[str, float]
    model: str  # "constant", "linear", "boosting", "mlp", or the label of an estimator
    link: str  # "identity", "log", "logit", ...
    kind: str = "candidate"
    target: str = ""
    complexity: int = 0  # smaller is simpler: breaks ties
    threshold: float | None = None
    """For labels of two classes: predicted numbers above it mean class 1. None: what the costs say, for a probability.

    A loss that has the costs in its class weights has 1/2; one that gives labels alone predicts 0 and 1.
    """
    shifted: bool = False
    """Quantiles of residuals are added to a prediction of the centre."""
    weights: tuple[float, float] | None = None
    """What the two classes weigh in training."""
    bounds: tuple[float, float] = (0.0, 1.0)
    """The ends of the targets' scale under the logit link: 0 and 100 for percent."""
    own_units: bool = False
    """Targets are trained on as they are: on another scale the loss would be another."""
    own_loss: AnyLoss | None = None
    """A user's own loss; None for one of the catalogue, which ``loss`` names."""
    origin: str = ""
    """Where a user's own loss comes from: "module:name" or "./file.py:name"; "" if it came as an object."""
    estimator: Any = None
    """An estimator of scikit-learn's interface, which has a loss of its own; None for the library's models."""
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.label)


@dataclass(frozen=True)
class Fold:
    """Row numbers of one split; ``repeat`` counts the repetitions of the k-fold partition."""

    train: np.ndarray
    test: np.ndarray
    repeat: int = 0


@dataclass(frozen=True)
class Study:
    """Everything that a comparison found. Predictions are (repeats, n) of the functional wanted.

    For an interval they are (repeats, n, 2), for k > 2 classes (repeats, n, k); NaN where a candidate failed, and in
    rows that no fold of a repeat tests. For a label they are probabilities too (of class 1, or of each class), or 0
    and 1 where a loss gives no more: what is decided, and at which threshold, is the judge's business. ``y`` holds
    numbers, or class indices with ``classes`` their names.
    """

    want: Want
    y: np.ndarray
    weight: np.ndarray | None
    folds: Sequence[Fold]
    candidates: Sequence[Candidate]
    predictions: Mapping[str, np.ndarray]
    constants: np.ndarray  # the best constant of each training fold, by fold (and class or end of the interval)
    classes: Sequence[str] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    ordered: bool = False  # rows are in order of time
    groups: np.ndarray | None = None  # rows of one group are not independent of each other
    row_numbers: np.ndarray | None = None  # of the rows in the table that they came from, from 1; None: all of it

    def name_of(self, label: str) -> str:
        """What people read in place of a candidate's label; the label itself where no candidate has it."""
        return next((c.name for c in self.candidates if c.label == label), label)

    def row_number(self, row: int) -> int:
        """The number of a row in the table that it came from, from 1."""
        return row + 1 if self.row_numbers is None else int(self.row_numbers[row])


def many_classes(study: Study) -> bool:
    """Whether a prediction is a row of probabilities, one a class."""
    return study.want.functional in ("label", "probability") and len(study.classes) > 2
