"""Facts from outside: closed forms of rows, and relations between losses; a spoilt fact is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import mpmath
import pytest
from mpmath import mp

from lossary.discovery import record, row_records
from lossary.primitives import log1p, maximum
from lossary.proof.findings import failures
from lossary.proof.pointwise.facts import referee
from lossary.proof.rows.facts import facts
from lossary.rowwise import RowLoss, RowPoint, RowRelation

EACH = pytest.mark.parametrize("loss", row_records(), ids=lambda loss: loss.name)
CROSS_ENTROPY = record("softmax_cross_entropy")


@EACH
def test_facts_hold(loss: RowLoss) -> None:
    assert not failures(facts(loss))


@EACH
def test_there_are_two_facts(loss: RowLoss) -> None:
    assert len(loss.facts) >= 2


def spoilt(fact: RowPoint | RowRelation) -> RowPoint | RowRelation:
    if isinstance(fact, RowRelation):
        return replace(fact, scale=fact.scale * (1.001 + 2.0 * fact.within))
    off = "({})+1/10000000"
    if fact.value is not None and fact.value != "inf":
        return replace(fact, value=off.format(fact.value))
    name = "grad" if fact.grad is not None else "hess"
    first, *rest = getattr(fact, name)
    return replace(fact, **{name: (off.format(first), *rest)})


@EACH
def test_a_false_fact_is_found(loss: RowLoss) -> None:
    found = list(facts(replace(loss, facts=tuple(spoilt(fact) for fact in loss.facts))))
    assert len(failures(found)) == len(found)


def said(*stated: RowPoint | RowRelation, loss: RowLoss = CROSS_ENTROPY) -> str:
    return "\n".join(map(str, failures(facts(replace(loss, facts=stated)))))


@pytest.mark.parametrize("name", ["grad", "hess"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_number_of_a_row_is_compared(name: str, place: int) -> None:
    right = {"grad": ["1/3", "1/3", "-2/3"], "hess": ["2/9", "2/9", "2/9"]}[name]
    assert not said(RowPoint(y=2, f=(0.0, 0.0, 0.0), **{name: tuple(right)}))
    right[place] += "+1/10**20"
    assert name in said(RowPoint(y=2, f=(0.0, 0.0, 0.0), **{name: tuple(right)}))


@pytest.mark.parametrize(
    ("fact", "what"),
    [
        (RowPoint(y=0, f=(0.0, 0.0)), "states nothing"),
        (RowPoint(y=0, f=(0.0, 0.0), grad=("0",)), "1 numbers for 2 scores"),
        (RowPoint(y=(0.5, 0.25), f=(0.0, 0.0), value="log(2)"), "outside the domain"),
        (RowPoint(y=(1.0,), f=(0.0, 0.0), value="log(2)"), "outside the domain"),
        (RowPoint(y=0, f=(0.0, float("nan")), value="log(2)"), "outside the domain"),
        (RowPoint(y=0, f=(0.0, 0.0), value="log(2)", given={"gamma": 1.0}), "'gamma'"),
        (RowRelation("nonesuch"), "nonesuch"),
        (RowRelation("hinge"), "pointwise="),
        (
            RowRelation("poisson_deviance", pointwise=lambda t, f: (t[1], -1.0 - f[0] * f[0])),
            "must lie in both domains",
        ),
        (RowRelation("softmax_cross_entropy", at=lambda t, f: (t, (*f, 0.0))), "must lie in both domains"),
        (RowRelation("softmax_cross_entropy", at=lambda t, f: (t, tuple(2.0 * x for x in f))), "against"),
        (RowRelation("softmax_cross_entropy", shift=lambda t, f: 0.5), "against"),
    ],
)
def test_a_fact_that_does_not_hold_says_why(fact: RowPoint | RowRelation, what: str) -> None:
    assert what in said(fact)


def doubled(row):
    return tuple(x + maximum(x, x) for x in row)


def test_relations_run_on_the_referees_numbers() -> None:
    shifted = RowRelation("softmax_cross_entropy", at=lambda t, f: (t, tuple(x + max(f) for x in f)))
    weighed = RowRelation("softmax_cross_entropy", at=lambda t, f: (tuple(x / sum(t) for x in t), f))
    half = RowRelation(
        "softmax_cross_entropy",
        at=lambda t, f: (t, doubled(f)),
        shift=lambda t, f: log1p(sum(x for x in t) - 1.0) * f[0],
    )
    assert not said(shifted, weighed)
    assert "against" in said(half)


def test_a_limit_is_held_to_its_distance() -> None:
    near = RowRelation("softmax_cross_entropy", given={"z_loss": 2.0**-30}, within=1e-6)
    assert not said(near)
    assert "against" in said(replace(near, within=1e-12))


def test_functions_beside_a_fact_come_along() -> None:
    def twice(function: Callable) -> object:
        with mp.workdps(50):
            return referee(function)((mpmath.mpf(1) / 3,))

    with mp.workdps(50):
        assert twice(lambda row: doubled(row)) == (2 * (mpmath.mpf(1) / 3),)
        assert abs(twice(lambda row: log1p(row[0])) - mpmath.log(mpmath.mpf(4) / 3)) < mpmath.mpf(10) ** -48
