"""Who takes part in the pointwise races: ours, and the peers."""

from __future__ import annotations

import numpy as np

import lossary
from bench.pointwise.cases import Case, Data
from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.providers import COST, NEWTON, OURS, OURS_FRESH, REUSED, Entry, Failure, Provider, with_peers


def own_loss(case: Case) -> lossary.LossFunction:
    """Our loss at the case's parameters: an object of its own at every call."""
    loss = lossary.get(case.name)
    names = (parameter.name for parameter in loss.parameters)
    return loss.using(**dict(zip(names, case.given, strict=False)))


def _ours(case: Case, data: Data, fresh: bool) -> Entry:
    loss = own_loss(case)
    out = None if fresh else np.empty_like(data.f)
    return Entry(
        Contestant(
            OURS_FRESH if fresh else OURS,
            lambda: loss.cost_and_gradient(data.y, data.f, out=out),
        ),
        lambda got: Answer(*got),  # type: ignore[misc]
    )


def _ours_newton(case: Case, data: Data, fresh: bool) -> Entry:
    loss = own_loss(case)
    out = None if fresh else (np.empty_like(data.f), np.empty_like(data.f))
    return Entry(
        Contestant(
            OURS_FRESH if fresh else OURS,
            lambda: loss.gradient_and_hessian(data.y, data.f, out=out),
        ),
        lambda got: Answer(None, *got),  # type: ignore[misc]
    )


OWN: tuple[Provider, ...] = (
    Provider(OURS, COST, lambda case, data: _ours(case, data, False), REUSED),
    Provider(OURS_FRESH, COST, lambda case, data: _ours(case, data, True), "a new array for every result"),
    Provider(OURS, NEWTON, lambda case, data: _ours_newton(case, data, False), REUSED),
    Provider(OURS_FRESH, NEWTON, lambda case, data: _ours_newton(case, data, True), "new arrays for every result"),
)

PEERS = ("numpy_formulas", "torch_formulas", "jax_formulas", "sklearn_losses", "booster_formulas")


def providers() -> list[Provider | Failure]:
    """Everyone in the pointwise races."""
    return with_peers(OWN, (f"bench.pointwise.peers.{name}" for name in PEERS))
