"""One page that says what was decided and why: as HTML, Markdown or JSON, from the same decision.

Comes in: a ``Decision``, and a ``Supplement`` of what the inspection knows beside it. Imports ``planning``, ``judging``
and what these import; needs Jinja2.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lossary.choosing.judging.decide import Decision
from lossary.choosing.report.data import as_json as json
from lossary.choosing.report.exploration import explorer_page
from lossary.choosing.report.fitted_curves import FittedCurves
from lossary.choosing.report.influential_rows import InfluentialRow
from lossary.choosing.report.markdown import markdown
from lossary.choosing.report.page import html
from lossary.choosing.report.supplement import Supplement

__all__ = ["FittedCurves", "InfluentialRow", "Supplement", "explorer_page", "html", "json", "markdown", "write"]


def write(
    decision: Decision,
    path: str | Path,
    supplement: Supplement | None = None,
    more: Mapping[str, Any] | None = None,
) -> Path:
    """Write a report; the file's ending says which: .html, .md or .json. JSON has all that ``more`` holds, too.

    Raises ValueError for another ending.
    """
    file = Path(path)
    ending = file.suffix.lower()
    if ending == ".json":
        text = json(decision, supplement, more)
    elif ending in (".html", ".md"):
        text = (html if ending == ".html" else markdown)(decision, supplement or Supplement())
    else:
        raise ValueError(f"{file.name}: a report is .html, .md or .json")
    file.write_text(text, encoding="utf-8")
    return file
