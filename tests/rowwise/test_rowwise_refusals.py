"""Bad input to a rowwise loss: what is said, and that nothing plausible comes back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import lossary

CE = lossary.softmax_cross_entropy
SCORES = np.zeros((2, 3))

REFUSED: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "a class that does not exist": (lambda: CE([0, 7], SCORES), ValueError, r"from 0 to 2, but y_true\[1\] is 7"),
    "a negative class": (lambda: CE([0, -1], SCORES), ValueError, "pass ignore_index="),
    "no distribution": (lambda: CE(np.full((2, 3), 0.5), SCORES), ValueError, r"sum to one, but y_true\[0\].* 1.5"),
    "a negative weight": (lambda: CE([[1.5, -0.5, 0.0]], SCORES[:1]), ValueError, r"y_true\[0, 1\] is -0.5"),
    "NaN in a target": (lambda: CE([[np.nan, 0.5, 0.5]], SCORES[:1]), ValueError, r"y_true\[0, 0\] is nan"),
    "classes as floats": (lambda: CE([0.0, 1.0], SCORES), TypeError, "must be whole numbers"),
    "a shape that does not fit": (lambda: CE([0], SCORES), ValueError, r"\(1,\).*\(2, 3\)"),
    "a target of (n, 1)": (lambda: CE([[0], [1]], SCORES), ValueError, r"\(2, 1\)"),
    "an unknown option": (lambda: CE([0], SCORES[:1], temprature=2.0), TypeError, "did you mean temperature"),
    "a temperature of zero": (lambda: CE([0], SCORES[:1], temperature=0.0), ValueError, "positive number, not 0"),
    "smoothing of one": (lambda: CE([0], SCORES[:1], label_smoothing=1.0), ValueError, r"in \[0, 1\)"),
    "too few class weights": (lambda: CE([0], SCORES[:1], class_weight=[1, 2]), ValueError, "there are 3 classes"),
    "class weights of labels": (
        lambda: lossary.one_vs_rest_logistic([0], SCORES[:1], class_weight=[1, 2, 3]),
        TypeError,
        "question of its own",
    ),
    "a negative class weight": (lambda: CE([0], SCORES[:1], class_weight=[1, 2, -1]), ValueError, r"\[2\] is -1"),
    "a negative sample weight": (lambda: CE.cost([0], SCORES[:1], [-1.0]), ValueError, r"sample_weight\[0\] is -1"),
    "ignoring an index of distributions": (
        lambda: CE(np.eye(3), np.zeros((3, 3)), ignore_index=0),
        TypeError,
        "pass mask=",
    ),
    "scores for probabilities": (
        lambda: lossary.categorical_cross_entropy([0], [[2.0, -1.0, 0.5]]),
        ValueError,
        "for scores take a loss on logits",
    ),
    "probabilities that do not sum to one": (
        lambda: lossary.categorical_cross_entropy([0], [[0.5, 0.1, 0.1]]),
        ValueError,
        "a row with sum 0.7",
    ),
    "scores for log-probabilities": (
        lambda: lossary.kl_target_prediction_log_probabilities([[0.5, 0.5]], [[-0.1, -0.1]]),
        ValueError,
        "sum to one",
    ),
    "cumulative logits out of order": (lambda: lossary.cumulative_logit([0], [[1.0, 0.5]]), ValueError, "increase"),
    "temperature for probabilities": (
        lambda: lossary.categorical_cross_entropy([0], [[0.5, 0.5]], temperature=2.0),
        TypeError,
        "is for losses that take scores",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_by_name_and_place(what: str) -> None:
    call, error, said = REFUSED[what]
    with pytest.raises(error, match=said):
        call()


@pytest.mark.parametrize("k", [3, 100])
def test_a_bad_class_unchecked_is_no_number(k: int) -> None:
    f = np.zeros((2, k))
    assert np.isnan(CE([0, k], f, check=False)).tolist() == [False, True]
    assert np.isnan(CE.gradient([0, -1], f, check=False)[1]).all()


@pytest.mark.parametrize("denominator", ["weights", "count", 2.0])
@pytest.mark.parametrize("k", [2, 270])
def test_a_negative_weight_is_refused_whatever_divides(k: int, denominator: object) -> None:
    f, weight = np.zeros((2, k)), [0.0, -1.0]
    for method in (CE.cost, CE.cost_and_gradient):
        with pytest.raises(ValueError, match=r"sample_weight\[1\] is -1"):
            method([0, 1], f, weight, denominator=denominator)


@pytest.mark.parametrize("gap", [2, 3])
def test_gaps_in_one_column_of_features_change_no_bit(gap: int) -> None:
    wide = np.random.default_rng(0).normal(size=(7, gap))
    weight, y = np.random.default_rng(1).normal(size=(3, 1)), np.arange(7) % 3
    there, beside = (lossary.linear_cross_entropy(x, weight, y) for x in (wide[:, :1], wide[:, :1].copy()))
    assert there.cost == beside.cost
    np.testing.assert_array_equal(there.weight_gradient, beside.weight_gradient)
