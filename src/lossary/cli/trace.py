"""A picture of a fit on its way: the cost falling step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lossary.cli.console import UserError
from lossary.cli.fitting import Fitting
from lossary.cli.models import Trees, fit_linear
from lossary.cli.plot import save
from lossary.cli.scoring import code_labels
from lossary.cli.visible import visible
from lossary.fit import LinearFit
from lossary.plotting.style import STYLE, line_style

TEACHING = {"gradient_descent": 100, "sgd": 20}
"""The solvers drawn beside the one that was used, and how many steps they are given."""

FAILURES = (UserError, ValueError, ArithmeticError)
"""What a solver, or the picture, may fail with."""

LEAST = 1e-12
"""Costs this near the least one, relative to the range, are drawn as this."""


@dataclass(frozen=True)
class Drawn:
    """Whether there is a picture, and what is missing from it: a line each."""

    is_there: bool
    missing: list[str]


def try_to_draw(fitting: Fitting, options: Mapping[str, Any], path: Path) -> Drawn:
    """Draw the trace if that can be done: the fit is there already, and is not lost with its picture."""
    missing: list[str] = []
    try:
        draw_trace(fitting, options, path, missing)
    except FAILURES as failure:
        return Drawn(False, [*missing, f"there is no trace: {failure}"])
    return Drawn(True, missing)


def draw_trace(fitting: Fitting, options: Mapping[str, Any], path: Path, missing: list[str]) -> None:
    """The objective by step for linear models, the cost by tree for boosted ones, the learning curve of a network.

    Solvers that fail are named in ``missing``.
    """
    if isinstance(fitting.model, LinearFit):
        _draw_descents(fitting, fitting.model, _descents(fitting, fitting.model, options, missing), path)
    elif isinstance(fitting.model, Trees):
        _draw_rounds(fitting, fitting.model, path)
    else:
        with mpl.rc_context(STYLE):
            figure = Figure(figsize=(8.0, 4.6), layout="constrained")
            axes = fitting.model.plot_learning_curve(figure.subplots())  # type: ignore[attr-defined]
            axes.set_title(_title(fitting), parse_math=False)
            save(figure, path)


def _title(fitting: Fitting) -> str:
    return visible(f"{fitting.table.target} under {fitting.loss}")


def _descents(
    fitting: Fitting, model: LinearFit, options: Mapping[str, Any], missing: list[str]
) -> dict[str, np.ndarray]:
    """The objective after every step: of the solver used, and if none was asked for of those that teach."""
    y = code_labels(fitting.table.y, fitting.loss) if fitting.labelled else fitting.table.y
    features, seed = fitting.table.features, fitting.seed
    used_options = {**options, "alpha": model.alpha, "random_state": seed, "trace": True}
    loss_used, no_scale = fitting.loss.using(**model.loss.given), {"scale": None}
    runs: list[tuple[str, dict[str, Any]]] = [(model.solver, used_options)]
    if options.get("solver", "auto") == "auto":
        runs += [(name, {**used_options, **no_scale, "solver": name, "max_iter": n}) for name, n in TEACHING.items()]
    objectives = {}
    for name, run_options in runs:
        try:
            fit = fit_linear(fitting.loss if run_options is used_options else loss_used, features, y, run_options)
        except FAILURES as failure:
            missing.append(f"the trace lacks {name}: {failure}")
            continue
        assert fit.path is not None
        objectives[name] = fit.path.objectives
    if not objectives:
        raise UserError("no solver could be followed")
    return objectives


def _draw_descents(fitting: Fitting, model: LinearFit, descents: Mapping[str, np.ndarray], path: Path) -> None:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11.0, 4.8), layout="constrained")
        costs_axes, excess_axes = figure.subplots(1, 2)
        _draw_lines(costs_axes, descents)
        costs_axes.set_title("the cost falls ...")
        costs_axes.set_ylabel("mean loss" + (" and penalty" if model.alpha else ""))
        best = min(float(np.nanmin(costs)) for costs in descents.values())
        reach = max(float(np.nanmax(costs)) for costs in descents.values()) - best or 1.0
        _draw_lines(excess_axes, {k: np.maximum(costs - best, LEAST * reach) for k, costs in descents.items()})
        excess_axes.set_yscale("log")
        excess_axes.set_title("... and how far it is above the least one")
        excess_axes.set_ylabel("excess")
        steps = "step" + (" (of sgd: pass over the rows)" if "sgd" in descents else "")
        for axes in (costs_axes, excess_axes):
            axes.set_xlabel(steps)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        costs_axes.legend()
        figure.suptitle(_title(fitting), x=0.02, ha="left", parse_math=False)
        save(figure, path)


def _draw_lines(axes: Any, descents: Mapping[str, Sequence[float] | np.ndarray]) -> None:
    for index, (name, costs) in enumerate(descents.items()):
        style = {**line_style(index, len(descents)), "linestyle": "solid"}
        few = len(costs) <= 40
        axes.plot(np.arange(len(costs)), costs, label=name, marker="o" if few else "", markersize=4, **style)


def _draw_rounds(fitting: Fitting, model: Trees, path: Path) -> None:
    y = code_labels(fitting.table.y, fitting.loss) if fitting.labelled else fitting.table.y
    rounds = np.unique(np.linspace(1, model.rounds, 50).astype(int))
    costs = [fitting.loss.cost(y, model.after(fitting.table.features, int(n))) for n in rounds]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 4.6), layout="constrained")
        axes = figure.subplots()
        axes.plot(rounds, costs, marker="o", markersize=3, **line_style(0, 1))
        axes.set_title(f"{_title(fitting)}: training cost", parse_math=False)
        axes.set_xlabel("trees")
        axes.set_ylabel(f"mean {fitting.loss}")
        save(figure, path)
