"""What Python's operators mean on a kernel's values, and what a kernel's text may not say."""

from __future__ import annotations

import numpy as np
import pytest
from llvmlite import ir

from lossary.backends.cpu.arithmetic import operations, values
from lossary.backends.cpu.arithmetic.translate import translate
from lossary.backends.cpu.arithmetic.values import BOOLEAN, FLOAT32, FLOAT64, INT32, INT64, constant, lifted, spread


@pytest.fixture(autouse=True)
def function():
    """A function to write instructions to."""
    built = ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), []), "f")
    with values.building(ir.IRBuilder(built.append_basic_block())):
        yield built


ONE = {kind: 1.0 if kind.floating else 1 for kind in (BOOLEAN, INT32, INT64, FLOAT32, FLOAT64)}


def one(kind):
    return constant(ONE[kind], kind)


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        (FLOAT32, FLOAT32, FLOAT32),
        (FLOAT32, FLOAT64, FLOAT64),
        (FLOAT32, INT64, FLOAT64),
        (INT32, INT64, INT64),
        (INT32, INT32, INT32),
        (BOOLEAN, BOOLEAN, BOOLEAN),
    ],
)
def test_two_kinds_meet_in_the_one_that_loses_nothing(a, b, kind):
    assert operations.select(True, one(a), one(b)).kind is kind
    assert operations.select(True, one(b), one(a)).kind is kind


@pytest.mark.parametrize(
    ("number", "kind"),
    [(2.0, FLOAT64), (np.float32(2.0), FLOAT32), (np.int32(2), INT32), (2, INT64), (True, BOOLEAN)],
)
def test_numbers_of_python_and_numpy_keep_their_kind(number, kind):
    assert lifted(number).kind is kind


def test_a_python_integer_takes_the_kind_of_the_integer_it_meets():
    assert (one(INT32) + 7).kind is INT32
    assert (7 & one(INT64)).kind is INT64


def test_numpys_numbers_leave_the_operators_to_values():
    for made in (np.float32(2.0) * one(FLOAT32), one(FLOAT32) * np.float32(2.0)):
        assert made.kind is FLOAT32


def test_a_number_is_spread_over_the_lanes_it_meets():
    made = one(FLOAT32) + spread(one(FLOAT32))
    assert made.lanes
    assert (spread(one(FLOAT64)) + one(FLOAT32)).kind is FLOAT64


def test_lanes_of_floats_do_not_meet_a_double():
    with pytest.raises(TypeError, match="do not meet"):
        spread(one(FLOAT32)) + 1.0


def test_a_condition_is_no_python_condition():
    with pytest.raises(TypeError, match="use select"):
        bool(one(FLOAT32) > 0.0)


def test_what_is_no_number_is_refused_by_name():
    with pytest.raises(TypeError, match=r"'two', of type str"):
        one(FLOAT32) + "two"
    with pytest.raises(TypeError, match="no such operation on float64"):
        one(FLOAT64) & one(FLOAT64)


@pytest.mark.parametrize("statement", ["while start: pass", "return", "x: int = 3", "import os"])
def test_a_text_that_says_more_than_kernels_do_is_refused(statement):
    with pytest.raises(SyntaxError, match="a kernel's text may not say"):
        translate(f"def kernel(call, start, stop):\n    {statement}\n", "f", {})
