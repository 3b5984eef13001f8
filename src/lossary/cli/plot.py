"""Pictures: a loss's value, gradient and curvature side by side, and fits among the rows they were made from."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossary.cli.compare import Comparison
from lossary.cli.console import UserError, explained
from lossary.cli.data import Table
from lossary.cli.scoring import as_labels, yardstick_predictions
from lossary.cli.visible import visible
from lossary.evaluate.page import predicts
from lossary.evaluate.registry import AnyLoss
from lossary.plotting.plot import plot
from lossary.plotting.style import STYLE, line_style

SUFFIXES = (".png", ".svg", ".pdf")


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


def draw_curves(losses: Sequence[AnyLoss], path: Path, target: float | None, ends: tuple[float, float] | None) -> None:
    """Three panels that share an axis of predictions, for one target."""
    refuse_unwritable(path)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(13.0, 4.4 + 0.24 * math.ceil(len(losses) / 4)), layout="constrained")
        panels = dict(zip(("value", "gradient", "curvature"), figure.subplots(1, 3, sharex=True), strict=True))
        for quantity, panel in panels.items():
            with explained():
                plot(losses, quantity, y=target, span=ends, ax=panel, legend=False)
        handles, labels = panels["value"].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(losses), 4), handlelength=3.2)
        save(figure, path)


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
