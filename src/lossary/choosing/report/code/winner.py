"""The recommended candidate, and what of its comparison the code that fits it again has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Candidate, Study
from lossary.choosing.comparison.thresholds import cost_threshold
from lossary.choosing.report.code.table import Columns, Source
from lossary.choosing.training.linear_models import ENOUGH, PENALTIES
from lossary.choosing.training.predictions import scale_of
from lossary.choosing.training.recipes import Part, is_forced, loss_of
from lossary.choosing.training.training_set import SMALL_TREES, TreeSettings
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.predictions.probabilities import gives_probabilities
from lossary.evaluate.registry import AnyLoss, named

SMALL = 1e-4
"""The penalty of a classifier whose penalty was not chosen: classes that a line tells apart need one."""


@dataclass(frozen=True)
class Winner:
    """A candidate of a study.

    ``columns`` is how many the model's matrix has, 0 if that is not known; ``grouped`` says that groups were named;
    ``trees`` is how boosted trees were grown; ``ill_posed`` says that a column nearly follows from others, so that
    lines are penalised although rows are enough.
    """

    study: Study
    candidate: Candidate
    columns: int = 0
    grouped: bool = False
    trees: TreeSettings = SMALL_TREES
    ill_posed: bool = False

    @property
    def levels(self) -> tuple[float | None, ...]:
        """What is fitted one by one: the ends of an interval; else one thing, with its level if it has one."""
        want = self.study.want
        if want.functional == "interval":
            return interval_levels(want)
        return (quantile_level(want) if want.functional in ("median", "quantile") else None,)

    @property
    def is_interval(self) -> bool:
        return self.study.want.functional == "interval"

    @property
    def has_conformal_ends(self) -> bool:
        """Whether both ends are fitted, and moved together."""
        return self.is_interval and self.has_level and self.candidate.shifted

    @property
    def has_level(self) -> bool:
        """Whether the loss is a quantile's."""
        return self.candidate.loss == "quantile"

    @property
    def written(self) -> str:
        """The loss as Python."""
        candidate = self.candidate
        if candidate.own_loss is not None:
            return self._own
        if self.has_level:
            return 'lossary.get("quantile").using(tau=level)'
        if is_forced(named(candidate.loss), candidate.link):
            return f"lossary.with_link({specification(candidate)!r}, {candidate.link!r})".replace("'", '"')
        return f"lossary.get({specification(candidate)!r})".replace("'", '"')

    @property
    def _own(self) -> str:
        """A user's own loss, from where it was found."""
        candidate = self.candidate
        place, _, name = candidate.origin.rpartition(":")
        stated = ", ".join(f"{each}={float(value)!r}" for each, value in candidate.parameters.items())
        using = f".using({stated})" if stated else ""
        if not place:
            return f"{candidate.loss}{using}  # fill in: your own loss, as you gave it to the comparison"
        return (f'runpy.run_path({place!r})["{name}"]' if place.endswith(".py") else name) + using

    @property
    def imports(self) -> list[str]:
        """Lines that import a user's own loss."""
        place, _, name = self.candidate.origin.rpartition(":")
        if not place:
            return []
        return ["import runpy"] if place.endswith(".py") else [f"from {place} import {name}"]

    @property
    def trained(self) -> AnyLoss:
        """The loss as trainers are given it: with its link."""
        parameters = {} if self.has_level else self.candidate.parameters
        return loss_of(Part(self.candidate.loss, parameters, own=self.candidate.own_loss), self.candidate.link)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The ends of the scale that targets are made shares of; None where they stay what they are."""
        return None if self.candidate.bounds == (0.0, 1.0) else self.candidate.bounds

    @property
    def has_own_order(self) -> bool:
        """Whether classes are in another order than that of the alphabet."""
        names = list(self.study.classes)
        is_text = any(not _is_number(name) for name in names)
        return is_text and names != sorted(names)

    @property
    def labels(self) -> str:
        """What estimators are fitted to: they sort labels themselves, so classes of another order are numbered."""
        return "codes" if self.has_own_order else "y"

    @property
    def many(self) -> bool:
        return len(self.study.classes) > 2

    @property
    def weighted(self) -> bool:
        return self.study.weight is not None

    @property
    def smeared(self) -> bool:
        return self.candidate.target.endswith("smeared")

    @property
    def rows(self) -> int:
        """How many rows a model learned from."""
        folds = self.study.folds
        return int(folds[0].train.size) if len(folds) else int(self.study.y.size)

    @property
    def needs_residuals(self) -> bool:
        """Whether predictions are corrected by the residuals of rows that training has not seen."""
        return self.candidate.shifted or self.smeared

    @property
    def gives_probabilities(self) -> bool:
        return gives_probabilities(self.trained)

    @property
    def of_rows(self) -> bool:
        """Whether the loss takes a row of class scores."""
        return not isinstance(self.trained, LossFunction)

    @property
    def threshold(self) -> float:
        """The probability above which the second of two classes is predicted."""
        own_threshold = self.candidate.threshold
        return cost_threshold(self.study.want) if own_threshold is None else own_threshold

    @property
    def _enough(self) -> int:
        """Rows from which a line needs no penalty."""
        return ENOUGH * (self.columns + 1)

    @property
    def has_rare_class(self) -> bool:
        """Whether rows would be enough for a line, if more of them were of the rarer class."""
        has_rows = self.rows >= self._enough and not self.ill_posed
        return bool(self.study.classes) and has_rows and bool(self.penalties)

    @property
    def penalties(self) -> tuple[float, ...]:
        """The penalties that were chosen from, in the target's units; none if rows were enough to do without."""
        y, study = self.study.y, self.study
        counting_rows = self.rows
        if study.classes:
            counting_rows = round(self.rows * float(np.bincount(y.astype(np.int64)).min()) / y.size)
        if counting_rows >= self._enough and not self.ill_posed:
            return ()
        factor = 1.0 if study.classes or self.bounds else _in_units(self.candidate, y)
        return tuple(float(f"{factor * each:.3g}") for each in PENALTIES)


def winner_of(
    study: Study, candidate: Candidate, columns: Columns | None, source: Source, trees: TreeSettings
) -> Winner:
    """A candidate with what is known of its table."""
    encoded, ill_posed = (0, False) if columns is None else (columns.encoded, columns.ill_posed)
    return Winner(study, candidate, encoded, source.group is not None, trees, ill_posed)


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def specification(candidate: Candidate) -> str:
    """A candidate's loss as ``lossary.get`` takes it.

    Examples
    --------
    >>> specification(Candidate("", "huber", {"delta": 1.5}, "linear", "identity"))
    'huber:delta=1.5'
    """
    parameters = ",".join(f"{name}={float(value)!r}" for name, value in candidate.parameters.items())
    return f"{candidate.loss}:{parameters}" if parameters else candidate.loss


def _in_units(candidate: Candidate, y: np.ndarray) -> float:
    """What a penalty of the scaled fit is in a fit in the target's units.

    The comparison fits targets over a unit u, where the cost is 1/c of what it is in the target's units; coefficients
    of scores without a link are 1/u of theirs.
    """
    unit = scale_of(candidate, y).unit
    if unit == 1.0:
        return 1.0
    part = Part(candidate.loss, {} if candidate.loss == "quantile" else candidate.parameters, own=candidate.own_loss)
    plain, scaled = loss_of(part, ""), loss_of(part, "", unit)
    by_log = plain.link == "log"
    f = np.log(EXAMPLES) if by_log else EXAMPLES
    plain_slopes = _slopes(plain, unit, f + np.log(unit) if by_log else f * unit)
    scaled_slopes = _slopes(scaled, 1.0, f)
    steepest = int(np.argmax(np.abs(scaled_slopes)))  # a slope may be zero: within a margin, or far out
    cost = float(plain_slopes[steepest] / scaled_slopes[steepest]) * (1.0 if by_log else unit)
    return cost if candidate.link == "log" else cost / unit**2


EXAMPLES = np.array([0.3, 1.5, 2.0, 9.0])
"""Predictions of a target of one."""


def _slopes(loss: AnyLoss, y: float, f: np.ndarray) -> np.ndarray:
    """Slopes by the formula itself: a handful of numbers is no reason to compile a kernel."""
    record: Any = loss.record
    return np.broadcast_to(record.grad(np.full(f.shape, y), f, *loss.given.values()), f.shape)
