"""The pictures of one candidate's predictions, and of curves that candidates are compared by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from lossary.choosing.comparison.scores import tested_rows
from lossary.choosing.comparison.study import Study
from lossary.choosing.judging.calibration import Calibration
from lossary.choosing.judging.murphy import Murphy
from lossary.choosing.report.drawing import Picture, Plot, axis
from lossary.choosing.report.fitted_curves import FittedCurves
from lossary.choosing.report.words import number, short

POINTS = 1200
"""Points drawn at most: a page grows with each."""
NAME = 34
LABEL = 80
"""Characters of a candidate's name: its end tells the model."""
EDGE = 0.03
"""Empty space beside the outermost dots, as a share of the axis: none is cut in half."""


def murphy_diagram(diagram: Murphy, target: str, names: Mapping[str, str]) -> Picture:
    """Elementary scores over thresholds; ``names`` has what people read in place of labels."""
    heights = axis("elementary score", np.concatenate([*diagram.curves.values()]), zero=True)
    plot = Plot(axis(f"threshold for {short(target, NAME)}", diagram.theta), heights, height=300)
    for position, (label, curve) in enumerate(diagram.curves.items()):
        plot.line(diagram.theta, curve, series=position, name=short(names[label], LABEL), key=label)
    lowest = names[min(diagram.curves, key=lambda label: float(diagram.curves[label].mean()))]
    return plot.picture(
        f"Murphy diagram for the {diagram.what}; lowest on average: {short(lowest)}.",
        f"Of the {diagram.what}; lower is better. A curve below another everywhere is better whatever the decision; "
        "where curves cross, it depends on the threshold at which one decides.",
    )


def reliability(calibration: Calibration) -> Picture:
    """What came true, against what was predicted."""
    p, recalibrated = calibration.prediction, calibration.recalibrated
    low, high = float(min(p.min(), recalibrated.min())), float(max(p.max(), recalibrated.max()))
    plot = Plot(axis("predicted", [low, high], margin=EDGE), axis("came true", [low, high], margin=EDGE), height=300)
    plot.rug(p)
    plot.reference([low, high], [low, high])
    plot.line(p, recalibrated)
    parts = (
        f"miscalibration {number(calibration.miscalibration, 3)}, "
        f"discrimination {number(calibration.discrimination, 3)}, uncertainty {number(calibration.uncertainty, 3)}"
    )
    return plot.picture(
        f"Reliability curve of the {calibration.what}: {parts}.",
        f"{calibration.what.capitalize()}: {parts}. Calibrated on the dashed line; strokes are predictions.",
    )


def residuals(study: Study, label: str, name: str) -> tuple[Picture, ...]:
    """Residuals of a candidate against predictions, and their quantiles against the normal's; for numbers alone."""
    if study.want.functional not in ("mean", "median", "quantile"):
        return ()
    is_tested = tested_rows(study)[0]
    p, y = study.predictions[label][0][is_tested], study.y[is_tested].astype(np.float64)
    r = y - p
    return _residuals_by_prediction(p, r, short(name)), _residual_quantiles(r, short(name))


def _residuals_by_prediction(p: np.ndarray, r: np.ndarray, name: str) -> Picture:
    rows, centres, means = _drawn_rows(r.size), *_running(p, r)
    across = axis("prediction", p[rows], margin=EDGE)
    plot = Plot(across, axis("target - prediction", r[rows], margin=EDGE))
    plot.reference([across.low, across.high], [0.0, 0.0])
    plot.dots(p[rows], r[rows], series=0)
    plot.line(centres, means, series=1)
    return plot.picture(
        f"Residuals of {name} against its predictions; running means lie between {number(means.min(), 3)} and "
        f"{number(means.max(), 3)}.",
        f"Out-of-fold residuals of {name}: each dot is a row, the line their running mean.",
        "Residuals, and their running mean",
    )


def _residual_quantiles(r: np.ndarray, name: str) -> Picture:
    centre = float(np.median(r))
    spread = float(np.median(np.abs(r - centre))) / 0.6745 or float(r.std()) or 1.0
    beyond = float(np.mean(np.abs(r - centre) > 5.0 * spread))
    order = np.unique(np.linspace(0, r.size - 1, 300).round().astype(int))
    order = np.union1d(order, np.r_[0 : min(20, r.size), max(0, r.size - 20) : r.size])
    normal = stats.norm.ppf((order + 0.5) / r.size)
    sigmas = (np.sort(r)[order] - centre) / spread
    plot = Plot(axis("normal quantile", normal, margin=EDGE), axis("residual, in robust sigmas", sigmas, margin=EDGE))
    plot.reference(normal, normal)
    plot.dots(normal, sigmas, series=0)
    return plot.picture(
        f"Residuals of {name}: robust sigma {number(spread, 3)}, {beyond:.1%} beyond five of them.",
        f"Robust sigma {number(spread, 3)}; {beyond:.1%} lie beyond five. A normal's residuals lie on the dashed line.",
        "Tails, against a normal's",
    )


def fitted(curves: FittedCurves, target: str, names: Mapping[str, str]) -> Picture:
    """What each loss predicts along a feature; ``names`` has what people read in place of labels."""
    x, y = (np.empty(0), np.empty(0)) if curves.points is None else curves.points
    rows = _drawn_rows(x.size)
    x, y = (np.asarray(each, dtype=np.float64)[rows] for each in (x, y))
    across = axis(short(curves.feature, NAME), np.r_[curves.x, x], margin=EDGE)
    plot = Plot(
        across, axis(short(target, NAME), np.concatenate([*curves.curves.values(), y]), margin=EDGE), height=300
    )
    plot.dots(x, y)
    for position, (label, curve) in enumerate(curves.curves.items()):
        plot.line(curves.x, curve, series=position, name=short(names.get(label, label), LABEL), key=label)
    drawn = ", ".join(short(names.get(label, label)) for label in curves.curves)
    return plot.picture(f"Predictions along {short(curves.feature)} under {drawn}.")


def probabilities(study: Study, label: str, name: str) -> tuple[Picture, ...]:
    """How the predicted probabilities of class 1 lie in either class; for two classes."""
    if study.want.functional not in ("label", "probability") or study.predictions[label].ndim != 2:
        return ()
    is_tested = tested_rows(study)[0]
    p, y = study.predictions[label][0][is_tested], study.y[is_tested]
    classes: Sequence[str] = study.classes or ("0", "1")
    edges = np.linspace(0.0, 1.0, 26)
    counts = [np.histogram(p[y == outcome], edges)[0] for outcome in (0, 1)]
    across = axis(f"predicted probability of {short(classes[1], NAME)}", edges)
    plot = Plot(across, axis("rows", np.concatenate(counts), zero=True))
    for outcome, heights in enumerate(counts):
        plot.steps(edges, heights, series=outcome, name=short(classes[outcome], NAME))
    means = [float(np.mean(p[y == outcome])) if (y == outcome).any() else float("nan") for outcome in (0, 1)]
    first, second = (short(each) for each in classes[:2])
    alt = f"Predicted probabilities: mean {means[0]:.3f} in class {first}, {means[1]:.3f} in {second}."
    return (plot.picture(alt, f"Out-of-fold probabilities of {short(name)}, by what happened."),)


def _drawn_rows(rows: int) -> np.ndarray:
    """The rows drawn as points: all, or of many a sample."""
    return np.random.default_rng(0).choice(rows, POINTS, replace=False) if rows > POINTS else np.arange(rows)


def _running(p: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of up to twenty bins of as many rows each."""
    parts = np.array_split(np.argsort(p, kind="stable"), min(20, max(1, p.size // 15)))
    return np.array([p[i].mean() for i in parts]), np.array([r[i].mean() for i in parts])
