"""Makes a loss's record into a ``keras.losses.Loss``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.missing import asked, by_label
from lossary.evaluate.arrays.parameters import checked
from lossary.evaluate.rows import options as row_options
from lossary.formula import Loss
from lossary.keras.counting import both, filled, laid_out, reduced
from lossary.keras.hosts import computing, mask_of
from lossary.keras.names import class_name
from lossary.rowwise import PREDICTIONS, TARGETS, RowLoss

OPTIONS: dict[str, object] = {
    "axis": -1,
    "label_smoothing": 0.0,
    "class_weight": None,
    "ignore_index": None,
    "temperature": 1.0,
    "soft_cap": None,
    "class_prior": None,
    "prior_strength": 1.0,
    "missing": "error",
}
"""What a rowwise loss takes besides its parameters."""

KERAS: dict[str, object] = {"reduction": "sum_over_batch_size", "name": None, "dtype": None}
NO_CLASS = -(2**31) + 1
"""A class index that is none: what a number becomes that is not whole."""


class CatalogueLoss(keras.losses.Loss):  # type: ignore[misc]
    """What all the classes have in common; each has the record of its loss."""

    record: Loss | RowLoss
    _halves: tuple[str, ...] = ("", "")

    def __init__(self, **given: Any) -> None:
        host = {**KERAS, **{name: given.pop(name) for name in KERAS if name in given}}
        super().__init__(host["name"] or self.record.name, host["reduction"], host["dtype"])
        self._in_config = {} if host["dtype"] is None else {"dtype": self.dtype}
        self.given = self._checked(given)

    def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters and options, checked, as plain numbers and lists: what can be saved."""
        defaults = {p.name: p.default for p in self.record.parameters}
        own = {name: x for name, x in given.items() if name != "missing"}
        asked(given.get("missing", "error"))
        return {"missing": "error", **defaults, **given, **checked(self.record, own)}

    @property
    def _axis(self) -> int:
        return int(self.given.get("axis", -1))

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The cost of a batch: targets, predictions and weights as Keras takes them."""
        mask = mask_of(y_pred)
        # Predictions are about to be widened, but how nearly a row sums to one follows the dtype in which it came.
        self._halves = _half_precision(y_true), _half_precision(y_pred)
        with keras.name_scope(self.name):
            y_true, y_pred = self._arranged(y_true, y_pred)
            shape = self._shape_of_losses(y_pred)
            weights = None
            if sample_weight is not None:
                weights = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
                weights = laid_out(self.name, "sample_weight", weights, shape)
            if mask is not None:
                mask = laid_out(self.name, "the mask", ops.cast(mask, "bool"), shape)
            counts = both(None if weights is None else ops.not_equal(weights, 0), mask)
            if counts is not None:
                y_true, y_pred = filled(self.record, y_true, y_pred, counts)
            losses, known = self._losses(y_true, y_pred)
            return reduced(losses, weights, both(mask, known), self.reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of every example, not reduced."""
        self._halves = _half_precision(y_true), _half_precision(y_pred)
        return self._losses(*self._arranged(y_true, y_pred))[0]

    def _arranged(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        """Targets and predictions as tensors of fitting shapes, the classes last."""
        raise NotImplementedError

    def _shape_of_losses(self, y_pred: Any) -> tuple[int, ...]:
        raise NotImplementedError

    def _losses(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        """The loss of every example, and which of them enter a mean: None if all do."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """All that it takes to make the loss again."""
        return {**super().get_config(), **self._in_config, **self.given}


class PointwiseLoss(CatalogueLoss):
    """A number for one target and one prediction; the mean over the last axis, as Keras's own."""

    record: Loss

    def _arranged(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        # Keras would take a list for several outputs.
        y_true, y_pred = (ops.convert_to_tensor(x, dtype=self.dtype) for x in (y_true, y_pred))
        if len(y_true.shape) + 1 == len(y_pred.shape) and y_pred.shape[-1] == 1:
            y_true = ops.expand_dims(y_true, -1)
        elif len(y_true.shape) == len(y_pred.shape) + 1 and y_true.shape[-1] == 1:
            y_true = ops.squeeze(y_true, axis=-1)
        return y_true, y_pred

    def _shape_of_losses(self, y_pred: Any) -> tuple[int, ...]:
        return tuple(y_pred.shape) if len(y_pred.shape) < 2 else tuple(y_pred.shape[:-1])

    def _losses(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        losses = computing(self.record)(y_pred, y_true, self.given, self._halves)
        if asked(self.given["missing"]):
            return _over_known(losses, ops.logical_not(ops.isnan(y_true)))
        return losses if len(losses.shape) < 2 else ops.mean(losses, axis=-1), None


class RowwiseLoss(CatalogueLoss):
    """A number for one target and a row of scores along ``axis``."""

    record: RowLoss

    def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        options = {**OPTIONS, **{name: _plain(given[name]) for name in OPTIONS if name in given}}
        row_options.parsed(self.record, {name: options[name] for name in self._changed(options)})
        return {**super()._checked({name: x for name, x in given.items() if name not in OPTIONS}), **options}

    @staticmethod
    def _changed(options: Mapping[str, Any]) -> list[str]:
        """The options that differ from their defaults, but for the axis."""
        return [name for name in OPTIONS if name != "axis" and options[name] != OPTIONS[name]]

    def _arranged(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        axis = self._axis
        y_true, y_pred = _tensor(y_true), ops.convert_to_tensor(y_pred, dtype=self.dtype)
        if len(y_true.shape) == len(y_pred.shape) and _is_column(self.record, y_true, y_pred, axis):
            y_true = ops.squeeze(y_true, axis=axis)
        if len(y_true.shape) == len(y_pred.shape):
            if self.given["ignore_index"] is not None:
                raise TypeError(f"{self.name}: ignore_index is for class indices; weigh rows by sample_weight=")
            y_true = ops.moveaxis(ops.cast(y_true, self.dtype), axis, -1)
        elif self.record.targets == "scores":
            raise ShapeError(f"{self.record.name} compares two rows of scores; a class index is no target for it")
        else:
            y_true = _indices(y_true)
        return y_true, ops.moveaxis(y_pred, axis, -1)

    def _shape_of_losses(self, y_pred: Any) -> tuple[int, ...]:
        return tuple(y_pred.shape[:-1])

    def _losses(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        keywords = {p.name: self.given[p.name] for p in self.record.parameters}
        keywords |= {name: _array(self.given[name]) for name in self._changed(self.given)}
        halves = self._halves if len(y_true.shape) == len(y_pred.shape) else ("", self._halves[1])
        losses = computing(self.record)(y_pred, y_true, keywords, halves)
        if asked(self.given["missing"]) and len(y_true.shape) > len(losses.shape):
            known_labels = ops.logical_not(ops.isnan(y_true))
            return losses, (ops.any if by_label(self.record) else ops.all)(known_labels, axis=-1)
        if self.given["ignore_index"] is None:
            return losses, None
        # Out of the mean too, as in Keras with its own ignore_class.
        return losses, ops.not_equal(y_true, self.given["ignore_index"])


def _over_known(losses: Any, known: Any) -> tuple[Any, Any]:
    """The mean over the last axis of what is known, and where something is."""
    if len(losses.shape) < 2:
        return losses, known
    count = ops.sum(ops.cast(known, losses.dtype), axis=-1)
    return ops.sum(losses, axis=-1) / ops.maximum(count, 1.0), ops.greater(count, 0.0)


def _is_column(record: RowLoss, y_true: Any, y_pred: Any, axis: int) -> bool:
    """Whether targets hold one class index a row with an axis of its own, as Keras's generators write them."""
    return bool(y_true.shape[axis] == 1 and y_pred.shape[axis] + record.more_classes != 1)


def _half_precision(x: Any) -> str:
    """The name of a dtype of half precision, or ""."""
    name = str(getattr(x, "dtype", "")).removeprefix("torch.")
    return name if name in ("float16", "bfloat16") else ""


def _tensor(y_true: Any) -> Any:
    """Targets in a dtype of their own: half precision would round a class index to another one."""
    if not ops.is_tensor(y_true):
        y_true = np.asarray(y_true)
        if y_true.dtype.kind in "iu" and not np.can_cast(y_true.dtype, np.int32):
            # JAX would wrap around what it cannot hold, and make classes of it.
            y_true = np.clip(y_true, max(NO_CLASS, np.iinfo(y_true.dtype).min), -NO_CLASS)
    return ops.convert_to_tensor(y_true)


def _indices(y_true: Any) -> Any:
    """Class indices as whole numbers; what is none becomes ``NO_CLASS``."""
    if "int" in keras.backend.standardize_dtype(y_true.dtype):
        return y_true
    if keras.backend.standardize_dtype(y_true.dtype) != "float64":
        y_true = ops.cast(y_true, "float32")
    whole = ops.logical_and(ops.equal(y_true, ops.floor(y_true)), ops.less(ops.absolute(y_true), -float(NO_CLASS)))
    return ops.cast(ops.where(whole, y_true, float(NO_CLASS)), "int32")


def _plain(option: Any) -> Any:
    """A number as it is, one number a class as a list."""
    return np.asarray(option).tolist() if np.ndim(option) else option


def _array(option: Any) -> Any:
    return np.asarray(option) if isinstance(option, list) else option


def class_of(record: Loss | RowLoss) -> type[CatalogueLoss]:
    """The class of a loss."""
    rowwise = isinstance(record, RowLoss)
    defaults = {p.name: p.default for p in record.parameters}
    keywords = {**defaults, **(OPTIONS if rowwise else {"missing": "error"}), **KERAS}
    only = inspect.Parameter.KEYWORD_ONLY
    members = {
        "record": record,
        "__module__": "lossary.keras",
        "__doc__": _documentation(record),
        "__signature__": inspect.Signature([inspect.Parameter(n, only, default=x) for n, x in keywords.items()]),
    }
    return type(class_name(record), (RowwiseLoss if rowwise else PointwiseLoss,), members)


@functools.cache
def own_class_of(record: Loss | RowLoss) -> type[CatalogueLoss]:
    """The class of a user's own loss; its instances pickle with their formulas, as nothing imports by its name."""
    own = class_of(record)
    own.__reduce__ = lambda loss: (_empty, (record,), loss.__dict__)  # type: ignore[method-assign, assignment]
    return own


def _empty(record: Loss | RowLoss) -> CatalogueLoss:
    own = own_class_of(record)
    return own.__new__(own)


def _documentation(record: Loss | RowLoss) -> str:
    lines = [f"{p.name} : float, default {p.default:g}\n    {p.meaning}; in {p.within}." for p in record.parameters]
    if isinstance(record, RowLoss):
        lines.append(f"axis, {', '.join(n for n in OPTIONS if n != 'axis')} : as in ``lossary.{record.name}``")
        domain = (
            f"Predictions are {PREDICTIONS[record.prediction]}; targets class indices or {TARGETS[record.targets]}."
        )
    else:
        lines.append('missing : "error" or "nan"\n    Whether a target that is NaN is an error, or left out.')
        domain = f"Targets are in {record.target}, predictions in {record.prediction}."
    lines.append("reduction, name, dtype : as in ``keras.losses.Loss``")
    return f"{record.prose}\n\nParameters\n----------\n" + "\n".join(lines) + f"\n\nNotes\n-----\n{domain}\n"
