"""Facts from outside: closed forms, relations between losses, and what the best constant prediction is."""

from __future__ import annotations

import math
from dataclasses import replace

import mpmath
import pytest
from mpmath import mp

from lossary.backends import reference
from lossary.discovery import record, records
from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import Loss, Point, Relation
from lossary.proof.findings import failures
from lossary.proof.points import parameter_settings
from lossary.proof.pointwise.exact_loss import ExactLoss
from lossary.proof.pointwise.facts import facts, number
from lossary.proof.pointwise.functionals import WEIGHTS, functionals, known, least, sample_of


def test_facts_hold(each_loss: Loss) -> None:
    assert not failures(facts(each_loss))


def spoilt(fact: Point | Relation) -> Point | Relation:
    if isinstance(fact, Relation):
        return replace(fact, scale=fact.scale * 1.001)
    quantity = next(q for q in ("value", "grad", "hess") if getattr(fact, q) is not None)
    return replace(fact, **{quantity: f"({getattr(fact, quantity)})+1/10000000"})


def test_a_false_fact_is_found(each_loss: Loss) -> None:
    planted = replace(each_loss, facts=tuple(spoilt(fact) for fact in each_loss.facts))
    found = list(facts(planted))
    assert len(failures(found)) == len(found)


def test_numbers_in_closed_forms_are_exact() -> None:
    with mp.workdps(50):
        assert number("3/5") * 5 == 3
        assert abs(number("log(2)/2") - mpmath.log(2) / 2) < mpmath.mpf(10) ** -49


def test_a_relation_out_of_both_domains_does_not_count_as_tested() -> None:
    elsewhere = Relation("poisson_deviance", at=lambda y, f: (y, -1.0 - f * f))
    (finding,) = facts(replace(record("poisson"), facts=(elsewhere,)))
    assert not finding.passed
    assert "both domains" in finding.detail


def test_the_minimiser_is_the_functional(each_loss: Loss) -> None:
    assert not failures(functionals(each_loss))


# Losses whose functional has a definition of its own.
DEFINED = pytest.mark.parametrize(
    "loss", [loss for loss in records() if known(loss, loss.defaults()) is not None], ids=lambda loss: loss.name
)


@DEFINED
def test_a_wrong_functional_is_found(loss: Loss) -> None:
    other = "median" if loss.functional in ("mean", "probability") else "mean"
    assert failures(functionals(replace(loss, functional=other)))


def settled(loss: Loss, parameters: tuple[float, ...]) -> LossFunction:
    return LossFunction(loss, dict(zip((p.name for p in loss.parameters), parameters, strict=True)))


def test_the_optimal_constant_costs_least(each_loss: Loss) -> None:
    targets = sample_of(each_loss)
    for parameters in parameter_settings(each_loss):
        got = settled(each_loss, parameters).optimal_constant(targets, WEIGHTS)
        with mp.workdps(reference.DIGITS):
            subject = ExactLoss(each_loss, parameters)
            sample = [(mpmath.mpf(y), mpmath.mpf(w)) for y, w in zip(targets, WEIGHTS, strict=True)]
            best = least(subject, sample)
            costs = [sum(w * subject.value(y, mpmath.mpf(f)) for y, w in sample) for f in (got, best)]
            assert costs[0] <= costs[1] + 1e-13 * (1 + abs(costs[1])), (
                f"{subject}: the constant {got!r} costs {mpmath.nstr(costs[0], 17)}, "
                f"{mpmath.nstr(best, 17)} costs {mpmath.nstr(costs[1], 17)}"
            )


@DEFINED
def test_the_optimal_constant_is_the_functional(loss: Loss) -> None:
    functional = known(loss, loss.defaults())
    assert functional is not None
    targets = sample_of(loss)
    with mp.workdps(reference.DIGITS):
        expected = functional([(mpmath.mpf(y), mpmath.mpf(w)) for y, w in zip(targets, WEIGHTS, strict=True)])
        if -1.0 in loss.target and loss.functional == "probability":
            expected = (1 + expected) / 2
        function = LossFunction(loss)
        found = float(function.mean(function.optimal_constant(targets, WEIGHTS)))
        assert math.isclose(found, float(expected), rel_tol=1e-14, abs_tol=1e-15)


def test_weights_of_zero_do_not_move_the_optimal_constant(each_loss: Loss) -> None:
    function = LossFunction(each_loss)
    targets = sample_of(each_loss)
    extra = [*targets, targets[1]]
    assert function.optimal_constant(extra, [*WEIGHTS, 0.0]) == function.optimal_constant(targets, WEIGHTS)
