"""One page that says what was decided and why: as HTML, Markdown or JSON, from the same decision."""

from __future__ import annotations

from pathlib import Path

from lossary.choosing.decide import Decision
from lossary.choosing.report.exhibits import Exhibits, FittedCurves, InfluentialRow
from lossary.choosing.report.markdown import markdown
from lossary.choosing.report.page import html
from lossary.choosing.report.words import clean

__all__ = ["Exhibits", "FittedCurves", "InfluentialRow", "html", "json", "markdown", "write"]


def json(decision: Decision, exhibits: Exhibits | None = None) -> str:
    """The decision as JSON; ``exhibits`` change nothing in it."""
    return clean(decision.to_json())


def write(decision: Decision, path: str | Path, exhibits: Exhibits | None = None) -> Path:
    """Write a report; the file's ending says which: .html, .md or .json.

    Raises ValueError for another ending.
    """
    renderers = {".html": html, ".md": markdown, ".json": json}
    file = Path(path)
    if file.suffix.lower() not in renderers:
        raise ValueError(f"{file.name}: a report is .html, .md or .json")
    file.write_text(renderers[file.suffix.lower()](decision, exhibits or Exhibits()), encoding="utf-8")
    return file
