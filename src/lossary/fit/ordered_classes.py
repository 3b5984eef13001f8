"""Fits of losses of ordered classes (proportional odds): thresholds, and one row of coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.boosting.activation import activation_of
from lossary.boosting.start import starting_score
from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit.blas import one_thread_of_blas
from lossary.fit.class_scores import checked_offset, class_count
from lossary.fit.problem import data as prepare
from lossary.fit.problem import design as designs
from lossary.fit.problem.data import Data
from lossary.fit.problem.ordered import OrderedProblem, ordered, without_intercept
from lossary.fit.problem.row_scored import RowScored
from lossary.fit.request import Request
from lossary.fit.results.linear_fit import LinearFit
from lossary.fit.run import finished, independent, solved_by, start_of


def fitted_ordered(request: Request, X: Any, y: Any, sample_weight: Any, offset: Any) -> LinearFit:
    """The fit of a loss of ordered classes."""
    loss = request.loss
    assert isinstance(loss, RowLossFunction)
    if not request.fit_intercept:
        raise ValueError(f"{loss.name} needs thresholds, which are its intercepts: leave out fit_intercept=False")
    data = prepare.prepared(X, y, sample_weight, offset, classes=True)
    count = class_count(request, data)
    shares = _shares(request, data, count)
    constant = activation_of(loss).forward(starting_score(loss, np.arange(count), shares, count)[np.newaxis])[0]
    with one_thread_of_blas():
        full = designs.design_of(data.features, True, data.weight)
        features = independent(without_intercept(full), request, data)
        design = ordered(features, count - 1)
        shift = checked_offset(data.offset, data.rows, count - 1)
        scored = RowScored(loss, data.y, data.weight, shift, count - 1, request.options)
        nothing = design.from_units_of_data(constant, np.zeros(len(design.spread)))
        cost = scored.checked_cost(design.dot(nothing))
        if not np.isfinite(cost):
            raise ValueError(
                f"{loss}: the cost at the start, without features, is {cost:g}; the offset must keep scores in order"
            )
        problem = OrderedProblem(scored, design, *request.penalty.on(design), constant)
        start = start_of(request, design)
        return finished(request, problem, data, solved_by(request, problem, nothing if start is None else start))


def _shares(request: Request, data: Data, count: int) -> np.ndarray:
    """How much of the weight each class has, (count,); a class without any has no thresholds."""
    weight = np.ones(data.rows) if data.weight is None else data.weight
    if data.y.ndim == 2:
        shares = weight @ data.y
    else:
        counted = data.y != request.options.get("ignore_index", -1)
        shares = np.bincount(data.y[counted], weight[counted], minlength=count)
    if not shares.all():
        missing = int(np.argmin(shares))
        raise ValueError(
            f"class {missing} of {count} ordered ones has no row, so its thresholds are not determined; "
            "number the classes that occur from 0 on, or join it with its neighbour"
        )
    return np.asarray(shares / shares.sum())
