"""What a loss is called in Keras: its class, and the name under which it is saved and compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from lossary.formula import Loss
from lossary.rowwise import RowLoss

PACKAGE = "lossary"


OTHERWISE = {"poisson": "PoissonLog"}
"""Losses whose name is that of another loss in Keras, which takes means where ours takes their logarithms."""


def class_name(record: Loss | RowLoss) -> str:
    """The name of a loss's class: ``SoftmaxCrossEntropy`` for softmax_cross_entropy."""
    return OTHERWISE.get(record.name) or "".join(word.capitalize() for word in record.name.split("_"))


def known_by_name(classes: Mapping[str, type[Any]]) -> None:
    """Make ``compile(loss="lossary>huber")`` work, and plain names where Keras has no such loss itself.

    A saved model finds registered classes by itself; names given as text are looked up in Keras's own list only.
    """
    for name, each in classes.items():
        if each.record.name in OTHERWISE:  # models saved before have the plain name
            plain = each.record.name.capitalize()
            keras.saving.get_custom_objects()[f"{PACKAGE}>{plain}"] = each
        keras.saving.register_keras_serializable(PACKAGE, name)(each)
    try:
        from keras.src.losses import ALL_OBJECTS_DICT as listed  # noqa: PLC0415  no public way leads to it
    except ImportError:  # pragma: no cover  another Keras: classes and objects still work, names do not
        return
    for name, each in classes.items():
        listed[f"{PACKAGE}>{name}"] = each
        if name == class_name(each.record):
            listed[f"{PACKAGE}>{each.record.name}"] = each
            listed.setdefault(each.record.name, each)
