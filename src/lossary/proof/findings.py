"""What an attack found: the form in which every attack answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from lossary.formula import Loss
from lossary.proof.points import Point
from lossary.rowwise import RowLoss


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


def failures(findings: Iterable[Finding]) -> list[Finding]:
    """Those that did not hold."""
    return [finding for finding in findings if not finding.passed]


AnyRecord = TypeVar("AnyRecord", Loss, RowLoss)


def findings_of(attack: Callable[[AnyRecord], Iterable[Finding]], loss: AnyRecord) -> Iterator[Finding]:
    """What an attack finds; a formula that cannot even be run is a finding too."""
    try:
        yield from attack(loss)
    except (ArithmeticError, LookupError, NameError, NotImplementedError, TypeError, ValueError) as error:
        name = getattr(attack, "__name__", "attack")
        yield Finding(f"{loss.name}: {name}", False, f"raised {type(error).__name__}: {error}")


def at(loss: Loss, point: Iterable[object]) -> str:
    """A point in words, with the names of the parameters."""
    names = ("y", "f", *(p.name for p in loss.parameters))
    return ", ".join(f"{name}={float(x):.17g}" for name, x in zip(names, point, strict=False))  # type: ignore[arg-type]
