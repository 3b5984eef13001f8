"""Every loss of the catalogue as a ``keras.losses.Loss``, for Keras 3 on its JAX and torch back ends.

    model.compile(loss=lossary.keras.Huber(delta=2.0))
    model.compile(loss=lossary.keras.SoftmaxCrossEntropy(label_smoothing=0.1))
    model.compile(loss="lossary>huber")  # by name, with default parameters
    model.compile(loss="quantile")  # plain names too, but for those that are Keras's own
    model.compile(loss=lossary.keras.get("pinball:0.9"))  # names with parameters, and losses of your own

A class is called as its loss, in capitals: ``softmax_cross_entropy`` is ``SoftmaxCrossEntropy``; other libraries' names
work too. A name that Keras has gives Keras's number, or is none here; ``BinaryCrossentropy``,
``CategoricalCrossentropy`` and ``SparseCategoricalCrossentropy`` take ``from_logits`` as there. Parameters and options
are those of the loss; ``reduction``, ``name`` and ``dtype``, sample weights and masks are Keras's. All can be saved
with a model and loaded again once this module has been imported.

Pointwise losses take the mean over the last axis, as Keras's own do. Rowwise ones take the classes along ``axis``, and
class indices (of any dtype that holds whole numbers) or weights for the classes as targets. A number outside its domain
gives NaN on the JAX back end, where nothing can raise, and an error on torch.

With ``missing="nan"`` targets that are NaN are left out of every mean: over the last axis first, then over the batch
where nothing is left.

The losses are computed by ``lossary.jax`` or ``lossary.torch``, whichever Keras runs on, and only that one is imported.
"""

from __future__ import annotations

from typing import Any

try:
    import keras as _keras  # noqa: F401
except ModuleNotFoundError as error:
    if error.name == "keras":
        raise ModuleNotFoundError("lossary.keras needs Keras: pip install 'lossary[keras]'", name="keras") from error
    raise ImportError(
        f"Keras itself cannot be imported, as it finds no {error.name}: lossary.keras runs on Keras's jax and torch "
        "back ends; set KERAS_BACKEND=jax or KERAS_BACKEND=torch before Keras is imported",
        name="keras",
    ) from error

from lossary.discovery import every_record as _every_record
from lossary.discovery import find as _find
from lossary.discovery import is_own as _is_own
from lossary.discovery import record as _record
from lossary.elsewhere import meaning as _meaning
from lossary.evaluate import registry as _registry
from lossary.keras.classes import CatalogueLoss as _CatalogueLoss
from lossary.keras.classes import class_of as _class_of
from lossary.keras.classes import own_class_of as _own_class_of
from lossary.keras.hosts import demand_host as _demand_host
from lossary.keras.keras_classes import CLASSES as _KERAS_CLASSES
from lossary.keras.names import class_name as _class_name
from lossary.keras.names import known_by_name as _known_by_name

_demand_host()
_CLASSES = {_class_name(record): _class_of(record) for record in _every_record()} | _KERAS_CLASSES
_known_by_name(_CLASSES)
__all__ = sorted([*_CLASSES, "get"])


def get(loss: str | _registry.AnyLoss, **options: Any) -> _CatalogueLoss:
    """The Keras loss of a name with parameters, of a loss object, or of a loss of your own.

    Parameters
    ----------
    loss : str or loss
        A name or an alias ("huber", "pinball:0.9", "huber:delta=2"), a loss of ``lossary`` with or without fixed
        parameters, or one that ``lossary.define`` made.
    **options
        Of the class: ``reduction``, ``name``, ``dtype``, ``missing``, those of rowwise losses, and parameters.

    Returns
    -------
    keras.losses.Loss
        A model that was saved with a loss of your own is loaded with its class among
        ``custom_objects``: ``{type(loss).__name__: type(loss)}``.

    Raises
    ------
    ValueError
        For a name that nothing has; the nearest is named.
    TypeError
        For a parameter that the loss does not have.

    Examples
    --------
    >>> import lossary.keras
    >>> lossary.keras.get("pinball:0.9").given["tau"]
    0.9
    """
    function = _registry.get(loss)
    record = function.record
    of_record = _own_class_of(record) if _is_own(record) else _CLASSES[_class_name(record)]
    return of_record(**{**function.fixed, **options})


def __getattr__(name: str) -> Any:
    if name in _CLASSES:
        return _CLASSES[name]
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        keras_means = _meaning("keras", name)
        record = _record(keras_means) if keras_means else _find(name)
    except ValueError as error:
        raise AttributeError(f"lossary.keras has no {name!r}: {error}") from None
    if not name[0].isupper():
        raise AttributeError(f"lossary.keras has classes, not functions: {_class_name(record)} for {name!r}")
    return _CLASSES[_class_name(record)]


def __dir__() -> list[str]:
    return __all__
