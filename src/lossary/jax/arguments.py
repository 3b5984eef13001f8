"""A user's arguments made ready: dtypes settled, shapes compared, names and ranges checked where they can be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import checkify

from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.parameters import checked, needs_double
from lossary.formula import Loss
from lossary.rowwise import RowLoss


def is_traced(x: object) -> bool:
    """Whether a value is not known yet, or may be one on a device that should not be waited for."""
    return isinstance(x, jax.Array)


def floating(name: str, numbers: Any) -> Any:
    """An array of real numbers; whole ones as JAX's default floating-point dtype."""
    array = jnp.asarray(numbers)
    if jnp.issubdtype(array.dtype, jnp.complexfloating):
        raise TypeError(f"{name} must hold real numbers, not {array.dtype}")
    return array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(jnp.result_type(float))


def unwrapped(targets: Any) -> Any:
    """Whole numbers of 64 bits moved to the ends of 32, where JAX would wrap them around and make classes of them."""
    if isinstance(targets, jax.Array) or jax.config.jax_enable_x64:
        return targets
    array = np.asarray(targets)
    if array.dtype.kind not in "iu" or array.dtype.itemsize < 8:
        return targets
    ends = np.iinfo(np.int32 if array.dtype.kind == "i" else np.uint32)
    return np.clip(array, ends.min, ends.max)


def common_dtype(*arrays: Any) -> Any:
    """The dtype of a result: the widest of the arrays', where whole and Python's own numbers have no say."""
    dtype = jnp.result_type(*arrays)
    return dtype if jnp.issubdtype(dtype, jnp.floating) else jnp.result_type(float)


def computing_dtype(dtype: Any) -> Any:
    """What is handed to a formula: float64 as it is, all else as float32."""
    return np.float64 if dtype == np.float64 else np.float32


def common_shape(broadcast: bool, named: Mapping[str, Any]) -> tuple[int, ...]:
    """The common shape of arrays, which must be equal unless ``broadcast``."""
    shapes = {name: np.shape(x) for name, x in named.items()}
    (first, first_shape), *rest = shapes.items()
    for name, shape in rest:
        if shape != first_shape and not broadcast:
            raise ShapeError(
                f"{name} has shape {shape} but {first} has shape {first_shape}; they must be equal: "
                "reshape one, or pass broadcast=True to stretch them as NumPy does"
            )
    try:
        return tuple(jnp.broadcast_shapes(*shapes.values()))
    except ValueError:
        raise ShapeError(f"shapes {', '.join(map(str, shapes.values()))} cannot be broadcast") from None


PREDICTIONS = ("predictions", "logits", "log_predictions", "predictor_outputs", "scores")
TARGETS = ("targets", "labels")
"""The names of the two arrays, ours first, then optax's, which differ from loss to loss."""


def two_arrays(label: str, arrays: tuple[Any, ...], given: dict[str, Any]) -> tuple[Any, Any]:
    """Predictions and targets, given by place or by one of their names, which are taken out of ``given``."""
    found = list(arrays[:2])
    if len(arrays) > 2:
        raise TypeError(f"{label} takes predictions and targets, and the rest by name; {len(arrays)} were given")
    for place, names in enumerate((PREDICTIONS, TARGETS)):
        named = [name for name in names if name in given]
        if len(named) + (place < len(arrays)) != 1:
            raise TypeError(f"{label}: {names[0]} must be given once, by place or as {' or '.join(names)}")
        if named:
            found.insert(place, given.pop(named[0]))
    return found[0], found[1]


def known_names(label: str, keywords: Iterable[str], parameters: Sequence[str], options: Sequence[str]) -> None:
    """Raise a TypeError for a keyword that is neither a parameter nor an option, and name the nearest."""
    for name in keywords:
        if name in parameters or name in options:
            continue
        near = difflib.get_close_matches(name, [*parameters, *options], n=1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(parameters) or 'no parameters'}"
        raise TypeError(f"{label} has no parameter or option {name!r}; {hint}; the options are {', '.join(options)}")


def parameters(loss: Loss | RowLoss, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[Any, ...]:
    """All parameters in order; numbers known now must be in range, JAX arrays that are not give NaN."""
    named = {p.name: given[p.name] for p in loss.parameters if p.name in given}
    plain = {name: x for name, x in named.items() if not is_traced(x)}
    checked(loss, plain)
    return tuple({**defaults, **named}[p.name] for p in loss.parameters)


NAN = '; targets that are NaN are left out with missing="nan"'
"""What helps against a missing target. It is written before any number is known, so it must fit all of them."""


def as_weights(numbers: Any, computing: Any) -> Any:
    """Weights in the dtype they are multiplied in: float64 stays, as a product may have room where they have none."""
    weights = jnp.asarray(numbers)
    return weights if weights.dtype == np.float64 else weights.astype(computing)


def beyond_single(loss: Loss, values: Sequence[Any], computing: Any) -> tuple[tuple[str, float], ...]:
    """The known parameters that float32 arithmetic would lose, by name: constants of a computation in float64."""
    needing_double = []
    for p, x in zip(loss.parameters, values, strict=True):
        if computing == np.float64 or is_traced(x):
            continue
        if np.ndim(x):
            refuse_lost(computing, loss.name, p.name, x)
        elif needs_double(p, float(x)):
            needing_double.append((p.name, float(x)))
    return tuple(needing_double)


def refuse_lost(computing: Any, label: str, name: str, values: Any) -> None:
    """Raise a ValueError for numbers known now that are zero, subnormal or infinite only as float32."""
    if computing == np.float64 or is_traced(values):
        return
    numbers = np.asarray(values, np.float64).reshape(-1)
    sizes, limits = np.abs(numbers), np.finfo(np.float32)
    lost = (sizes > limits.max) | ((sizes < limits.tiny) & (sizes != 0.0))
    if np.isfinite(sizes).all() and lost.any():
        raise ValueError(
            f"{label}: {name} is {numbers[int(np.argmax(lost))]:g}, which float32 "
            "cannot hold; pass float64 predictions (jax.config.update('jax_enable_x64', True))"
        )


def demand(label: str, rule: str, good: Any, numbers: Any, advice: str = "") -> None:
    """An error through ``checkify`` if some number is not good; the first one is shown, and what helps."""
    flat = jnp.broadcast_to(good, numbers.shape).reshape(-1)
    if flat.size == 0:
        return
    wrong = flat.size - flat.sum()
    checkify.check(
        flat.all(),
        f"{label}: {rule}, but {{count}} are not; the first is {{first}}, at place {{place}} of the flattened array"
        f"{advice}",
        count=wrong,
        first=numbers.reshape(-1)[jnp.argmin(flat)],
        place=jnp.argmin(flat),
    )
