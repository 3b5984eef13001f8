"""Which loss an operator of torch means: its record, by a name that the compiler can be handed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import count

from lossary import discovery
from lossary.formula import Loss
from lossary.rowwise import RowLoss

Record = Loss | RowLoss

FLOAT32_SUFFICES = frozenset(
    [
        "categorical_cross_entropy",
        "cumulative_logit",
        "entmax15",
        "focal_softmax",
        "generalized_cross_entropy",
        "jensen_shannon",
        "jensen_shannon_logits",
        "kl_prediction_target",
        "kl_prediction_target_log_probabilities",
        "kl_prediction_target_logits",
        "kl_target_prediction",
        "kl_target_prediction_log_probabilities",
        "ranked_probability_score",
        "sparsemax",
        "total_variation",
        "total_variation_logits",
    ]
)
"""Losses that kernels compute in float64, but whose values and gradients keep the accuracy rule in float32 by torch's
operations. ``tests/torch/test_other_devices.py`` proves that it is these and no others."""


def needs_float64(record: Record) -> bool:
    """Whether float32 predictions of this loss are computed in float64 by torch operations."""
    return record.wide and record.name not in FLOAT32_SUFFICES


# Which loss an operator means: the compiler can only be handed its name.
_known: dict[str, Record] = {}
_numbers = count(1)


@dataclass(frozen=True, eq=False)
class Handle:
    """A loss, and the name by which the operators know it."""

    record: Record
    key: str


@cache
def handle(record: Record) -> Handle:
    """A loss with its name in the catalogue, a user's loss with a fresh one. To be made before a compiler looks on."""
    name = record.name
    own = name in discovery.names() and discovery.record(name) is record
    named = Handle(record, name if own else f"{name}#{next(_numbers)}")
    _known[named.key] = record
    return named


def record_of(key: str) -> Record:
    """The loss of this name; in a process that only loads a compiled graph, those of the catalogue."""
    return _known[key] if key in _known else discovery.record(key)
