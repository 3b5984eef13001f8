"""How sentences end, and shares in them."""

from __future__ import annotations


def sentence(text: object) -> str:
    """Text with a full stop, where it has none.

    Examples
    --------
    >>> sentence("3 rows were left out"), sentence("Was it you?")
    ('3 rows were left out.', 'Was it you?')
    """
    written = str(text).rstrip()
    return written if written.endswith((".", "!", "?")) else f"{written}."


def share_in_words(share: float) -> str:
    """A share in percent, never rounded to nothing.

    Examples
    --------
    >>> share_in_words(0.1234), share_in_words(0.0001)
    ('12.3%', 'less than 0.1%')
    """
    return f"{share:.1%}" if share >= 0.0005 else "less than 0.1%"
