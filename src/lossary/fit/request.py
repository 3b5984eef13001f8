"""What a user asked of a fit, checked before any data is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit.nonconvex.scale import SCALES
from lossary.fit.problem.penalty import Penalty, penalty_of
from lossary.fit.problem.solver import SOLVERS, TEACHING, Rules

TOLERANCE = 1e-8
GAP_TOLERANCE = 1e-9
STEPS = {"lbfgs": 10000, "majorize_minimise": 1000, "gradient_descent": 1000, "sgd": 20}
USUAL_STEPS = 300


@dataclass(frozen=True)
class Request:
    """A loss with its parameters and options, a penalty, and how to solve."""

    loss: AnyLoss
    named: frozenset[str]
    options: Mapping[str, Any]
    penalty_kind: str | None
    alpha: float
    l1_ratio: float
    fit_intercept: bool
    scale: str | None
    solver: str
    tol: float | None
    max_iter: int | None
    start: Any
    trace: bool
    seed: int
    classes: int | None
    learning_rate: float | None
    batch_size: int | None

    @property
    def penalty(self) -> Penalty:
        return penalty_of(self.penalty_kind, self.alpha, self.l1_ratio)

    def rules(self, solver: str) -> Rules:
        """When the solver stops."""
        exact = solver == "interior_point" and isinstance(self.loss, LossFunction)
        usual = GAP_TOLERANCE if exact else TOLERANCE
        return Rules(
            usual if self.tol is None else self.tol,
            STEPS.get(solver, USUAL_STEPS) if self.max_iter is None else self.max_iter,
        )


def requested(
    loss: str | AnyLoss,
    parameters: Mapping[str, Any],
    *,
    penalty: str | None,
    alpha: float,
    l1_ratio: float,
    random_state: int,
    **rest: Any,
) -> Request:
    """The request in a user's words; what makes no sense raises."""
    function = get(loss)
    options: dict[str, Any] = {}
    own_parameters = dict(parameters)
    if isinstance(function, RowLossFunction):
        own_names = {p.name for p in function.parameters}
        options = {k: v for k, v in own_parameters.items() if k in ROW_OPTIONS and k not in own_names}
        own_parameters = {k: v for k, v in own_parameters.items() if k not in options}
    named = frozenset(function.fixed) | frozenset(own_parameters)
    function = function.using(**own_parameters) if own_parameters else function
    request = Request(function, named, options, penalty, float(alpha), float(l1_ratio), seed=int(random_state), **rest)
    penalty_of(penalty, request.alpha, request.l1_ratio)
    _refuse(request)
    return request


ROW_OPTIONS = ("class_weight", "ignore_index", "label_smoothing", "temperature", "soft_cap")
"""What every loss of class scores takes beside its parameters, where it makes sense for a fit."""


def _refuse(request: Request) -> None:
    if request.solver not in SOLVERS:
        raise ValueError(f"solver must be one of {', '.join(SOLVERS)}, not {request.solver!r}")
    if request.scale is not None and request.scale not in SCALES:
        raise ValueError(f"scale must be None, 'mad' or 'proposal2', not {request.scale!r}")
    if request.scale is not None and isinstance(request.loss, RowLossFunction):
        raise ValueError(f"{request.loss.name} is a loss of class scores: there is no scale of residuals to estimate")
    if request.tol is not None and not 0.0 < request.tol < 1.0:
        raise ValueError(f"tol must be between 0 and 1, not {request.tol!r}")
    if request.max_iter is not None and request.max_iter < 1:
        raise ValueError(f"max_iter must be at least 1, not {request.max_iter!r}")
    if request.batch_size is not None and request.batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {request.batch_size!r}")
    if request.learning_rate is not None and not 0.0 < request.learning_rate < float("inf"):
        raise ValueError(f"learning_rate must be positive, not {request.learning_rate!r}")
    if request.learning_rate is not None and request.solver not in TEACHING:
        raise ValueError(f"learning_rate is for {' and '.join(TEACHING)}, not for solver={request.solver!r}")
