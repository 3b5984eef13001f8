"""Which public names the reference pages do not tell of."""

from __future__ import annotations

import inspect
import posixpath
from pathlib import Path

from sphinx.util.inventory import InventoryFile

import lossary
from lossary_site import reference


def undocumented(html: Path) -> list[str]:
    """Public names without a docstring, or without a place in the built site."""
    told = _told(html)
    faults = [f"{name} is public, and no reference page tells of it" for name in reference.public() if name not in told]
    faults += [
        f"{name} is public, and has no docstring"
        for name, thing in reference.public().items()
        if not inspect.getdoc(thing)
    ]
    pages = (html / "losses" / f"{loss.name}.html" for loss in lossary.catalogue())
    return faults + [f"{page.stem} is a loss, and has no page" for page in pages if not page.is_file()]


def _told(html: Path) -> set[str]:
    with (html / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", posixpath.join)
    return {name for kind in inventory.values() for name in kind}
