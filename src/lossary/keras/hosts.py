"""The losses of examples on the back end that Keras runs on."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import keras

from lossary.formula import Loss
from lossary.rowwise import RowLoss

Compute = Callable[[Any, Any, Mapping[str, Any], tuple[str, ...]], Any]
"""Predictions, targets (class indices whole) with the classes last, parameters and options to a loss an example.

Then the dtypes of half precision in which targets and predictions came before Keras widened them, "" for others.
"""


def demand_host() -> None:
    """Raise an ImportError where Keras runs on another back end than ours."""
    backend = keras.backend.backend()
    if backend not in ("jax", "torch"):
        raise ImportError(
            f"lossary.keras runs on Keras's jax and torch back ends, not on {backend}: "
            "set KERAS_BACKEND=jax or KERAS_BACKEND=torch before Keras is imported"
        )


def mask_of(tensor: Any) -> Any:
    """The mask that Keras's layers gave a tensor, or None."""
    try:
        # Traced arrays take no attribute: Keras keeps their masks elsewhere, and no public way leads there.
        from keras.src.backend import get_keras_mask  # noqa: PLC0415
    except ImportError:  # pragma: no cover  Keras before 3.7
        return getattr(tensor, "_keras_mask", None)
    return get_keras_mask(tensor)


def is_building() -> bool:
    """Whether Keras only asks for shapes: torch then gets tensors of ones, which mean nothing."""
    try:
        from keras.src.backend.common.symbolic_scope import in_symbolic_scope  # noqa: PLC0415  no public way
    except ImportError:  # pragma: no cover  another Keras
        return False
    return bool(in_symbolic_scope())


@functools.cache
def computing(record: Loss | RowLoss) -> Compute:
    """The function of a loss on the back end in force."""
    return _on_jax(record) if keras.backend.backend() == "jax" else _on_torch(record)


def _on_jax(record: Loss | RowLoss) -> Compute:
    from lossary.jax.functions import function_of  # noqa: PLC0415  only where JAX is the back end

    function = function_of(record)

    def computed(predictions: Any, targets: Any, keywords: Mapping[str, Any], halves: tuple[str, ...]) -> Any:
        # Targets lose nothing in the dtype in which they came.
        return function(predictions, targets.astype(halves[0]) if halves[0] else targets, **keywords)

    return computed


def _on_torch(record: Loss | RowLoss) -> Compute:
    from lossary.torch.calls import pointwise, rowwise  # noqa: PLC0415  only where torch is the back end
    from lossary.torch.formulas.records import handle  # noqa: PLC0415

    loss = handle(record)
    if isinstance(record, RowLoss):
        return lambda predictions, targets, keywords, halves: rowwise.cost(
            loss, predictions, targets, keywords, reduction="none", dim=-1, halves=halves, check=not is_building()
        )

    def computed(predictions: Any, targets: Any, keywords: Mapping[str, Any], _: tuple[str, ...]) -> Any:
        parameters = {name: x for name, x in keywords.items() if name != "missing"}
        missing = keywords.get("missing", "error")
        return pointwise.cost(
            loss, predictions, targets, parameters, reduction="none", missing=missing, check=not is_building()
        )

    return computed
