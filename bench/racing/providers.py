"""Who takes part. A provider turns a case and its data into an entry for the race, or says that it has no such loss.

Two disciplines: COST (the cost and its gradient, in one call of ours) and NEWTON (gradient and Hessian of every
example, what boosting asks for). A provider that breaks is a row that says so, never a row left out.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.racing.harness import Contestant

COST, NEWTON = "cost and gradient", "gradient and Hessian"

OURS, OURS_FRESH = "ours", "ours, fresh out"

FLOOR = "floor: "
"""What the name of a floor begins with."""


def is_peer(name: str) -> bool:
    """Whether a contestant is neither ours nor a floor."""
    return not name.startswith((OURS, FLOOR))


REUSED = "targets checked, out= reused; two threads"


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


def present(
    everyone: Iterable[Provider | Failure], without: Sequence[str] = ()
) -> tuple[list[Provider | Failure], list[Provider]]:
    """All but those ``without`` whom it is to be, and of these the ones that can enter."""
    asked = [one for one in everyone if one.name not in without]
    return asked, [one for one in asked if isinstance(one, Provider)]


def with_peers(own: Iterable[Provider], modules: Iterable[str]) -> list[Provider | Failure]:
    """Ours first, then the peers that are installed, and the failures of those that are not."""
    found: list[Provider | Failure] = list(own)
    for name in modules:
        try:
            found += importlib.import_module(name).PROVIDERS
        except ImportError as missing:
            found.append(Failure(name.rsplit(".", 1)[1].split("_")[0], f"not installed: {missing}"))
    return found
