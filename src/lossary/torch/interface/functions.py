"""The functions of ``lossary.torch.functional``, made from the catalogue: one for each loss, in torch's manner."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from torch import Tensor

from lossary import discovery
from lossary.evaluate.rows import options as row_options
from lossary.formula import Loss
from lossary.rowwise import PREDICTIONS, TARGETS, RowLoss
from lossary.torch.calls import rowwise
from lossary.torch.calls.pointwise import looked_at, usual
from lossary.torch.formulas.records import Handle, Record, handle
from lossary.torch.tensors.reduction import Reduction

Function = Callable[..., Tensor]

ROW_OPTIONS = tuple(name for name in row_options.NAMES if name != "class_weight")

_REDUCTION = """
    reduction : "none", "mean" or "sum"
        The losses themselves, times their weights, or one number.
    denominator : "weights", "count", "size", a number or a tensor of one number
        What a mean divides by: the sum of the weights, how many losses have a weight above zero, how many there are,
        or what you say: give the number of examples of all micro-batches and ranks, and their costs add up to
        the mean over all of them.
    empty : float, optional
        The mean where nothing counts; without it that raises (compiled, or under ``torch.func``, it is NaN).
    check : bool
        Whether targets and finite predictions are compared with their domains.
"""

_POINTWISE = """
    weight : tensor that stretches to the shape of ``input``, optional
        Weights of zero or more. What weighs zero does not count at all.
{reduction}    broadcast : bool
        Whether target and input of different shapes are stretched to fit; otherwise they raise.
    missing : "error" or "nan"
        Whether a target that is NaN raises, or is left out: its loss and gradient are 0, and no denominator counts it.
"""

_ROWWISE = """
    weight : tensor of one number a class, optional
        What an example of each class weighs.
    sample_weight : tensor of one number a row, optional
        What each row weighs. A row of weight zero does not count at all.
    ignore_index : int, optional
        Rows with this class index do not count.
    label_smoothing : float in [0, 1)
        The share of each target that is spread evenly over the classes.
    temperature, soft_cap, class_prior, prior_strength, class_mask, missing
        As in ``lossary.{name}``.
{reduction}    dim : int
        Where the classes are: the second axis of (N, C, d1, ...), the only one of (C,).
"""

_DOC = """{headline}

    Parameters
    ----------
    input : floating-point tensor
        Predictions: {prediction}. Half precision is computed in float32.
    target : tensor
        Targets: {target}.
{parameters}{options}
    Returns
    -------
    tensor
        The {shape}, or one number; of the dtype of ``input`` (float32 for half precision under autocast). It can be
        differentiated by input, target, weights and parameters that are tensors, as often as asked.

    Raises
    ------
    ValueError
        Shapes that do not fit; a target or prediction outside its domain, which is named; a mean of nothing.
    TypeError
        No tensors of real numbers, or an unknown parameter.

"""


@cache
def made(record: Record) -> Function:
    """The function of a loss; of a user's own, too."""
    loss = handle(record)
    function = _rowwise(loss) if isinstance(record, RowLoss) else _pointwise(loss)
    function.__name__ = function.__qualname__ = record.name
    function.__module__ = "lossary.torch.functional"
    return function


def named(name: str) -> Function:
    """The function of a loss by any of its names, as they are meant in torch."""
    return made(discovery.find_in("torch", name))


def _pointwise(loss: Handle) -> Function:
    record = loss.record
    assert isinstance(record, Loss)

    def function(
        input: Tensor,
        target: Tensor,
        *,
        weight: Tensor | None = None,
        reduction: str = "mean",
        denominator: Any = "weights",
        empty: float | None = None,
        check: bool = True,
        broadcast: bool = False,
        missing: str = "error",
        **parameters: Any,
    ) -> Tensor:
        if weight is None and not broadcast and missing == "error":
            found = usual(loss, input, target, parameters, reduction, denominator, check)
            if found is not None:
                return found
        to_cost = Reduction(reduction, denominator, empty)
        return looked_at(loss, input, target, parameters, weight, to_cost, check, broadcast, missing)

    _describe(function, record, "losses, one an example", _POINTWISE)
    return function


def _rowwise(loss: Handle) -> Function:
    record = loss.record
    assert isinstance(record, RowLoss)

    def function(
        input: Tensor,
        target: Tensor,
        *,
        weight: Tensor | None = None,
        sample_weight: Tensor | None = None,
        reduction: str = "mean",
        denominator: Any = "weights",
        empty: float | None = None,
        check: bool = True,
        dim: int = 1,
        **options: Any,
    ) -> Tensor:
        return rowwise.cost(
            loss,
            input,
            target,
            options if weight is None else {"class_weight": weight, **options},
            weight=sample_weight,
            reduction=reduction,
            denominator=denominator,
            empty=empty,
            check=check,
            dim=dim,
        )

    _describe(function, record, "losses, one a row", _ROWWISE)
    return function


def _describe(function: Function, record: Record, shape: str, options: str) -> None:
    """Give the function the signature and the documentation of its loss."""
    signature = inspect.signature(function).parameters
    own = [inspect.Parameter(p.name, inspect.Parameter.KEYWORD_ONLY, default=p.default) for p in record.parameters]
    rowwise_options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=getattr(row_options.PLAIN, name))
        for name in (ROW_OPTIONS if isinstance(record, RowLoss) else ())
    ]
    fixed = [p for p in signature.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    order = [*fixed[:2], *own, *rowwise_options, *fixed[2:]]
    function.__signature__ = inspect.Signature(order, return_annotation=Tensor)  # type: ignore[attr-defined]
    parameters = "".join(
        f"    {p.name} : float or tensor, default {p.default:g}\n        {p.meaning}; in {p.within}.\n"
        for p in record.parameters
    )
    function.__doc__ = _DOC.format(
        headline=record.prose,
        prediction=PREDICTIONS[record.prediction] if isinstance(record, RowLoss) else record.prediction,
        target=TARGETS[record.targets] if isinstance(record, RowLoss) else record.target,
        parameters=parameters,
        options=options.format(name=record.name, reduction=_REDUCTION[1:]).lstrip("\n"),
        shape=shape,
    )
