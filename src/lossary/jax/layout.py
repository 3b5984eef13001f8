"""Where the classes of a rowwise loss lie: on one axis or several, and which of them take part."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from lossary.evaluate.arrays.inputs import ShapeError
from lossary.jax.arguments import unwrapped
from lossary.rowwise import RowLoss


def one_axis(
    record: RowLoss, predictions: Any, targets: Any, options: Mapping[str, Any]
) -> tuple[Any, Any, dict[str, Any]]:
    """Predictions, targets and options with the classes along the last axis, where they lay along several.

    A class index counts the places of these axes in their order. None stands for all axes, as in optax.
    """
    f, y = jnp.asarray(predictions), jnp.asarray(unwrapped(targets))
    axis = tuple(range(f.ndim)) if options["axis"] is None else options["axis"]
    if not isinstance(axis, tuple | list) or not all(isinstance(a, int | np.integer) for a in axis):
        raise TypeError(f"{record.name}: axis must be a whole number, several, or None for all, not {axis!r}")
    places = [a % f.ndim for a in axis if -f.ndim <= a < f.ndim]
    if not places or len(set(places)) != len(axis):
        raise ShapeError(f"{record.name}: predictions of shape {f.shape} have no different axes {tuple(axis)}")

    def laid_out(x: Any) -> Any:
        rest = [size for place, size in enumerate(x.shape) if place not in places]
        k = math.prod(x.shape[place] for place in places)
        return jnp.moveaxis(x, places, range(len(rest), x.ndim)).reshape(*rest, k)

    where = options["where"]
    if where is not None and np.ndim(where) == f.ndim:
        where = laid_out(jnp.broadcast_to(jnp.asarray(where), f.shape))
    elif where is not None:
        where = jnp.asarray(where)[..., jnp.newaxis]
    return laid_out(f), laid_out(y) if y.ndim == f.ndim else y, {**options, "axis": -1, "where": where}


def classes_that_count(record: RowLoss, where: Any, f: Any, axis: int) -> Any:
    """Which scores take part, in the shape of ``f``, whose classes are last: told for each score, class or row."""
    if record.prediction != "scores":
        kind = record.prediction.replace("_", " ")
        raise TypeError(f"{record.name} takes {kind}; where= is for losses that take scores")
    mask = jnp.asarray(where).astype(bool)
    if mask.ndim == f.ndim:
        mask = jnp.moveaxis(mask, axis, -1)
    elif mask.shape == f.shape[:-1] and mask.ndim:
        if mask.shape == f.shape[-1:]:
            raise ShapeError(
                f"{record.name}: where of shape {mask.shape} may be one a row or one a class, as there are as many "
                "classes as rows; pass where[:, None] for rows, where[None, :] for classes"
            )
        mask = mask[..., jnp.newaxis]
    try:
        return jnp.broadcast_to(mask, f.shape)
    except ValueError:
        raise ShapeError(f"{record.name}: where has shape {mask.shape}, which does not fit the predictions") from None
