"""Every loss of the catalogue as a pure JAX function, in the order and style of optax: ``(predictions, targets)``.

>>> import lossary.jax
>>> lossary.jax.huber([0.5, 3.0], [0.0, 0.0], delta=1.0).tolist()
[0.125, 2.5]

A function returns the loss of every example, not reduced. ``jax.grad`` of it is the loss's own gradient formula, twice
the Hessian's; ``jit``, ``vmap``, ``hessian`` and ``shard_map`` go through. Other libraries' names work too:
``lossary.jax.huber_loss``, ``lossary.jax.softmax_cross_entropy_with_integer_labels``. A name that optax has gives
optax's number, or is none here.

Nothing can raise inside a compiled function. A target or a prediction outside its domain therefore gives NaN, in the
loss and in the gradient: a label that is no class is never taken for another one. With ``check=True`` it is an error:
raised at once where the arrays are at hand, and through ``jax.experimental.checkify`` inside ``jit``.

The formulas on ``jax.numpy`` are ``lossary.backends.jax``; this package reads a user's arguments, and imports that,
``lossary.evaluate`` and the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    import jax as _jax  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "jax":
        raise
    raise ModuleNotFoundError("lossary.jax needs JAX: pip install 'lossary[jax]'", name="jax") from error

from lossary.discovery import find as _find
from lossary.discovery import names as _names
from lossary.elsewhere import meaning as _meaning
from lossary.jax.functions import function_of as _function_of

__all__ = ["get"]


def get(loss: Any) -> Callable[..., Any]:
    """The JAX function of a loss: by any of its names, with parameters after a colon, or of a loss object.

    Parameters
    ----------
    loss : str or loss
        A name or an alias ("huber", "pinball:0.9"), a loss of ``lossary`` with or without fixed parameters, or one
        that ``lossary.define`` made.

    Returns
    -------
    function ``(predictions, targets, *, ...)``

    Raises
    ------
    ValueError
        For a name that nothing has; the nearest is named.

    Examples
    --------
    >>> import lossary.jax
    >>> lossary.jax.get("pinball:0.75")([1.0], [0.0]).tolist()
    [0.25]
    """
    from lossary.evaluate import registry  # noqa: PLC0415  names need no more than the records

    function = registry.get(loss)
    return _function_of(function.record, tuple(function.fixed.items()))


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        optax = _meaning("optax", name)
        function = get(optax) if optax else get(_find(name).name)  # the one object that get gives, too
    except ValueError as error:
        raise AttributeError(f"lossary.jax has no {name!r}: {error}") from None
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return sorted([*__all__, *_names()])
