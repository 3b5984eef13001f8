"""What is known of a kind of finding before any data is seen."""

from __future__ import annotations

from dataclasses import dataclass


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
