"""LightGBM's trees as arrays: the same predictions, and no arrays that are no trees."""

from dataclasses import replace

import lightgbm
import numpy as np
import pytest

from lossary.choosing.models.boosters import booster_of, check, trees_of

ROWS = 400


def grown(scores: int = 1, rounds: int = 12, leaves: int = 6, target=None):
    draw = np.random.default_rng(4)
    X = draw.normal(size=(ROWS, 3))
    y = X[:, 0] * X[:, 1] + X[:, 2] if target is None else np.full(ROWS, target)

    def objective(raw, _):
        wanted = np.column_stack([y] * scores) if scores > 1 else y
        return raw - wanted, np.ones_like(raw)

    params = {"objective": objective, "num_class": scores, "num_leaves": leaves, "verbosity": -1, "num_threads": 1}
    data = lightgbm.Dataset(X, y, params={"verbosity": -1}, init_score=None)
    return lightgbm.train(params, data, rounds), X


@pytest.mark.parametrize(("scores", "leaves"), [(1, 6), (1, 2), (3, 8)])
@pytest.mark.parametrize("rounds", [1, 7, 12])
def test_arrays_predict_what_the_booster_does_to_the_bit(scores, leaves, rounds):
    booster, X = grown(scores, leaves=leaves)
    trees = trees_of(booster, rounds)
    assert trees.rounds == rounds
    expected = booster.predict(X, raw_score=True, num_iteration=rounds)
    np.testing.assert_array_equal(booster_of(trees).predict(X, raw_score=True), expected)
    again = trees_of(booster_of(trees), rounds)
    np.testing.assert_array_equal(again.threshold, trees.threshold)


def test_trees_of_one_leaf_are_trees():
    booster, X = grown(target=0.0)
    booster.set_leaf_output(0, 0, 2.5)
    trees = trees_of(booster, 1)
    assert trees.leaves.tolist() == [1]
    np.testing.assert_array_equal(booster_of(trees).predict(X, raw_score=True), 2.5)


def changed(array, at, value):
    found = array.copy()
    found[at] = value
    return found


DEFECTS = {
    "no trees": lambda t: {"leaves": t.leaves[:0]},
    "scores that trees do not give": lambda t: {"scores": 5},
    "more leaves than there are": lambda t: {"leaves": changed(t.leaves, 0, 2**62)},
    "no leaf": lambda t: {"leaves": changed(t.leaves, 0, 0)},
    "another number of leaves": lambda t: {"leaves": changed(t.leaves, 0, t.leaves[0] - 1)},
    "a node too few": lambda t: {"threshold": t.threshold[:-1]},
    "a leaf too many": lambda t: {"value": np.append(t.value, 0.0)},
    "a feature that is not there": lambda t: {"feature": changed(t.feature, 0, 3)},
    "a feature below zero": lambda t: {"feature": changed(t.feature, 0, -1)},
    "a split of categories": lambda t: {"decision": changed(t.decision, 0, 1)},
    "a threshold of nan": lambda t: {"threshold": changed(t.threshold, 0, np.nan)},
    "a leaf of infinity": lambda t: {"value": changed(t.value, 0, np.inf)},
    "a node that is its own child": lambda t: {"left": changed(t.left, 0, 0)},
    "a child outside": lambda t: {"left": changed(t.left, 0, 10**6)},
    "a leaf outside": lambda t: {"left": changed(t.left, 0, -(2**63))},
    "a child of another tree": lambda t: {"left": changed(t.left, 0, t.leaves[0] - 1)},
    "two parents": lambda t: {"right": changed(t.right, 0, t.left[0])},
    "no features": lambda t: {"features": 0},
    "features beyond counting": lambda t: {"features": 10**12},
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_arrays_that_are_no_trees_are_refused(defect):
    trees = trees_of(grown()[0], 12)
    check(trees)
    with pytest.raises(ValueError, match="tree"):
        booster_of(replace(trees, **DEFECTS[defect](trees)))


def test_a_circle_is_no_tree():
    """Nodes 1 and 2 are each other's child, and all leaves are reached once: without order they would go on forever."""
    trees = trees_of(grown(leaves=4)[0], 1)
    circle = replace(trees, left=np.array([-1, 2, 1]), right=np.array([-2, -3, -4]))
    with pytest.raises(ValueError, match="tree"):
        check(circle)
