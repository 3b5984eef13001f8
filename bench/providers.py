"""Who takes part. A provider turns a case and its data into an entry for the race, or says that it has no such loss.

Two disciplines: COST (the cost and its gradient, in one call of ours) and NEWTON (gradient and Hessian of every
example, what boosting asks for). A provider that breaks is a row that says so, never a row left out.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

import lossary
from bench.cases import Case, Data
from bench.harness import Contestant
from bench.referee import Answer

COST, NEWTON = "cost and gradient", "gradient and Hessian"

OURS, OURS_FRESH = "ours", "ours, fresh out"


@dataclass(frozen=True)
class Entry:
    """A contestant, and how its result is read (outside the clock) in our scale."""

    contestant: Contestant
    read: Callable[[object], Any]


@dataclass(frozen=True)
class Failure:
    """A provider that could not take part, and why."""

    name: str
    reason: str


Enter = Callable[[Any, Any], Entry | None]
"""From a case and its data, pointwise, rowwise or linear. None: this library has no such loss."""


@dataclass(frozen=True)
class Provider:
    """A name, a discipline, how it enters a case, and what a reader must know of it."""

    name: str
    discipline: str
    enter: Enter
    note: str


def entered(provider: Provider, case: object, data: object) -> Entry | Failure | None:
    """The provider's entry, having run once; its failure if it cannot."""
    try:
        entry = provider.enter(case, data)
        if entry is not None:
            entry.contestant.once()
        return entry
    except Exception as broken:  # whatever a peer raises is a row in the table
        said = str(broken).strip().split("\n")[0][:120]
        return Failure(provider.name, f"{type(broken).__name__}: {said}")


def gathered(entrants: Iterable[Provider], case: object, data: object) -> tuple[list[Entry], list[Failure]]:
    """Everyone who enters the case, and everyone who broke on the way."""
    entries: list[Entry] = []
    failures: list[Failure] = []
    for provider in entrants:
        one = entered(provider, case, data)
        if isinstance(one, Failure):
            failures.append(one)
        elif one is not None:
            entries.append(one)
    return entries, failures


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


REUSED = "targets checked, out= reused; two threads"

OWN: tuple[Provider, ...] = (
    Provider(OURS, COST, lambda case, data: _ours(case, data, False), REUSED),
    Provider(OURS_FRESH, COST, lambda case, data: _ours(case, data, True), "a new array for every result"),
    Provider(OURS, NEWTON, lambda case, data: _ours_newton(case, data, False), REUSED),
    Provider(OURS_FRESH, NEWTON, lambda case, data: _ours_newton(case, data, True), "new arrays for every result"),
)

PEERS = ("numpy_formulas", "torch_formulas", "jax_formulas", "sklearn_losses", "booster_formulas")


def with_peers(own: Iterable[Provider], modules: Iterable[str]) -> list[Provider | Failure]:
    """Ours first, then the peers that are installed, and the failures of those that are not."""
    found: list[Provider | Failure] = list(own)
    for name in modules:
        try:
            found += importlib.import_module(name).PROVIDERS
        except ImportError as missing:
            found.append(Failure(name.rsplit(".", 1)[1].split("_")[0], f"not installed: {missing}"))
    return found


def providers() -> list[Provider | Failure]:
    """Everyone in the pointwise races."""
    return with_peers(OWN, (f"bench.peers.{name}" for name in PEERS))
