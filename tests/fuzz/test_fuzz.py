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

# Kernels that other tests compile: one for all losses, every method for a few.
EACH = Theme(POINTWISE, ("cost_and_gradient",), kinds=(("f8", "f8"),), unweighted=False, extremes=False)
ALONE = Theme(POINTWISE, ("call", "gradient", "hessian"), extremes=False)
WHOLE = Theme(("huber", "logistic", "root_mean_squared_error"), kinds=(("f8", "f8"),))
SINGLE = Theme(("huber",), kinds=(("f4", "f4"),), weights=("f4",))
INDEXED = [loss for loss in row_records() if loss.targets != "scores" and not loss.name.startswith("kl_prediction")]
EACH_ROW = RowTheme(
    tuple(loss.name for loss in INDEXED),
    ("cost_and_gradient",),
    (7,),
    indexed=(False,),
    unweighted=False,
    extremes=False,
)
LONG_ROWS = RowTheme(("softmax_cross_entropy", "sparsemax", "one_vs_rest_logistic"), ("call",), (100,))
ROWS_ALONE = [
    RowTheme(tuple(loss.name for loss in INDEXED if classes_of(loss) == k), ("call", "gradient_and_hessian"), (k,))
    for k in (7, 100)
]
METHODS = RowTheme(("softmax_cross_entropy",))
OPTIONS = RowTheme(("softmax_cross_entropy",), ("cost_and_gradient",), options=True, unweighted=False, extremes=False)
COMPOSED = RowTheme(("softmax_cross_entropy",), options=True)

IN_EVERY_GUISE = "tests/fuzz/test_fuzz.py::test_every_loss_is_right_in_every_guise"
ROWS_IN_EVERY_GUISE = "tests/fuzz/test_fuzz.py::test_every_loss_of_a_row_is_right_in_every_guise"
OPTIONS_IN_EVERY_GUISE = "tests/fuzz/test_fuzz.py::test_every_option_of_a_row_loss_is_right_in_every_guise"

usual = settings(suppress_health_check=[HealthCheck.too_slow])


@settings(usual, max_examples=250)
@given(cases(EACH))
def test_every_loss_is_right_in_every_guise(case: Case) -> None:
    case.check()


@pytest.mark.slow(IN_EVERY_GUISE)
@settings(usual, max_examples=250)
@given(cases(ALONE))
def test_every_formula_is_right_in_every_guise(case: Case) -> None:
    case.check()


@settings(usual, max_examples=400)
@given(cases(WHOLE))
def test_every_method_is_right_in_every_guise(case: Case) -> None:
    case.check()


@settings(usual, max_examples=200)
@given(cases(SINGLE))
def test_every_method_is_right_in_single_precision(case: Case) -> None:
    case.check()


@pytest.mark.parametrize("theme", [EACH_ROW, LONG_ROWS], ids=["few classes", "many classes"])
def test_every_loss_of_a_row_is_right_in_every_guise(theme: RowTheme) -> None:
    _holds_in(theme, 60)


@pytest.mark.slow(ROWS_IN_EVERY_GUISE)
@pytest.mark.parametrize("theme", ROWS_ALONE, ids=["few classes", "many classes"])
def test_every_formula_of_a_row_is_right_in_every_guise(theme: RowTheme) -> None:
    _holds_in(theme, 60)


def test_every_method_of_a_row_loss_is_right_in_every_guise() -> None:
    _holds_in(METHODS, 100)


def test_every_option_of_a_row_loss_is_right_in_every_guise() -> None:
    _holds_in(OPTIONS, 100)


@pytest.mark.slow(OPTIONS_IN_EVERY_GUISE)
def test_every_method_takes_every_option_in_every_guise() -> None:
    _holds_in(COMPOSED, 200)


def _holds_in(theme: RowTheme, examples: int) -> None:
    @settings(usual, max_examples=examples)
    @given(row_cases(theme))
    def each(case: RowCase) -> None:
        case.check()

    each()


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
