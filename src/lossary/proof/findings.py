"""What an attack found: the form in which every proof answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lossary.formula import Loss
from lossary.proof.points import Point


@dataclass(frozen=True)
class Finding:
    """One promise of a loss: what it says, whether it held, the worst found, and at which ``(y, f, *parameters)``."""

    what: str
    passed: bool
    detail: str = ""
    point: Point | None = None

    def __str__(self) -> str:
        mark = "ok  " if self.passed else "FAIL"
        return f"{mark} {self.what}{': ' if self.detail else ''}{self.detail}"


def failures(found: Iterable[Finding]) -> list[Finding]:
    """Those that did not hold."""
    return [finding for finding in found if not finding.passed]


def at(loss: Loss, point: Iterable[object]) -> str:
    """A point in words, with the names of the parameters."""
    names = ("y", "f", *(p.name for p in loss.parameters))
    return ", ".join(f"{name}={float(x):.17g}" for name, x in zip(names, point, strict=False))  # type: ignore[arg-type]
