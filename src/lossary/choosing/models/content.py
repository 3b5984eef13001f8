"""All that a model is made of: plain data, the same in memory and in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lossary.choosing.comparison.study import Want
from lossary.choosing.models.promise import Promise
from lossary.choosing.models.summaries import Summary
from lossary.choosing.models.tables import Column, Schema
from lossary.choosing.training.predictors import Predictor

Class = float | int | str


@dataclass(frozen=True)
class Training:
    """What the model was trained on and by: ``rows`` counted, of ``seed`` and with these ``versions`` of libraries."""

    rows: int
    seed: int
    versions: Mapping[str, str]


@dataclass(frozen=True, repr=False)
class Content:
    """A trained model.

    ``classes`` are empty for numbers. Of two, the second is decided where its probability is above ``threshold``.
    ``is_probable`` says that what the predictor gives are probabilities, and not labels as zeros and ones.
    """

    label: str
    want: Want
    target: Column
    classes: tuple[Class, ...]
    threshold: float
    is_probable: bool
    schema: Schema
    predictor: Predictor
    promise: Promise
    summaries: Mapping[str, Summary]
    training: Training
    notes: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        return f"<{self.label}, of {self.training.rows:,} rows>"
