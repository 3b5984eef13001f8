"""What one part of the benchmark (pointwise, rowwise, linear ...) hands to the run that records all of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.racing.lost import Lost
from bench.racing.providers import Failure, Provider


@dataclass(frozen=True)
class Part:
    """What must be known to read it, the recorded cells, what was lost, and who was there."""

    legend: str
    cells: Sequence[Mapping[str, object]]
    losing: Sequence[Lost]
    everyone: Sequence[Provider | Failure] = ()

    def record(self) -> dict[str, object]:
        """The part for JSON."""
        contestants = [
            {"name": one.name, "absent": one.reason}
            if isinstance(one, Failure)
            else {"name": one.name, "discipline": one.discipline, "note": one.note}
            for one in self.everyone
        ]
        lost = [each.record() for each in self.losing]
        return {"legend": self.legend, "contestants": contestants, "lost": lost, "cells": list(self.cells)}


def progress(text: str) -> None:
    """Say on a terminal what is being measured; the next word takes its place."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
