"""Missing targets by their parts: what is asked for, which weights become zero, which labels cost nothing."""

from __future__ import annotations

import numpy as np
import pytest

import lossary
from lossary.evaluate.arrays.missing import asked, by_label, counted, weighted, without
from lossary.evaluate.rows.pair import RowPair, rows_without

Y = np.array([1.0, np.nan, 3.0, np.nan])


def test_only_two_answers_are_known() -> None:
    assert asked("nan") is True
    assert asked("error") is False
    for wrong in ("drop", "", None, True, 0, np.nan):
        with pytest.raises(ValueError, match="missing must be 'error' or 'nan', not"):
            asked(wrong)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_missing_weighs_nothing(dtype: type) -> None:
    y = Y.astype(dtype)
    alone = weighted("nan", y, None)
    assert alone is not None
    assert (alone.tolist(), alone.dtype) == ([1.0, 0.0, 1.0, 0.0], dtype)
    weight = np.array([2.0, 3.0, 0.0, np.inf], np.float32)
    found = weighted("nan", y, weight)
    assert found is not None
    assert (found.tolist(), found.dtype) == ([2.0, 0.0, 0.0, 0.0], np.float32)
    assert weight.tolist() == [2.0, 3.0, 0.0, np.inf]


def test_weights_are_left_alone_where_nothing_is_missing_or_that_was_not_asked() -> None:
    weight = np.ones(4)
    assert weighted("error", Y, weight) is weight
    assert weighted("error", Y, None) is None
    assert weighted("nan", np.ones(4), weight) is weight
    assert weighted("nan", np.ones(4), None) is None
    assert without(np.zeros(4, bool), weight, np.float64) is weight


def test_missing_targets_are_counted_where_they_are_no_error() -> None:
    assert counted("nan", Y) == 2
    assert counted("nan", np.ones(3)) == 0
    assert counted("error", Y) == 0


def test_labels_are_missing_singly_only_where_each_asks_a_question_of_its_own() -> None:
    singly = {loss.name for loss in lossary.catalogue() if hasattr(loss.record, "targets") and by_label(loss.record)}
    assert "one_vs_rest_logistic" in singly
    assert "multilabel_soft_margin" in singly
    assert not singly & {"softmax_cross_entropy", "multiclass_brier", "listwise_softmax", "distillation"}


def rows(y: np.ndarray) -> RowPair:
    """Rows of three scores as a call brings them."""
    return RowPair(y, np.arange(3.0 * len(y)).reshape(-1, 3), (len(y),), np.dtype(np.float64))


HOLES = np.array([[1.0, 0.0, np.nan], [np.nan, np.nan, np.nan], [0.0, 1.0, 0.0]])


def test_a_row_with_a_label_missing_costs_nothing_for_that_label_alone() -> None:
    given = rows(HOLES)
    found = rows_without(lossary.get("one_vs_rest_logistic").record, given)
    assert found.y.tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert found.f.tolist() == [[0.0, 1.0, -np.inf], [-np.inf] * 3, [6.0, 7.0, 8.0]]
    assert found.lost is not None
    assert (found.lost.tolist(), found.missing) == ([False, True, False], 4)
    assert np.isnan(given.y).sum() == 4  # what was given stays


def test_other_rows_are_missing_whole() -> None:
    given = rows(HOLES)
    found = rows_without(lossary.get("multiclass_brier").record, given)
    assert found.lost is not None
    assert (found.lost.tolist(), found.missing) == ([True, True, False], 2)
    assert found.y is given.y
    assert found.f is given.f


def test_rows_that_miss_nothing_stay_as_they_are() -> None:
    for name in ("one_vs_rest_logistic", "multiclass_brier"):
        whole = rows(np.eye(3))
        assert rows_without(lossary.get(name).record, whole) is whole
    indexed = rows(np.array([0, 1]))
    assert rows_without(lossary.get("softmax_cross_entropy").record, indexed) is indexed
