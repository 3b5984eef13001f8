"""The table of curvatures that is documented: base, reach, whether the mean is made one, for each kind of loss."""

from __future__ import annotations

import pytest

import lossary
from lossary.boosting.activation import Identity, Sigmoid, activation_of
from lossary.boosting.curvature import KINDS, Plan, of_residuals, plan

SIGMOID = Sigmoid(0.0, 1.0)

PLANS = {
    # of logits with a Fisher information: no bound is needed
    "logistic": Plan("fisher"),
    # of logarithms: a factor of e**2
    "poisson": Plan("fisher", 2.0),
    "negative_binomial_deviance": Plan("fisher", 2.0),
    # of amounts, whose likelihood has a dispersion: no unit of curvature
    "gamma": Plan("fisher", 2.0, scaled=True),
    "tweedie_deviance": Plan("fisher", 2.0, scaled=True),
    # convex and bent: sixteen times the usual residual, and 0.15 of the steepest where the bend may jump
    "squared_error": Plan("exact", 16.0, scaled=True),
    "expectile:0.8": Plan("exact", 16.0, scaled=True, least=0.15 * 1.6),
    "squared_hinge": Plan("exact", 16.0, scaled=True, least=0.3),
    "lp": Plan("exact", 16.0, scaled=True),
    # of straight tails: so many of an example's own residuals
    "huber": Plan("exact", 1.0 / 0.15, scaled=True, own=True),
    "log_cosh": Plan("exact", 1.0 / 0.15, scaled=True, own=True),
    "pseudo_huber": Plan("exact", 1.0 / 0.15, scaled=True, own=True),
    # not convex, with a majorizer
    "cauchy": Plan("majorizer", scaled=True),
    "welsch": Plan("majorizer", scaled=True),
    # straight pieces: Newton's step on the cost
    "absolute_error": Plan("exact", 1.0, scaled=True, newton=True),
    "quantile": Plan("exact", 1.0, scaled=True, newton=True),
    # scores that are no values of the target
    "hinge": Plan("exact", 1.0, scaled=True, newton=True),
    "squared_log_error": Plan("exact", 2.0, scaled=True),
    # rows; those of a softmax are coupled
    "softmax_cross_entropy": Plan("exact", coupled=True),
    "focal_softmax": Plan("fisher", 2.0, scaled=True, coupled=True),
    "one_vs_rest_logistic": Plan("exact"),
    "multiclass_hinge": Plan("exact", 2.0, scaled=True),
}


@pytest.mark.parametrize("name", PLANS)
def test_each_kind_of_loss_has_the_curvature_of_the_table(name: str) -> None:
    loss = lossary.get(name)
    assert plan(loss, "auto", activation_of(loss)) == PLANS[name]


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("huber", ["exact", "majorizer", "unit"]),
        ("logistic", ["exact", "majorizer", "fisher", "unit"]),
        ("squared_log_error", ["exact", "unit"]),
        ("poisson", ["exact", "fisher", "unit"]),
        ("softmax_cross_entropy", ["exact", "fisher", "unit"]),
        ("multiclass_hinge", ["exact", "unit"]),
    ],
)
def test_what_a_loss_has_is_given_as_it_is_and_the_rest_refused_by_name(name: str, offered: list[str]) -> None:
    loss = lossary.get(name)
    for kind in set(KINDS) - {"auto"}:
        if kind in offered:
            assert plan(loss, kind, Identity()) == Plan(kind)
        else:
            words = f"has no {kind} curvature for a booster; it has auto, {', '.join(offered)}$"
            with pytest.raises(ValueError, match=words):
                plan(loss, kind, Identity())


def test_behind_an_activation_only_some_curvatures_are_known() -> None:
    huber = lossary.get("huber")
    with pytest.raises(ValueError, match=r"has no majorizer curvature for a booster; it has auto, exact, unit$"):
        plan(huber, "majorizer", SIGMOID)
    assert plan(huber, "auto", SIGMOID) == Plan("exact", 2.0, scaled=True)
    assert plan(lossary.get("cauchy"), "auto", SIGMOID) == Plan("exact", 2.0, scaled=True)
    rows = lossary.get("softmax_cross_entropy")
    for kind in ("exact", "fisher"):
        with pytest.raises(ValueError, match=r"it has auto, unit$"):
            plan(rows, kind, SIGMOID)
    assert plan(rows, "auto", SIGMOID) == Plan("exact", 2.0, coupled=True)


def test_another_word_is_refused() -> None:
    with pytest.raises(ValueError, match="curvature must be one of auto, exact, majorizer, fisher, unit, not 'newton'"):
        plan(lossary.get("huber"), "newton", Identity())
    assert set(KINDS) == {"auto", "exact", "majorizer", "fisher", "unit"}


def test_a_plan_is_told_with_its_bound() -> None:
    assert str(Plan("fisher")) == "fisher"
    assert str(Plan("fisher", 2.0)) == "fisher, bounded"


def test_a_difference_of_score_and_target_is_a_residual_unless_something_lies_between() -> None:
    assert of_residuals(lossary.get("huber"), Identity())
    assert not of_residuals(lossary.get("huber"), SIGMOID)
    assert not of_residuals(lossary.get("logistic"), Identity())
    assert not of_residuals(lossary.get("poisson"), Identity())
    assert not of_residuals(lossary.get("multiclass_brier"), Identity())
