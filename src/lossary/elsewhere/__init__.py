"""What other libraries call losses: which of ours gives the number of a name at its defaults, and where none does.

Data only, in a file for each kind of library, each entry a ``Name``; ``names`` looks them up. The dictionary of the
site, ``lossary.get`` and its refusals all read these. Objectives of boosters, and what estimators train on, are ours up
to the factor given and a term in the target, neither of which changes what is learned. What holds the entries to the
libraries is in ``tests/names`` and beside each host's tests.
"""

from lossary.elsewhere.name import Library, Name
from lossary.elsewhere.names import (
    ALSO,
    DIFFERENT,
    LIBRARIES,
    SAME,
    known_as,
    libraries,
    meaning,
    plain,
    short,
    translated,
)

__all__ = [
    "ALSO",
    "DIFFERENT",
    "LIBRARIES",
    "SAME",
    "Library",
    "Name",
    "known_as",
    "libraries",
    "meaning",
    "plain",
    "short",
    "translated",
]
