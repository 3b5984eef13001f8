"""Losses called in every guise, and held against the plain path, the referee and fractions.

``make fuzz`` does the same with other seeds and all kernels for ten minutes.
"""

from __future__ import annotations

from hypothesis import given, settings

from tests.fuzz.drawing import Theme, cases
from tests.fuzz.pointwise import Case
from tests.fuzz.users import POINTWISE

EACH = Theme(POINTWISE, ("call", "gradient", "hessian"), curvatures=("exact",), extremes=False)
WHOLE = Theme(("huber", "logistic", "root_mean_squared_error"), kinds=(("f8", "f8"),))
SINGLE = Theme(("huber",), kinds=(("f4", "f4"),), weights=("f4",))


@settings(max_examples=250)
@given(cases(EACH))
def test_every_loss_is_right_in_every_guise(case: Case) -> None:
    case.check()


@settings(max_examples=300)
@given(cases(WHOLE))
def test_every_method_is_right_in_every_guise(case: Case) -> None:
    case.check()


@settings(max_examples=150)
@given(cases(SINGLE))
def test_every_method_is_right_in_single_precision(case: Case) -> None:
    case.check()
