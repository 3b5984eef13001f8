"""A user's own loss: a plain function of a target and a prediction becomes a record like those of the catalogue.

    define(lambda y, f, delta=1.0: delta**2 * (np.sqrt(1 + ((f - y) / delta) ** 2) - 1), name="mine")

The function is run once on expressions. From these come the formula in the dialect, so that every back end can take it,
and the gradient and Hessian where none are given; on the way, forms that lose digits become primitives that keep them
(``log(1 + exp(x))`` is ``softplus(x)``). What results is compared with difference quotients before it is returned.
"""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lossary.backends.trace import derivative, execute, function
from lossary.backends.trace.deriving.stable import AFTER_DERIVING, BEFORE_DERIVING, rewritten
from lossary.backends.trace.expression.execute import in_dialect
from lossary.backends.trace.expression.symbols import Expression, variables
from lossary.formula import LINKS, REALS, Choice, Claims, Domain, Formula, Interval, Loss, Parameter, Point, Relation

AGREE = 1e-5  # how close a derivative must come to the difference quotient
_STEP = 1e-3
# What the methods of a loss take beside its parameters.
RESERVED = {
    "name",
    "y_true",
    "y_pred",
    "sample_weight",
    "mask",
    "reduction",
    "denominator",
    "empty",
    "check",
    "broadcast",
    "out",
    "curvature",
    "missing",
}
_POINTS = 96


def define(
    value: Callable[..., object],
    *,
    name: str | None = None,
    grad: Callable[..., object] | None = None,
    hess: Callable[..., object] | None = None,
    majorizer: Callable[..., object] | None = None,
    fisher: Callable[..., object] | None = None,
    parameters: Sequence[Parameter] | None = None,
    target: Domain = REALS,
    prediction: Domain = REALS,
    link: str = "identity",
    functional: str = "unknown",
    functional_level: Callable[..., float] | None = None,
    kinks: Callable[..., tuple[float, ...]] | None = None,
    claims: Claims | None = None,
    facts: Sequence[Point | Relation] = (),
    aliases: Sequence[str] = (),
    elsewhere: Mapping[str, str] | None = None,
    cost_root: bool = False,
    sources: Sequence[str] = ("user",),
) -> Loss:
    """The record of a loss given by a function of the target, the prediction and any parameters.

    The function describes one example: arithmetic, ``**``, comparisons, ``abs``, ``min``, ``max``, and the functions of
    ``lossary.primitives`` or their NumPy twins; ``where(condition, a, b)`` in place of ``if``. Its keyword defaults are
    the parameters' defaults. Raises TypeError where it cannot be read as such a formula, and ValueError where a given
    gradient or Hessian is not the derivative of what it should be.
    """
    shape = _Shape.of(value, "value")
    loss_name = name if name is not None else _own_name(value)
    if not loss_name.isidentifier():
        raise ValueError(f"a loss's name is a word like {'my_loss'!r}, not {loss_name!r}")
    _refuse_wrong_facts(target, prediction, link, claims)
    parameter_records = _parameters(loss_name, shape, parameters)
    functions = {"value": value, "grad": grad, "hess": hess, "majorizer": majorizer, "fisher": fisher}
    expressions = {quantity: _read(f, quantity, shape) for quantity, f in functions.items() if f is not None}
    if "f" not in variables(expressions["value"]):
        raise ValueError(f"{loss_name} does not depend on the prediction, its second argument")
    expressions.setdefault("grad", derivative(expressions["value"], "f"))
    expressions.setdefault("hess", derivative(expressions["grad"], "f"))
    formulas = {q: _formula(functions.get(q), expression, q, shape, loss_name) for q, expression in expressions.items()}
    loss = Loss(
        name=loss_name,
        value=formulas["value"],
        grad=formulas["grad"],
        hess=formulas["hess"],
        majorizer=formulas.get("majorizer"),
        fisher=formulas.get("fisher"),
        parameters=parameter_records,
        target=target,
        prediction=prediction,
        link=link,
        functional=functional,
        functional_level=functional_level,
        kinks=kinks,
        claims=claims or Claims(),
        facts=tuple(facts),
        aliases=tuple(aliases),
        elsewhere=dict(elsewhere or {}),
        cost_root=cost_root,
        sources=tuple(sources),
        family="user",
        prose=inspect.getdoc(value) or "" if inspect.isroutine(value) else "",
    )
    _compare(loss)
    return loss


def _refuse_wrong_facts(target: object, prediction: object, link: str, claims: object) -> None:
    for name, domain in (("target", target), ("prediction", prediction)):
        if not isinstance(domain, Interval | Choice):
            raise TypeError(
                f"{name} must be an Interval or a Choice of lossary.formula, such as POSITIVE, not {domain!r}"
            )
    if link not in LINKS:
        raise ValueError(f"link must be one of {', '.join(LINKS)}, not {link!r}")
    if claims is not None and not isinstance(claims, Claims):
        raise TypeError(f"claims must be lossary.formula.Claims(...), not {claims!r}")


@dataclass(frozen=True)
class _Shape:
    """What a function is called with: its parameters beyond target and prediction, in order."""

    names: tuple[str, ...]
    keyword_only: tuple[str, ...]
    defaults: Mapping[str, object]

    @classmethod
    def of(cls, formula: Callable[..., object], quantity: str) -> _Shape:
        if not callable(formula):
            raise TypeError(f"{quantity} must be a function (y, f, *parameters), not a {type(formula).__name__}")
        taken = list(inspect.signature(formula).parameters.values())
        if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in taken):
            raise TypeError(f"{quantity} must name its parameters; *args and **kwargs cannot be read")
        positional = [p for p in taken if p.kind is not p.KEYWORD_ONLY]
        if len(positional) < 2:
            have = ", ".join(p.name for p in taken)
            raise TypeError(f"{quantity} must take a target and a prediction, then any parameters; it takes ({have})")
        rest = [*positional[2:], *(p for p in taken if p.kind is p.KEYWORD_ONLY)]
        clash = [p.name for p in rest if p.name in ("y", "f")]
        if clash:
            raise ValueError(f"{quantity} has a parameter {clash[0]!r}; y and f are the target and the prediction")
        taken_names = [p.name for p in rest if p.name in RESERVED]
        if taken_names:
            raise ValueError(
                f"{quantity} has a parameter {taken_names[0]!r}, which a loss's methods use for something else"
            )
        return cls(
            names=tuple(p.name for p in rest),
            keyword_only=tuple(p.name for p in rest if p.kind is p.KEYWORD_ONLY),
            defaults={p.name: p.default for p in rest if p.default is not p.empty},
        )

    @property
    def variables(self) -> tuple[str, ...]:
        return ("y", "f", *self.names)


def _own_name(value: Callable[..., object]) -> str:
    own = getattr(value, "__name__", "<lambda>")
    return "custom" if own in ("<lambda>", "value") else own


def _parameters(loss: str, shape: _Shape, records: Sequence[Parameter] | None) -> tuple[Parameter, ...]:
    """A record for each parameter: the user's own, or one made from the function's default."""
    by_name = {p.name: p for p in records or ()}
    unknown = [n for n in by_name if n not in shape.names]
    if unknown:
        raise ValueError(f"{loss} has no parameter {unknown[0]!r}; its function takes ({', '.join(shape.variables)})")
    parameters = []
    for name in shape.names:
        if name not in by_name and name not in shape.defaults:
            raise ValueError(
                f"{loss}: the parameter {name!r} needs a default, in the function ({name}=1.0) "
                f"or as parameters=[Parameter({name!r}, 1.0, POSITIVE, 'its meaning')]"
            )
        record = by_name.get(name) or Parameter(name, _default(loss, name, shape), REALS, "")
        if record.default not in record.within:
            raise ValueError(f"{loss}: the default {name}={record.default:g} is not in {record.within}")
        parameters.append(record)
    return tuple(parameters)


def _default(loss: str, name: str, shape: _Shape) -> float:
    default = shape.defaults[name]
    if not isinstance(default, numbers.Real):
        raise TypeError(f"{loss}: the default of {name!r} is not a number: {default!r}")
    return float(default)


def _read(formula: Callable[..., object], quantity: str, like: _Shape) -> Expression:
    shape = _Shape.of(formula, quantity)
    if shape.names != like.names:
        raise ValueError(
            f"{quantity} takes ({', '.join(shape.variables)}) where value takes ({', '.join(like.variables)})"
        )
    positional = [v for v in shape.variables if v not in shape.keyword_only]
    expression = execute(formula, positional, shape.keyword_only)
    return expression if in_dialect(formula) else rewritten(expression, BEFORE_DERIVING)


def _formula(own: object, expression: Expression, quantity: str, shape: _Shape, loss: str) -> Formula:
    """The user's own function where back ends can take it as it is, else one written from the expression."""
    if callable(own) and in_dialect(own):
        return own
    return function(rewritten(expression, AFTER_DERIVING), shape.variables, quantity, label=loss)


@dataclass(frozen=True)
class _Examples:
    """Targets, predictions, how far each prediction may move and stay valid (``room``), and parameters in order."""

    y: np.ndarray
    f: np.ndarray
    room: np.ndarray
    parameters: tuple[float, ...]

    def values(self, formula: Formula, move: np.ndarray | None = None) -> np.ndarray:
        """A formula at every example, with predictions moved by this much."""
        f = self.f if move is None else self.f + move
        return np.broadcast_to(formula(self.y, f, *self.parameters), self.y.shape)

    def worded(self, loss: Loss, i: int) -> str:
        """One example in words, with the names of the loss's parameters."""
        named = {"y": self.y[i], "f": self.f[i]}
        named |= dict(zip((p.name for p in loss.parameters), self.parameters, strict=True))
        return ", ".join(f"{name}={number:.6g}" for name, number in named.items())


def _compare(loss: Loss) -> None:
    """ValueError where grad is not the slope of value, or hess not that of grad, at points away from kinks."""
    generator = np.random.default_rng(514229)
    for parameters, declared in _settings(loss):
        examples = _examples(loss, parameters, generator)
        with np.errstate(all="ignore"):
            if declared:
                _refuse_nan(loss, examples)
            for formula, derivative_of_it in (("value", "grad"), ("grad", "hess")):
                _compare_slope(loss, formula, derivative_of_it, examples)


def _settings(loss: Loss) -> list[tuple[tuple[float, ...], bool]]:
    """The declared defaults; then other values, as a missing factor goes unseen where it is one."""
    nearby = tuple(_nearby(p) for p in loss.parameters)
    return [(loss.defaults(), True), *([(nearby, False)] if loss.parameters else [])]


def _nearby(parameter: Parameter) -> float:
    default = parameter.default
    tries = (default * 1.375, default * 0.625, default + 0.375, default - 0.375)
    return next((t for t in tries if t != default and t in parameter.within), default)


def _examples(loss: Loss, parameters: tuple[float, ...], generator: np.random.Generator) -> _Examples:
    """Random examples of a loss: about half of the predictions near their targets, where they may be."""
    y, f = _draw(loss.target, generator), _draw(loss.prediction, generator)
    near_target = y + generator.normal(0.0, 1.0, _POINTS)
    is_moved = [generator.random() < 0.5 and number in loss.prediction for number in near_target]
    f = np.where(is_moved, near_target, f)
    room = np.full(_POINTS, np.inf)
    if isinstance(loss.prediction, Interval):
        room = np.minimum(f - loss.prediction.low, loss.prediction.high - f)
    return _Examples(y, f, room, parameters)


def _draw(domain: Domain, generator: np.random.Generator) -> np.ndarray:
    if isinstance(domain, Choice):
        return generator.choice(np.asarray(domain.values), _POINTS)
    if np.isfinite(domain.low) and np.isfinite(domain.high):
        return generator.uniform(domain.low, domain.high, _POINTS)
    if np.isfinite(domain.low):
        return domain.low + generator.lognormal(0.0, 1.0, _POINTS)
    if np.isfinite(domain.high):
        return domain.high - generator.lognormal(0.0, 1.0, _POINTS)
    return generator.normal(0.0, 3.0, _POINTS)


def _refuse_nan(loss: Loss, examples: _Examples) -> None:
    is_nan = np.isnan(examples.values(loss.value))
    if is_nan.any():
        where = examples.worded(loss, int(is_nan.argmax()))
        raise ValueError(
            f"{loss.name}: value is nan at {where}; if it is not meant for every target "
            "and prediction, give target= and prediction= (POSITIVE, UNIT, LABELS, SIGNS, an Interval, a Choice)"
        )


def _compare_slope(loss: Loss, below: str, above: str, examples: _Examples) -> None:
    """ValueError where the formula ``above`` is not the slope of the formula ``below``."""
    step = _STEP * np.minimum(np.maximum(1.0, np.abs(examples.f)), examples.room)
    wide, noise = _quotient(loss.quantity(below), examples, step)
    slope, _ = _quotient(loss.quantity(below), examples, 0.5 * step)
    stated = examples.values(loss.quantity(above))
    size = np.maximum(np.abs(slope), np.where(np.isfinite(stated), np.abs(stated), 0.0))
    # Where two steps disagree, a kink lies between and neither is the slope.
    unsure = np.abs(wide - slope)
    is_smooth = np.isfinite(slope) & (unsure <= 1e-4 * np.abs(slope) + 100.0 * noise)
    excess = np.abs(stated - slope) - 2.0 * unsure - 100.0 * noise
    excess = np.where(np.isnan(excess), np.inf, excess) / np.maximum(AGREE * size, 1e-300)
    excess = np.where(is_smooth, excess, 0.0)
    i = int(np.argmax(excess))
    if excess[i] > 1.0:
        raise ValueError(
            f"{loss.name}: {above} is not the slope of {below}: at {examples.worded(loss, i)} "
            f"{above} is {stated[i]:.9g} where differences of {below} give {slope[i]:.9g}"
        )


def _quotient(formula: Formula, examples: _Examples, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The symmetric difference quotient of fourth order, and what rounding may add to it."""
    beside = [examples.values(formula, k * step) for k in (-2.0, -1.0, 1.0, 2.0)]
    largest = np.max(np.abs(beside), axis=0) + np.abs(examples.f) * np.finfo(float).tiny
    quotient = (8.0 * (beside[2] - beside[1]) - (beside[3] - beside[0])) / (12.0 * step)
    return quotient, np.finfo(float).eps * largest / step
