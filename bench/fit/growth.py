"""The time of our fits against rows and features, as a picture: up to a million rows of fifty features."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import lossary
from bench.fit.cases import LABELS, NUMBERS, SIGNS, FitCase, made
from bench.racing.part import progress

LOSSES = {"squared_error": NUMBERS, "huber": NUMBERS, "quantile:0.5": NUMBERS, "logistic": LABELS, "hinge": SIGNS}
ROWS = (1_000, 10_000, 100_000, 1_000_000)
FEATURES = (5, 50)


def _seconds(case: FitCase, seed: int) -> float:
    data = made(case, seed)
    lossary.fit.linear(data.X[:200], data.y[:200], case.loss, alpha=1e-2)  # the kernels are compiled now
    began = time.perf_counter()
    lossary.fit.linear(data.X, data.y, case.loss, alpha=case.alpha)
    return time.perf_counter() - began


def growth(where: Path, quick: bool, seed: int) -> None:
    """Time one fit of each loss and size, print the seconds and draw them."""
    import matplotlib  # noqa: PLC0415  only the picture needs it

    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    rows = ROWS[:-1] if quick else ROWS
    figure, axes = pyplot.subplots(1, len(FEATURES), figsize=(10, 4.5), sharey=True)
    for axis, features in zip(axes, FEATURES, strict=True):
        for loss, kind in LOSSES.items():
            seconds = []
            for count in rows:
                progress(f"{loss}, {count:,} x {features}")
                seconds.append(_seconds(FitCase(loss, kind, count, features, 1e-6), seed))
                progress("")
                print(f"{loss:>16} {count:>9,} x {features:<3} {seconds[-1]:8.3f} s", flush=True)
            axis.loglog(rows, seconds, marker="o", label=loss)
        per_row = np.array(rows) * (seconds[-1] / rows[-1])
        axis.loglog(rows, per_row, color="0.7", linestyle=":", label="in proportion")
        axis.set(title=f"{features} features", xlabel="rows")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("seconds a fit")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(where, dpi=120)
