"""Calls in every guise, held against plain arrays, the referee and fractions; the same examples every time.

``make fuzz`` does so with new examples, every loss and every kernel for ten minutes.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.fuzz.__main__ import END, PAGE, START, written
from tests.fuzz.drawing import Theme, cases
from tests.fuzz.drawing_rows import RowTheme, row_cases
from tests.fuzz.layers import LayerCase, layer_cases
from tests.fuzz.planted import FAULTS
from tests.fuzz.pointwise import Case
from tests.fuzz.rowwise import RowCase
from tests.fuzz.users import POINTWISE
from tests.support.rows import classes_of

from lossary.discovery import row_records

# Kernels that other tests compile: all losses for each quantity, every method for a few losses.
EACH = Theme(POINTWISE, ("call", "gradient", "hessian"), extremes=False)
WHOLE = Theme(("huber", "logistic", "root_mean_squared_error"), kinds=(("f8", "f8"),))
SINGLE = Theme(("huber",), kinds=(("f4", "f4"),), weights=("f4",))
INDEXED = [loss for loss in row_records() if loss.targets != "scores" and not loss.name.startswith("kl_prediction")]
ROWS = [
    RowTheme(tuple(loss.name for loss in INDEXED if classes_of(loss) == k), ("call", "gradient_and_hessian"), (k,))
    for k in (7, 100)
]
OPTIONS = RowTheme(("softmax_cross_entropy",), options=True)

usual = settings(suppress_health_check=[HealthCheck.too_slow])


@settings(usual, max_examples=250)
@given(cases(EACH))
def test_every_loss_is_right_in_every_guise(case: Case) -> None:
    case.check()


@settings(usual, max_examples=400)
@given(cases(WHOLE))
def test_every_method_is_right_in_every_guise(case: Case) -> None:
    case.check()


@settings(usual, max_examples=200)
@given(cases(SINGLE))
def test_every_method_is_right_in_single_precision(case: Case) -> None:
    case.check()


@pytest.mark.parametrize("theme", ROWS, ids=["few classes", "many classes"])
def test_every_loss_of_a_row_is_right_in_every_guise(theme: RowTheme) -> None:
    @settings(usual, max_examples=60)
    @given(row_cases(theme))
    def each(case: RowCase) -> None:
        case.check()

    each()


@settings(usual, max_examples=200)
@given(row_cases(OPTIONS))
def test_every_method_and_option_of_a_row_loss_is_right_in_every_guise(case: RowCase) -> None:
    case.check()


@settings(usual, max_examples=80)
@given(layer_cases())
def test_softmax_and_the_linear_layer_are_the_same_in_every_guise(case: LayerCase) -> None:
    case.check()


# The tests above can fail.


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    @settings(usual, max_examples=400, phases=[Phase.generate])
    @given(cases(WHOLE))
    def each(case: Case) -> None:
        case.check()

    with FAULTS[fault](), pytest.raises((AssertionError, BaseExceptionGroup)):
        each()


def test_new_figures_replace_the_old_ones_on_the_page() -> None:
    page = PAGE.read_text()
    once = written(page, "| 1 |")
    assert f"{START}\n\n| 1 |\n\n{END}" in once
    assert written(once, "| 2 |") == once.replace("| 1 |", "| 2 |")
    assert once.split(START)[0] == page.split(START)[0]
    assert once.split(END)[1] == page.split(END)[1]
