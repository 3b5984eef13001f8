"""Pictures of training, on matplotlib's axes: nothing else of it is asked for until one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lossary.fit.mlp import LearningCurve

TRAINING, HELD_OUT, INK = "#0072B2", "#D55E00", "#333333"


def draw_learning_curve(curve: LearningCurve, loss: str, ax: Any = None) -> Any:
    """Training and held-out costs by epoch, with the epoch that was kept; two scales where the yardsticks differ."""
    if ax is None:
        from matplotlib.figure import Figure  # noqa: PLC0415

        ax = Figure(figsize=(7.0, 4.2), layout="constrained").subplots()
    epochs = np.arange(1, len(curve.training) + 1)
    lines = ax.plot(epochs, curve.training, color=TRAINING, label=f"training: {loss}")
    ax.set_xlabel("epoch")
    ax.set_ylabel(f"mean {loss}")
    if curve.held_out.size:
        same = curve.yardstick == loss
        other = ax if same else ax.twinx()
        lines += other.plot(
            epochs, curve.held_out, color=HELD_OUT, linestyle="--", label=f"held out: {curve.yardstick}"
        )
        if not same:
            other.set_ylabel(curve.yardstick)
        mark = other.plot(
            curve.best + 1, curve.held_out[curve.best], "o", color=INK, label=f"kept: epoch {curve.best + 1}"
        )
        lines += mark
    ax.legend(handles=lines)
    return ax
