"""What is read off the scores of every loss of classes that a comparison may train."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

import lossary
from lossary.choosing.candidates import candidates
from lossary.choosing.comparison.study import Want
from lossary.choosing.diagnosis.diagnose import Diagnosis, Settings
from lossary.choosing.findings.finding import new_finding
from lossary.choosing.table.task import task_of
from lossary.choosing.training.predictions import class_targets, probabilities
from lossary.choosing.training.recipes import loss_of
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.predictions.probabilities import gives_probabilities
from lossary.evaluate.registry import get

NOISY = Diagnosis((new_finding("label_noise", "many"),), Settings())
TRUE = np.array([0.5, 0.3, 0.2])


def trained(classes):
    """Every loss of classes that takes part in some comparison, by its name and parameters."""
    task = task_of("y", np.arange(60.0) % classes, as_classes=True)
    want = Want("label", cost_under=3.0)
    found_here = [loss_of(r.parts[0], "") for r in candidates(want, task, NOISY, ["linear", "boosting", "mlp"])]
    return {str(loss): loss for loss in found_here}


TWO = {name: loss for name, loss in trained(2).items() if isinstance(loss, LossFunction)}
MANY = {**trained(3), **{name: get(name) for name in ("sparsemax", "entmax15", "poly1")}}
SMOOTHED = "label_smoothing=0.1"
"""Least at a probability between the labels' and one half: left as it is, to be judged by what it says."""


def test_the_usual_suspects_are_among_them():
    assert {loss.name for loss in TWO.values()} >= {"logistic", "focal", "exponential", "hinge", "squared_hinge"}
    assert {loss.name for loss in MANY.values()} >= {"softmax_cross_entropy", "focal_softmax", "cumulative_logit"}
    assert sum(SMOOTHED in name for name in TWO) == 1


@pytest.mark.parametrize("name", TWO)
def test_of_two_classes_they_lie_between_zero_and_one(name):
    f = np.array([-1e4, -800.0, -30.0, -1.0, -1e-9, 0.0, 0.3, 25.0, 700.0, 1e4])
    p = probabilities(TWO[name], f)
    assert p.shape == f.shape
    assert ((p >= 0.0) & (p <= 1.0)).all()
    assert (np.diff(p) >= -1e-12).all(), "a higher score is never less likely"
    assert p[0] < 1e-3
    assert p[-1] > 1.0 - 1e-3


@pytest.mark.parametrize("name", MANY)
def test_of_many_classes_they_are_a_distribution(name):
    loss, draw = MANY[name], np.random.default_rng(0)
    f = np.vstack([draw.normal(size=(20, 3)) * 10.0 ** draw.uniform(-3, 3, (20, 1)), np.full((1, 3), -900.0)])
    if loss.record.prediction == "increasing":
        f = np.cumsum(np.abs(f), axis=1) - 3.0
    p = probabilities(loss, f)
    assert p.shape == (21, f.shape[1] + (loss.record.prediction == "increasing"))
    assert ((p >= 0.0) & (p <= 1.0)).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-12)
    if loss.record.prediction == "scores":
        best = np.take_along_axis(p, f.argmax(axis=1)[:, None], axis=1)[:, 0]
        assert (best >= p.max(axis=1) - 1e-12).all(), "the highest score is the likeliest class"


@pytest.mark.parametrize("name", [n for n, loss in TWO.items() if gives_probabilities(loss) and SMOOTHED not in n])
def test_the_score_of_least_expected_loss_is_read_as_the_truth(name):
    loss = TWO[name]
    one, none = class_targets(loss, np.ones(1)), class_targets(loss, np.zeros(1))
    for p in (0.04, 0.35, 0.9):

        def expected(f, p=p):
            return float(p * loss(one, np.array([f]))[0] + (1.0 - p) * loss(none, np.array([f]))[0])

        best = optimize.minimize_scalar(expected, bounds=(-6.0, 6.0), method="bounded", options={"xatol": 1e-10}).x
        assert probabilities(loss, np.array([best]))[0] == pytest.approx(p, abs=1e-5)


@pytest.mark.parametrize("name", [n for n, loss in MANY.items() if gives_probabilities(loss)])
def test_the_scores_of_least_expected_loss_are_read_as_the_truth(name):
    loss = MANY[name]
    ordered = loss.record.prediction == "increasing"

    def scores(free):
        return np.array([free[0], free[0] + np.exp(free[1])]) if ordered else free

    def expected(free):
        return float(TRUE @ loss(np.arange(3), np.tile(scores(free), (3, 1))))

    precise = {"xatol": 1e-9, "fatol": 1e-14, "maxiter": 4000}
    best = optimize.minimize(expected, np.zeros(2 if ordered else 3), method="Nelder-Mead", options=precise).x
    np.testing.assert_allclose(probabilities(loss, scores(best)[None, :])[0], TRUE, atol=1e-4)


def test_who_watches_a_comparison_of_many_classes_is_told_of_the_best():
    draw = np.random.default_rng(1)
    x = draw.normal(size=60)
    y = np.array(["a", "b", "c"], dtype=object)[np.digitize(x + draw.normal(size=60), [-0.5, 0.5])]
    told = []
    lossary.choose(x, y, models=["linear"], folds=2, repeats=1, watch=told.append)
    assert told[-1].best
    assert np.isfinite(told[-1].score)
