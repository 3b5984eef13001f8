"""A loss as a module, by what ``lossary.get`` takes: a name with parameters, a loss object, a user's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from lossary.evaluate import registry
from lossary.evaluate.registry import AnyLoss
from lossary.torch.interface.modules import LossModule, of_record


def get(loss: str | AnyLoss, **options: Any) -> LossModule:
    """The module of a loss: by any of its names, with parameters after a colon, or of a loss object.

    Parameters
    ----------
    loss : str or loss
        A name or an alias ("huber", "pinball:0.9", "huber:delta=2"), a loss of ``lossary`` with or without fixed
        parameters, or one that ``lossary.define`` made.
    **options
        Of the module: ``reduction``, ``missing``, ``label_smoothing`` ..., and parameters.

    Returns
    -------
    LossModule, which takes ``(input, target)``

    Raises
    ------
    ValueError
        For a name that nothing has; the nearest is named.
    TypeError
        For an option that the loss does not have.

    Examples
    --------
    >>> import torch, lossary, lossary.torch
    >>> lossary.torch.get("pinball:0.9")
    Quantile(tau=0.9)
    >>> fourth = lossary.define(lambda y, f, c=1.0: ((f - y) / c) ** 4, name="fourth")
    >>> lossary.torch.get(fourth, c=2.0)(torch.tensor([4.0]), torch.tensor([0.0]))
    tensor(16.)
    """
    function = registry.get(loss)
    fixed = {name: torch.as_tensor(x) if isinstance(x, np.ndarray) else x for name, x in function.fixed.items()}
    return of_record(function.record)(**{**fixed, **options})
