"""What a cost was computed with: its loss, parameters and options, in a form that compares by value and travels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from lossary import discovery
from lossary.evaluate.description import Described

# What belongs to the examples, as weights do, or changes no number that comes out.
OF_EXAMPLES = frozenset({"mask", "class_mask", "check", "broadcast"})
PER_EXAMPLE = "one value an example"
SHORT = 16
PLAIN = frozenset({float, int, str})

Settings = Mapping[str, object]
"""Options and parameters given to a call that are not the defaults, by name: numbers, words, rows of numbers."""
NONE: Settings = {}


class Numbers(NamedTuple):
    """A long array of an option, known by what it holds: equal if shapes and numbers are."""

    shape: tuple[int, ...]
    digest: str
    first: float

    def __str__(self) -> str:
        return f"[{self.first:.9g}, ...] (shape {self.shape}, digest {self.digest[:8]})"


def numbers(value: object) -> tuple[float, ...] | Numbers:
    """An array by value: itself if it is short."""
    array = np.asarray(value, dtype=np.float64)
    if array.ndim == 1 and array.size <= SHORT:
        return tuple(array.tolist())
    return Numbers(
        array.shape, hashlib.sha256(array.tobytes()).hexdigest(), float(array.flat[0]) if array.size else 0.0
    )


def chosen(loss: Described[Any], options: Mapping[str, object]) -> Settings:
    """The settings of a call that took these options, once it has found them good."""
    if not options:
        return NONE
    changed: dict[str, object] = {}
    in_force = loss.given
    for name, value in options.items():
        if value is None or name in OF_EXAMPLES:
            continue
        parameter = name in in_force
        kept = value if type(value) in PLAIN else _kept(value, parameter)
        if not _same(kept, in_force[name] if parameter else loss.options.get(name)):
            changed[name] = kept
    return changed


def _kept(value: object, parameter: bool) -> object:
    if np.ndim(value) == 0:  # type: ignore[arg-type]
        number = np.asarray(value)[()]
        return str(value) if isinstance(value, str) else int(number) if number.dtype.kind in "iub" else float(number)
    # Each batch has its own: two of them cannot disagree.
    return PER_EXAMPLE if parameter else numbers(value)


def _same(one: object, other: object) -> bool:
    return type(other) is not np.ndarray and bool(one == other)


def differences(first: Settings, second: Settings, loss: Described[Any]) -> tuple[str, str]:
    """What differs, as each has it: "delta=2" and "delta=1"."""
    as_first, as_second = [], []
    for name in sorted({*first, *second}):
        default = loss.given.get(name, loss.options.get(name))
        a, b = first.get(name, default), second.get(name, default)
        if not _same(a, b):
            as_first.append(f"{name}={shown(a)}")
            as_second.append(f"{name}={shown(b)}")
    return ", ".join(as_first), ", ".join(as_second)


def other_loss(loss: Described[Any], other: Described[Any]) -> tuple[str, str]:
    """What differs between two losses, parameters included, as each has it; nothing if they are the same."""
    if loss is other or loss.same_as(other):
        return "", ""
    if loss.name != other.name:
        return loss.name, other.name
    differing = [n for n, value in loss.given.items() if n in other.given and not np.array_equal(value, other.given[n])]
    if not differing:
        return f"another loss called {loss.name}", loss.name
    own_values, other_values = (", ".join(f"{n}={shown(each.given[n])}" for n in differing) for each in (loss, other))
    return f"{loss.name} with {own_values}", f"{other.name} with {other_values}"


def in_force(loss: Described[Any], options: Mapping[str, object]) -> Settings:
    """The loss by a name of its formula, and every parameter and option of a call that is not a default."""
    fixed = {name: PER_EXAMPLE if isinstance(value, np.ndarray) else value for name, value in loss.given.items()}
    return {"loss": _identity(loss), **fixed, **chosen(loss, options)}


def _identity(loss: Described[Any]) -> str:
    """The loss's name; that of a user's own tells its formula too."""
    if not discovery.is_own(loss.record):
        return loss.name
    code = loss.record.value.__code__
    content = repr((code.co_code, code.co_consts, code.co_names, code.co_varnames))
    return f"{loss.name} of formula {hashlib.sha256(content.encode()).hexdigest()[:8]}"


def shown(value: object) -> str:
    """A setting as errors show it, with all its digits: two may differ in the last."""
    if isinstance(value, np.ndarray):
        return shown(numbers(value))
    if isinstance(value, tuple) and not isinstance(value, Numbers):
        return f"[{', '.join(map(shown, value))}]"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
