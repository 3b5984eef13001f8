"""What out-of-fold probabilities show about labels: imbalance, noise, and classes that a line tells apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossary.choosing.diagnosis.pilot import Pilot
from lossary.choosing.findings.finding import Finding, new_finding
from lossary.choosing.table.encoding import encoder
from lossary.choosing.table.task import Task
from lossary.choosing.training.problem import Problem
from lossary.evaluate.registry import get

RARE = 0.1
NOISY = 0.05
MOST_ROWS = 5000


def findings(problem: Problem, task: Task, fitted: Pilot) -> Iterator[Finding]:
    """The findings about labels."""
    shares = np.bincount(task.y.astype(np.int64), minlength=len(task.classes)) / task.y.size
    rarest = int(np.argmin(shares))
    # Of many classes every one is rare: what counts is one rare beside the others.
    if shares[rarest] < RARE * 2.0 / len(task.classes):
        count = round(shares[rarest] * task.y.size)
        text = f"Class {task.classes[rarest]!r} has {shares[rarest]:.1%} of the rows: {count:,}."
        yield new_finding("imbalance", text, float(shares[rarest]), RARE * 2.0 / len(task.classes))
    noise = label_noise(fitted.y.astype(np.int64), fitted.probabilities)
    if noise > NOISY and _has_skill(fitted.y.astype(np.int64), fitted.probabilities):
        text = (
            f"{noise:.1%} of labels are contradicted by out-of-fold predictions: classes overlap, or labels are wrong."
        )
        yield new_finding("label_noise", text, noise, NOISY)
    if len(task.classes) == 2 and is_separable(problem, task):
        yield new_finding("separable_classes", "A line tells the two classes apart without one error in training.")


def _has_skill(labels: np.ndarray, p: np.ndarray) -> bool:
    """Whether the pilot knows more than the classes' shares: it cannot contradict anybody otherwise."""
    shares = np.bincount(labels, minlength=p.shape[1]) / labels.size
    score = get("multiclass_brier")
    return bool(np.mean(score(labels, p)) < 0.95 * np.mean(score(labels, np.tile(shares, (labels.size, 1)))))


def label_noise(labels: np.ndarray, p: np.ndarray) -> float:
    """The share of labels that confident learning counts as wrong (Northcutt, Jiang and Chuang 2021).

    A row counts for the likeliest of the classes whose probability reaches that class's own average where it is the
    label; labels that are not the class a row counts for are taken to be wrong.
    """
    k = p.shape[1]
    threshold = np.array([p[labels == c, c].mean() if np.any(labels == c) else np.inf for c in range(k)])
    confident = np.where(p >= threshold, p, -1.0)
    counted = confident.max(axis=1) >= 0.0
    guess = np.argmax(confident, axis=1)
    return float(np.mean(guess[counted] != labels[counted])) if counted.any() else 0.0


def is_separable(problem: Problem, task: Task) -> bool:
    """Whether a linear model tells two classes apart in training."""
    from lossary.choosing.diagnosis.lines import quiet_line  # noqa: PLC0415  imports the fits, which are large

    rows = np.arange(task.y.size)
    if rows.size > MOST_ROWS:
        rows = np.sort(np.random.default_rng(problem.seed).choice(rows.size, MOST_ROWS, replace=False))
    matrix = encoder(problem.features, rows, for_trees=False)(problem.features.matrix[rows])
    fit = quiet_line(matrix, task.y[rows], "logistic", alpha=1e-6, tol=1e-4)
    return bool(np.all((fit.score(matrix) > 0.0) == (task.y[rows] > 0.0)))
