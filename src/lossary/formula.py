"""What a loss is: three plain functions, and facts about them that a test can attack.

A loss file under ``losses/`` ends in one ``LOSS = Loss(...)`` record made of the words defined here.
Nothing in this module computes; ``bind`` lets a back end run a formula under its own primitives.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Formula = Callable[..., Any]
"""A function of ``(y, f, *parameters)`` in the dialect of ``docs/design.md``."""

QUANTITIES = ("value", "grad", "hess", "majorizer", "fisher")


@dataclass(frozen=True)
class Interval:
    """The real numbers between ``low`` and ``high``; infinite ends are always open."""

    low: float = -math.inf
    high: float = math.inf
    low_closed: bool = False
    high_closed: bool = False

    def __contains__(self, number: float) -> bool:
        above = number >= self.low if self.low_closed else number > self.low
        below = number <= self.high if self.high_closed else number < self.high
        return bool(above and below)

    def __str__(self) -> str:
        if self == REALS:
            return "the finite numbers"
        left = "[" if self.low_closed else "("
        right = "]" if self.high_closed else ")"
        return f"{left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True)
class Choice:
    """A handful of allowed values, such as the labels {-1, +1}."""

    values: tuple[float, ...]

    def __contains__(self, number: float) -> bool:
        return number in self.values

    def __str__(self) -> str:
        return "{" + ", ".join(f"{v:g}" for v in self.values) + "}"


Domain = Interval | Choice

LINKS = ("identity", "log", "logit", "half_logit")

REALS = Interval()
POSITIVE = Interval(0.0)
NONNEGATIVE = Interval(0.0, low_closed=True)
UNIT = Interval(0.0, 1.0, low_closed=True, high_closed=True)
SIGNS = Choice((-1.0, 1.0))
LABELS = Choice((0.0, 1.0))


@dataclass(frozen=True)
class Parameter:
    """A number that shapes a loss: its name, default, valid range and meaning."""

    name: str
    default: float
    within: Interval
    meaning: str

    def __str__(self) -> str:
        return f"{self.name}={self.default:g}"


Claimed = bool | float | Callable[..., bool | float] | None


@dataclass(frozen=True)
class Claims:
    """Properties in the prediction ``f``, each attacked by ``tests/formulas/test_claims.py``.

    A claim is a constant, a function of the parameters, or None where nothing is claimed.
    ``False`` is a claim too: the test must find the counterexample.

    convex        value lies below its chords
    nonnegative   value is never below zero
    even          value(y, y + r) == value(y, y - r)
    lipschitz     the smallest bound on ``|grad|``, approached somewhere; ``inf`` if there is none
    smooth        the smallest bound on ``hess`` where it exists; ``inf`` if there is none
    bounded       the smallest upper bound on value; ``inf`` if there is none
    homogeneous   the degree k of value(c y, c f) == c**k value(y, f) for c > 0; ``inf`` if none
    proper        for targets in [0, 1] the expected loss is least where the link gives the probability
    calibrated    the minimiser of the expected loss has the sign of the likelier label
    """

    convex: Claimed = None
    nonnegative: Claimed = None
    even: Claimed = None
    lipschitz: Claimed = None
    smooth: Claimed = None
    bounded: Claimed = None
    homogeneous: Claimed = None
    proper: Claimed = None
    calibrated: Claimed = None

    def given(self, *parameters: float) -> dict[str, bool | float]:
        """The claims made, at these parameters."""
        made = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        return {name: claim(*parameters) if callable(claim) else claim for name, claim in made if claim is not None}


@dataclass(frozen=True)
class Point:
    """A closed-form value known from outside: ``value``, ``grad``, ``hess`` are mpmath expressions."""

    y: float
    f: float
    value: str | None = None
    grad: str | None = None
    hess: str | None = None
    given: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Relation:
    """At parameters ``given`` the loss is ``scale * other + shift``, to a relative ``within``.

    ``other`` names a loss, ``other_given`` its parameters. ``within`` is 0 for an identity and a
    small number for a limit; ``shift`` may depend on the target: a formula ``(y, *parameters)``.
    ``at`` maps ``(y, f)`` to the other loss's ``(y, f)`` where those differ (a link, a label coding).
    """

    other: str
    given: Mapping[str, float] = field(default_factory=dict)
    other_given: Mapping[str, float] = field(default_factory=dict)
    scale: float = 1.0
    shift: Formula | None = None
    at: Callable[..., tuple] | None = None
    within: float = 0.0


@dataclass(frozen=True, eq=False)
class Loss:
    """One loss function: formulas, domain, claims and sources. Data only.

    value, grad, hess   formulas ``(y, f, *parameters)``; derivatives are by ``f`` and truthful
    majorizer           a curvature c with value(f + d) <= value(f) + grad d + c d**2 / 2 for all d
    fisher              the Hessian's expectation under the loss's own distribution
    likelihood          how many times the negative log-likelihood of a distribution without a dispersion of its own the
                        loss is (Poisson's deviance 2), or a function of the parameters; None where there is none
    target, prediction  the valid ``y`` and ``f``
    link                how ``f`` maps to the predicted mean: identity, log, logit ...
    functional          what the minimiser of the expected loss is: mean, median, quantile ...
    functional_level    for a quantile or an expectile, its level as a function of the parameters
    kinks               ``(y, *parameters)`` to the ``f`` where a derivative jumps
    cost_root           the cost is the square root of the mean loss (root mean squared error)
    wide                float32 data is computed in float64 and rounded: for formulas that need its range or digits
    elsewhere           the other libraries' names, with the factor where theirs differs
    title               what people call it, as it stands in a sentence: "Huber loss"; "" where that is the name
    brief               a sentence for lists, short enough to stand beside the names of its family in 80 columns
    textbook            the value as a textbook writes it, where ``value`` is written for digits; for referee and LaTeX
    textbook_grad       its gradient, where ``grad`` is written for digits; textbook_hess: its curvature
    use_when            when to take this loss, a sentence or two for its page; avoid_when: when not
    family, prose       the folder and the docstring of the loss's file, filled in by the catalogue
    """

    name: str
    value: Formula
    grad: Formula
    hess: Formula
    claims: Claims
    functional: str
    facts: tuple[Point | Relation, ...]
    sources: tuple[str, ...]
    majorizer: Formula | None = None
    fisher: Formula | None = None
    likelihood: float | Callable[..., float | None] | None = None
    parameters: tuple[Parameter, ...] = ()
    target: Domain = REALS
    prediction: Domain = REALS
    link: str = "identity"
    functional_level: Callable[..., float] | None = None
    kinks: Callable[..., tuple[float, ...]] | None = None
    aliases: tuple[str, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    cost_root: bool = False
    wide: bool = False
    title: str = ""
    brief: str = ""
    textbook: Formula | None = None
    textbook_grad: Formula | None = None
    textbook_hess: Formula | None = None
    use_when: str = ""
    avoid_when: str = ""
    family: str = ""
    prose: str = ""

    def quantity(self, name: str) -> Formula:
        """One of the formulas by name; a KeyError lists those this loss has."""
        formula = getattr(self, name) if name in QUANTITIES else None
        if formula is None:
            have = ", ".join(q for q in QUANTITIES if getattr(self, q) is not None)
            raise KeyError(f"{self.name} has no {name}; it has {have}")
        return formula

    def defaults(self) -> tuple[float, ...]:
        return tuple(p.default for p in self.parameters)

    def __getstate__(self) -> dict[str, Any]:
        # A derived formula is in no module, where pickle looks for functions: its text travels.
        return {name: getattr(value, "travels_as", value) for name, value in self.__dict__.items()}

    def __deepcopy__(self, memo: object) -> Loss:
        # Nothing in it changes; and a copy would be another loss to whatever is made once for each.
        return self

    def with_quantities(self, **formulas: Any) -> Loss:
        """A copy with other formulas, for tests that plant an error."""
        return replace(self, **formulas)


class Remade:
    """What pickles in place of something, and comes out as that thing made anew by a function of a module."""

    def __init__(self, make: Callable[..., object], *arguments: object) -> None:
        self.made = make, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.made


class MissingPrimitive(NotImplementedError):
    """A back end lacks a primitive that a formula uses."""


def bind(formula: Formula, table: Mapping[str, object], literal: Callable[[float], object] | None = None) -> Formula:
    """The same formula under another set of primitives: the same code, other globals.

    ``literal`` converts the formula's float literals, for a back end in which a plain one would widen the arithmetic.
    """
    code = formula.__code__
    if literal is not None:
        code = code.replace(co_consts=tuple(literal(c) if isinstance(c, float) else c for c in code.co_consts))
    absent = sorted(set(code.co_names) - set(table))
    if absent:
        raise MissingPrimitive(f"{formula.__module__}: this back end lacks {', '.join(absent)}")
    twin = types.FunctionType(code, {**table, "__builtins__": {}}, formula.__name__)
    twin.__module__, twin.__qualname__ = formula.__module__, formula.__qualname__
    return twin
