"""A page for every loss, from its record."""

from __future__ import annotations

import lossary


def pages() -> dict[str, str]:
    """The pages, by their paths."""
    return {
        f"losses/{loss.name}.md": f"# {loss.title}\n\n{loss.brief}\n\n{loss.prose}\n" for loss in lossary.catalogue()
    }
