"""The average of candidates: weights that are right, scores that are honest, and words for both."""

from __future__ import annotations

import numpy as np
import pytest

from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.averaging import MOST_MEMBERS, best_average
from lossary.choosing.judging.decide import decide
from lossary.choosing.judging.leaderboard import leaderboard

ROWS = 400


@pytest.fixture
def draw():
    return np.random.default_rng(3)


def averaged(study, instead_of):
    board = leaderboard(study)
    return best_average(study, board, board.entry(instead_of))


def test_errors_that_cancel_are_averaged_evenly(draw, study_from):
    """Two predictions with independent errors of one size: half of each halves the squared error."""
    y = draw.normal(size=ROWS) * 3.0
    one, other = y + draw.normal(size=ROWS), y + draw.normal(size=ROWS)
    found = averaged(study_from(y, {"one": one, "other": other}, Want("mean")), "one")
    weights = {member.label: member.weight for member in found.members}
    assert weights["one"] == pytest.approx(0.5, abs=0.1)
    assert found.score == pytest.approx(np.mean((y - (one + other) / 2.0) ** 2), rel=0.03)
    assert found.saved == pytest.approx(1.0 - np.sqrt(found.score / np.mean((y - one) ** 2)))
    assert found.pays
    assert found.gap.mean < 0.0


def test_an_explosive_candidate_gets_no_weight(draw, study_from):
    y = draw.normal(size=ROWS) * 3.0
    wild = y + draw.normal(size=ROWS)
    wild[:3] = 1e6
    predictions = {"one": y + draw.normal(size=ROWS), "other": y + draw.normal(size=ROWS), "wild": wild}
    found = averaged(study_from(y, predictions, Want("mean")), "one")
    assert "wild" not in {member.label for member in found.members}


def test_nothing_is_averaged_where_one_is_best_alone(draw, study_from):
    y = draw.normal(size=ROWS) * 3.0
    good = y + 0.1 * draw.normal(size=ROWS)
    assert averaged(study_from(y, {"good": good, "bad": good + draw.normal(size=ROWS)}, Want("mean")), "good") is None


def test_the_score_is_honest_about_luck(draw, study_from):
    """Of noise around the constant the leader seems to save something: an average of weights without the fold less."""
    saved, by_luck = [], []
    for _ in range(10):
        y = draw.normal(size=60)
        study = study_from(y, {f"{i}": 0.3 * draw.normal(size=60) for i in range(8)}, Want("mean"))
        board = leaderboard(study)
        found = best_average(study, board, board.best)
        saved.append(0.0 if found is None else 1.0 - found.score / board.constant)
        by_luck.append(1.0 - board.best.value / board.constant)
    assert np.mean(by_luck) > 0.03
    assert np.mean(saved) < 0.6 * np.mean(by_luck)


def test_members_are_few(draw, study_from):
    y = draw.normal(size=ROWS) * 3.0
    predictions = {f"{i}": y + draw.normal(size=ROWS) for i in range(9)}
    found = averaged(study_from(y, predictions, Want("mean")), "0")
    assert 2 <= len(found.members) <= MOST_MEMBERS
    assert sum(member.weight for member in found.members) == pytest.approx(1.0)
    assert all(member.weight > 0.0 for member in found.members)


@pytest.mark.parametrize("functional", ["probability", "label"])
def test_probabilities_are_averaged(draw, study_from, functional):
    truth = draw.uniform(size=ROWS)
    y = (draw.uniform(size=ROWS) < truth).astype(float)
    noise = lambda: np.clip(truth + 0.25 * draw.normal(size=ROWS), 0.02, 0.98)  # noqa: E731
    study = study_from(y, {"one": noise(), "other": noise()}, Want(functional), classes=("no", "yes"))
    found = averaged(study, "one")
    assert len(found.members) == 2
    assert found.score < leaderboard(study).entry("one").value


def test_intervals_are_averaged_end_by_end(draw, study_from):
    middle = 3.0 * draw.normal(size=ROWS)
    y = middle + draw.normal(size=ROWS)
    ends = [middle[:, None] + [-1.28, 1.28] + 0.5 * draw.normal(size=(ROWS, 2)) for _ in range(2)]
    constants = np.tile([-4.0, 4.0], (5, 1))
    study = study_from(y, {"one": ends[0], "other": ends[1]}, Want("interval", 0.8), constants=constants)
    found = averaged(study, "one")
    assert len(found.members) == 2
    assert found.score < leaderboard(study).entry("one").value


def test_a_decision_tells_of_it(draw, study_from):
    y = draw.normal(size=ROWS) * 3.0
    study = study_from(y, {"one": y + draw.normal(size=ROWS), "other": y + draw.normal(size=ROWS)}, Want("mean"))
    decision = decide(study)
    assert decision.average.instead_of == decision.verdict.recommended.label
    told = decision.to_dict()["average"]
    assert told["pays"] is True
    assert {member["label"] for member in told["members"]} == {"one", "other"}
    assert "It takes 2 models" in decision.average.in_words()


def test_nothing_is_averaged_where_nothing_beats_the_constant(draw, study_from):
    y = draw.normal(size=ROWS)
    study = study_from(y, {"one": draw.normal(size=ROWS), "other": draw.normal(size=ROWS)}, Want("mean"))
    assert decide(study).average is None
