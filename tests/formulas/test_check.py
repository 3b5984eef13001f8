"""``lossary.check``: it passes what is right and names what is wrong, in the catalogue's losses and in a user's."""

from __future__ import annotations

import builtins
from dataclasses import FrozenInstanceError, replace

import pytest

import lossary
from lossary.discovery import record
from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import POSITIVE, Claims, Formula, Parameter, Point, Relation
from lossary.primitives import absolute, exp, log, log_cosh, maximum, square, where
from lossary.proof.report import Report, check


def named(report: Report) -> str:
    return "\n".join(map(str, report.failures))


@pytest.mark.parametrize("loss", ["hinge", "mae", lossary.brier, record("exponential")])
def test_right_losses_pass(loss: object) -> None:
    report = lossary.check(loss)
    assert report.ok, named(report)
    assert report.failures == ()
    said = str(report)
    assert f"all {len(report.findings)} checks passed" in said
    for word in ("grad is the derivative of value", "cpu", "numpy", "float32", "outside the domain"):
        assert word in said


def test_a_wrong_gradient_is_named_with_its_place() -> None:
    report = check(record("hinge").with_quantities(grad=lambda y, f: where(y * f < 1.0, y, 0.0)))
    assert not report.ok
    assert "grad is the derivative of value" in named(report)
    worst = report.failures[0]
    assert worst.point is not None
    assert len(worst.point) == 2
    assert "y=" in worst.detail


@pytest.mark.parametrize(
    ("claim", "value"),
    [("convex", False), ("lipschitz", 2.0), ("smooth", 1.0), ("bounded", 5.0), ("calibrated", False)],
)
def test_a_wrong_claim_is_named(claim: str, value: float) -> None:
    hinge = record("hinge")
    report = check(replace(hinge, claims=replace(hinge.claims, **{claim: value})))
    assert f"{claim} is" in named(report)


def test_wrong_facts_are_named() -> None:
    facts = (Point(y=1.0, f=0.25, value="1/2"), Relation("squared_hinge"), Relation("nonesuch"))
    said = named(check(replace(record("hinge"), facts=facts)))
    assert "the fact says 1/2" in said
    assert "hinge is squared_hinge" in said
    assert "nonesuch" in said


def test_a_wrong_functional_is_named() -> None:
    assert "its minimiser is the mean" in named(check(replace(record("absolute_error"), functional="mean")))


def test_lost_digits_are_named() -> None:
    planted = record("logistic_margin").with_quantities(value=lambda y, f: log(1.0 + exp(-y * f)))
    said = named(check(planted))
    assert "value is accurate in float64 on cpu" in said
    assert "value is accurate in float64 on numpy" in said


def test_a_loss_that_is_no_number_in_its_domain_is_named() -> None:
    planted = record("hinge").with_quantities(value=lambda y, f: maximum(0.0, 1.0 - y * f) * (y + f) / (y + f))
    assert "value is a number everywhere in the domain" in named(check(planted))


def test_a_formula_that_cannot_run_is_named() -> None:
    planted = record("hinge").with_quantities(majorizer=lambda y, f: nonesuch(f))  # noqa: F821
    assert "lacks nonesuch" in named(check(planted))


def own(grad: object = None) -> object:
    return lossary.define(
        lambda y, f, width=1.0: where(
            absolute(f - y) < width, (f - y) * (f - y) / width, 2.0 * absolute(f - y) - width
        ),
        name="rounded_error",
        grad=grad,
        parameters=(Parameter("width", 1.0, POSITIVE, "where the parabola ends"),),
        kinks=lambda y, width: (y - width, y + width),
        claims=Claims(convex=True, nonnegative=True, even=True, lipschitz=2.0),
    )


def test_a_users_own_loss_is_checked() -> None:
    report = lossary.check(own())
    assert report.ok, named(report)
    assert "rounded_error: lipschitz is as claimed" in str(report)


def test_an_error_in_a_users_own_loss_is_found() -> None:
    defined = own()
    loss = defined.record if isinstance(defined, LossFunction) else defined
    wrong = loss.with_quantities(grad=lambda y, f, width: 2.0 * (f - y))
    assert "grad is the derivative of value" in named(lossary.check(wrong))
    wrong = replace(loss, claims=replace(loss.claims, lipschitz=1.0))
    assert "lipschitz is 1" in named(lossary.check(wrong))


def test_a_report_is_a_record() -> None:
    report = lossary.check("brier")
    with pytest.raises(FrozenInstanceError):
        report.findings = ()
    assert report.loss == "brier"


@pytest.mark.parametrize(("wrong", "error"), [("hubert", ValueError), (3.0, TypeError), (abs, TypeError)])
def test_what_is_no_loss_is_refused(wrong: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        lossary.check(wrong)


def test_without_mpmath_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: object, **more: object) -> object:
        if name == "mpmath":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ImportError, match=r"pip install 'lossary\[check\]'"):
        check("hinge")


GOOD = {
    "quartic": lambda y, f, c=1.0: ((f - y) / c) ** 4,
    "cubic": lambda y, f: abs(f - y) ** 3,
    "hundredfold": lambda y, f: 100 * (f - y) ** 2,
    "log_cosh": lambda y, f, c=1.0: log_cosh((f - y) / c),
    "pseudo_huber": lambda y, f, d=1.0: d**2 * ((1 + ((f - y) / d) ** 2) ** 0.5 - 1),
    "kink": lambda y, f, tau=0.25: where(f > y, tau * (f - y), (1 - tau) * (y - f)),
    "rounded_kink": lambda y, f: abs(f - y) + 0.5 * (f - y) ** 2,
    "sixth": lambda y, f, c=2.0: c * (f - y) ** 6 / 720,
    "welsch": lambda y, f, c=1.0: 1 - exp(-(((f - y) / c) ** 2) / 2),
    "relative": lambda y, f: ((f - y) / (1 + abs(y))) ** 2,
    "counts": lambda y, f: log(1 + exp(f)) - y * f,
}


FEW = ("quartic", "pseudo_huber", "kink", "counts")
"""A power, a root, straight pieces and an exponential; each formula takes seven kernels."""
PASS = "tests/formulas/test_check.py::test_good_formulas_of_a_user_pass"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in FEW else pytest.mark.slow(PASS)) for name in GOOD]
)
def test_good_formulas_of_a_user_pass(name: str) -> None:
    report = lossary.check(lossary.define(GOOD[name]))
    assert report.ok, named(report)


@pytest.mark.parametrize(
    "faulty",
    [
        {"hess": lambda y, f, c: 12.0 * square((f - y) / c) / (c * c) * (1.0 + 1e-13)},
        {"grad": lambda y, f, c: 4.0 * (f - y) * square((f - y) / c) / (c * c) * 1.0000001},
        {"value": lambda y, f, c: square(square((f - y + 1.0 - 1.0) / c))},
    ],
    ids=["hess off by 450 ulp", "grad off by 1e-7", "value that cancels"],
)
def test_faults_planted_in_a_user_s_formula_are_found(faulty: dict[str, Formula]) -> None:
    loss = lossary.define(GOOD["quartic"])
    assert check(loss).ok
    assert not check(loss.record.with_quantities(**faulty)).ok
