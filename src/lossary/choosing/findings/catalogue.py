"""Every kind of finding, by code and by name, and what each means."""

from __future__ import annotations

import difflib
from functools import cache

from lossary.choosing.findings import texts_of_comparison, texts_of_data
from lossary.choosing.findings.kind import Kind


def kind(code: str) -> Kind:
    """What a code or name stands for; ValueError for one that nothing has."""
    by_name = _by_name()
    key = code.strip()
    if key.upper() in by_name:
        return by_name[key.upper()]
    if key.lower() in by_name:
        return by_name[key.lower()]
    near = difflib.get_close_matches(key.upper(), by_name, 3) or difflib.get_close_matches(key.lower(), by_name, 3)
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; codes go from {min(codes())} to {max(codes())}"
    raise ValueError(f"no finding is called {code!r}{hint}")


def codes() -> tuple[str, ...]:
    """Every code, in order."""
    return tuple(k.code for k in kinds())


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind of finding, in order of code."""
    return tuple(sorted((*texts_of_data.KINDS, *texts_of_comparison.KINDS), key=lambda k: k.code))


@cache
def _by_name() -> dict[str, Kind]:
    return {k.code: k for k in kinds()} | {k.name: k for k in kinds()}


def explain(code: str) -> str:
    """What a code means, when it is raised, what would change it and where it comes from, as text.

    Examples
    --------
    >>> print(explain("LY042").splitlines()[0])
    LY042 tie: Several candidates predict about equally well
    """
    described = kind(code)
    lines = [f"{described.code} {described.name}: {described.title}", "", described.explanation, ""]
    lines += [f"Raised when: {described.threshold}", f"What would change it: {described.change}"]
    if described.suggests:
        lines.append(f"Losses it speaks for: {', '.join(described.suggests)}")
    return "\n".join([*lines, "Sources:", *(f"  {source}" for source in described.sources)])
