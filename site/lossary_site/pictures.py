"""What the stories' hidden first cell calls: pictures are SVG in the page's own colours, and warnings are errors."""

from __future__ import annotations

import hashlib
import io
import os
import re
import warnings
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from lossary.plotting.style import COLOURS, FAINT, INK, STYLE

ROOT = Path(__file__).parents[2]

SETTINGS = {
    **STYLE,
    "figure.figsize": (4.8, 3.4),  # as wide as a phone's page: letters do not shrink there
    "figure.constrained_layout.use": True,
    "text.color": INK,
    "axes.titlesize": 11,
    "legend.fontsize": 9,
    "savefig.transparent": True,
}

STRICT = (UserWarning, RuntimeWarning, FutureWarning)
"""Warnings that stop a page; of what is deprecated the notebook's own machinery warns."""

ON_PAGE = {INK: "currentColor", COLOURS[-1]: "currentColor", FAINT: "var(--pst-color-border)"}
"""What has the page's own colour, so that it can be seen in dark mode too."""


def start() -> None:
    """Make this process one that tells a story: at the repository's top, with our pictures, strict about warnings."""
    os.chdir(ROOT)
    for kind in STRICT:
        warnings.simplefilter("error", kind)
    mpl.rcParams.update(SETTINGS)
    _show_figures_as_svg()


def _show_figures_as_svg() -> None:
    from IPython.core.getipython import get_ipython  # noqa: PLC0415  a notebook's; tests run the code without
    from matplotlib_inline.config import InlineBackend  # noqa: PLC0415

    shell = get_ipython()
    if shell is None:
        return
    InlineBackend.instance(parent=shell).figure_formats = set()
    shell.run_line_magic("matplotlib", "inline")
    mpl.rcParams.update(SETTINGS)
    shell.display_formatter.formatters["text/html"].for_type(Figure, svg)
    _show_no_parts(shell.display_formatter)


def _show_no_parts(formatter: Any) -> None:
    """A cell that ends by drawing shows its picture, and not the name and address of the part that came last."""
    shown = formatter.format

    def format_(thing: object, *args: Any, **keywords: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        parts = thing if isinstance(thing, list | tuple) and thing else [thing]
        drawn = all(isinstance(part, Artist) and not isinstance(part, Figure) for part in parts)
        return ({}, {}) if drawn else shown(thing, *args, **keywords)

    formatter.format = format_


def svg(figure: Figure) -> str:
    """The figure as an SVG element for a page; its label (``plt.subplots(num=...)``) is what a screen reader says."""
    label = str(figure.get_label())
    if not label:
        raise ValueError("a picture needs words for who cannot see it: plt.subplots(num='...')")
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
    text = written.getvalue()
    element = text[text.index("<svg") :]
    for fixed, own in ON_PAGE.items():
        element = element.replace(fixed, own)
    element = re.sub(r"<style.*?</style>", "", element, flags=re.DOTALL)  # it would hold for the whole page
    element = re.sub(r" font-family: [^;\"]*;", "", _own_ids(element, label))
    width, height = (72.0 * inches for inches in figure.get_size_inches())
    head = (
        f'<svg class="story-picture" role="img" aria-label="{escape(label)}" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width * 4 / 3:g}" height="{height * 4 / 3:g}" stroke-linejoin="round" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return head + element[element.index(">") + 1 :].rstrip()


def _own_ids(element: str, label: str) -> str:
    """Names that are referred to become this picture's own, for a page has several; the others go."""
    mark = hashlib.sha256(label.encode()).hexdigest()[:8]
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", element))
    element = re.sub(r' id="([^"]+)"', lambda found: f' id="{mark}-{found[1]}"' if found[1] in used else "", element)
    return re.sub(r"(url\(#|href=\"#)", rf"\g<1>{mark}-", element)
