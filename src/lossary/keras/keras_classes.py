"""Losses that Keras has too, with Keras's arguments: of probabilities, or with ``from_logits=True`` of scores."""

from __future__ import annotations

from typing import Any

from keras import ops

from lossary import discovery
from lossary.formula import UNIT
from lossary.keras.classes import CatalogueLoss, PointwiseLoss, RowwiseLoss


class BinaryCrossentropy(PointwiseLoss):
    """Cross-entropy of labels in [0, 1]: ``binary_cross_entropy``, or with ``from_logits=True`` ``logistic``.

    Parameters
    ----------
    from_logits : bool, default False
        Whether predictions are scores. Without it they are probabilities, and are not clipped as in Keras.
    label_smoothing : float in [0, 1], default 0
        The share s of a target y that is moved to the middle: (1 - s) y + s/2.
    axis : int, default -1
        Over which the mean is taken.
    reduction, name, dtype : as in ``keras.losses.Loss``
    missing, pos_weight : as in ``lossary.keras.BinaryCrossEntropy`` and ``lossary.keras.Logistic``
    """

    record = discovery.pointwise("binary_cross_entropy")

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1, **given: Any) -> None:
        if label_smoothing not in UNIT:
            raise ValueError(f"label_smoothing must be in {UNIT}, but it is {label_smoothing!r}")
        if from_logits:
            self.record = discovery.pointwise("logistic")
        self._as_keras = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(**{"name": "binary_crossentropy"} | given)

    @property
    def _axis(self) -> int:
        return int(self._as_keras["axis"])

    def _arranged(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        y_true, y_pred = super()._arranged(y_true, y_pred)
        share = self._as_keras["label_smoothing"]
        if share:
            y_true = (1.0 - share) * y_true + 0.5 * share
        if len(y_pred.shape) > 1:
            y_true, y_pred = (ops.moveaxis(x, self._axis, -1) for x in (y_true, y_pred))
        return y_true, y_pred

    def get_config(self) -> dict[str, Any]:
        """All that it takes to make the loss again."""
        return {**super().get_config(), **self._as_keras}


class CategoricalCrossentropy(RowwiseLoss):
    """Cross-entropy of one class a row: ``categorical_cross_entropy``, or of scores ``softmax_cross_entropy``.

    Parameters
    ----------
    from_logits : bool, default False
        Whether predictions are scores. Without it they are probabilities that sum to one, and are not clipped.
    label_smoothing : float in [0, 1), default 0
        The share of each target that is spread evenly over the classes.
    axis : int, default -1
        Where the classes lie.
    reduction, name, dtype : as in ``keras.losses.Loss``
    class_weight, ignore_index, missing ... : as in ``lossary.keras.SoftmaxCrossEntropy``
    """

    record = discovery.record("categorical_cross_entropy")  # type: ignore[assignment]

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1, **given: Any) -> None:
        if from_logits:
            self.record = discovery.record("softmax_cross_entropy")
        self._from_logits = from_logits
        options = {"name": "categorical_crossentropy", "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(**options | given)

    def get_config(self) -> dict[str, Any]:
        """All that it takes to make the loss again."""
        return {**super().get_config(), "from_logits": self._from_logits}


class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """``CategoricalCrossentropy`` with Keras's arguments for class indices.

    Parameters
    ----------
    from_logits : bool, default False
        Whether predictions are scores. Without it they are probabilities that sum to one, and are not clipped.
    ignore_class : int, optional
        Rows with this class index do not count.
    axis : int, default -1
        Where the classes lie.
    reduction, name, dtype : as in ``keras.losses.Loss``
    class_weight, label_smoothing, missing ... : as in ``lossary.keras.SoftmaxCrossEntropy``
    """

    def __init__(
        self, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1, **given: Any
    ) -> None:
        given = {"name": "sparse_categorical_crossentropy", "ignore_index": ignore_class} | given
        super().__init__(from_logits, axis=axis, **given)


CLASSES: dict[str, type[CatalogueLoss]] = {
    each.__name__: each for each in (BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy)
}
for _each in CLASSES.values():
    _each.__module__ = "lossary.keras"
