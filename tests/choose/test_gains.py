"""Where a gain comes from: candidates whose scores are known to the digit, as their predictions are all off alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lossary.choosing.comparison.study import Candidate, Want
from lossary.choosing.judging import gains
from lossary.choosing.judging.leaderboard import Leaderboard, Rules, leaderboard

FEW = Rules(draws=50)
ROWS = 60


@pytest.fixture
def board(study_from, made, random):
    """A leaderboard of candidates given by how far off each is: its squared error is the square of that."""

    def build(offsets: dict[str, float], axes: dict[str, dict[str, object]]) -> Leaderboard:
        y = 10.0 + random.normal(size=ROWS)
        predictions = {name: y + off for name, off in offsets.items()}
        candidates = [made(name, **axes.get(name, {})) for name in offsets]
        return leaderboard(study_from(y, predictions, Want("mean"), candidates=candidates), FEW)

    return build


AXES: dict[str, dict[str, object]] = {
    "usual": {"kind": "reference"},
    "trees": {"model": "boosting"},
    "log": {"model": "boosting", "link": "log"},
    "log1p": {"model": "boosting", "link": "log", "target": "log1p"},
    "huber": {"model": "boosting", "link": "log", "target": "log1p", "loss": "huber", "parameters": {"delta": 1.0}},
}
OFF = {"usual": 1.0, "trees": 0.8, "log": 0.5, "log1p": 0.4, "huber": 0.1}


def told(steps: tuple[gains.Step, ...]) -> list[tuple[tuple[str, ...], str, str, float]]:
    return [(step.what, step.source, step.to, pytest.approx(step.gain)) for step in steps]


def test_either_order_of_model_and_loss_counts(board):
    # Trees alone save 50 of 52, and so nearly does the loss alone: each has half, whichever is told first.
    size = {"usual": 100.0, "trees": 50.0, "line": 52.0, "robust": 48.0}
    axes = {
        "usual": {"kind": "reference"},
        "trees": {"model": "boosting"},
        "line": {"loss": "huber"},
        "robust": {"loss": "huber", "model": "boosting"},
    }
    found = gains.gain_steps(board({name: np.sqrt(score) for name, score in size.items()}, axes))
    assert told(found) == [(("model",), "usual", "trees", 27.0), (("loss",), "trees", "robust", 25.0)]
    assert [step.other for step in found] == [("line", "robust"), ("usual", "line")]
    assert sum(step.share for step in found) == pytest.approx(1.0)
    # Without the loss on a line only one order is known.
    one = gains.gain_steps(board({name: np.sqrt(score) for name, score in size.items() if name != "line"}, axes))
    assert told(one) == [(("model",), "usual", "trees", 50.0), (("loss",), "trees", "robust", 2.0)]
    assert [step.other for step in one] == [None, None]


def test_links_and_losses_between_are_told_apart_where_both_models_have_them(board):
    axes = {
        **AXES,
        "line, log": {"link": "log"},
        "line, huber": {"link": "log", "target": "log1p", "loss": "huber", "parameters": {"delta": 1.0}},
    }
    off = {**OFF, "line, log": 0.7, "line, huber": 0.6}
    assert told(gains.gain_steps(board(off, axes))) == [
        (("model",), "usual", "trees", 0.5 * (1.0 - 0.64 + 0.36 - 0.01)),
        (("link",), "trees", "log", 0.5 * (0.64 - 0.25 + 1.0 - 0.49)),
        (("transformation of the target", "loss"), "log", "huber", 0.5 * (0.25 - 0.01 + 0.49 - 0.36)),
    ]


def test_one_thing_is_changed_at_a_time_and_the_loss_last(board):
    found = gains.gain_steps(board(OFF, AXES))
    assert told(found) == [
        (("model",), "usual", "trees", 1.0 - 0.64),
        (("link",), "trees", "log", 0.64 - 0.25),
        (("transformation of the target",), "log", "log1p", 0.25 - 0.16),
        (("loss",), "log1p", "huber", 0.16 - 0.01),
    ]
    assert sum(step.share for step in found) == pytest.approx(1.0)
    assert [step.share for step in found] == pytest.approx([step.gain / 0.99 for step in found])


def test_what_was_not_compared_in_between_is_changed_together(board):
    without = {name: off for name, off in OFF.items() if name not in ("trees", "log1p")}
    assert told(gains.gain_steps(board(without, AXES))) == [
        (("model", "link"), "usual", "log", 1.0 - 0.25),
        (("transformation of the target", "loss"), "log", "huber", 0.25 - 0.01),
    ]


def test_a_step_may_lose(board):
    worse = gains.gain_steps(board({**OFF, "trees": 2.0}, AXES))
    assert worse[0].gain == pytest.approx(-3.0)
    assert worse[0].share == pytest.approx(-3.0 / 0.99)


def test_other_parameters_of_the_same_loss_are_a_step_of_their_own(board):
    axes = {
        "usual": {"kind": "reference", "loss": "huber", "parameters": {"delta": 1.0}},
        "wider": {"loss": "huber", "parameters": {"delta": 2.0}},
    }
    assert told(gains.gain_steps(board({"usual": 1.0, "wider": 0.5}, axes))) == [
        (("loss's parameters",), "usual", "wider", 0.75)
    ]


def test_there_is_no_way_from_the_best_to_itself_or_from_nowhere(board):
    assert gains.gain_steps(board({"usual": 0.1, "huber": 1.0}, AXES)) == ()
    assert gains.gain_steps(board({"trees": 0.1, "huber": 1.0}, AXES)) == ()


def test_of_several_references_the_simplest_then_the_better(board):
    both = {"usual": {"kind": "reference", "complexity": 1}, "other": {"kind": "reference", "model": "boosting"}}
    assert gains.reference(board({"usual": 0.1, "other": 1.0}, both)).label == "other"
    alike = {"usual": {"kind": "reference"}, "other": {"kind": "reference", "model": "boosting"}}
    assert gains.reference(board({"usual": 0.1, "other": 1.0}, alike)).label == "usual"
    assert gains.reference(board({"trees": 0.1}, AXES)) is None


def test_home_is_the_usual_loss_under_the_best_model(board):
    assert gains.usual_under_best_model(board(OFF, AXES)).label == "trees"
    assert gains.usual_under_best_model(board({"usual": 1.0, "huber": 0.1}, AXES)) is None
    assert gains.usual_under_best_model(board({"trees": 1.0, "huber": 0.1}, AXES)) is None
    assert gains.usual_under_best_model(board({"usual": 0.1, "trees": 1.0}, AXES)).label == "usual"


def test_the_usual_loss_is_usual_under_any_model_but_not_with_another_link(board):
    found = board(OFF, AXES)
    usual = {name: gains.is_usual(found, found.entry(name).candidate) for name in OFF}
    assert usual == {"usual": True, "trees": True, "log": False, "log1p": False, "huber": False}
    cut = replace(found.entry("trees").candidate, threshold=0.5)
    assert not gains.is_usual(found, cut)
    assert not gains.is_usual(
        board({"trees": 1.0}, AXES), Candidate("trees", "squared_error", {}, "boosting", "identity")
    )


def test_each_model_has_a_way_of_its_own(board):
    axes = {**AXES, "line": {"link": "log"}, "net": {"model": "mlp", "link": "log"}}
    found = gains.gain_steps_by_model(board({**OFF, "line": 0.9, "net": 0.2}, axes))
    assert set(found) == {"linear", "boosting"}  # nets have nothing to start from
    assert told(found["linear"]) == [(("link",), "usual", "line", 1.0 - 0.81)]
    assert [step.to for step in found["boosting"]] == ["log", "log1p", "huber"]
    assert sum(step.gain for step in found["boosting"]) == pytest.approx(0.64 - 0.01)
    assert sum(step.share for step in found["boosting"]) == pytest.approx(1.0)
    assert gains.gain_steps_by_model(board({"trees": 0.1}, AXES)) == {}


def test_a_moved_threshold_gains_what_it_saves_in_each_fold(study_from, made, random):
    labels = np.repeat([1.0, 0.0], [40, 160])
    p = np.r_[np.full(30, 0.9), np.full(10, 0.2), np.full(40, 0.7), np.full(120, 0.1)]
    want = Want("label", cost_under=9.0)  # worth saying 1 from 0.1 on
    study = study_from(labels, {"a": p}, want, candidates=[made("a", loss="logistic")])
    board = leaderboard(study, FEW)
    found = gains.threshold_gain(study, board, board.entry("a"))
    plain = np.where(labels == 1.0, 9.0 * (p <= 0.5), 1.0 * (p > 0.5))
    moved = np.where(labels == 1.0, 9.0 * (p <= 0.1), 1.0 * (p > 0.1))
    by_fold = [np.mean((moved - plain)[fold.test]) for fold in study.folds]
    assert found.mean == pytest.approx(np.mean(by_fold))
    assert found.mean < 0.0
    assert found.error == pytest.approx(np.std(by_fold, ddof=1) * np.sqrt(1.0 / len(by_fold) + 0.25))
    for other in (
        study_from(labels, {"a": p}, Want("label")),
        study_from(labels, {"a": p}, want, candidates=[made("a", threshold=0.3)]),
        study_from(labels, {"a": p}, Want("probability")),
    ):
        found = leaderboard(other, FEW)
        assert gains.threshold_gain(other, found, found.entry("a")) is None
