"""Looking a name up: which of our losses a name of another library is, and why some are none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lossary.elsewhere.boosting import CATBOOST, LIGHTGBM, XGBOOST
from lossary.elsewhere.deep_learning import KERAS, OPTAX, TORCH
from lossary.elsewhere.name import Library
from lossary.elsewhere.r import R
from lossary.elsewhere.scikit_learn import SKLEARN
from lossary.elsewhere.statistics import SCIPY, STATSMODELS

LIBRARIES: Mapping[str, Library] = {
    "torch": TORCH,
    "keras": KERAS,
    "optax": OPTAX,
    "sklearn": SKLEARN,
    "xgboost": XGBOOST,
    "lightgbm": LIGHTGBM,
    "catboost": CATBOOST,
    "statsmodels": STATSMODELS,
    "scipy": SCIPY,
    "R": R,
}
"""Everything that is known of other libraries' names, by the word that stands before a name's colon."""

SAME: dict[str, dict[str, str]] = {
    key: {name: entry.loss for name, entry in library.names.items() if not entry.refused}
    for key, library in LIBRARIES.items()
}
"""The loss of a name, with parameters where that library's defaults are others."""

DIFFERENT: dict[str, dict[str, str]] = {
    key: {name: entry.refused for name, entry in library.names.items() if entry.refused}
    for key, library in LIBRARIES.items()
}
"""Why a name of a library is no name here; it reads on from "keras:Poisson"."""

_QUALIFIED: Mapping[str, frozenset[str]] = {
    key: frozenset(name for name, entry in library.names.items() if not entry.alone)
    for key, library in LIBRARIES.items()
}
"""Names that are known only after their library's."""

ALSO = {"jax": "optax", "scikit-learn": "sklearn", "pytorch": "torch", "r": "R"}
"""Libraries by another name."""


def plain(name: str) -> str:
    """A name in small letters and underscores: HuberLoss is huber_loss, MSELoss mse_loss."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip())
    return words.lower().replace("-", "_").replace(" ", "_")


def short(name: str) -> str:
    """A name without its package or module: "MASS::psi.huber" is "psi.huber", "norms.HuberT" is "HuberT"."""
    package, colons, rest = name.partition("::")
    return rest if colons else package.rpartition(".")[2]


def libraries() -> tuple[str, ...]:
    """All libraries whose names are known."""
    return (*SAME, *ALSO)


def meaning(library: str, name: str) -> str | None:
    """What a library's name is here: a loss, with its parameters after a colon; None where nothing is known.

    Raises ValueError for a name that means something else there than any loss here.
    """
    library = ALSO.get(library, library)
    reason = _listed(DIFFERENT[library], name)
    if reason is not None:
        raise ValueError(f"{library}:{name} {reason}")
    return _listed(SAME[library], name)


def known_as(name: str) -> list[str]:
    """Where a name is known that is not known alone: "statsmodels:norms.HuberT" for "HuberT"."""
    wanted = plain(name)
    return [
        f"{library}:{each}"
        for library, qualified in _QUALIFIED.items()
        for each in qualified
        if wanted in (plain(each), plain(short(each)))
    ]


def translated(spec: str, own: Mapping[str, str]) -> tuple[str, str]:
    """A name as it is here, and its parameters; ``own`` maps our names and aliases to the losses they are.

    The name may be ours, or another library's: alone, or after the library and a colon.
    """
    library, colon, rest = spec.partition(":")
    if not colon or library not in libraries():
        name, given = _parted(spec, _known_alone("xgboost"))
        found = name if name in own else _of_any(name, own)
    else:
        key = ALSO.get(library, library)
        name, given = _parted(rest, SAME[key] | DIFFERENT[key])
        found = meaning(library, name) or ""
        if not found:
            several = [each for each in SAME[key] if short(each) == name]
            which = f"; say which: {', '.join(several)}" if several else f"; known are {', '.join(SAME[key])}"
            raise ValueError(f"{library} has {'several' if several else 'no'} {name!r} that is a loss here{which}")
    loss, _, parameters = found.partition(":") if found != name else (name, "", "")
    return loss, given or parameters


def _parted(spec: str, names: Mapping[str, str]) -> tuple[str, str]:
    """A name, and what follows its colon. Some of XGBoost, scikit-learn, SciPy and R have a colon of their own."""
    for name in names:
        if ":" in name and (spec == name or spec.startswith(f"{name}:")):
            return name, spec[len(name) + 1 :]
    name, _, given = spec.partition(":")
    return name, given


def _known_alone(library: str) -> dict[str, str]:
    """What a library says of its names that are known without it."""
    listed = SAME[library] | DIFFERENT[library]
    return {name: said for name, said in listed.items() if name not in _QUALIFIED[library]}


def _listed(names: Mapping[str, str], name: str) -> str | None:
    """What a list says of a name: as it is written, in another library's letters, or without its package."""
    if name in names:
        return names[name]
    alike = next((found for each, found in names.items() if plain(each) == plain(name)), None)
    if alike is not None:
        return alike
    shortened = [found for each, found in names.items() if short(each) == name]
    return shortened[0] if len({*shortened}) == 1 else None


def _of_any(name: str, own: Mapping[str, str]) -> str:
    """What all libraries agree that a name means, which may be none; a ValueError where they do not."""
    if own.get(plain(name)) == plain(name):
        return name  # a loss's own name in capitals, as hosts' classes have it
    listed = {library: _known_alone(library) for library in SAME}
    exact = [library for library in listed if name in listed[library]]
    having = exact or [library for library in listed if _listed(listed[library], name) is not None]
    meanings = {library: _listed(SAME[library], name) for library in having}
    ours = own.get(plain(name), own.get(plain(name).removesuffix("_loss")))
    if len({*meanings.values()}) > 1:
        choices = " or ".join([*(f"{library}:{name}" for library in meanings), *([ours] if ours else [])])
        raise ValueError(f"libraries mean different losses by {name!r}; say {choices}")
    for library in meanings:
        found = meaning(library, name) or ""
        if ours not in (None, found.partition(":")[0]):
            raise ValueError(f"{library} means {found} by {name!r}, here it is {ours}; say {library}:{name} or {ours}")
        return found
    return name
