"""Pictures: a loss's value, gradient and curvature side by side, and fits among the rows they were made from."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossary.cli.compare import Comparison
from lossary.cli.console import UserError, explained
from lossary.cli.data import Table
from lossary.cli.scoring import as_labels, yardstick_predictions
from lossary.cli.tables import SCALES
from lossary.cli.visible import visible
from lossary.evaluate.curves import Span, breaks, curve, limits, telling_range, telling_target
from lossary.evaluate.page import predicts
from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import REALS, SIGNS

SUFFIXES = (".png", ".svg", ".pdf")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette, told apart by colour-blind readers too."""

DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = ("solid", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 2, 1, 2)))
WIDTHS = (3.4, 1.8)
"""Later lines are thinner and broken, so that earlier ones show beneath them where they coincide."""

INK, FAINT = "#333333", "#d9d9d9"
STYLE = {
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


def line_style(index: int, count: int) -> dict[str, Any]:
    """Colour, dashes and width of one line of several."""
    thinner = (WIDTHS[0] - WIDTHS[1]) * index / max(count - 1, 1)
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": DASHES[index % len(DASHES)],
        "linewidth": WIDTHS[0] - thinner,
        "zorder": 3.0 + 0.1 * index,
    }


def refuse_unwritable(path: Path) -> None:
    """A picture needs a known suffix and a folder."""
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path}: a picture's name must end in {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise UserError(f"there is no folder {path.parent} for the picture; make it first")


def refuse_unplottable(table: Table, path: Path) -> None:
    """Fits are drawn over one feature."""
    refuse_unwritable(path)
    if len(table.names) != 1:
        many = len(table.names)
        raise UserError(f"fits are drawn over one feature, not {many}; choose it with --feature, or leave out --plot")


def save(figure: Figure, path: Path) -> None:
    """Write a picture that is the same, byte for byte, whenever it is drawn."""
    still = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}
    try:
        with warnings.catch_warnings():
            # A column's name may have characters that the font lacks; they are drawn as boxes.
            warnings.filterwarnings("ignore", message=".*missing from.*font.*")
            figure.savefig(path, metadata=still[path.suffix.lower()])
    except OSError as trouble:
        raise UserError(f"{path} cannot be written: {trouble.strerror or trouble}") from trouble


# Curves.


def draw_curves(
    losses: Sequence[LossFunction], path: Path, target: float | None, ends: tuple[float, float] | None
) -> None:
    """Three panels that share an axis of predictions, for one target."""
    refuse_unwritable(path)
    with explained():
        y = telling_target(losses) if target is None else target
    low, high = telling_range(losses, y) if ends is None else ends
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UserError(f"--range {low:g} {high:g} is empty; give the lower end first")
    span = Span(y, low, high)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(13.0, 4.4 + 0.24 * math.ceil(len(losses) / 4)), layout="constrained")
        panels = dict(zip(("value", "gradient", "curvature"), figure.subplots(1, 3, sharex=True), strict=True))
        for kind, panel in panels.items():
            _draw_panel(panel, kind, losses, span)
            panel.set_xlabel(_axis_label(losses, y))
        if _mark_spikes(panels["curvature"], losses, span):
            panels["curvature"].set_title("curvature (arrow: all of it at a kink)")
        panels["value"].set_xlim(low, high)
        handles, labels = panels["value"].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(losses), 4), handlelength=3.2)
        save(figure, path)


def _draw_panel(panel: Axes, kind: str, losses: Sequence[LossFunction], span: Span) -> None:
    heights = []
    for index, loss in enumerate(losses):
        with explained():
            f, height = curve(loss, span, _computed(loss, kind))
        panel.plot(f, height, label=str(loss), **line_style(index, len(losses)))
        heights.append(height)
    panel.set_title(kind)
    panel.set_ylim(*limits(heights))
    panel.axhline(0.0, color=INK, linewidth=0.8, zorder=1)
    if all(loss.link == "identity" and loss.target != SIGNS for loss in losses):
        panel.axvline(span.y, color=INK, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)


def _computed(loss: LossFunction, kind: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    compute: dict[str, Callable[..., np.ndarray]] = {
        "value": loss.__call__,
        "gradient": loss.gradient,
        "curvature": loss.hessian,
    }
    return compute[kind]


def _mark_spikes(panel: Axes, losses: Sequence[LossFunction], span: Span) -> bool:
    """An arrow where a gradient jumps: the curvature there is a spike of no width. Whether there is one."""
    marked = False
    for index, loss in enumerate(losses):
        arrow = {"arrowstyle": "-|>", "color": line_style(index, len(losses))["color"], "linewidth": 1.6, "shrinkA": 0}
        for kink in breaks(loss, span)[1:-1]:
            if _jumps(loss, span.y, kink):
                ends = ((kink, 0.97), (kink, 0.0))
                panel.annotate("", *ends, ("data", "axes fraction"), "data", arrowprops=arrow, zorder=2.5)
                marked = True
    return marked


def _jumps(loss: LossFunction, y: float, kink: float) -> bool:
    """Whether the gradient differs between the sides of a kink, however near: unlike one that is merely steep there."""
    near, nearer = (reach * max(1.0, abs(kink)) for reach in (1e-6, 1e-12))
    sides = loss.gradient([y] * 4, [kink - near, kink + near, kink - nearer, kink + nearer], check=False)
    return float(sides[3] - sides[2]) > max(0.9 * float(sides[1] - sides[0]), 1e-6)


def _axis_label(losses: Sequence[LossFunction], y: float) -> str:
    links = {loss.link for loss in losses}
    if all(loss.target == SIGNS for loss in losses) and y == 1.0:
        return "margin y f; target y = 1"
    if links <= {"identity"} and all(loss.target == REALS == loss.prediction for loss in losses) and y == 0.0:
        return "residual f − y"
    shared = SCALES.get(links.pop(), "") if len(links) == 1 else ""
    return f"prediction f{': ' + shared if shared else ''}; target y = {y:g}"


# Fits.


def draw_fits(comparison: Comparison, path: Path) -> None:
    """Every row as a point, every loss's prediction as a line over the one feature."""
    table = comparison.table
    x, labelled = table.features[:, 0], comparison.labelled
    line = np.linspace(x.min(), x.max(), 400)[:, None]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 5.6), layout="constrained")
        axes: Axes = figure.subplots()
        axes.scatter(
            x,
            as_labels(table.y) if labelled else table.y,
            s=18,
            color="#8a8a8a",
            alpha=0.55,
            linewidths=0,
            zorder=2,
            rasterized=len(x) > 5000,
        )
        for index, candidate in enumerate(comparison.candidates):
            label = f"{candidate.loss}\n{predicts(candidate.loss)}"
            axes.plot(
                line[:, 0],
                yardstick_predictions(candidate.fit, line, labelled),
                label=label,
                **line_style(index, len(comparison.candidates)),
            )
        target, feature = visible(table.target), visible(table.names[0])
        axes.set_xlabel(feature, parse_math=False)
        axes.set_ylabel(target, parse_math=False)
        axes.set_title(f"{target} by {feature}: one linear model per loss, {len(x)} rows", parse_math=False)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), handlelength=3.2, labelspacing=1.0)
        save(figure, path)
