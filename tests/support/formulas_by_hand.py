"""Formulas in JavaScript that no printer wrote: they would be a second copy of a loss."""

from __future__ import annotations

import re

from lossary import primitives
from lossary.explorer.formulas import EXPORTED

ALLOWED = {"abs", "ceil", "cos", "floor", "hypot", "log10", "max", "min", "round", "sign", "sin", "sqrt"}
"""What of ``Math`` a drawing takes: no function that a loss is made of but in ``PRIMITIVES``."""


def by_hand(script: str) -> list[str]:
    """What looks like a formula in JavaScript that no printer wrote."""
    found = [f"Math.{name}" for name in re.findall(r"\bMath\.(\w+)", script) if name not in ALLOWED]
    found += [f"PRIMITIVES.{name}" for name in re.findall(r"\bPRIMITIVES\.(\w+)", script) if name not in EXPORTED]
    names = "|".join(name for name in primitives.NAMES if name not in ("where", "sign", "sqrt"))
    return found + re.findall(rf"\bconst (?:{names})\b", script) + re.findall(r"Math\.(?:PI|E)\b", script)
