"""The rules of a verdict, one at a time: studies in which only one thing tells the candidates apart."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from lossary.choosing.comparison.study import Candidate, Study, Want
from lossary.choosing.findings.finding import Finding, new_finding
from lossary.choosing.judging.certainty import how_sure_of_constant, too_few_folds
from lossary.choosing.judging.decide import decide
from lossary.choosing.judging.leaderboard import Rules
from lossary.choosing.judging.verdict import Verdict

FEW = Rules(draws=200)
ROWS = 400
Make = Callable[..., Study]


def verdict(
    study_from: Make,
    y: np.ndarray,
    predictions: dict[str, np.ndarray],
    candidates: list[Candidate],
    findings: list[Finding] | None = None,
) -> Verdict:
    study = study_from(y, predictions, Want("mean"), candidates=candidates)
    return decide(study, findings or [], FEW).verdict


@pytest.fixture
def near(random: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Predictions of a target that nobody can tell from each other: the same but for a thousandth."""
    error = 0.3 * random.normal(size=ROWS)
    return lambda y: y + error + 1e-3 * random.normal(size=y.size)


@pytest.fixture
def nonnegative(random: np.random.Generator) -> np.ndarray:
    """Targets of which a tenth are zero."""
    return np.where(np.arange(ROWS) < ROWS // 10, 0.0, random.gamma(2.0, 1.0, ROWS) + 3.0)


def with_negative(predictions: np.ndarray, count: int) -> np.ndarray:
    """Predictions of all zeros a thousandth off, so many of them below zero: the score is the same for any count."""
    changed = predictions.copy()
    changed[: ROWS // 10] = np.where(np.arange(ROWS // 10) < count, -1e-3, 1e-3)
    return changed


def test_a_loss_that_aims_at_what_is_wanted_goes_before_a_simpler_one(study_from, made, near, random):
    y = random.normal(size=ROWS)
    predictions = {"absolute": near(y), "squared": near(y)}
    of_squares = made("squared", complexity=5)
    aside = made("absolute", loss="absolute_error", complexity=0)
    found = verdict(study_from, y, predictions, [aside, of_squares])
    assert set(found.tied) == {"absolute", "squared"}
    assert found.simplest == "absolute"
    assert found.recommended.label == "squared"
    # The twin: both aim at the mean, so that the simpler one is taken.
    found = verdict(study_from, y, predictions, [made("absolute", complexity=0), of_squares])
    assert found.recommended.label == "absolute"


def test_where_no_loss_aims_at_what_is_wanted_the_simplest_is_taken(study_from, made, near, random):
    y = random.normal(size=ROWS)
    candidates = [made("huber", loss="huber", complexity=2), made("absolute", loss="absolute_error", complexity=1)]
    found = verdict(study_from, y, {"huber": near(y), "absolute": near(y)}, candidates)
    assert found.recommended.label == "absolute"


def test_robust_losses_stand_beside_the_means_where_tails_are_long_and_even(study_from, made, near, random):
    y = random.normal(size=ROWS)
    tails = new_finding("heavy_tails", "Many residuals are far out.", 0.06, 0.01)
    lean = new_finding("asymmetry", "Residuals lean to one side.", 1.0, 0.5)
    of_squares = made("squared", complexity=5)
    for aside, findings, chosen in (
        (made("other", loss="absolute_error"), [tails], "other"),
        (made("other", loss="absolute_error"), [tails, lean], "squared"),
        (made("other", loss="absolute_error"), [lean], "squared"),
        (made("other", loss="absolute_error", target="log1p"), [tails], "squared"),
        (made("other", loss="quantile", parameters={"tau": 0.9}), [tails], "squared"),
    ):
        found = verdict(study_from, y, {"other": near(y), "squared": near(y)}, [aside, of_squares], findings)
        assert found.recommended.label == chosen, (aside, findings)


def test_possible_predictions_go_before_impossible_ones(study_from, made, near, nonnegative):
    candidates = [made("simple", complexity=0), made("other", complexity=5)]
    sound = near(nonnegative)
    for count, chosen in ((0, "simple"), (4, "simple"), (5, "other"), (40, "other")):
        predictions = {"simple": with_negative(sound, count), "other": with_negative(sound, 40 if count == 0 else 0)}
        found = verdict(study_from, nonnegative, predictions, candidates)
        assert set(found.tied) == {"simple", "other"}, count
        assert found.recommended.label == chosen, count


def test_where_all_predictions_are_impossible_the_simplest_is_taken(study_from, made, near, nonnegative):
    candidates = [made("simple", complexity=0), made("other", complexity=5)]
    predictions = {name: with_negative(near(nonnegative), 20) for name in ("simple", "other")}
    assert verdict(study_from, nonnegative, predictions, candidates).recommended.label == "simple"


def test_the_usual_loss_is_not_kept_if_its_predictions_cannot_be(study_from, made, near, nonnegative):
    candidates = [made("usual", kind="reference"), made("log link", link="log", complexity=1)]
    sound = with_negative(near(nonnegative), 0)
    kept = verdict(study_from, nonnegative, {"usual": sound, "log link": sound}, candidates)
    assert (kept.code, kept.recommended.label) == ("keep", "usual")
    few = verdict(study_from, nonnegative, {"usual": with_negative(sound, 4), "log link": sound}, candidates)
    assert (few.code, few.recommended.label) == ("keep", "usual")
    many = verdict(study_from, nonnegative, {"usual": with_negative(sound, 5), "log link": sound}, candidates)
    assert set(many.tied) == {"usual", "log link"}
    assert (many.code, many.recommended.label) == ("tie", "log link")


def test_without_a_sign_of_targets_no_prediction_is_impossible(study_from, made, near, nonnegative):
    y = np.append(nonnegative[:-1], -1.0)
    candidates = [made("usual", kind="reference"), made("log link", link="log", complexity=1)]
    predictions = {"usual": with_negative(near(y), 20), "log link": near(y)}
    assert verdict(study_from, y, predictions, candidates).recommended.label == "usual"


def test_the_simplest_is_not_taken_if_it_is_behind_by_more_than_a_standard_error(study_from, made, random):
    y = random.normal(size=ROWS)
    error = random.normal(size=ROWS)
    ahead, level = 0.5 * error, 0.5 * error + 1e-3 * random.normal(size=ROWS)
    behind = ahead + 0.6 * random.normal(size=ROWS) * (np.arange(ROWS) % 40 == 0)
    candidates = [made("simple", complexity=0), made("other", complexity=1), made("best", complexity=2)]
    study = study_from(
        y, {"simple": y + behind, "other": y + level, "best": y + ahead}, Want("mean"), candidates=candidates
    )
    decision = decide(study, rules=FEW)
    gap = decision.leaderboard.gap("simple", decision.leaderboard.best.label)
    found = decision.verdict
    assert ("simple" in found.tied, gap.mean > max(gap.error, decision.leaderboard.small)) == (True, True)
    assert found.simplest == "simple"
    assert found.recommended.label == "other"


def test_the_reference_goes_before_candidates_that_are_as_simple(study_from, made, near, random):
    y = random.normal(size=ROWS)
    candidates = [made("new", link="log"), made("usual", kind="reference")]
    assert verdict(study_from, y, {"new": near(y), "usual": near(y)}, candidates).recommended.label == "usual"


@pytest.mark.parametrize(("folds", "few"), [(2, True), (4, True), (5, False)])
def test_folds_in_order_of_time_that_are_too_few_to_show_a_skill_are_said_to_be(folds, few):
    study = SimpleNamespace(ordered=True, folds=(None,) * folds)
    board = SimpleNamespace(best=SimpleNamespace(skill=0.937), evidence=SimpleNamespace(p=0.125))
    said = how_sure_of_constant(study, board)
    assert ("--folds 5" in said) is few
    assert "93.7%" in said
    assert not too_few_folds(SimpleNamespace(ordered=False, folds=study.folds))
