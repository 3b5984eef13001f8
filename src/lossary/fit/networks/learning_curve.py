"""A learning curve: what each epoch of training came to, and its picture on matplotlib's axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.plotting.axes import axes_or_new

Yardstick = Callable[[np.ndarray, np.ndarray], float]
"""A number of targets and predictions; less is better."""

TRAINING, HELD_OUT, INK = "#0072B2", "#D55E00", "#333333"


@dataclass(frozen=True)
class LearningCurve:
    """What each epoch of training came to.

    training     (epochs,), the mean loss over the epoch's batches, each as it was met
    held_out     (epochs,), the yardstick on the rows held out after each epoch; empty if there were none
    best         the epoch, counted from 0, whose network was kept
    yardstick    its name
    """

    training: np.ndarray
    held_out: np.ndarray
    best: int
    yardstick: str

    def __repr__(self) -> str:
        return f"<learning curve of {len(self.training)} epochs, the best is {self.best + 1}>"


def draw_learning_curve(curve: LearningCurve, loss: str, ax: Any = None) -> Any:
    """Training and held-out costs by epoch, with the epoch that was kept; two scales where the yardsticks differ."""
    ax = axes_or_new(ax)
    epochs = np.arange(1, len(curve.training) + 1)
    lines = ax.plot(epochs, curve.training, color=TRAINING, label=f"training: {loss}")
    ax.set_xlabel("epoch")
    ax.set_ylabel(f"mean {loss}")
    if curve.held_out.size:
        is_same_scale = curve.yardstick == loss
        held_out_axes = ax if is_same_scale else ax.twinx()
        lines += held_out_axes.plot(
            epochs, curve.held_out, color=HELD_OUT, linestyle="--", label=f"held out: {curve.yardstick}"
        )
        if not is_same_scale:
            held_out_axes.set_ylabel(curve.yardstick)
        mark = held_out_axes.plot(
            curve.best + 1, curve.held_out[curve.best], "o", color=INK, label=f"kept: epoch {curve.best + 1}"
        )
        lines += mark
    ax.legend(handles=lines)
    return ax
