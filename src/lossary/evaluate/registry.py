"""Public losses by name, with parameters where the name gives them: "huber", "pinball:0.9", "huber:delta=2"."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cache
from typing import Any

from lossary import discovery as files
from lossary.evaluate.pickling import catalogued
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import Loss
from lossary.likeness import Unlike, likeness
from lossary.rowwise import RowLoss

AnyLoss = LossFunction | RowLossFunction

DEFINITIONS = 256
"""How many users' losses are remembered, so that the same formula need not be derived and checked again."""

_known_definitions: dict[Hashable, Loss] = {}

OPTIONS: Mapping[str, object] = {**LossFunction.options, **RowLossFunction.options}
"""The options of all kinds of loss that change a cost, with their defaults."""


def _kind(record: Loss | RowLoss) -> type[LossFunction] | type[RowLossFunction]:
    """The kind of loss that a record describes."""
    return RowLossFunction if isinstance(record, RowLoss) else LossFunction


def of_record(record: Loss | RowLoss) -> AnyLoss:
    """The loss of a record: a user's own, or another than the catalogue's."""
    return _kind(record)(record)  # type: ignore[arg-type]


@cache
def named(name: str) -> AnyLoss:
    """The loss of a file's name."""
    return catalogued(_kind(files.record(name)), name)


def pointwise(spec: str | LossFunction) -> LossFunction:
    """A pointwise loss by name; a rowwise one raises TypeError."""
    loss = get(spec)
    if isinstance(loss, RowLossFunction):
        raise TypeError(f"{loss.name} takes a row of scores for each example, not one prediction")
    return loss


def get(spec: str | AnyLoss) -> AnyLoss:
    """A loss by its name, an alias or another library's name, with its parameters after a colon.

    Where libraries mean different losses by a name, the library says which: "torch:NLLLoss", "catboost:CrossEntropy".
    Raises ValueError for a name that nothing has, and names the nearest; and for one by which libraries mean different
    losses, or a loss that is not here.

    Examples
    --------
    >>> import lossary
    >>> lossary.get("pinball:0.9")
    <loss quantile(tau=0.9)>
    >>> lossary.get("huber") is lossary.huber
    True
    >>> lossary.get("multi:softprob"), lossary.get("lightgbm:quantile")
    (<loss softmax_cross_entropy(z_loss=0)>, <loss quantile(tau=0.9)>)
    """
    if isinstance(spec, AnyLoss):
        return spec
    if not isinstance(spec, str):
        raise TypeError(f"a loss is asked for by its name, not by {spec!r}")
    name, rest = files.specified(spec)
    loss = named(name)
    return loss.using(**_parameters(loss, rest, spec)) if rest else loss


def _parameters(loss: AnyLoss, rest: str, spec: str) -> dict[str, float]:
    names = [p.name for p in loss.parameters]
    values: dict[str, float] = {}
    for position, part in enumerate(rest.split(",")):
        name, equals, number = part.rpartition("=")
        if not equals and position >= len(names):
            raise ValueError(f"{spec!r} gives {loss.name} too many parameters; it has {', '.join(names) or 'none'}")
        chosen = name.strip() if equals else names[position]
        if chosen in values:
            raise ValueError(f"{spec!r} gives {chosen} twice")
        try:
            values[chosen] = float(number)
        except ValueError:
            raise ValueError(f"{spec!r}: {number!r} is not a number; write for example {loss.name}:0.5") from None
    return values


def catalogue(
    family: str | None = None, functional: str | None = None, claim: str | None = None
) -> tuple[AnyLoss, ...]:
    """Every loss, family by family; or those of a family, of a functional, or that make a claim.

    Examples
    --------
    >>> import lossary
    >>> [loss.name for loss in lossary.catalogue(family="distribution")]
    ['gaussian_nll', 'laplace_nll', 'student_t_nll']
    """
    losses = tuple(named(name) for name in files.names())
    if family is not None:
        _known("family", family, files.FAMILIES)
        losses = tuple(loss for loss in losses if loss.family == family)
    if functional is not None:
        _known("functional", functional, tuple(dict.fromkeys(loss.functional for loss in losses)))
        losses = tuple(loss for loss in losses if loss.functional == functional)
    if claim is not None:
        _known(
            "claim", claim, tuple(dict.fromkeys(n for loss in losses for n in loss.record.claims.__dataclass_fields__))
        )
        losses = tuple(loss for loss in losses if loss.claims.get(claim) not in (None, False, float("inf")))
    return losses


def _known(what: str, asked: str, all_of_them: tuple[str, ...]) -> None:
    if asked not in all_of_them:
        raise ValueError(f"no {what} is called {asked!r}; there are {', '.join(all_of_them)}")


def define(value: Callable[..., object], **facts: Any) -> LossFunction:
    """A user's own loss, from a plain function of a target, a prediction and parameters; its derivatives are derived.

    ``facts`` are those of ``lossary.formula.Loss``: ``name``, ``grad``, ``hess``, ``parameters``, ``target``,
    ``prediction``, ``claims`` ... each optional. What comes back runs everywhere a loss of the catalogue does.
    Raises ValueError if a given derivative contradicts the value, TypeError for a function that cannot be traced.

    Examples
    --------
    >>> import lossary
    >>> from lossary.primitives import log1p
    >>> mine = lossary.define(lambda y, f, c=1.0: log1p(((f - y) / c) ** 2), name="mine")
    >>> mine.gradient([0.0], [1.0])
    array([1.])
    """
    try:
        key = likeness((value, *sorted(facts), *(facts[name] for name in sorted(facts))))
    except Unlike:
        return LossFunction(_defined(value, facts))
    record = _known_definitions.get(key)
    if record is None:
        record = _defined(value, facts)
        _known_definitions[key] = record
        while len(_known_definitions) > DEFINITIONS:
            _known_definitions.pop(next(iter(_known_definitions)), None)
    return LossFunction(record)


def _defined(value: Callable[..., object], facts: Mapping[str, Any]) -> Loss:
    from lossary.definition import define as record_of  # noqa: PLC0415  tracing is not needed to use the catalogue

    return record_of(value, **facts)


def restored(loss: str | Loss | RowLoss, fixed: Mapping[str, float]) -> AnyLoss:
    """A loss out of a pickle of version 0.1.0, which named this function."""
    plain = named(loss) if isinstance(loss, str) else of_record(loss)
    return plain.using(**fixed) if fixed else plain
