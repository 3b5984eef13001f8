"""Every claim of every rowwise loss is attacked; a claim that is turned round must fall."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from mpmath import mp

from lossary.backends.reference import DIGITS
from lossary.discovery import record, row_records
from lossary.primitives import log1p, where
from lossary.proof.findings import failures
from lossary.proof.rows.bounds import BOUNDS
from lossary.proof.rows.claims import ATTACKS, attack, claims
from lossary.proof.rows.loss_under_test import RowLossUnderTest
from lossary.rowwise import RowClaims, RowLoss

EACH = pytest.mark.parametrize("loss", row_records(), ids=lambda loss: loss.name)
CROSS_ENTROPY = record("softmax_cross_entropy")


@EACH
def test_claims_withstand_attack(loss: RowLoss) -> None:
    assert not failures(claims(loss))


def opposites(claimed: bool | float) -> list[bool | float]:
    """Claims that contradict a true one."""
    if isinstance(claimed, bool):
        return [not claimed]
    return [1e6] if math.isinf(claimed) else [claimed * 1.01 + 0.01, claimed * 0.99 - 0.01, math.inf]


@EACH
def test_a_false_claim_falls(loss: RowLoss) -> None:
    with mp.workdps(DIGITS):
        loss_under_test = RowLossUnderTest(loss, loss.defaults())
        survived = [
            f"{loss.name}: {name} is {wrong}, where {claimed} is true"
            for name, claimed in loss.claims.given(*loss.defaults()).items()
            if claimed is not None
            for wrong in opposites(claimed)
            if attack(loss_under_test, name, wrong).passed
        ]
    assert not survived


def test_every_kind_of_claim_has_an_attack() -> None:
    assert set(RowClaims.__dataclass_fields__) == {*ATTACKS, *BOUNDS}


@EACH
def test_every_loss_claims_the_basic_facts(loss: RowLoss) -> None:
    made = {name for name, claimed in loss.claims.given(*loss.defaults()).items() if claimed is not None}
    assert {"convex", "nonnegative", "symmetric"} <= made


def said(loss: RowLoss = CROSS_ENTROPY, **claimed: object) -> str:
    return "\n".join(map(str, failures(claims(replace(loss, claims=RowClaims(**claimed))))))


def test_a_claim_is_attacked_at_every_parameter_setting() -> None:
    assert "z_loss=0.3" in said(steepest=1.0)
    assert "z_loss=0.3" in said(shift_invariant=True)
    assert not said(steepest=lambda z_loss: 1.0 if z_loss == 0.0 else None)


# Slips in the formulas themselves, each of which breaks one claim only.


def uneven(gap, mass, rest, others):
    return mass * log1p(rest) + gap + 0.125 * others


def dented(gap, mass, rest):
    """Less steep from a loss of 4 on: no longer convex, and no longer proper."""
    plain = mass * log1p(rest) + gap
    return where(plain > 4.0, 3.0 + 0.25 * plain, plain)


def capped(gap, mass, rest):
    plain = mass * log1p(rest) + gap
    return where(plain > 4.0, 4.0, plain)


def lowered(gap, mass, rest):
    return mass * log1p(rest) + gap - 0.0009765625


def drifting(gap, mass, rest, peak):
    return mass * log1p(rest) + gap + 0.0009765625 * peak


@pytest.mark.parametrize(
    ("value", "claim", "wrong"),
    [
        (dented, "convex", True),
        (uneven, "convex", True),
        (lowered, "nonnegative", True),
        (drifting, "shift_invariant", True),
        (capped, "bounded", 3.9),
        (capped, "bounded", 4.1),
        (capped, "bounded", math.inf),
        (lambda gap, mass, rest: mass * log1p(0.5 * rest) + gap, "proper", True),
        (lambda gap, mass, rest: -(mass * log1p(rest) + gap), "calibrated", True),
        (lambda k, mass: 0.0 * k * mass, "calibrated", True),
        (lambda k, mass: 0.0 * k * mass, "proper", True),
    ],
)
def test_a_slip_in_the_value_breaks_a_claim(value: object, claim: str, wrong: bool | float) -> None:
    assert f"{claim} is" in said(replace(CROSS_ENTROPY, value=value), **{claim: wrong})


def test_the_order_of_classes_is_seen_where_it_counts() -> None:
    ordered = replace(CROSS_ENTROPY, grad=lambda rank, e: rank * e, value=lambda weighed: weighed)
    extra = replace(ordered.statistics[0], name="weighed", kind="sum", term=lambda rank, f: rank * f)
    assert "symmetric is" in said(replace(ordered, statistics=(*ordered.statistics, extra)), symmetric=True)
