"""The gallery: a card for every loss."""

from __future__ import annotations

import lossary


def pages() -> dict[str, str]:
    """The gallery."""
    cards = [f"- [{loss.name}](losses/{loss.name}.md): {loss.brief}" for loss in lossary.catalogue()]
    toc = ["```{toctree}", ":hidden:", "", *(f"losses/{loss.name}" for loss in lossary.catalogue()), "```"]
    return {"gallery.md": "\n".join(["# Gallery", "", *cards, "", *toc])}
