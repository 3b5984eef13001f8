"""Gradients, Hessians, majorizers and Fisher informations against the derivatives of the value."""

from __future__ import annotations

import pytest

from lossary.discovery import record, records
from lossary.formula import Loss
from lossary.primitives import absolute, minimum, sign, where
from lossary.proof.findings import failures
from lossary.proof.pointwise.derivatives import derivatives


def always_zero(y, f, *parameters):
    return 0.0


def always_seven(y, f, *parameters):
    return 7.0


def always_negative(y, f, *parameters):
    return -1.0


# The proof comes late to majorizers and Fisher informations: slips in them are planted in every fourth loss each.
THESE, THOSE = (pytest.mark.parametrize("loss", records()[start::4], ids=lambda loss: loss.name) for start in (1, 3))


def broken(loss: Loss) -> str:
    return "\n".join(str(finding) for finding in failures(derivatives(loss)))


def is_found(loss: Loss, what: str) -> bool:
    """Whether some attack fails, and says so; the attacks after it are spared."""
    return any(what in str(finding) for finding in derivatives(loss) if not finding.passed)


def test_formulas_are_derivatives_and_bounds(each_loss: Loss) -> None:
    assert not broken(each_loss)


def test_a_wrong_gradient_is_found(each_loss: Loss) -> None:
    assert is_found(each_loss.with_quantities(grad=each_loss.value), "grad is the derivative of value")


def test_a_wrong_hessian_is_found(each_loss: Loss) -> None:
    assert is_found(each_loss.with_quantities(hess=each_loss.grad), "hess is the derivative of grad")


@THESE
def test_too_small_a_majorizer_is_found(loss: Loss) -> None:
    planted = loss.with_quantities(majorizer=always_zero)
    assert is_found(planted, "majorizer bounds value by a parabola")


@THOSE
def test_a_negative_fisher_information_is_found(loss: Loss) -> None:
    assert is_found(loss.with_quantities(fisher=always_negative), "fisher is not negative")


FISHERS = [
    "logistic",
    "logistic_margin",
    "binary_cross_entropy",
    "poisson",
    "gamma_deviance",
    "tweedie",
    "gaussian_nll",
]


@pytest.mark.parametrize("name", [*FISHERS, "laplace_nll", "student_t_nll"])
def test_a_wrong_fisher_information_is_found(name: str) -> None:
    assert is_found(record(name).with_quantities(fisher=always_seven), "fisher")


def test_a_wrong_constant_in_a_density_is_found() -> None:
    # Half squared error is gaussian_nll without its constant: not a density.
    planted = record("gaussian_nll").with_quantities(
        value=lambda y, f, scale: 0.5 * ((f - y) / scale) * ((f - y) / scale)
    )
    assert is_found(planted, "the density's integral")


def test_a_gradient_beyond_its_sides_at_a_kink_is_found() -> None:
    planted = record("absolute_error").with_quantities(grad=lambda y, f: where(f == y, 3.0, sign(f - y)))
    assert is_found(planted, "at the kink")


def test_a_slip_in_one_parameter_setting_is_found() -> None:
    # Right at the default delta=1 only.
    planted = record("huber").with_quantities(majorizer=lambda y, f, delta: minimum(1.0, 1.0 / absolute(f - y)))
    assert is_found(planted, "majorizer")
