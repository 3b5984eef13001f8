"""A page to play with losses: one file without a network, whose every number the printed formulas compute.

``page`` makes it anew from ``parts`` and the catalogue: nothing built lies about that could fall behind.
"""

from __future__ import annotations

from lossary.explorer.assembly import page as page
