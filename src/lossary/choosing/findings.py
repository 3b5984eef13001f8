"""Findings as data: everything that a report says has a code, a number, a threshold, a source and what would change it.

A ``Kind`` is what is known of a code before any data is seen; a ``Finding`` is one that was made. ``kinds_of_data``
and ``kinds_of_evidence`` list them. Codes are never given to something else later.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Kind:
    """What a code stands for.

    ``name`` is a word for programs, ``threshold`` says when the finding is made, ``change`` what would unmake it,
    ``suggests`` which losses of the catalogue it speaks for; a comparison tells whether they keep the promise.
    """

    code: str
    name: str
    title: str
    explanation: str
    threshold: str
    change: str
    sources: tuple[str, ...]
    suggests: tuple[str, ...] = ()


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
        The column, or the candidate's label, that it is about; "" for the data set.
    effect : str
        What it changed in cross-validation: "huber(delta=1.3), linear scored 3.1% better than the reference".
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
        known = {key: value for key, value in asdict(self.kind).items() if key not in ("code", "threshold")}
        made = asdict(self) | {"number": _finite(self.number), "threshold": _finite(self.threshold)}
        return made | {"rule": self.kind.threshold} | known


def found(name: str, text: str, number: float | None = None, threshold: float | None = None, **more: Any) -> Finding:
    """A finding by its kind's name, or code.

    Examples
    --------
    >>> found("heavy_tails", "2.3% of residuals lie beyond 5 robust sigmas", 0.023, 0.01).code
    'LY021'
    """
    return Finding(kind(name).code, text, number, threshold, **more)


def kind(code: str) -> Kind:
    """What a code or name stands for; ValueError for one that nothing has."""
    known = _by_name()
    key = code.strip()
    if key.upper() in known:
        return known[key.upper()]
    if key.lower() in known:
        return known[key.lower()]
    near = difflib.get_close_matches(key.upper(), known, 3) or difflib.get_close_matches(key.lower(), known, 3)
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; codes go from {min(codes())} to {max(codes())}"
    raise ValueError(f"no finding is called {code!r}{hint}")


def codes() -> tuple[str, ...]:
    """Every code, in order."""
    return tuple(k.code for k in kinds())


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind of finding, in order of code."""
    from lossary.choosing import kinds_of_data, kinds_of_evidence  # noqa: PLC0415  they need Kind

    return tuple(sorted((*kinds_of_data.KINDS, *kinds_of_evidence.KINDS), key=lambda k: k.code))


@cache
def _by_name() -> dict[str, Kind]:
    return {k.code: k for k in kinds()} | {k.name: k for k in kinds()}


def explain(code: str) -> str:
    """What a code means, when it is raised, what would change it and where it comes from, as text.

    Examples
    --------
    >>> print(explain("LY042").splitlines()[0])
    LY042 tie: Several candidates may be the best
    """
    known = kind(code)
    lines = [f"{known.code} {known.name}: {known.title}", "", known.explanation, ""]
    lines += [f"Raised when: {known.threshold}", f"What would change it: {known.change}"]
    if known.suggests:
        lines.append(f"Losses it speaks for: {', '.join(known.suggests)}")
    return "\n".join([*lines, "Sources:", *(f"  {source}" for source in known.sources)])


def _finite(number: float | None) -> float | None:
    return float(number) if number is not None and math.isfinite(number) else None
