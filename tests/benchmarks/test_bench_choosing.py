"""The regret bench's own machinery: worlds, regrets, claims and the page, with trials made up and one that is real."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="lossary[choose]")

from bench.choosing.record import record
from bench.choosing.ties import Tie, tie, worlds_that_tie
from bench.choosing.trial import CONSTANT, Trial, trial
from bench.choosing.worlds import BENT, WORLDS, Set, sets
from bench.pages import choosing as pages

from lossary.choosing.training.recipes import recipe


def made_up(code: str, chosen: str, tied: tuple[str, ...], **risks: float) -> Trial:
    return Trial("made up", "mean", 200, code, chosen, "usual", "naive", tied, risks, ("usual",), 1.0)


def test_there_are_sixty_sets_and_no_two_alike():
    found = sets()
    assert len(found) >= 60
    assert len({s.seed for s in found}) == len(found)
    assert len({(s.name, s.world.want) for s in found}) == len(found)
    assert {200, 20_000} <= {s.rows for s in found}


@pytest.mark.parametrize("world", [*WORLDS, *BENT], ids=lambda w: f"{w.name}, {w.want}")
def test_worlds_draw_the_same_again_and_no_nonsense(world):
    X, y = world.draw(np.random.default_rng(3), 100)
    again = world.draw(np.random.default_rng(3), 100)
    assert np.array_equal(X, again[0])
    assert np.array_equal(y, again[1])
    assert X.shape == (100, 4)
    if y.dtype != object:
        assert np.isfinite(y).all()
    if world.spoil is not None:
        spoilt = world.spoil(np.random.default_rng(0), X, y)
        assert not (np.array_equal(spoilt[0], X) and np.array_equal(spoilt[1], y))


def test_compound_poisson_has_the_variance_it_is_named_for():
    (world,) = (w for w in WORLDS if w.name == "variance as mean^1.5")
    X, y = world.draw(np.random.default_rng(0), 400_000)
    mean = np.exp(1.0 + X @ (0.6 * np.array([1.0, -0.8, 0.5, 0.0])))
    order = np.argsort(mean)
    logs = [(np.log(mean[part].mean()), np.log(np.mean((y - mean)[part] ** 2))) for part in np.array_split(order, 10)]
    assert np.polyfit(*np.array(logs)[1:-1].T, 1)[0] == pytest.approx(1.5, abs=0.05)


def test_regret_is_measured_from_the_best_in_hindsight():
    found = made_up("tie", "usual", ("usual", "other"), usual=1.1, other=1.0, naive=3.0)
    assert found.oracle == "other"
    assert found.regret("usual") == pytest.approx(0.1)
    assert not found.claims_a_winner
    assert made_up("winner", "other", ("other",), usual=1.1, other=1.0, naive=2.0).claims_a_winner
    assert not made_up("leverage", "usual", ("usual",), usual=1.1, naive=2.0).claims_a_winner


def test_the_page_counts_false_claims_and_prints_every_set():
    right = made_up("winner", "other", ("other",), usual=1.5, other=1.0, naive=2.0)
    wrong = made_up("winner", "usual", ("usual",), usual=1.25, other=1.0, naive=2.0)
    where = {"machine": "a machine", "seconds": 60.0}
    text = "\n".join(pages.body({**where, **record([right, wrong], [Tie("two", 100, 50, 2, 10)])}))
    assert "In 2 of 2 data sets" in text
    assert "at most 25.00% behind" in text
    assert "| two | 100 | 50 | 4.0% | 20.0% |" in text
    assert text.count("| made up |") == 2
    assert "| lossary choose | 12.50% |" in text


def test_one_set_is_chosen_on_and_every_candidate_is_scored_on_fresh_rows():
    (world,) = (w for w in WORLDS if w.name == "nothing to learn")
    found = trial(Set(world, 200, 7))
    assert found.code == "constant"
    assert found.chosen == CONSTANT
    assert set(found.tied) < set(found.risks)
    assert 0.9 < found.risks[CONSTANT] < 1.1
    assert found.regret(found.oracle) == 0.0


def test_mirrored_losses_tie_and_others_are_told_apart():
    tying = next(each for each in worlds_that_tie() if each.rows == 400 and each.want.functional == "median")
    assert tie(tying, tries=3).claims == 0
    unlike = replace(tying, recipes=(recipe("absolute_error", "linear"), recipe("quantile", "linear", {"tau": 0.95})))
    found = tie(unlike, tries=3)
    assert (found.claims, found.plain, found.tries) == (3, 3, 3)
