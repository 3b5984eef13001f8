"""The pictures of a report, as SVG text: small, without scripts, legible without colour, each with a description."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from lossary.choosing.comparison.scores import tested_rows
from lossary.choosing.comparison.study import Study
from lossary.choosing.judging.calibration import Calibration
from lossary.choosing.judging.leaderboard import Leaderboard
from lossary.choosing.judging.murphy import Murphy
from lossary.choosing.report.fitted_curves import FittedCurves
from lossary.choosing.report.words import number, short

# Okabe and Ito's colours, told apart by the colour-blind; line styles tell them apart without any.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 3)))
INK, FAINT, BAND = "#333333", "#999999", "#E8EEF2"
POINTS = 1200
"""Points drawn at most: an SVG grows with each."""
NAME = 34
LABEL = 56
"""Characters of a candidate's label: its end tells the model."""

STYLE: Mapping[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lossary",
    "text.parse_math": False,  # a column may be called $x$
    "axes.unicode_minus": False,
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@dataclass(frozen=True)
class Picture:
    """An SVG element, and what it shows for those who cannot see it."""

    svg: str
    alt: str
    caption: str = ""


def _svg_of(draw: Callable[[Figure], None], size: tuple[float, float]) -> str:
    with mpl.rc_context(dict(STYLE)), warnings.catch_warnings():
        # A name in a script that this machine's font lacks: the reader's browser has it.
        warnings.filterwarnings("ignore", message=".*missing from.*font.*")
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # names that every figure would repeat
    return text.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def forest(board: Leaderboard) -> Picture | None:
    """How much worse than the best each candidate is, with intervals."""
    shown = [e for e in board.rivals if e.gap is not None][:20]
    if not shown:
        return None
    scale = 1.0 if not np.isfinite(board.constant) or board.constant <= 0.0 else board.constant

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.axvspan(-100 * board.rope / scale, 100 * board.rope / scale, color=BAND, lw=0)
        axes.axvline(0.0, color=FAINT, lw=1)
        for position, entry in enumerate(shown):
            assert entry.gap is not None
            low, high = (100.0 * end / scale for end in entry.gap.interval())
            colour = COLOURS[0] if entry.tied else COLOURS[1]
            axes.plot([low, high], [position, position], color=colour, lw=2, solid_capstyle="butt")
            axes.plot(100.0 * entry.gap.mean / scale, position, marker="o" if entry.tied else "D", color=colour, ms=6)
        axes.set_yticks(range(len(shown)), [short(e.name, LABEL) for e in shown], fontsize=9)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xlabel(f"points of skill behind {short(board.best.name, LABEL)}")

    gaps = "; ".join(f"{short(e.name)}: {100.0 * e.gap.mean / scale:.2f}" for e in shown if e.gap is not None)
    caption = (
        "Mean and 95% interval of the corrected t-test. Circles: may be the best; diamonds: not. "
        "In the shaded band a difference is too small to matter."
    )
    return Picture(_svg_of(draw, (8.6, 0.9 + 0.28 * len(shown))), f"Points of skill behind the best. {gaps}.", caption)


def murphy_diagram(diagram: Murphy, target: str) -> Picture:
    """Elementary scores over thresholds."""

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for position, (name, curve) in enumerate(diagram.curves.items()):
            axes.plot(diagram.theta, curve, label=short(name, LABEL), **_line(position))
        axes.set_xlabel(f"threshold for {short(target, NAME)}")
        axes.set_ylabel("elementary score")
        axes.set_ylim(bottom=0.0)
        _legend(figure)

    lowest = [min(diagram.curves, key=lambda n: float(diagram.curves[n].mean()))]
    return Picture(
        _svg_of(draw, (7.4, 4.0)),
        f"Murphy diagram for the {diagram.what}; lowest on average: {short(lowest[0])}.",
        f"Of the {diagram.what}; lower is better. A curve below another everywhere is better whatever the decision; "
        "where curves cross, it depends on the threshold at which one decides.",
    )


def reliability(calibration: Calibration) -> Picture:
    """What came true, against what was predicted."""

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        p, recalibrated = calibration.prediction, calibration.recalibrated
        low, high = float(min(p.min(), recalibrated.min())), float(max(p.max(), recalibrated.max()))
        axes.plot([low, high], [low, high], color=FAINT, lw=1, ls="--")
        axes.plot(p, recalibrated, color=COLOURS[0], lw=2)
        axes.plot(p, np.full(p.size, low), "|", color=FAINT, ms=8, alpha=0.6)
        axes.set_xlabel("predicted")
        axes.set_ylabel("recalibrated: came true")

    parts = (
        f"miscalibration {number(calibration.miscalibration, 3)}, "
        f"discrimination {number(calibration.discrimination, 3)}, uncertainty {number(calibration.uncertainty, 3)}"
    )
    return Picture(
        _svg_of(draw, (3.7, 3.4)),
        f"Reliability curve of the {calibration.what}: {parts}.",
        f"{calibration.what.capitalize()}: {parts}. Calibrated on the dashed line; ticks are predictions.",
    )


def residuals(study: Study, label: str) -> Picture | None:
    """Residuals against predictions, and their quantiles against the normal's; for numbers alone."""
    if study.want.functional not in ("mean", "median", "quantile"):
        return None
    is_tested = tested_rows(study)[0]
    p, y = study.predictions[label][0][is_tested], study.y[is_tested].astype(np.float64)
    r, name = y - p, short(study.name_of(label))
    centre = float(np.median(r))
    spread = float(np.median(np.abs(r - centre))) / 0.6745 or float(r.std()) or 1.0
    beyond = float(np.mean(np.abs(r - centre) > 5.0 * spread))
    drawn_rows = _drawn_rows(r.size)

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        left.axhline(0.0, color=FAINT, lw=1)
        left.plot(p[drawn_rows], r[drawn_rows], ".", color=COLOURS[0], ms=4, alpha=0.5, mew=0)
        left.plot(*_running(p, r), color=COLOURS[1], lw=2)
        left.set(xlabel="prediction", ylabel="target - prediction", title="Residuals, and their running mean")
        order = np.sort(r)
        normal_quantiles = stats.norm.ppf((np.arange(r.size) + 0.5) / r.size)
        order_drawn = np.unique(np.linspace(0, r.size - 1, 300).round().astype(int))
        order_drawn = np.union1d(order_drawn, np.r_[0 : min(20, r.size), max(0, r.size - 20) : r.size])
        right.plot(normal_quantiles[order_drawn], normal_quantiles[order_drawn], color=FAINT, lw=1, ls="--")
        right.plot(normal_quantiles[order_drawn], (order[order_drawn] - centre) / spread, ".", color=COLOURS[0], ms=4)
        right.set(xlabel="normal quantile", ylabel="residual, in robust sigmas", title="Tails, against a normal's")

    return Picture(
        _svg_of(draw, (7.4, 3.2)),
        f"Residuals of {name}: robust sigma {number(spread, 3)}, {beyond:.1%} beyond five of them.",
        f"Out-of-fold residuals of {name}. Robust sigma {number(spread, 3)}; {beyond:.1%} lie beyond five.",
    )


def fitted(curves: FittedCurves, target: str) -> Picture:
    """What each loss predicts along a feature."""

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        if curves.points is not None:
            x, y = (np.asarray(a, dtype=np.float64) for a in curves.points)
            drawn_rows = _drawn_rows(x.size)
            axes.plot(x[drawn_rows], y[drawn_rows], ".", color=FAINT, ms=4, alpha=0.5, mew=0)
        for position, (name, curve) in enumerate(curves.curves.items()):
            axes.plot(curves.x, curve, label=short(name, LABEL), **_line(position))
        axes.set_xlabel(short(curves.feature, NAME))
        axes.set_ylabel(short(target, NAME))
        _legend(figure)

    names = ", ".join(short(name) for name in curves.curves)
    return Picture(_svg_of(draw, (7.4, 4.0)), f"Predictions along {short(curves.feature)} under {names}.")


def probabilities(study: Study, label: str) -> Picture | None:
    """How the predicted probabilities of class 1 lie in either class; for two classes."""
    if study.want.functional not in ("label", "probability") or study.predictions[label].ndim != 2:
        return None
    is_tested = tested_rows(study)[0]
    p, y, name = study.predictions[label][0][is_tested], study.y[is_tested], short(study.name_of(label))
    class_names: Sequence[str] = study.classes or ("0", "1")

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        edges = np.linspace(0.0, 1.0, 26).tolist()
        for outcome in (0, 1):
            axes.hist(
                p[y == outcome],
                edges,
                histtype="step",
                lw=2,
                color=COLOURS[outcome],
                ls=STYLES[outcome],
                label=short(class_names[outcome], NAME),
            )
        axes.set(xlabel=f"predicted probability of {short(class_names[1], NAME)}", ylabel="rows")
        axes.legend(fontsize=9)

    means = [float(np.mean(p[y == outcome])) if (y == outcome).any() else float("nan") for outcome in (0, 1)]
    first, second = (short(name) for name in class_names[:2])
    alt = f"Predicted probabilities: mean {means[0]:.3f} in class {first}, {means[1]:.3f} in {second}."
    return Picture(_svg_of(draw, (7.4, 2.8)), alt, f"Out-of-fold probabilities of {name}, by what happened.")


def _drawn_rows(rows: int) -> np.ndarray:
    """The rows drawn as points: all, or of many a sample."""
    return np.random.default_rng(0).choice(rows, POINTS, replace=False) if rows > POINTS else np.arange(rows)


def _running(p: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of up to twenty bins of as many rows each."""
    parts = np.array_split(np.argsort(p, kind="stable"), min(20, max(1, p.size // 15)))
    return np.array([p[i].mean() for i in parts]), np.array([r[i].mean() for i in parts])


def _legend(figure: Figure) -> None:
    """Below the axes, where it hides no curve."""
    figure.legend(fontsize=9, loc="outside lower left", ncols=2)


def _line(position: int) -> dict[str, Any]:
    return {"color": COLOURS[position % len(COLOURS)], "ls": STYLES[position % len(STYLES)], "lw": 1.8}
