"""Every kind of finding, by code and by name, and what each means."""

from __future__ import annotations

import difflib
from functools import cache

from lossary.choosing.findings import texts_of_comparison, texts_of_data
from lossary.choosing.findings.kind import Kind


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
    return tuple(sorted((*texts_of_data.KINDS, *texts_of_comparison.KINDS), key=lambda k: k.code))


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
