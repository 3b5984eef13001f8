"""Findings as data: whatever a report says has a code, a number, a threshold, a source and what would change it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from lossary.choosing.findings.catalogue import kind
from lossary.choosing.findings.kind import Kind


@dataclass(frozen=True)
class Finding:
    """One thing found in one data set.

    Attributes
    ----------
    code : str
        "LY021": see ``explain``.
    text : str
        One sentence with the number in it.
    number, threshold : float, optional
        What was measured, and beyond what it is worth telling.
    about : str
        The column, or the candidate's label (the key, not the name), that it is about; "" for the data set.
    effect : str
        What it changed in cross-validation: "Huber loss (delta 1.3), linear model scored 3.1% better than ...".
    blocking : bool
        Whether no loss mends it: it then decides the verdict.
    """

    code: str
    text: str
    number: float | None = None
    threshold: float | None = None
    about: str = ""
    effect: str = ""
    blocking: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """What is known of its code."""
        return kind(self.code)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the finding, and what its code stands for."""
        kind = {key: value for key, value in asdict(self.kind).items() if key not in ("code", "threshold")}
        fields = asdict(self) | {"number": _finite(self.number), "threshold": _finite(self.threshold)}
        return fields | {"rule": self.kind.threshold} | kind


def new_finding(
    name: str, text: str, number: float | None = None, threshold: float | None = None, **more: Any
) -> Finding:
    """A finding by its kind's name, or code.

    Examples
    --------
    >>> new_finding("heavy_tails", "2.3% of residuals are far out.", 0.023, 0.01).code
    'LY021'
    """
    return Finding(kind(name).code, text, number, threshold, **more)


def _finite(number: float | None) -> float | None:
    return float(number) if number is not None and math.isfinite(number) else None
