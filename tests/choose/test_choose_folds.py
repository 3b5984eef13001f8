"""Folds are partitions, alike for everybody, and never split what belongs together."""

from __future__ import annotations

import numpy as np
import pytest

from lossary.choosing.comparison.folds import SplitRows, count_copies, group_numbers, held_out_splits, plan_folds

Y = np.random.default_rng(0).normal(size=60)


def test_every_row_is_tested_once_a_repeat():
    plan = plan_folds(SplitRows(Y, seed=1), folds=5, repeats=3)
    assert [fold.repeat for fold in plan.folds] == [0] * 5 + [1] * 5 + [2] * 5
    for repeat in range(3):
        tested = np.concatenate([fold.test for fold in plan.folds if fold.repeat == repeat])
        np.testing.assert_array_equal(np.sort(tested), np.arange(60))
    assert all(not np.intersect1d(fold.train, fold.test).size for fold in plan.folds)
    assert not np.array_equal(plan.folds[0].test, plan.folds[5].test)
    again = plan_folds(SplitRows(Y, seed=1), folds=5, repeats=3)
    assert all(np.array_equal(a.test, b.test) for a, b in zip(plan.folds, again.folds, strict=True))


def test_copies_are_found_and_kept_in_one_fold():
    features = np.random.default_rng(1).normal(size=(60, 3))
    assert group_numbers(features, Y, None) is None
    features[10:20], y = features[:10], Y.copy()
    y[10:20] = y[:10]
    numbers = group_numbers(features, y, None)
    assert numbers is not None
    assert count_copies(numbers) == 10
    assert group_numbers(features, Y, None) is None  # other targets: no copies
    for fold in plan_folds(SplitRows(y, groups=numbers), 5, 2).folds:
        assert not np.intersect1d(numbers[fold.train], numbers[fold.test]).size


def test_groups_stay_whole_within_the_training_rows_too():
    groups = np.repeat(np.arange(12), 5)
    for fold in plan_folds(SplitRows(Y, groups=groups), 4, 1, named_groups=True).folds:
        assert not np.intersect1d(groups[fold.train], groups[fold.test]).size
        for learned, held in held_out_splits(SplitRows(Y[fold.train], groups=groups[fold.train])):
            assert not np.intersect1d(groups[fold.train][learned], groups[fold.train][held]).size
    with pytest.raises(ValueError, match="3 groups cannot be split into 5 folds"):
        plan_folds(SplitRows(Y, groups=np.repeat(np.arange(3), 20)), 5, 1, named_groups=True)


def test_time_is_tested_after_what_was_learned():
    plan = plan_folds(SplitRows(Y, ordered=True), 4, repeats=1)
    assert plan.kind == "time"
    assert all(fold.train.max() < fold.test.min() for fold in plan.folds)
    assert min(fold.train.size for fold in plan.folds) >= Y.size // 2
    ((learned, held),) = held_out_splits(SplitRows(Y, ordered=True))
    assert learned.max() < held.min()


def test_a_rare_class_is_in_every_fold_or_refused():
    classes = np.array([0.0] * 50 + [1.0] * 3 + [2.0] * 7)
    plan = plan_folds(SplitRows(classes, classes=3), 5, 1)
    assert len(plan.folds) == 3
    assert plan.notes == ("3 folds, for the rarest class has 3 rows",)
    assert all(set(classes[fold.train]) == set(classes[fold.test]) == {0.0, 1.0, 2.0} for fold in plan.folds)
    with pytest.raises(ValueError, match="has no rows in one of the training folds"):
        plan_folds(SplitRows(np.repeat([0.0, 1.0], [45, 15]), classes=2, ordered=True), 4, 1)


@pytest.mark.parametrize("rows", [4, 20, 333])
def test_few_rows_are_all_held_out_once(rows):
    splits = held_out_splits(SplitRows(np.arange(float(rows)), seed=3))
    np.testing.assert_array_equal(np.sort(np.concatenate([held for _, held in splits])), np.arange(rows))
    for learned, held in splits:
        np.testing.assert_array_equal(np.sort(np.concatenate([learned, held])), np.arange(rows))
        assert 1 <= held.size <= -(-rows // 5)


def test_of_many_rows_a_fifth_is_held_out():
    ((learned, held),) = held_out_splits(SplitRows(np.zeros(10_000)))
    assert (learned.size, held.size) == (8000, 2000)


def test_rare_classes_are_held_out_until_they_tell_something():
    """Of 10,000 rows a fifth would be enough, but not if it has 20 rows of a class."""
    classes = np.repeat([0.0, 1.0], [9900, 100])
    splits = held_out_splits(SplitRows(classes, classes=2))
    assert [np.count_nonzero(classes[held]) for _, held in splits] == [20] * 5


def test_a_class_of_one_row_is_never_held_out():
    classes = np.repeat([0.0, 1.0, 2.0], [30, 1, 9])
    for learned, _ in held_out_splits(SplitRows(classes, classes=3)):
        assert set(classes[learned]) == {0.0, 1.0, 2.0}
    grouped = SplitRows(classes, classes=3, groups=np.arange(40) // 2)
    for learned, _ in held_out_splits(grouped):
        assert set(classes[learned]) == {0.0, 1.0, 2.0}


@pytest.mark.parametrize("each", [1, 2, 4])
def test_classes_of_few_rows_are_held_out_where_copies_stay_together(each):
    classes = np.repeat([0.0, 1.0, 2.0], each)
    groups = np.maximum(np.arange(classes.size), 1)  # the first two rows are copies
    splits = held_out_splits(SplitRows(classes, classes=3, groups=groups))
    assert splits
    for learned, held in splits:
        assert learned.size
        assert held.size
        assert not set(groups[learned]) & set(groups[held]) or each == 1
