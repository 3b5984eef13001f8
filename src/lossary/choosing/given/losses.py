"""The losses that a user names: of the catalogue, or their own from a module or a file."""

from __future__ import annotations

import importlib
import importlib.util
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lossary.discovery import is_own, names
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.predictions.with_link import FORCED
from lossary.evaluate.registry import AnyLoss, get, named
from lossary.formula import REALS

FROM_FILE = re.compile(r"(?P<place>.+\.py):(?P<name>[^\W\d]\w*)(?::(?P<parameters>.+))?")
FROM_MODULE = re.compile(r"(?P<place>[^\W\d]\w*(?:\.[^\W\d]\w*)*):(?P<name>[^\W\d]\w*)(?::(?P<parameters>.+))?")


@dataclass(frozen=True)
class GivenLoss:
    """A loss that a user asks for.

    ``name`` is that of its file or record and ``parameters`` those that were stated; ``own`` is the loss itself where
    it is not of the catalogue, and ``origin`` where that came from, "" if it came as an object. ``link`` was put on a
    loss of the catalogue by ``lossary.with_link``.
    """

    name: str
    parameters: Mapping[str, float]
    own: AnyLoss | None = None
    origin: str = ""
    link: str = ""

    @property
    def loss(self) -> AnyLoss:
        """The loss, with the parameters that were stated."""
        plain = named(self.name) if self.own is None else self.own
        return plain.using(**self.parameters) if self.parameters else plain

    @property
    def is_plain(self) -> bool:
        """Whether it is a loss of the catalogue by its name alone."""
        return self.own is None and not self.parameters and not self.link

    @property
    def shown(self) -> str:
        """The loss as a user would write it."""
        return self.origin or str(self.loss)


def given_losses(specs: Iterable[str | AnyLoss]) -> tuple[GivenLoss, ...]:
    """The losses of specifications: "huber:delta=2", "module:name", "./file.py:name", or loss objects.

    Raises ValueError for a name that nothing has, a module or file that cannot be loaded or holds no such loss, and for
    the same loss twice; TypeError for what is neither a specification nor a loss.

    Examples
    --------
    >>> [(each.name, each.parameters) for each in given_losses(["huber:delta=2", "pinball:0.9"])]
    [('huber', {'delta': 2.0}), ('quantile', {'tau': 0.9})]
    """
    if isinstance(specs, (str, LossFunction)):
        raise ValueError(f"losses is a sequence of losses: [{specs!r}], not {specs!r}")
    found: list[GivenLoss] = []
    for spec in specs:
        given = _from_text(spec) if isinstance(spec, str) else _from_object(spec)
        if any(given.loss.same_as(other.loss) and given.link == other.link for other in found):
            raise ValueError(f"the loss {given.shown} is given twice; leave one out")
        found.append(given)
    return tuple(found)


def _from_text(spec: str) -> GivenLoss:
    try:
        return _from_object(get(spec))
    except ValueError as error:
        # What another library means by a name has a colon too: only what the catalogue lacks is looked for elsewhere.
        match = FROM_FILE.fullmatch(spec.strip()) or FROM_MODULE.fullmatch(spec.strip())
        if match is None or match["place"] in names():
            raise
        is_file = match["place"].endswith(".py")
        module = _loaded_file(Path(match["place"])) if is_file else _loaded_module(match["place"], error)
    own = _loss_in(module, match["name"], spec)
    if match["parameters"]:
        own = own.using(**_stated(match["parameters"], own, spec))
    return _from_object(own, f"{match['place']}:{match['name']}")


def _from_object(loss: Any, origin: str = "") -> GivenLoss:
    if not isinstance(loss, AnyLoss):
        raise TypeError(
            f"a loss is a name such as 'huber:delta=2' or an object such as lossary.define(...), not {loss!r}"
        )
    by_example = next((name for name, value in loss.fixed.items() if isinstance(value, np.ndarray)), "")
    if by_example:
        raise ValueError(f"{loss}: {by_example} has a value for each example, and folds hold other rows; give a number")
    parameters = {name: float(value) for name, value in loss.fixed.items()}
    if not is_own(loss.record):
        return GivenLoss(loss.name, parameters)
    if loss.name not in names():
        return GivenLoss(loss.name, parameters, loss, origin)
    link = next((link for link, bounds in FORCED.items() if loss.prediction == bounds), "")
    if link and named(loss.name).prediction == REALS and loss.family == named(loss.name).family:
        return GivenLoss(loss.name, parameters, link=link)
    raise ValueError(f"your own loss is called {loss.name!r}, as one of the catalogue is; define it under another name")


def _loaded_file(path: Path) -> types.ModuleType:
    # The module is not registered: what it defines then travels to other processes by value, and needs no path there.
    spec = importlib.util.spec_from_file_location(path.stem, path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise ValueError(f"there is no file {path}; a loss of your own is given as ./file.py:name")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    return module


def _loaded_module(name: str, unknown: ValueError) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise ValueError(f"the module {name} cannot be imported: {error}") from error
        file = Path(f"{name.replace('.', '/')}.py")
        hint = f"write ./{file}:NAME for the file beside you" if file.is_file() else "put its folder on PYTHONPATH"
        raise ValueError(f"{unknown}; and no module is called {name!r}: {hint}") from error
    except Exception as error:
        raise ValueError(f"the module {name} cannot be imported: {type(error).__name__}: {error}") from error


def _loss_in(module: types.ModuleType, name: str, spec: str) -> AnyLoss:
    found = getattr(module, name, None)
    if isinstance(found, AnyLoss):
        return found
    defined = [each for each, value in vars(module).items() if isinstance(value, AnyLoss)]
    there = f"it has {', '.join(defined)}" if defined else "it has none"
    is_what = "is no loss" if hasattr(module, name) else "is not there"
    raise ValueError(f"{spec!r}: {name} {is_what} among the losses that lossary.define made in it; {there}")


def _stated(text: str, loss: AnyLoss, spec: str) -> dict[str, float]:
    stated = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            stated[name.strip()] = float(value)
        except ValueError:
            raise ValueError(f"{spec!r}: {part!r} is no parameter; write for example {loss.name}:c=0.5") from None
    return stated
