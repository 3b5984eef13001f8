"""The options of every rowwise loss: what is done to targets and scores before the loss sees them.

Class weights turn a target t into a weight of the row, m = sum of w t, and the target w t / m: for a class index the
weight of its class. Smoothing then mixes the target with the even distribution over the classes that are not masked.
A score becomes (cap tanh(f / cap) + strength log(prior)) / temperature.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np

from lossary import primitives
from lossary.backends.cpu.runtime.array_addresses import DTYPES, side_by_side
from lossary.evaluate.arrays.inputs import ShapeError, kernel_dtype, plain
from lossary.evaluate.arrays.missing import asked
from lossary.evaluate.arrays.parameters import needs_double
from lossary.formula import NONNEGATIVE, POSITIVE, REALS, Interval, Parameter
from lossary.losses import scores
from lossary.rowwise import RowLoss


@dataclass(frozen=True)
class RowOptions:
    """The options as given; ``parsed`` checks them. See ``RowLossFunction`` for their meaning."""

    class_weight: np.ndarray | None = None
    ignore_index: int | None = None
    label_smoothing: float = 0.0
    temperature: float = 1.0
    soft_cap: float | None = None
    class_prior: np.ndarray | None = None
    prior_strength: float = 1.0
    class_mask: object = field(default=None, repr=False)
    missing: str = "error"

    @property
    def capped(self) -> bool:
        return self.soft_cap is not None

    @property
    def adjusted(self) -> bool:
        return self.class_prior is not None or self.temperature != 1.0

    @cached_property
    def offset(self) -> np.ndarray | None:
        """What is added to the score of each class."""
        if self.class_prior is None:
            return None
        with np.errstate(divide="ignore"):
            return np.asarray(self.prior_strength * primitives.log(self.class_prior))

    def transformed(self, f: np.ndarray) -> np.ndarray:
        """The scores that the loss sees, in float64."""
        x = np.asarray(f, np.float64)
        with np.errstate(all="ignore"):
            if self.soft_cap is not None:
                x = np.asarray(scores.capped(x, self.soft_cap))
            if self.offset is not None:
                x = x + self.offset
            return x * (1.0 / self.temperature) if self.temperature != 1.0 else x

    def slopes(self, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first and second derivative of ``transformed``."""
        x = np.asarray(f, np.float64)
        cooling = 1.0 / self.temperature
        if self.soft_cap is None:
            return np.full_like(x, cooling), np.zeros_like(x)
        with np.errstate(all="ignore"):
            slope, bend = scores.slope(x, self.soft_cap), scores.bend(x, self.soft_cap)
        return np.asarray(slope) * cooling, np.asarray(bend) * cooling

    def mixed(self, loss: RowLoss, t: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Target weights (n, classes) with class weights and smoothing in them, of mass as before."""
        t = np.asarray(t, np.float64)
        if self.class_weight is not None:
            weighted = t * self.class_weight
            with np.errstate(all="ignore"):
                t = weighted / weighted.sum(axis=1, keepdims=True)
        if self.label_smoothing == 0.0:
            return t
        if loss.targets == "labels":
            return (1.0 - self.label_smoothing) * t + np.where(x != -math.inf, 0.5 * self.label_smoothing, 0.0)
        open_classes = np.ones_like(t, bool) if loss.more_classes else x != -math.inf
        even = t.sum(axis=1, keepdims=True) / open_classes.sum(axis=1, keepdims=True)
        return (1.0 - self.label_smoothing) * t + np.where(open_classes, self.label_smoothing * even, 0.0)

    def need_double(self) -> bool:
        """Whether float32 arithmetic would lose one of the numbers."""
        if self is PLAIN:
            return False
        numbers = [(p, getattr(self, p.name)) for p in _SIZED]
        return any(x is not None and needs_double(p, x) for p, x in numbers)


_SIZED = (
    Parameter("class_weight", 1.0, NONNEGATIVE, ""),
    Parameter("label_smoothing", 0.0, Interval(0.0, 1.0, low_closed=True), ""),
    Parameter("temperature", 1.0, POSITIVE, ""),
    Parameter("soft_cap", 1.0, POSITIVE, ""),
    Parameter("prior_strength", 1.0, REALS, ""),
)
NAMES = tuple(f.name for f in fields(RowOptions))
PLAIN = RowOptions()
LEAST_TEMPERATURE = 2.0**-890
"""Any float32 score over this is a finite double."""
ON_SCORES = ("temperature", "soft_cap", "class_prior", "prior_strength", "class_mask")


def split(loss: RowLoss, keywords: Mapping[str, object]) -> tuple[RowOptions, dict[str, object]]:
    """The options among keywords, checked, and the rest: the loss's parameters."""
    if not keywords:
        return PLAIN, {}
    options = {name: value for name, value in keywords.items() if name in NAMES}
    rest = {name: value for name, value in keywords.items() if name not in NAMES}
    known = [p.name for p in loss.parameters]
    for name in rest:
        if name not in known:
            near = difflib.get_close_matches(name, [*known, *NAMES], n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'no parameters'}"
            raise TypeError(
                f"{loss.name} has no parameter or option {name!r}; {hint}; the options are {', '.join(NAMES)}"
            )
    return (parsed(loss, options) if options else PLAIN), rest


def parsed(loss: RowLoss, keywords: Mapping[str, object]) -> RowOptions:
    """Options checked one by one; an error names the option, the rule and the value."""
    if loss.prediction != "scores":
        refused = next((n for n in ON_SCORES if keywords.get(n) is not None), None)
        if refused is not None:
            kind = loss.prediction.replace("_", " ")
            raise TypeError(f"{loss.name} takes {kind}; {refused}= is for losses that take scores")
    if loss.targets == "labels" and keywords.get("class_weight") is not None:
        raise TypeError(
            f"{loss.name} takes each class for a question of its own; class_weight= is for losses of one class a row, "
            "and rows are weighed by sample_weight="
        )
    if loss.targets == "scores":
        refused = next(
            (n for n in ("class_weight", "label_smoothing", "ignore_index") if keywords.get(n) is not None), None
        )
        if refused is not None:
            raise TypeError(f"{loss.name} compares two rows of scores; {refused}= needs classes as targets")
    checked: dict[str, object] = {"class_mask": keywords.get("class_mask")}
    if keywords.get("missing") is not None and asked(keywords["missing"]):
        checked["missing"] = "nan"
    for name, low, high in (("label_smoothing", 0.0, 1.0), ("temperature", None, None), ("soft_cap", None, None)):
        if keywords.get(name) is not None:
            checked[name] = _number(loss, name, keywords[name], low, high)
    if checked.get("temperature", 1.0) < LEAST_TEMPERATURE:  # type: ignore[operator]
        raise ValueError(
            f"{loss.name}: temperature must be at least {LEAST_TEMPERATURE:.3g}, or scores over it overflow, "
            f"not {checked['temperature']:g}"
        )
    if keywords.get("prior_strength") is not None:
        checked["prior_strength"] = _number(loss, "prior_strength", keywords["prior_strength"], -math.inf, math.inf)
    if keywords.get("ignore_index") is not None:
        checked["ignore_index"] = _whole(loss, keywords["ignore_index"])
    for name in ("class_weight", "class_prior"):
        if keywords.get(name) is not None:
            checked[name] = _for_classes(loss, name, keywords[name])
    return RowOptions(**checked)  # type: ignore[arg-type]


def _number(loss: RowLoss, name: str, value: object, low: float | None, high: float | None) -> float:
    """A number in [low, high), or above zero where there is no ``low``."""
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"{loss.name}: {name} must be a number, not {value!r}") from None
    good = 0.0 < number < math.inf if low is None else low <= number < (high if high is not None else math.inf)
    if not good or math.isinf(number):
        rule = (
            "a positive number" if low is None else f"in [{low:g}, {high:g})" if high != math.inf else "a finite number"
        )
        raise ValueError(f"{loss.name}: {name} must be {rule}, not {number:g}")
    return number


def _whole(loss: RowLoss, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{loss.name}: ignore_index must be a whole number, not {value!r}")
    return int(value)


def _for_classes(loss: RowLoss, name: str, value: object) -> np.ndarray:
    numbers = side_by_side(kernel_dtype(plain(name, value), name), DTYPES["f8"])
    if numbers.ndim != 1:
        raise ShapeError(f"{loss.name}: {name} must hold one number a class, but has shape {numbers.shape}")
    good = (numbers > 0.0) if name == "class_prior" else (numbers >= 0.0)
    wrong = ~(good & np.isfinite(numbers))
    if wrong.any():
        first = int(np.argmax(wrong))
        rule = "positive" if name == "class_prior" else "finite and not negative"
        raise ValueError(f"{loss.name}: {name} must be {rule}, but {name}[{first}] is {numbers[first]:g}")
    return numbers


def fits(loss: RowLoss, options: RowOptions, k: int) -> None:
    """Raise a ShapeError if an option for each class does not have as many numbers as there are classes."""
    for name, numbers, size in (
        ("class_weight", options.class_weight, k + loss.more_classes),
        ("class_prior", options.class_prior, k),
    ):
        if numbers is not None and numbers.shape != (size,):
            raise ShapeError(f"{loss.name}: {name} has {numbers.shape[0]} numbers, but there are {size} classes")
