"""Who takes part in the rowwise races: ours three ways, and the peers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

import lossary
from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.providers import COST, OURS, OURS_FRESH, REUSED, Entry, Failure, Provider, with_peers
from bench.rowwise.cases import RowCase, RowData

IN_PLACE = "ours, in place"
OWN_NAMES = (OURS, OURS_FRESH, IN_PLACE)


def _called(case: RowCase, data: RowData) -> Callable[..., tuple[float, np.ndarray]]:
    options: dict[str, object] = dict(case.given)
    if case.weighted:
        options["class_weight"] = data.class_weight
    return partial(lossary.get(case.loss).cost_and_gradient, **options)


def _ours(case: RowCase, data: RowData, fresh: bool) -> Entry:
    both, out = _called(case, data), None if fresh else np.empty_like(data.f)
    return Entry(
        Contestant(OURS_FRESH if fresh else OURS, lambda: both(data.y, data.f, out=out)),
        lambda got: Answer(*got),  # type: ignore[misc]
    )


def _in_place(case: RowCase, data: RowData) -> Entry | None:
    if lossary.get(case.loss).record.prediction != "scores":
        return None
    both, scores = _called(case, data), np.empty_like(data.f)
    return Entry(
        Contestant(IN_PLACE, lambda: both(data.y, scores, out=scores), lambda: np.copyto(scores, data.f)),
        lambda got: Answer(*got),  # type: ignore[misc]
    )


OWN: tuple[Provider, ...] = (
    Provider(OURS, COST, lambda case, data: _ours(case, data, False), REUSED),
    Provider(OURS_FRESH, COST, lambda case, data: _ours(case, data, True), "a new array for every result"),
    Provider(IN_PLACE, COST, _in_place, "out= is the scores, restored outside the clock"),
)

PEERS = ("numpy_rows", "torch_rows", "jax_rows", "sklearn_rows")


def providers() -> list[Provider | Failure]:
    """Everyone in the rowwise races."""
    return with_peers(OWN, (f"bench.rowwise.peers.{name}" for name in PEERS))
