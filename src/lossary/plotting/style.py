"""What lines look like: told apart without colour, and where they coincide."""

from __future__ import annotations

from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette, told apart by colour-blind readers too."""

DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = ("solid", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 2, 1, 2)))
WIDTHS = (3.4, 1.8)
"""Later lines are thinner and broken, so that earlier ones show beneath them where they coincide."""

INK, FAINT = "#333333", "#d9d9d9"
STYLE = {
    "axes.prop_cycle": f"cycler('color', {list(COLOURS)})",
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "lossary",
    "figure.dpi": 100,
    "savefig.dpi": 160,
}
"""Settings of matplotlib for whole pictures of ours; where a user draws, the user's own hold."""


def line_style(index: int, count: int) -> dict[str, Any]:
    """Dashes and width of one line of several; the colour is the next of the axes' own."""
    thinner = (WIDTHS[0] - WIDTHS[1]) * min(index / max(count - 1, 1), 1.0)
    return {
        "linestyle": DASHES[index % len(DASHES)],
        "linewidth": WIDTHS[0] - thinner,
        "zorder": 3.0 + 0.1 * index,
    }
