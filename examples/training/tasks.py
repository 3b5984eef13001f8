"""What the three examples share: two tasks, and a run that shows progress, draws learning curves and checks results."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from scipy.stats import median_abs_deviation
from sklearn.datasets import load_digits, make_friedman1
from sklearn.linear_model import HuberRegressor
from sklearn.model_selection import train_test_split

SEED = 0
ACCURACY = 0.97
"""What share of held-out digits must be recognised."""

FACTOR = 1.5
"""How many times smaller the error must be when trained under Huber instead of squared error."""

LAST = 10
"""The error swings from epoch to epoch, so that it is judged by its mean over this many."""

BLUE, ORANGE = "#0072B2", "#D55E00"  # told apart by colour-blind readers too


@dataclass(frozen=True)
class Task:
    """Examples to train on, examples held out, and how to judge predictions of the latter."""

    name: str
    x: np.ndarray
    y: np.ndarray
    x_held_out: np.ndarray
    judge: Callable[[np.ndarray], float]
    yardstick: str
    cost_in: str
    outputs: int
    epochs: int
    delta: float = float("nan")


def digits() -> Task:
    """1,797 handwritten digits of 8 x 8 pixels; a fifth is held out. Targets are class indices."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)  # grey levels are 0 to 16
    x, x_held_out, y, y_held_out = train_test_split(x, y, test_size=0.2, stratify=y, random_state=SEED)

    def accuracy(scores: np.ndarray) -> float:
        return float(np.mean(scores.argmax(axis=1) == y_held_out))

    return Task("digits", x, y, x_held_out, accuracy, "accuracy", "nats", outputs=10, epochs=30)


def heavy_tails() -> Task:
    """Friedman's function of five inputs plus Student t noise with 1.5 degrees of freedom: its variance is infinite.

    Targets are a column, like the network's output. Held out is the function itself, without noise.
    """
    x, truth = make_friedman1(3000, n_features=5, random_state=SEED)
    y = truth[:2000] + np.random.default_rng(SEED).standard_t(df=1.5, size=2000)  # of scale 1

    # Median and median absolute deviation, as a few outliers would decide a mean and a standard deviation.
    centre, scale = np.median(y), spread(y)
    # Huber's delta says from where on a residual is an outlier: 1.345 sigma is the classical choice, nearly as good
    # as squared error where there are none. Sigma is estimated from the residuals of a robust straight-line fit, which
    # hold what the line misses too, and so errs on the large side.
    delta = 1.345 * spread(y - HuberRegressor().fit(x[:2000], y).predict(x[:2000])) / scale

    def rmse(output: np.ndarray) -> float:
        return float(np.sqrt(np.mean((centre + scale * output[:, 0] - truth[2000:]) ** 2)))

    x = (2 * x - 1).astype(np.float32)  # from [0, 1] to [-1, 1]
    y = ((y - centre) / scale).astype(np.float32)[:, None]
    unit = "squares of the targets' scale"
    return Task("heavy tails", x[:2000], y, x[2000:], rmse, "RMSE", unit, outputs=1, epochs=30, delta=float(delta))


def spread(x: np.ndarray) -> float:
    """The median absolute deviation, in units of a normal distribution's standard deviation."""
    return float(median_abs_deviation(x, scale="normal"))


@dataclass
class Curve:
    """The training cost and the held-out yardstick of one network, epoch by epoch."""

    task: Task
    loss: str
    epochs: int
    shown: Callable[[Curve], None]
    costs: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    def add(self, cost: float, output: np.ndarray) -> None:
        """An epoch is over: its mean training cost, and what the network now says of the held-out examples."""
        self.costs.append(float(cost))
        self.scores.append(self.task.judge(np.asarray(output)))
        self.shown(self)


class Run:
    """A progress bar for each network while they train; a picture, a table and the verdict afterwards."""

    def __init__(self, host: str) -> None:
        parser = argparse.ArgumentParser(description=f"Train two tasks with Lossary in {host}.")
        parser.add_argument("--quick", action="store_true", help="three epochs, nothing promised")
        parser.add_argument("--output", type=Path, default=Path("build/examples"), help="folder for the picture")
        given = parser.parse_args()
        self.host, self.quick = host, given.quick
        given.output.mkdir(parents=True, exist_ok=True)
        self.path = given.output / f"{host.lower().replace(' ', '-')}.png"
        self.curves: list[Curve] = []
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            TextColumn("{task.fields[news]}"),
            console=Console(stderr=True),
        )

    def __enter__(self) -> Run:
        self.began = time.perf_counter()
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()
        self.seconds = time.perf_counter() - self.began

    def curve(self, task: Task, loss: str) -> Curve:
        """Where the network about to be trained reports its epochs."""
        epochs = 3 if self.quick else task.epochs
        bar = self.progress.add_task(f"{task.name}: {loss}", total=epochs, news="")

        def show(curve: Curve) -> None:
            news = f"cost {curve.costs[-1]:.3f}  {task.yardstick} {curve.scores[-1]:.3f}"
            self.progress.update(bar, advance=1, news=news)

        self.curves.append(Curve(task, loss, epochs, show))
        return self.curves[-1]

    def report(self) -> None:
        """Draw, print, and exit with an error if the networks have not learned what they must."""
        self._draw()
        numbers = {f"{c.task.name}: {c.loss}": {"costs": c.costs, "scores": c.scores} for c in self.curves}
        self.path.with_suffix(".json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
        columns = ("task", "trained under", "held out", "last", f"last {LAST}", "best")
        caption = f"at the last epoch, the mean over the last {LAST}, at the best"
        table = Table(*columns, title=f"Lossary in {self.host}", caption=caption)
        for curve in self.curves:
            best = (max if curve.task.yardstick == "accuracy" else min)(curve.scores)
            figures = (curve.scores[-1], np.mean(curve.scores[-LAST:]), best)
            table.add_row(curve.task.name, curve.loss, curve.task.yardstick, *(f"{x:.3f}" for x in figures))
        Console().print(table)
        print(f"{self.seconds:.0f} s; learning curves in {self.path}")
        if not self.quick:
            self._check()

    def _check(self) -> None:
        digits, squared, huber = (curve.scores for curve in self.curves)
        accuracy, factor = digits[-1], np.mean(squared[-LAST:]) / np.mean(huber[-LAST:])
        print(f"digits: accuracy {accuracy:.3f}; wanted: at least {ACCURACY}")
        print(f"heavy tails: under Huber the error is {factor:.2f} times smaller; wanted: at least {FACTOR}")
        if accuracy < ACCURACY or factor < FACTOR:
            sys.exit("not reached")

    def _draw(self) -> None:
        """Training cost above, held-out yardstick below; a column for each task."""
        figure = Figure(figsize=(10, 7), layout="constrained")
        panels = figure.subplots(2, 2, sharex="col")
        looks = ((BLUE, "-", "o"), (BLUE, "-", "o"), (ORANGE, "--", "s"))
        for curve, (colour, line, mark) in zip(self.curves, looks, strict=True):
            column = panels[:, int(curve.task.outputs == 1)]
            epochs = np.arange(1, curve.epochs + 1)
            for panel, heights in zip(column, (curve.costs, curve.scores), strict=True):
                panel.plot(epochs, heights, color=colour, linestyle=line, marker=mark, markersize=4, label=curve.loss)
        for panel in panels.flat:
            panel.grid(color="#d9d9d9", linewidth=0.6, which="both")
            panel.spines[["top", "right"]].set_visible(False)
            panel.legend(frameon=False)
        for panel, curve in zip(panels[0], (self.curves[0], self.curves[-1]), strict=True):
            panel.set_yscale("log")
            for axis_formatter in (panel.yaxis.set_major_formatter, panel.yaxis.set_minor_formatter):
                axis_formatter("{x:g}")
            panel.set_ylabel(f"mean training loss\n(in {curve.task.cost_in}; log scale)")
        panels[0, 0].set_title("Digits")
        panels[0, 1].set_title("Regression with heavy-tailed noise")
        panels[1, 0].axhline(ACCURACY, color="#333333", linestyle=":")
        right = {"transform": panels[1, 0].get_yaxis_transform(), "ha": "right", "va": "top"}
        panels[1, 0].text(1.0, ACCURACY - 0.002, f"wanted: {ACCURACY}", **right)
        panels[1, 0].set_ylabel("held-out accuracy (share of digits)")
        panels[1, 1].set_ylabel("held-out RMSE against the truth\n(in units of the noise's scale)")
        panels[1, 1].set_ylim(bottom=0)
        for panel in panels[1]:
            panel.set_xlabel("epoch (passes over the training data)")
        figure.suptitle(f"Lossary in {self.host}", fontweight="bold")
        figure.savefig(self.path, dpi=130)
