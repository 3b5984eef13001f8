"""Fits of losses of class scores: a row of coefficients for each class."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.evaluate.rowwise import RowLossFunction
from lossary.fit.blas import one_thread_of_blas
from lossary.fit.problem import data as prepare
from lossary.fit.problem import design as designs
from lossary.fit.problem.data import Data
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.row_scored import RowScored
from lossary.fit.request import Request
from lossary.fit.results.linear_fit import LinearFit
from lossary.fit.run import finished, independent, solved_by, start_of


def fitted_rows(asked: Request, X: Any, y: Any, sample_weight: Any, offset: Any) -> LinearFit:
    """The fit of a loss of class scores."""
    assert isinstance(asked.loss, RowLossFunction)
    loss = asked.loss
    if loss.record.prediction != "scores":
        raise ValueError(
            f"{loss.name} takes {loss.prediction}, which a linear model does not give; "
            "take a loss of class scores, such as softmax_cross_entropy"
        )
    data = prepare.prepared(X, y, sample_weight, offset, classes=True)
    classes = _classes(asked, data)
    with one_thread_of_blas():
        design = independent(designs.made(data.features, asked.fit_intercept, data.weight), asked, data)
        shift = _shift(data.offset, data.rows, classes)
        scored = RowScored(loss, data.y, data.weight, shift, classes, asked.options)
        cost = scored.checked(np.zeros((design.rows, classes)))
        if not np.isfinite(cost):
            raise ValueError(f"{loss}: the cost at the start, where all scores are alike, is {cost:g} on these targets")
        ridge, lasso = asked.penalty.on(design)
        problem = Problem(scored, design, ridge, lasso)
        start = start_of(asked, design)
        start = np.zeros((design.width, classes)) if start is None else start
        solved, path = solved_by(asked, problem, start)
        return finished(asked, problem, solved, data, path)


def _classes(asked: Request, data: Data) -> int:
    """How many classes there are: as asked, the targets' columns, or the largest index and one."""
    if data.y.ndim == 2:
        found = int(data.y.shape[1])
    else:
        if data.y.dtype.kind not in "iu":
            raise TypeError(f"y must hold class indices of an integer dtype, not {data.y.dtype}; convert it first")
        ignored = asked.options.get("ignore_index")
        counted = data.y if ignored is None else data.y[data.y != ignored]
        found = max(int(counted.max(initial=0)) + 1, 2)
    if asked.classes is not None and (asked.classes < found or (data.y.ndim == 2 and asked.classes != found)):
        raise ValueError(f"classes={asked.classes}, but the targets have {found}")
    return found if asked.classes is None else int(asked.classes)


def _shift(offset: np.ndarray | None, rows: int, classes: int) -> np.ndarray | None:
    if offset is not None and offset.shape != (rows, classes):
        raise ValueError(f"offset has shape {offset.shape}; for {classes} classes it must be ({rows}, {classes})")
    return offset
