"""What attacks on claims have in common for all kinds of loss: how a claim is worded, and how an attack is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import mpmath

from lossary.proof.findings import Finding


def worded(loss: object, name: str, claimed: bool | float) -> str:
    """A claim of a loss at fixed parameters, in words."""
    return f"{loss}: {name} is {claimed}" if isinstance(claimed, bool) else f"{loss}: {name} is {claimed:g}"


def without_counterexample(what: str) -> Finding:
    """The finding for a claim of ``False`` that no attack could confirm."""
    return Finding(what, False, "no counterexample found: is it really false?")


def by_claim(loss: str, findings: Mapping[str, list[Finding]]) -> Iterator[Finding]:
    """One finding for each claim: the first failure, or that the claim held at all settings of the parameters."""
    for name, of_settings in findings.items():
        failed = [finding for finding in of_settings if not finding.passed]
        if failed:
            yield failed[0]
        elif len(of_settings) == 1:
            yield of_settings[0]
        else:
            yield Finding(f"{loss}: {name} is as claimed", True, f"at {len(of_settings)} parameter settings")


def growing(what: str, highest: list[Any]) -> Finding:
    """Whether the largest numbers found, in windows ever farther out, grow from the last window but one to the last."""
    grows = highest[-1] == mpmath.inf or highest[-1] > mpmath.mpf("1.5") * highest[-2] > 0
    return Finding(what, bool(grows), "" if grows else f"it stays below {mpmath.nstr(max(highest), 12)}")


def largest(sizes: Iterable[Any]) -> Any:
    """The largest of some numbers, of which those that are not numbers do not count; 0 of none."""
    return max((size for size in sizes if not mpmath.isnan(size)), default=mpmath.mpf(0))
