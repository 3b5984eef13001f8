"""Pictures: a loss's value, gradient and curvature side by side, and fits among the rows they were made from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossary.cli.compare import Comparison
from lossary.cli.console import UserError, explained
from lossary.cli.data import Table
from lossary.cli.tables import predicts
from lossary.evaluate.interface import LossFunction
from lossary.formula import REALS, SIGNS, UNIT, Choice, Interval

SUFFIXES = (".png", ".svg", ".pdf")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette, told apart by colour-blind readers too."""

DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = ("solid", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 2, 1, 2)))
WIDTHS = (3.4, 1.8)
"""Later lines are thinner and broken, so that earlier ones show beneath them where they coincide."""

POINTS = 1200
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


def look(index: int, count: int) -> dict[str, Any]:
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
        raise UserError(
            f"fits are drawn over one feature, not {len(table.names)}; choose it with --feature, or leave out --plot"
        )


def _save(figure: Figure, path: Path) -> None:
    still = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}
    try:
        figure.savefig(path, metadata=still[path.suffix.lower()])
    except OSError as trouble:
        raise UserError(f"{path} cannot be written: {trouble.strerror or trouble}") from trouble


# Curves.


def draw_curves(
    losses: Sequence[LossFunction], path: Path, target: float | None, span: tuple[float, float] | None
) -> None:
    """Three panels that share an axis of predictions, for one target."""
    refuse_unwritable(path)
    y = _target(losses) if target is None else target
    low, high = _range(losses, y) if span is None else span
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UserError(f"--range {low:g} {high:g} is empty; give the lower end first")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(13.0, 4.4 + 0.24 * math.ceil(len(losses) / 4)), layout="constrained")
        panels = figure.subplots(1, 3, sharex=True)
        kinds = ("value", "gradient", "curvature")
        heights: dict[str, list[np.ndarray]] = {kind: [] for kind in kinds}
        for index, loss in enumerate(losses):
            for panel, kind in zip(panels, kinds, strict=True):
                f, height = curve(loss, kind, y, low, high)
                panel.plot(f, height, label=str(loss), **look(index, len(losses)))
                heights[kind].append(height)
        for panel, kind in zip(panels, kinds, strict=True):
            panel.set_title(kind)
            panel.set_xlabel(_axis_label(losses, y))
            panel.axhline(0.0, color=INK, linewidth=0.8, zorder=1)
            panel.axvline(y, color=INK, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
            panel.set_ylim(*_limits(heights[kind]))
        panels[0].set_xlim(low, high)
        spikes = [
            _mark_spikes(panels[2], loss, y, low, high, look(i, len(losses))["color"]) for i, loss in enumerate(losses)
        ]
        if any(spikes):
            panels[2].set_title("curvature (arrow: all of it at a kink)")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(losses), 4), handlelength=3.2)
        _save(figure, path)


def curve(loss: LossFunction, kind: str, y: float, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and heights; NaN between them where the line is broken: at kinks, and outside the domain."""
    pieces = [_places(loss, left, right) for left, right in pairwise(_breaks(loss, y, low, high))]
    pieces = [piece for piece in pieces if piece.size]
    if not pieces:
        raise UserError(f"{loss} takes predictions in {loss.prediction}, and none is between {low:g} and {high:g}")
    compute = {"value": loss, "gradient": loss.gradient, "curvature": loss.hessian}[kind]
    with explained():
        heights = [compute(np.full(piece.shape, y), piece) for piece in pieces]
    gap = np.array([np.nan])
    return _joined(pieces, gap), _joined(heights, gap)


def _joined(pieces: Sequence[np.ndarray], gap: np.ndarray) -> np.ndarray:
    return np.concatenate([part for piece in pieces for part in (piece, gap)][:-1])


def _breaks(loss: LossFunction, y: float, low: float, high: float) -> list[float]:
    kinks = loss.record.kinks(y, *loss.given.values()) if loss.record.kinks is not None else ()
    return [low, *sorted({float(k) for k in kinks if low < k < high}), high]


def _mark_spikes(panel: Axes, loss: LossFunction, y: float, low: float, high: float, colour: str) -> bool:
    """An arrow where the gradient jumps: the curvature there is a spike of no width. Whether there is one."""
    spikes = [k for k in _breaks(loss, y, low, high)[1:-1] if _jump(loss, y, k) > 1e-6]
    for spike in spikes:
        ends = {
            "xy": (spike, 0.97),
            "xytext": (spike, 0.0),
            "xycoords": ("data", "axes fraction"),
            "textcoords": "data",
        }
        panel.annotate(
            "", **ends, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.6, "shrinkA": 0}, zorder=2.5
        )
    return bool(spikes)


def _jump(loss: LossFunction, y: float, kink: float) -> float:
    near = 1e-9 * max(1.0, abs(kink))
    before, after = loss.gradient([y, y], [kink - near, kink + near], check=False)
    return float(after - before)


def _places(loss: LossFunction, left: float, right: float) -> np.ndarray:
    """Predictions from just after one break to just before the next, inside the loss's domain."""
    domain = loss.prediction
    if isinstance(domain, Interval):
        tiny = 1e-9 * (right - left)
        left = max(left, domain.low if domain.low_closed else domain.low + tiny)
        right = min(right, domain.high if domain.high_closed else domain.high - tiny)
    if not left < right:
        return np.empty(0)
    return np.linspace(np.nextafter(left, right), np.nextafter(right, left), POINTS)


def _target(losses: Sequence[LossFunction]) -> float:
    """Zero where a prediction is then the residual, else one: in the domain of every loss if any number is."""
    candidates = (0.0, 1.0) if all(loss.target == REALS for loss in losses) else (1.0, 0.0, 0.5)
    for candidate in candidates:
        if all(candidate in loss.target for loss in losses):
            return candidate
    raise UserError(f"no target suits both {' and '.join(str(loss) for loss in losses)}; plot them apart")


def _range(losses: Sequence[LossFunction], y: float) -> tuple[float, float]:
    domains = [loss.prediction for loss in losses]
    if all(domain == UNIT for domain in domains):
        return 0.0, 1.0
    if all(isinstance(domain, Interval) and domain.low > -math.inf for domain in domains):
        low = min(domain.low for domain in domains if isinstance(domain, Interval))
        return low, y + 3.0 if y > low else low + 4.0
    if any(isinstance(loss.target, Choice) or loss.link != "identity" for loss in losses):
        return -4.0, 4.0
    reach = 3.0 * max([1.0, *(float(v) for loss in losses for p, v in _scales(loss) if p)])
    return y - reach, y + reach


def _scales(loss: LossFunction) -> list[tuple[bool, float]]:
    """The parameters that say where along the axis something happens."""
    return [("units of y" in p.meaning, loss.given[p.name]) for p in loss.parameters]


def _axis_label(losses: Sequence[LossFunction], y: float) -> str:
    links = {loss.link for loss in losses}
    if all(loss.target == SIGNS for loss in losses) and y == 1.0:
        return "margin y f, target y = 1"
    if links <= {"identity"} and all(loss.target == REALS == loss.prediction for loss in losses) and y == 0.0:
        return "residual f − y"
    what = (
        {"log": "log of the mean", "logit": "logit", "half_logit": "half the logit"}.get(links.pop(), "")
        if len(links) == 1
        else ""
    )
    return f"prediction f{', the ' + what if what else ''}, target y = {y:g}"


def _limits(heights: Sequence[np.ndarray]) -> tuple[float, float]:
    """From the lowest to the highest point, unless one curve would flatten the others."""
    finite = [h[np.isfinite(h)] for h in heights if np.isfinite(h).any()]
    if not finite:
        return -1.0, 1.0
    tops, bottoms = sorted(float(np.max(h)) for h in finite), sorted(float(np.min(h)) for h in finite)
    top, bottom = max(*tops, 0.0), min(*bottoms, 0.0)
    usual = max(float(np.median([max(abs(a), abs(b)) for a, b in zip(tops, bottoms, strict=True)])), 1e-12)
    steep = max(float(np.quantile(np.abs(h), 0.9)) for h in finite)
    reach = max(6.0 * usual, 0.0) if len(finite) > 1 else max(4.0 * steep, 1e-12)
    top, bottom = min(top, reach), max(bottom, -reach)
    room = 0.06 * (top - bottom or 1.0)
    return bottom - room, top + room


# Fits.


def draw_fits(comparison: Comparison, path: Path) -> None:
    """Every row as a point, every loss's prediction as a line over the one feature."""
    table = comparison.table
    x = table.features[:, 0]
    line = np.linspace(x.min(), x.max(), 400)[:, None]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 5.6), layout="constrained")
        axes: Axes = figure.subplots()
        axes.scatter(x, table.y, s=18, color="#8a8a8a", alpha=0.55, linewidths=0, zorder=2, rasterized=len(x) > 5000)
        for index, candidate in enumerate(comparison.candidates):
            label = f"{candidate.loss}\n{predicts(candidate.loss)}"
            axes.plot(line[:, 0], candidate.fit.mean(line), label=label, **look(index, len(comparison.candidates)))
        axes.set_xlabel(table.names[0])
        axes.set_ylabel(table.target)
        axes.set_title(f"{table.target} by {table.names[0]}: one linear model per loss, {len(x)} rows")
        figure.legend(loc="outside right upper", handlelength=3.2, labelspacing=1.0, borderaxespad=2.2)
        _save(figure, path)
