"""Fits of losses of class scores: a row of coefficients for each class."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit.blas import one_thread_of_blas
from lossary.fit.problem import data as prepare
from lossary.fit.problem import design as designs
from lossary.fit.problem.data import Data
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.row_scored import RowScored
from lossary.fit.request import Request
from lossary.fit.results.linear_fit import LinearFit
from lossary.fit.run import finished, independent, solved_by, start_of


def fitted_rows(request: Request, X: Any, y: Any, sample_weight: Any, offset: Any) -> LinearFit:
    """The fit of a loss of class scores."""
    assert isinstance(request.loss, RowLossFunction)
    loss = request.loss
    if loss.record.prediction != "scores":
        raise ValueError(
            f"{loss.name} takes {loss.prediction}, which a linear model does not give; "
            "take a loss of class scores, such as softmax_cross_entropy"
        )
    data = prepare.prepared(X, y, sample_weight, offset, classes=True)
    classes = class_count(request, data)
    with one_thread_of_blas():
        design = independent(designs.design_of(data.features, request.fit_intercept, data.weight), request, data)
        shift = checked_offset(data.offset, data.rows, classes)
        scored = RowScored(loss, data.y, data.weight, shift, classes, request.options)
        cost = scored.checked_cost(np.zeros((design.rows, classes)))
        if not np.isfinite(cost):
            raise ValueError(f"{loss}: the cost at the start, where all scores are alike, is {cost:g} on these targets")
        ridge, lasso = request.penalty.on(design)
        problem = Problem(scored, design, ridge, lasso)
        start = start_of(request, design)
        start = np.zeros((design.width, classes)) if start is None else start
        return finished(request, problem, data, solved_by(request, problem, start))


def class_count(request: Request, data: Data) -> int:
    """How many classes there are: as asked, the targets' columns, or the largest index and one."""
    if data.y.ndim == 2:
        classes = int(data.y.shape[1])
    else:
        if data.y.dtype.kind not in "iu":
            raise TypeError(f"y must hold class indices of an integer dtype, not {data.y.dtype}; convert it first")
        ignored = request.options.get("ignore_index")
        counted = data.y if ignored is None else data.y[data.y != ignored]
        classes = max(int(counted.max(initial=0)) + 1, 2)
    if request.classes is not None and (request.classes < classes or (data.y.ndim == 2 and request.classes != classes)):
        raise ValueError(f"classes={request.classes}, but the targets have {classes}")
    return classes if request.classes is None else int(request.classes)


def checked_offset(offset: np.ndarray | None, rows: int, scores: int) -> np.ndarray | None:
    """The offset, if it has a number for every score."""
    if offset is not None and offset.shape != (rows, scores):
        raise ValueError(f"offset has shape {offset.shape}; for {scores} scores a row it must be ({rows}, {scores})")
    return offset
