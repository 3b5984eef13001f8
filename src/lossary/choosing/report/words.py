"""Numbers and foreign text as a report shows them."""

from __future__ import annotations

import math
import re

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
"""Characters that XML forbids, or that turn the reading direction of what follows."""

LONGEST = 60


def clean(text: object) -> str:
    """Text that may stand in any file: without control characters, and half a character replaced."""
    valid = str(text).encode("utf-8", "replace").decode("utf-8")
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", valid)


def short(text: object, longest: int = LONGEST) -> str:
    """One line of clean text, cut where it is too long for a picture.

    Examples
    --------
    >>> short("a  name that  is long", longest=12)
    'a name that…'
    """
    line = " ".join(clean(text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def number(value: float | None, digits: int = 4, signed: bool = False) -> str:
    """A number in as many significant digits, without exponent where it can be read without.

    Examples
    --------
    >>> number(12345.678), number(0.00123456), number(-2.0), number(None), number(1e-9)
    ('12,346', '0.001235', '-2.000', '-', '1.000e-09')
    """
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "infinite" if value > 0.0 else "-infinite"
    sign = "+" if signed else ""
    size = abs(value)
    if size != 0.0 and not 1e-5 <= size < 1e9:
        return f"{value:{sign}.{digits - 1}e}"
    decimals = digits - 1 if size == 0.0 else max(digits - 1 - math.floor(math.log10(size)), 0)
    return f"{value:{sign}z,.{decimals}f}"


def percent(value: float | None, digits: int = 1, signed: bool = False) -> str:
    """A share in percent."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{100.0 * value:{'+' if signed else ''}z.{digits}f}%"


def chance(value: float | None) -> str:
    """A p-value or a probability: never rounded to nothing.

    Examples
    --------
    >>> chance(0.2763), chance(0.00001)
    ('0.28', '< 0.001')
    """
    if value is None or math.isnan(value):
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.2g}" if value < 0.995 else "1"
