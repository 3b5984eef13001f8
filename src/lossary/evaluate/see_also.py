"""Which other losses a reader of one should know of, and why: derived from the records, never written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from lossary import discovery
from lossary.formula import Loss, Relation
from lossary.rowwise import RowLoss, RowRelation

Record = Loss | RowLoss

MOST = 4
"""Of those that have only what they predict in common, so many are named."""
VAGUE = ("none", "m-estimate", "label")
"""Functionals that two losses may share and yet predict different things."""
ROUNDING = 1e-9
INSTEAD = "may suit where this loss does not"
LARGE = 1000.0
"""From here on a parameter of a relation stands for a limit."""


@dataclass(frozen=True)
class Related:
    """Another loss of the catalogue, and in a few words why one should look at it."""

    name: str
    why: str


@cache
def see_also(record: Record) -> tuple[Related, ...]:
    """The losses beside this one: the same at some parameters, the better choice elsewhere, or for the same question.

    Parameters
    ----------
    record : Loss or RowLoss
        A loss's record; of a user's own loss nothing is known.

    Returns
    -------
    tuple of Related
        Each other loss once, the closest first.

    Examples
    --------
    >>> from lossary.discovery import record
    >>> from lossary.evaluate.see_also import see_also
    >>> see_also(record("half_squared_error"))[0]
    Related(name='squared_error', why='twice this')
    """
    if discovery.is_own(record):
        return ()
    found: dict[str, str] = {}
    for name, why in (*_relations(record), *_relations_of_others(record), *_better_elsewhere(record)):
        found.setdefault(name, why)
    for name, why in _for_the_same(record, MOST):
        found.setdefault(name, why)
    found.pop(record.name, None)
    return tuple(Related(name, why) for name, why in found.items())


def _relations(record: Record) -> Iterator[tuple[str, str]]:
    for fact in record.facts:
        if isinstance(fact, Relation | RowRelation) and fact.other != record.name:
            other = discovery.record(fact.other)
            yield fact.other, _same(record, other, fact, fact.scale, here=fact.given, there=fact.other_given)


def _relations_of_others(record: Record) -> Iterator[tuple[str, str]]:
    for other in discovery.every_record():
        for fact in other.facts:
            if isinstance(fact, Relation | RowRelation) and fact.other == record.name != other.name:
                yield other.name, _same(record, other, fact, 1.0 / fact.scale, here=fact.other_given, there=fact.given)


def _same(
    record: Record,
    other: Record,
    fact: Relation | RowRelation,
    scale: float,
    here: Mapping[str, float],
    there: Mapping[str, float],
) -> str:
    """A relation as it reads after the other's name: "half of this at its tau = 0.5"."""
    conditions = [*_conditions(here, "", fact.within), *_conditions(there, "its ", fact.within)]
    words = {1.0: "the same", 2.0: "half of this", 0.5: "twice this", 4.0: "a quarter of this", 0.25: "4 times this"}
    same = ("nearly " if fact.within > ROUNDING and conditions else "") + words.get(scale, "in proportion to this")
    given = f" {' and '.join(conditions)}" if conditions else ""
    return f"{same}{_between(record, other, fact)}{given}{_but_for(fact)}"


def _but_for(fact: Relation | RowRelation) -> str:
    if fact.shift is None:
        return ""
    # A pair's shift is a function of the target; a row's of both, and may look at the target alone.
    rows = [fact.shift((0.3, 0.7), f) for f in ((0.4, 0.6), (0.1, 0.9))] if isinstance(fact, RowRelation) else []
    return ", but for a term that no prediction changes" if rows[:1] == rows[1:] else ", but for one more term"


def _conditions(given: Mapping[str, float], whose: str, within: float) -> list[str]:
    """Parameters in words: "at c = 2"; of a limit and of a number that stands for one "for large c"."""
    return [_condition(f"{whose}{name}", value, within) for name, value in given.items()]


def _condition(name: str, value: float, within: float) -> str:
    if abs(value) >= LARGE:
        return f"for large values of {name}" if value > 0 else f"for very negative values of {name}"
    near = round(value)
    if value != near and abs(value - near) < 1.0 / LARGE:
        return f"as {name} nears {near:g}"
    return f"at {name} = {value:.3g}"


def _between(record: Record, other: Record, fact: Relation | RowRelation) -> str:
    """What lies between the arguments of two losses that are the same: classes, a link, a coding."""
    if isinstance(fact, RowRelation) and fact.pointwise is not None:
        return " for two classes"
    if fact.at is None:
        return ""
    if isinstance(other, RowLoss):
        same = other.prediction == record.prediction
        return ", of other arguments" if same else f", of {other.prediction.replace('_', ' ')}"
    if isinstance(record, RowLoss) or other.target != record.target:
        return ", for another coding of the target"
    return ", of predictions on another scale" if other.link != record.link else ", of other arguments"


def _better_elsewhere(record: Record) -> Iterator[tuple[str, str]]:
    """The losses that ``avoid_when`` names, each with the case that its sentence begins with."""
    for sentence in re.split(r"(?<=\.) ", record.avoid_when):
        case = re.match(r"(?:Where )?([^:`]*)(?:: |, `)", sentence)
        reason = f"where {case[1][0].lower()}{case[1][1:]}" if case else INSTEAD
        yield from ((name, reason) for name in re.findall(r"`(\w+)`", sentence) if name in discovery.names())


def _for_the_same(record: Record, most: int) -> list[tuple[str, str]]:
    """Others for the same kind of target whose best prediction is the same; of the same family first."""
    if record.functional in VAGUE:
        return []
    same = [o for o in discovery.every_record() if o.functional == record.functional and _alike(record, o)]
    same.sort(key=lambda o: o.family != record.family)
    return [(o.name, f"for the same question: {record.functional}") for o in same if o.name != record.name][:most]


def _alike(record: Record, other: Record) -> bool:
    """Whether both take the same kind of target and prediction."""
    if isinstance(record, Loss):
        return isinstance(other, Loss) and record.target == other.target
    if isinstance(other, Loss):
        return False
    return record.targets == other.targets and record.prediction == other.prediction
