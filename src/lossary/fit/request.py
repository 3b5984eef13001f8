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
    settled = get(loss)
    options: dict[str, Any] = {}
    own = dict(parameters)
    if isinstance(settled, RowLossFunction):
        known = {p.name for p in settled.parameters}
        options = {k: v for k, v in own.items() if k in ROW_OPTIONS and k not in known}
        own = {k: v for k, v in own.items() if k not in options}
    named = frozenset(settled.fixed) | frozenset(own)
    settled = settled.using(**own) if own else settled
    found = Request(settled, named, options, penalty, float(alpha), float(l1_ratio), seed=int(random_state), **rest)
    penalty_of(penalty, found.alpha, found.l1_ratio)
    _refuse(found)
    return found


ROW_OPTIONS = ("class_weight", "ignore_index", "label_smoothing", "temperature", "soft_cap")
"""What every loss of class scores takes beside its parameters, where it makes sense for a fit."""


def _refuse(asked: Request) -> None:
    if asked.solver not in SOLVERS:
        raise ValueError(f"solver must be one of {', '.join(SOLVERS)}, not {asked.solver!r}")
    if asked.scale is not None and asked.scale not in SCALES:
        raise ValueError(f"scale must be None, 'mad' or 'proposal2', not {asked.scale!r}")
    if asked.scale is not None and isinstance(asked.loss, RowLossFunction):
        raise ValueError(f"{asked.loss.name} is a loss of class scores: there is no scale of residuals to estimate")
    if asked.tol is not None and not 0.0 < asked.tol < 1.0:
        raise ValueError(f"tol must be between 0 and 1, not {asked.tol!r}")
    if asked.max_iter is not None and asked.max_iter < 1:
        raise ValueError(f"max_iter must be at least 1, not {asked.max_iter!r}")
    if asked.batch_size is not None and asked.batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {asked.batch_size!r}")
    if asked.learning_rate is not None and not 0.0 < asked.learning_rate < float("inf"):
        raise ValueError(f"learning_rate must be positive, not {asked.learning_rate!r}")
    if asked.learning_rate is not None and asked.solver not in TEACHING:
        raise ValueError(f"learning_rate is for {' and '.join(TEACHING)}, not for solver={asked.solver!r}")
