"""The leaderboard by hand: order, ties, scales, and what each candidate is tested against."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.leaderboard import Rules, leaderboard
from lossary.choosing.judging.rank_association import association

ROWS = 100
FEW = Rules(draws=100)


@pytest.fixture
def y(random: np.random.Generator) -> np.ndarray:
    return random.normal(size=ROWS)


@pytest.fixture
def board(study_from, made, y, random):
    predictions = {name: y + size * random.normal(size=ROWS) for name, size in (("a", 0.5), ("b", 0.52), ("c", 0.9))}
    study = study_from(y, predictions, Want("mean"), repeats=2)
    return study, leaderboard(study, FEW)


def test_candidates_come_best_first_and_the_simpler_of_equals(study_from, made, y):
    wrong = {"third": y + 2.0, "second": y + 1.0, "equal": y + 1.0, "first": y + 0.5}
    candidates = [made(name, complexity=5 if name == "second" else 0) for name in wrong]
    found = leaderboard(study_from(y, wrong, Want("mean"), candidates=candidates), FEW)
    assert [e.label for e in found.rivals] == ["first", "equal", "second", "third"]
    assert [e.score for e in found.rivals] == pytest.approx([0.25, 1.0, 1.0, 4.0])
    assert found.best.label == "first"
    assert [e.label for e in found.entries if e.candidate.kind == "constant"] == ["constant"]
    with pytest.raises(KeyError, match="nobody"):
        found.entry("nobody")


def test_rivals_are_tested_against_the_best_over_folds(board):
    study, found = board
    for name in ("b", "c"):
        entry = found.entry(name)
        differences = []
        for fold in study.folds:
            one, other = (study.predictions[each][fold.repeat, fold.test] for each in (name, found.best.label))
            differences.append(np.mean((one - study.y[fold.test]) ** 2) - np.mean((other - study.y[fold.test]) ** 2))
        count = len(differences)
        error = np.std(differences, ddof=1) * np.sqrt(1.0 / count + 0.25)  # a fifth is tested, four are trained on
        assert entry.gap.mean == pytest.approx(np.mean(differences))
        assert entry.gap.error == pytest.approx(error)
        assert entry.gap.p == pytest.approx(2.0 * stats.t.sf(abs(np.mean(differences)) / error, count - 1))
        assert entry.naive_p == pytest.approx(stats.ttest_1samp(differences, 0.0).pvalue)
        assert entry.odds.better + entry.odds.equal + entry.odds.worse == pytest.approx(1.0)
        below = stats.t.cdf((-found.rope - np.mean(differences)) / error, count - 1)
        assert entry.odds.better == pytest.approx(below)
    p = sorted(found.entry(name).gap.p for name in ("b", "c"))
    assert sorted(found.entry(name).holm_p for name in ("b", "c")) == pytest.approx(
        [min(1.0, 2.0 * p[0]), max(min(1.0, 2.0 * p[0]), p[1])]
    )
    best = found.best
    assert (best.tied, best.gap, best.naive_p, best.holm_p, best.odds) == (True, None, None, None, None)
    assert best.confidence_p == 1.0


def test_a_rival_is_tied_if_any_of_three_says_so(board, study_from, y, random):
    _, found = board
    for entry in found.rivals[1:]:
        inside, luck, equal = entry.confidence_p >= 0.1, entry.gap.p >= 0.05, entry.odds.equal >= 0.95
        assert entry.tied is bool(inside or luck or equal)
    assert not found.entry("c").tied
    # By a hair in every row: told from luck, but of no size.
    error = 0.5 * random.normal(size=ROWS)
    study = study_from(y, {"a": y + error, "b": y + error * (1.0 + 1e-4)}, Want("mean"), repeats=2)
    close = leaderboard(study, FEW).entry("b")
    assert close.gap.p < 0.05
    assert close.confidence_p < 0.1
    assert close.odds.equal >= 0.95
    assert close.tied
    strict = leaderboard(study, Rules(draws=100, rope=1e-6)).entry("b")
    assert strict.odds.equal < 0.95
    assert not strict.tied


def test_scales_of_what_is_small(board):
    _, found = board
    assert found.rope == pytest.approx(0.01 * found.constant)
    assert found.small == pytest.approx(0.01 * found.best.score)
    assert found.small < found.rope
    assert found.ratio == pytest.approx(0.25)
    assert found.primary.name == "squared error"


def test_where_no_constant_has_a_score_the_best_is_the_scale(study_from, random):
    y = random.gamma(2.0, 1.0, ROWS)
    predictions = {"a": y * 1.1, "b": y * 2.0}
    study = study_from(y, predictions, Want("mean"), constants=np.full(5, -1.0))
    found = leaderboard(study, FEW, "gamma deviance")
    assert np.isnan(found.constant)
    assert found.rope == found.small == pytest.approx(0.01 * found.best.score)


def test_association_is_the_bests_times_the_candidates(board):
    study, found = board
    assert found.association == min(1.0, 3.0 * association(study, found.best.label))
    assert 0.0 < found.association < 1e-6


def test_a_constant_among_the_candidates_is_not_added_again(study_from, made, y):
    study = study_from(
        y,
        {"a": y + 0.1, "flat": np.zeros(ROWS)},
        Want("mean"),
        candidates=[made("a"), made("flat", kind="constant", loss="", model="constant")],
    )
    found = leaderboard(study, FEW)
    assert [e.label for e in found.entries] == ["a", "flat"]
    assert found.entry("flat").score == pytest.approx(np.mean(y**2))
    assert found.constant != found.entry("flat").score
    assert [e.label for e in found.rivals] == ["a"]


def test_the_chosen_yardstick_decides_and_the_others_stay(study_from, random):
    y = random.gamma(2.0, 1.0, ROWS) + 0.5
    study = study_from(y, {"a": y + 0.3, "b": y * 1.05}, Want("mean"))
    usual, other = leaderboard(study, FEW), leaderboard(study, FEW, "GAMMA deviance")
    names = [each.name for each in usual.yardsticks]
    assert other.primary.name == "gamma deviance"
    assert sorted(each.name for each in other.yardsticks) == sorted(names)
    for entry in usual.rivals:
        assert dict(entry.scores) == pytest.approx(dict(other.entry(entry.label).scores))
        assert entry.score == entry.scores[usual.primary.name]
        assert other.entry(entry.label).score == entry.scores["gamma deviance"]


def test_rows_that_any_rival_lacks_are_not_drawn_again(study_from, random):
    weight = np.where(np.arange(ROWS) % 4 == 0, 0.0, 1.0)
    y = random.normal(size=ROWS)
    study = study_from(y, {"a": y + 0.3, "b": np.where(weight > 0.0, y + 0.31, np.nan)}, Want("mean"), weight=weight)
    found = leaderboard(study, FEW)
    assert found.optimism.apparent == pytest.approx(0.09)
    assert found.optimism.corrected == pytest.approx(0.09)


def test_groups_are_drawn_whole(study_from, random):
    group = np.repeat(np.arange(10), 10)
    y = random.normal(size=ROWS)
    error = random.normal(size=10)[group]  # the same in all rows of a group
    p = {"a": y + error, "b": y + error[::-1] * 1.001}
    alone = leaderboard(study_from(y, p, Want("mean")), Rules(draws=400)).optimism
    whole = leaderboard(study_from(y, p, Want("mean"), groups=group), Rules(draws=400)).optimism
    assert whole.high - whole.low > 1.5 * (alone.high - alone.low)


def test_what_failed_says_why_and_has_no_numbers(study_from, y):
    study = study_from(y, {"a": y + 0.1, "b": y}, Want("mean"), failures={"b": "out of memory"}, seconds={"b": 3.0})
    found = leaderboard(study, FEW)
    entry = found.entry("b")
    assert [e.label for e in found.entries] == ["a", "constant", "b"]
    assert (entry.score, entry.skill, entry.failure, entry.seconds) == (None, None, "out of memory", 3.0)
    assert (entry.tied, entry.biases, entry.gap) == (False, (), None)
    assert set(entry.undefined.values()) == {"out of memory"}
