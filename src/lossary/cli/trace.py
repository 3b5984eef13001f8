"""A picture of a fit on its way: the cost falling step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lossary.cli.fitting import Fitting
from lossary.cli.judging import coded
from lossary.cli.models import Trees, fit_linear
from lossary.cli.plot import STYLE, look, save
from lossary.fit import LinearFit

TEACHING = {"gradient_descent": 100, "sgd": 20}
"""The solvers drawn beside the one that was used, and how many steps they are given."""

LEAST = 1e-12
"""Costs this near the least one, relative to the range, are drawn as this."""


def draw_trace(fitting: Fitting, options: Mapping[str, Any], path: Path) -> None:
    """The objective by step for linear models, the cost by tree for boosted ones, the learning curve of a network."""
    if isinstance(fitting.model, LinearFit):
        _draw_descents(fitting, fitting.model, options, path)
    elif isinstance(fitting.model, Trees):
        _draw_rounds(fitting, fitting.model, path)
    else:
        with mpl.rc_context(STYLE):
            figure = Figure(figsize=(8.0, 4.6), layout="constrained")
            axes = fitting.model.plot_learning_curve(figure.subplots())  # type: ignore[attr-defined]
            axes.set_title(f"{fitting.table.target} under {fitting.loss}")
            save(figure, path)


def _descents(fitting: Fitting, model: LinearFit, options: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The objective after every step: of the solver used, and if none was asked for of those that teach."""
    y = coded(fitting.table.y, fitting.loss) if fitting.labelled else fitting.table.y
    features, seed = fitting.table.features, fitting.seed
    asked = {**options, "alpha": model.alpha, "random_state": seed, "trace": True}
    settled, plain = fitting.loss.using(**model.loss.given), {"scale": None}
    runs: list[tuple[str, dict[str, Any]]] = [(model.solver, asked)]
    if options.get("solver", "auto") == "auto":
        runs += [(name, {**asked, **plain, "solver": name, "max_iter": n}) for name, n in TEACHING.items()]
    found = {}
    for name, given in runs:
        fit = fit_linear(fitting.loss if given is asked else settled, features, y, given)
        assert fit.path is not None
        found[name] = fit.path.objectives
    return found


def _draw_descents(fitting: Fitting, model: LinearFit, options: Mapping[str, Any], path: Path) -> None:
    descents = _descents(fitting, model, options)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11.0, 4.8), layout="constrained")
        whole, excess = figure.subplots(1, 2)
        _draw_lines(whole, descents)
        whole.set_title("the cost falls ...")
        whole.set_ylabel("mean loss" + (" and penalty" if model.alpha else ""))
        best = min(float(np.nanmin(costs)) for costs in descents.values())
        reach = max(float(np.nanmax(costs)) for costs in descents.values()) - best or 1.0
        _draw_lines(excess, {k: np.maximum(costs - best, LEAST * reach) for k, costs in descents.items()})
        excess.set_yscale("log")
        excess.set_title("... and how far it is above the least one")
        excess.set_ylabel("excess")
        steps = "step" + (" (of sgd: pass over the rows)" if "sgd" in descents else "")
        for axes in (whole, excess):
            axes.set_xlabel(steps)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        whole.legend()
        figure.suptitle(f"{fitting.table.target} under {fitting.loss}", x=0.02, ha="left")
        save(figure, path)


def _draw_lines(axes: Any, descents: Mapping[str, Sequence[float] | np.ndarray]) -> None:
    for index, (name, costs) in enumerate(descents.items()):
        style = {**look(index, len(descents)), "linestyle": "solid"}
        few = len(costs) <= 40
        axes.plot(np.arange(len(costs)), costs, label=name, marker="o" if few else "", markersize=4, **style)


def _draw_rounds(fitting: Fitting, model: Trees, path: Path) -> None:
    y = coded(fitting.table.y, fitting.loss) if fitting.labelled else fitting.table.y
    rounds = np.unique(np.linspace(1, model.rounds, 50).astype(int))
    costs = [fitting.loss.cost(y, model.after(fitting.table.features, int(n))) for n in rounds]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 4.6), layout="constrained")
        axes = figure.subplots()
        axes.plot(rounds, costs, marker="o", markersize=3, **look(0, 1))
        axes.set_title(f"{fitting.table.target} under {fitting.loss}: training cost")
        axes.set_xlabel("trees")
        axes.set_ylabel(f"mean {fitting.loss}")
        save(figure, path)
