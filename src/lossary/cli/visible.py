"""Words from elsewhere as a terminal may show them: what would move its cursor or turn its text is made visible."""

from __future__ import annotations

JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Unprintable by name, but parts of words and emoji."""

PICTURES = 0x2400
"""Where Unicode keeps a picture of each control character: U+241B for the escape character, U+001B."""


def visible(text: str, kept: str = "") -> str:
    """The text with a picture of each control character, one for one; but for the characters to be ``kept``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in JOINERS or c in kept else _picture(c) for c in text)


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(PICTURES + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else "\N{REPLACEMENT CHARACTER}"
