"""Finds the loss files, and a loss by any of its names.

File names are read first, and a file only when its loss is asked for: ``import lossary`` imports no loss.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

from lossary import elsewhere, losses
from lossary.formula import Loss
from lossary.rowwise import RowLoss

POINTWISE = ("regression", "robust", "binary", "counts", "distribution")
ROWWISE = ("multiclass", "divergence", "ordinal", "ranking")
FAMILIES = (*POINTWISE, *ROWWISE)


@lru_cache(maxsize=1)
def names() -> dict[str, str]:
    """Every loss's name and its module, family by family, read from the file names alone."""
    root = Path(losses.__path__[0])
    return {
        module.name: f"{losses.__name__}.{family}.{module.name}"
        for family in FAMILIES
        for module in pkgutil.iter_modules([str(root / family)])
    }


@cache
def record(name: str) -> Loss | RowLoss:
    """The ``LOSS`` record of a file, with its family and prose; KeyError for a name without a file."""
    module = importlib.import_module(names()[name])
    loss: Loss | RowLoss = module.LOSS
    if loss.name != name:
        raise ImportError(f"{module.__file__} defines {loss.name!r}; the file and its loss must share a name")
    return replace(loss, family=module.__name__.split(".")[-2], prose=(module.__doc__ or "").strip())


def is_own(loss: Loss | RowLoss) -> bool:
    """Whether a loss is a user's own: not one of the catalogue."""
    return loss.name not in names() or record(loss.name) is not loss


@lru_cache(maxsize=1)
def every_record() -> tuple[Loss | RowLoss, ...]:
    """Every loss of the catalogue, in its order."""
    return tuple(record(name) for name in names())


@lru_cache(maxsize=1)
def records() -> tuple[Loss, ...]:
    """The pointwise losses: a number for one target and one prediction."""
    return tuple(loss for loss in every_record() if isinstance(loss, Loss))


@lru_cache(maxsize=1)
def row_records() -> tuple[RowLoss, ...]:
    """The rowwise losses: a number for one target and a row of scores."""
    return tuple(loss for loss in every_record() if isinstance(loss, RowLoss))


@lru_cache(maxsize=1)
def aliases() -> dict[str, str]:
    """Every other name of a loss, with the loss's own."""
    owners: dict[str, str] = {}
    for loss in every_record():
        for alias in loss.aliases:
            owner = alias if alias in names() else owners.get(alias)
            if owner is not None:
                raise ImportError(f"{loss.name}: the alias {alias!r} already names {owner}")
            owners[alias] = loss.name
    return owners


def pointwise(name: str) -> Loss:
    """A pointwise loss by its name or an alias; TypeError for a rowwise one."""
    loss = find(name)
    if not isinstance(loss, Loss):
        raise TypeError(f"{loss.name} takes a row of scores for each example, not one prediction")
    return loss


def find(name: str) -> Loss | RowLoss:
    """A loss by its name or an alias, or another library's name; an unknown name raises and names the nearest."""
    known, parameters = specified(name)
    if parameters:
        raise ValueError(f"{name!r} is {known} with {parameters}; lossary.get({name!r}) is that loss")
    return record(known)


def find_in(library: str, name: str) -> Loss | RowLoss:
    """A loss by a name as users of a library know it: that library's name, else ours, else any other library's."""
    meant = elsewhere.meaning(library, name)
    if meant is None:
        normalised = elsewhere.plain(name)
        meant = next((n for n in (normalised, normalised.removesuffix("_loss")) if n in _owners()), name)
    return find(meant)


def specified(spec: str) -> tuple[str, str]:
    """The loss that a name stands for, and the parameters it gives: ``"optax:huber_loss:2"`` is huber with "2"."""
    name, parameters = elsewhere.translated(spec.strip(), _owners())
    normalised = elsewhere.plain(name)
    for candidate in (normalised, normalised.removesuffix("_loss")):
        if candidate in _owners():
            return _owners()[candidate], parameters
    nearest = difflib.get_close_matches(normalised, [*names(), *aliases()], n=3, cutoff=0.5)
    suggestions = [*elsewhere.known_as(name)[:3], *nearest]
    hint = f"; did you mean {', '.join(suggestions)}?" if suggestions else ";"
    raise ValueError(f"no loss is named {name!r}{hint} `lossary list` shows all {len(names())}")


@lru_cache(maxsize=1)
def _owners() -> dict[str, str]:
    """Every name and alias, with the loss's own name."""
    return {name: name for name in names()} | aliases()
