"""What one part of the benchmark (pointwise, rowwise, linear) hands to the run that prints all of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.providers import Failure, Provider
from bench.tables import Grid
from bench.verdicts import Lost


@dataclass(frozen=True)
class Part:
    """Tables, what must be known to read them, what was lost, and every number for JSON."""

    legend: str
    grids: Sequence[Grid]
    losing: Sequence[Lost]
    everyone: Sequence[Provider | Failure]
    numbers: Mapping[str, object]


def progress(text: str) -> None:
    """Say on a terminal what is being measured; the next word takes its place."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
