"""Numbers from few kernels: tests of the whole catalogue ask for these, so that a loss is compiled a few times in all.

Each set of outputs, dtypes and weights is another kernel, and takes up to half a second to compile.

- ``together``: every formula of a loss, not weighted, from one kernel a dtype (and layout of rows);
- ``LossFunction.cost_and_gradient`` in float64, of rows of target weights, with ``ones`` for weights: what leaves
  examples out has weights anyway, and a weight of one changes no bit.

That other kernels give the same bits is shown by ``tests/formulas/test_kernels.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import Loss
from lossary.proof.accuracy import quantities
from lossary.proof.points import Point
from lossary.proof.pointwise.evaluators import EVALUATORS as POINTWISE
from lossary.proof.pointwise.evaluators import _by_parameters
from lossary.proof.rows.evaluators import EVALUATORS as ROWS
from lossary.rowwise import ROW_QUANTITIES, RowLoss

AnyFunction = LossFunction | RowLossFunction


def together(
    function: AnyFunction,
    y: np.ndarray,
    f: np.ndarray,
    *,
    names: tuple[str, ...] = (),
    check: bool = True,
    **options: Any,
) -> dict[str, np.ndarray]:
    """Formulas of the loss for every example, without ``names`` all that it has: "value", "grad", "hess" ..."""
    record = function.record
    every = quantities(record) if isinstance(record, Loss) else ROW_QUANTITIES
    names = names or tuple(every)
    call = function.prepared(y, f, options)
    call.weigh(None, None)
    return dict(zip(names, function.weighted(call, names, check), strict=True))


def with_parameters(record: Loss | RowLoss, values: tuple[float, ...]) -> AnyFunction:
    given = dict(zip((p.name for p in record.parameters), values, strict=True))
    return LossFunction(record, given) if isinstance(record, Loss) else RowLossFunction(record, given)


def _points_on_cpu(loss: Loss, quantity: str, points: list[Point], dtype: type) -> np.ndarray:
    def compute(y: np.ndarray, f: np.ndarray, parameters: tuple[float, ...]) -> np.ndarray:
        return together(with_parameters(loss, parameters), y, f, check=False)[quantity]

    return _by_parameters(loss, points, dtype, compute)


def _rows_on_cpu(
    loss: RowLoss, quantity: str, y: np.ndarray, f: np.ndarray, parameters: tuple[float, ...], dtype: type
) -> np.ndarray:
    targets = y if y.ndim == 1 else y.astype(dtype)
    return together(with_parameters(loss, parameters), targets, f.astype(dtype), check=False)[quantity]


EVALUATORS = {**POINTWISE, "cpu": _points_on_cpu}
"""The evaluators of the accuracy rule, with one kernel for all formulas of a loss."""

ROW_EVALUATORS = {**ROWS, "cpu": _rows_on_cpu}
