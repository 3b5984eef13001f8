"""Folds are partitions, alike for everybody, and never split what belongs together."""

from __future__ import annotations

import numpy as np
import pytest

from lossary.choosing.comparison.folds import copies, inner, planned, together

Y = np.random.default_rng(0).normal(size=60)


def test_every_row_is_tested_once_a_repeat():
    plan = planned(Y, 0, folds=5, repeats=3, seed=1)
    assert [fold.repeat for fold in plan.folds] == [0] * 5 + [1] * 5 + [2] * 5
    for repeat in range(3):
        tested = np.concatenate([fold.test for fold in plan.folds if fold.repeat == repeat])
        np.testing.assert_array_equal(np.sort(tested), np.arange(60))
    assert all(not np.intersect1d(fold.train, fold.test).size for fold in plan.folds)
    assert not np.array_equal(plan.folds[0].test, plan.folds[5].test)
    again = planned(Y, 0, folds=5, repeats=3, seed=1)
    assert all(np.array_equal(a.test, b.test) for a, b in zip(plan.folds, again.folds, strict=True))


def test_copies_are_found_and_kept_in_one_fold():
    features = np.random.default_rng(1).normal(size=(60, 3))
    assert together(features, Y, None) is None
    features[10:20], y = features[:10], Y.copy()
    y[10:20] = y[:10]
    bound = together(features, y, None)
    assert bound is not None
    assert copies(bound) == 10
    assert together(features, Y, None) is None  # other targets: no copies
    for fold in planned(y, 0, 5, 2, 0, bound).folds:
        assert not np.intersect1d(bound[fold.train], bound[fold.test]).size


def test_groups_stay_whole_within_the_training_rows_too():
    groups = np.repeat(np.arange(12), 5)
    for fold in planned(Y, 0, 4, 1, 0, groups, grouped=True).folds:
        assert not np.intersect1d(groups[fold.train], groups[fold.test]).size
        learn, held = inner(Y[fold.train], 0, 0, groups[fold.train])
        assert not np.intersect1d(groups[fold.train][learn], groups[fold.train][held]).size
    with pytest.raises(ValueError, match="3 groups cannot be split into 5 folds"):
        planned(Y, 0, 5, 1, 0, np.repeat(np.arange(3), 20), grouped=True)


def test_time_is_tested_after_what_was_learned():
    plan = planned(Y, 0, 4, repeats=1, seed=0, ordered=True)
    assert plan.kind == "time"
    assert all(fold.train.max() < fold.test.min() for fold in plan.folds)
    learn, held = inner(Y, 0, 0, ordered=True)
    assert learn.max() < held.min()


def test_a_rare_class_is_in_every_fold_or_refused():
    classes = np.array([0.0] * 50 + [1.0] * 3 + [2.0] * 7)
    plan = planned(classes, 3, 5, 1, 0)
    assert len(plan.folds) == 3
    assert plan.notes == ("3 folds, for the rarest class has 3 rows",)
    assert all(set(classes[fold.train]) == set(classes[fold.test]) == {0.0, 1.0, 2.0} for fold in plan.folds)
    with pytest.raises(ValueError, match="has no rows in one of the training folds"):
        planned(np.repeat([0.0, 1.0], 30), 2, 4, 1, 0, ordered=True)


@pytest.mark.parametrize("rows", [4, 20, 333])
def test_held_out_rows_are_a_share(rows):
    learn, held = inner(np.arange(float(rows)), 0, 3)
    np.testing.assert_array_equal(np.sort(np.concatenate([learn, held])), np.arange(rows))
    assert 1 <= held.size <= max(1, round(0.2 * rows))
