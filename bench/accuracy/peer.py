"""What a library is to this table: a name, a version, and a function for each loss it has."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Answer = tuple[np.ndarray | None, np.ndarray | None]
"""The loss and its gradient, one number an example, in our scale; None for what the library does not offer."""

Compute = Callable[..., Answer]
"""A function of the arrays ``(y, f)`` and the row's parameters, as plain numbers."""

DTYPES: Mapping[str, type] = {"float64": np.float64, "float32": np.float32}


@dataclass(frozen=True)
class Function:
    """A library's best function for one row of the table.

    called   what a user of that library writes
    compute  calls it, and undoes factors and orders of arguments
    takes    the points it is meant for, as a mask; None for all
    dtypes   those in which it computes
    note     what it promises less than: a documented clamp, labels only
    """

    called: str
    compute: Compute
    takes: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    dtypes: tuple[str, ...] = tuple(DTYPES)
    note: str = ""


@dataclass(frozen=True)
class Library:
    """A column: its functions by the label of the row they belong to."""

    name: str
    version: str
    functions: Mapping[str, Function]
    note: str = ""


@dataclass(frozen=True)
class Absent:
    """A library that could not be asked, and why."""

    name: str
    reason: str


PEERS = ("torch_losses", "jax_losses", "keras_losses", "sklearn_losses", "scipy_losses")


def version(*packages: str) -> str:
    """The versions of installed packages: "torch 2.13.0"."""
    return ", ".join(f"{name} {importlib.metadata.version(name).split('+')[0]}" for name in packages)


def libraries(without: tuple[str, ...] = ()) -> list[Library | Absent]:
    """Ours first, under the names "Lossary, compiled" and "Lossary, NumPy", then the peers that are installed."""
    found: list[Library | Absent] = list(importlib.import_module("bench.accuracy.own").LIBRARIES)
    for module in PEERS:
        short = module.removesuffix("_losses")
        if short in without:
            continue
        try:
            found.append(importlib.import_module(f"bench.accuracy.peers.{module}").LIBRARY)
        except ImportError as missing:
            found.append(Absent(short, f"not installed ({missing.name})"))
    return found
