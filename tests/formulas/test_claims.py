"""Every claim of every loss is attacked; a claim that is turned round must fall."""

from __future__ import annotations

import math

from mpmath import mp

from lossary.backends import reference
from lossary.formula import Claims, Loss
from lossary.proof.findings import failures
from lossary.proof.pointwise.claims import ATTACKS, LossUnderTest, attack, claims


def test_claims_withstand_attack(each_loss: Loss) -> None:
    assert not failures(claims(each_loss))


def opposites(name: str, claimed: bool | float) -> list[bool | float]:
    """Claims that contradict a true one."""
    if isinstance(claimed, bool):
        return [not claimed]
    if math.isinf(claimed):
        return [0.0, 1.0] if name == "homogeneous" else [1e6]
    if name == "homogeneous":
        return [claimed + 0.5, math.inf]
    return [claimed * 1.01 + 0.01, claimed * 0.99 - 0.01, math.inf]


def test_a_false_claim_falls(each_loss: Loss) -> None:
    with mp.workdps(reference.DIGITS):
        loss_under_test = LossUnderTest(each_loss, each_loss.defaults())
        made = each_loss.claims.given(*each_loss.defaults())
        survived = [
            f"{each_loss.name}: {name} is {wrong}, where {claimed} is true"
            for name, claimed in made.items()
            for wrong in opposites(name, claimed)
            if attack(loss_under_test, name, wrong).passed
        ]
    assert not survived


def test_every_kind_of_claim_has_an_attack() -> None:
    assert set(Claims.__dataclass_fields__) == {*ATTACKS, "lipschitz", "smooth", "bounded", "homogeneous"}


def test_every_loss_claims_the_basic_facts(each_loss: Loss) -> None:
    made = each_loss.claims.given(*each_loss.defaults())
    assert {"convex", "nonnegative"} <= set(made)
