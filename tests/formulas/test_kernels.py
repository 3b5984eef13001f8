"""One kernel for all formulas of a loss, and weights of one, give the bits that any other kernel gives.

Tests of the whole catalogue ask for few kernels (``tests/support/kernels.py``), and stand on this.
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.arguments import pointwise_arguments, row_arguments, row_indices
from tests.support.kernels import together

import lossary
from lossary.discovery import row_records
from lossary.formula import Loss
from lossary.rowwise import RowLoss

ACCURACY = "tests/formulas/test_accuracy.py::test_formulas_keep_the_rule_and_their_record"
ROW_ACCURACY = "tests/rowwise/test_row_accuracy.py::test_rows_keep_the_rule_and_their_record"
COST = "tests/fuzz/test_fuzz.py::test_every_loss_is_right_in_every_guise"
ROW_COST = "tests/rowwise/test_rowwise_kernels.py::test_kernels_of_narrow_rows_agree_with_the_formulas"

FEW = ("huber", "logistic", "root_mean_squared_error")
FEW_ROWS = ("softmax_cross_entropy", "sparsemax")


@pytest.mark.sampled(ACCURACY, only=FEW)
def test_a_formula_alone_is_the_same_as_among_all(each_loss: Loss) -> None:
    is_the_same_alone(each_loss, np.float64)


@pytest.mark.sampled(ACCURACY, only=("huber",))
def test_a_formula_alone_is_the_same_as_among_all_in_float32(each_loss: Loss) -> None:
    is_the_same_alone(each_loss, np.float32)


def is_the_same_alone(record: Loss, dtype: type) -> None:
    loss = lossary.get(record.name)
    y, f = (each.astype(dtype) for each in pointwise_arguments(record, 100))
    found = together(loss, y, f)
    for name, numbers in found.items():
        np.testing.assert_array_equal(numbers, loss.quantity(name, y, f), err_msg=name)
    gradient, hessian = loss.gradient_and_hessian(y, f, np.ones(100))
    np.testing.assert_array_equal(gradient, found["grad"])
    np.testing.assert_array_equal(hessian, found["hess"])


@pytest.mark.sampled(ROW_ACCURACY, only=FEW_ROWS)
def test_a_formula_of_rows_alone_is_the_same_as_among_all(each_row_loss: RowLoss) -> None:
    loss = lossary.get(each_row_loss.name)
    y, f = row_arguments(each_row_loss, 20)
    found = together(loss, y, f, check=False)
    np.testing.assert_array_equal(found["value"], loss(y, f, check=False))
    for name, other in zip(("grad", "hess"), loss.gradient_and_hessian(y, f, check=False), strict=True):
        np.testing.assert_array_equal(found[name], other, err_msg=name)


@pytest.mark.sampled(COST, only=FEW)
def test_a_weight_of_one_changes_no_bit(each_loss: Loss) -> None:
    loss = lossary.get(each_loss.name)
    y, f = pointwise_arguments(each_loss, 100)
    plain, weighed = loss.cost_and_gradient(y, f), loss.cost_and_gradient(y, f, np.ones(100))
    assert plain[0] == weighed[0] == loss.cost(y, f) == loss.cost(y, f, np.ones(100))
    np.testing.assert_array_equal(plain[1], weighed[1])


@pytest.mark.sampled(ROW_COST, only=FEW_ROWS)
def test_a_row_s_weight_of_one_changes_no_bit(each_row_loss: RowLoss) -> None:
    loss = lossary.get(each_row_loss.name)
    y, f = row_arguments(each_row_loss, 20)
    plain, weighed = loss.cost_and_gradient(y, f), loss.cost_and_gradient(y, f, np.ones(20))
    assert plain[0] == weighed[0] == loss.cost(y, f)
    np.testing.assert_array_equal(plain[1], weighed[1])


INDEXED = [loss for loss in row_records() if loss.targets != "scores"]


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(loss, id=loss.name, marks=() if loss.name in FEW_ROWS else pytest.mark.slow(ROW_ACCURACY))
        for loss in INDEXED
    ],
)
def test_a_class_index_is_its_one_hot_row(loss: RowLoss) -> None:
    function = lossary.get(loss.name)
    f, y, ones = row_arguments(loss, 20)[1], row_indices(loss, 20), np.ones(20)
    one_hot = np.eye(4 + loss.more_classes)[y]
    plain, spread = function.cost_and_gradient(y, f, ones), function.cost_and_gradient(one_hot, f, ones)
    assert plain[0] == pytest.approx(spread[0], rel=1e-14)
    np.testing.assert_allclose(plain[1], spread[1], rtol=1e-13, atol=1e-16)
