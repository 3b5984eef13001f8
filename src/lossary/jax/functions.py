"""Makes a loss's record into the function that a JAX user calls."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from lossary import discovery
from lossary.formula import Loss
from lossary.jax import pointwise, rowwise
from lossary.jax.arguments import two_arrays
from lossary.rowwise import RowLoss

Function = Callable[..., Any]
Fixed = tuple[tuple[str, float], ...]

_POINTWISE = """
Parameters
----------
predictions, targets : arrays of one shape
    float16, bfloat16, float32 or float64; the result has their common dtype.
where : boolean array of that shape, optional
    True where an example counts; the loss and the gradient of the others are zero, whatever stands there.
weights : array of that shape, optional
    What each example weighs. One of weight zero does not count.
broadcast : bool, default False
    Whether unequal shapes are stretched to fit; otherwise they raise.
check : bool, default False
    Whether a number outside its domain is an error (``checkify``, inside ``jit``); otherwise it gives NaN.
missing : "error" or "nan", default "error"
    Whether a target that is NaN is an error (without ``check`` its loss is NaN), or missing: then its loss and its
    gradient are 0. For a mean over what is known divide the sum by ``(~jnp.isnan(targets)).sum()``.
{parameters}
Returns
-------
array of the shape of ``predictions``: the loss of every example

Raises
------
ValueError
    Shapes that do not fit, a parameter out of its range.

Notes
-----
Targets are in {target}, predictions in {prediction}.
"""

_ROWWISE = """
Parameters
----------
predictions : array with the classes along ``axis``
    {prediction}.
targets : array
    Class indices, of the shape without ``axis`` (any integer dtype); or, of the shape of ``predictions``, {target}.
    A row of weights that are all zero has no label, and its loss is 0.
axis : int, tuple of int or None, default -1
    Where the classes lie; along several axes (None: all) a class index counts their places in order.
where : boolean array, optional
    False where a class does not take part: the same as a score of -inf. One a score or a class, or one a row: a row in
    which no class takes part does not count, and its loss is 0.
weights : array of one number a row, optional
    What each row weighs. A row of weight zero does not count, whatever stands there.
label_smoothing, class_weight, ignore_index, temperature, soft_cap, class_prior, prior_strength : optional
    As in ``lossary.{name}``: numbers or arrays, known or traced.
check : bool, default False
    Whether a number outside its domain is an error (``checkify``, inside ``jit``); otherwise it gives NaN.
missing : "error" or "nan", default "error"
    As in ``lossary.{name}``: whether a NaN among target weights is an error, or takes the row (of labels that are
    questions of their own, the label) out, with a loss and a gradient of 0.
{parameters}
Returns
-------
array of the shape of ``predictions`` without ``axis``: the loss of every row

Raises
------
ValueError
    Shapes that do not fit, a parameter or an option out of its range.
"""


class Settled:
    """A function that stands under no name of a module, where pickle looks for functions: with parameters that were
    fixed, or of a user's own loss. It pickles as what it is made of.
    """

    def __init__(self, function: Function, record: Loss | RowLoss, fixed: Fixed) -> None:
        functools.update_wrapper(self, function)
        self.__signature__ = inspect.signature(function)
        self._function, self._made_of = function, (record, fixed)

    def __call__(self, *arrays: Any, **given: Any) -> Any:
        return self._function(*arrays, **given)

    def __repr__(self) -> str:
        record, fixed = self._made_of
        return f"<{record.name}({', '.join(f'{name}={x:g}' for name, x in fixed)}) of lossary.jax>"

    def __reduce__(self) -> tuple[Callable[..., Function], tuple[str | Loss | RowLoss, Fixed]]:
        record, fixed = self._made_of
        return _restored, (record if discovery.is_own(record) else record.name, fixed)


def _restored(loss: str | Loss | RowLoss, fixed: Fixed) -> Function:
    return function_of(discovery.record(loss) if isinstance(loss, str) else loss, fixed)


@functools.cache
def function_of(record: Loss | RowLoss, fixed: Fixed = ()) -> Function:
    """The function ``(predictions, targets, *, ...)`` of a loss, with some parameters fixed."""
    function = _function_of(record, fixed)
    return Settled(function, record, fixed) if fixed or discovery.is_own(record) else function


def _function_of(record: Loss | RowLoss, fixed: Fixed) -> Function:
    compute: Function
    options: Mapping[str, object]
    if isinstance(record, RowLoss):
        compute, options = functools.partial(rowwise.loss, record), rowwise.OPTIONS
    else:
        compute, options = functools.partial(pointwise.loss, record), pointwise.OPTIONS
    defaults = {p.name: dict(fixed).get(p.name, p.default) for p in record.parameters}

    def function(*arrays: Any, **given: Any) -> Any:
        predictions, targets = two_arrays(record.name, arrays, given)
        return compute(predictions, targets, defaults, given)

    function.__name__ = function.__qualname__ = record.name
    function.__module__ = "lossary.jax"
    function.__doc__ = _documentation(record)
    function.__signature__ = _signature({**options, **defaults})  # type: ignore[attr-defined]
    return function


def _signature(keywords: Mapping[str, object]) -> inspect.Signature:
    either, only = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    names = [inspect.Parameter(name, either) for name in ("predictions", "targets")]
    return inspect.Signature([*names, *(inspect.Parameter(n, only, default=x) for n, x in keywords.items())])


def _documentation(record: Loss | RowLoss) -> str:
    lines = "".join(
        f"{p.name} : number or array, default {p.default:g}\n    {p.meaning}; in {p.within}.\n"
        for p in record.parameters
    )
    if isinstance(record, RowLoss):
        from lossary.rowwise import PREDICTIONS, TARGETS  # noqa: PLC0415  words only

        rest = _ROWWISE.format(
            name=record.name,
            parameters=lines,
            target=TARGETS[record.targets],
            prediction=PREDICTIONS[record.prediction].capitalize(),
        )
    else:
        rest = _POINTWISE.format(parameters=lines, target=record.target, prediction=record.prediction)
    return f"{record.prose}\n{rest}"
