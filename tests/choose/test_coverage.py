"""How many targets quantiles and intervals cover, how sure that is, and where it is said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.coverage import coverage, wilson
from lossary.choosing.judging.decide import decide
from lossary.choosing.report.content import content
from lossary.choosing.report.supplement import Supplement

ROWS = 200
ENDS = np.tile([-1.0, 1.0], (5, 1))


def test_coverage_counts_the_ends_themselves(study_from, random):
    y = random.normal(size=ROWS)
    quantile = np.where(np.arange(ROWS) < 50, y, y - 1.0)
    found = coverage(study_from(y, {"a": quantile}, Want("quantile", 0.3)), "a")
    assert (found.share, found.meant, found.crossing) == (0.25, 0.3, 0.0)
    assert coverage(study_from(y, {"a": quantile}, Want("median")), "a").meant == 0.5
    assert coverage(study_from(y, {"a": quantile}, Want("mean")), "a") is None
    low, high = y - 1.0, y + 1.0
    low[:20], high[20:50] = y[:20], y[20:50]
    low[50:60], high[50:60] = y[50:60] + 2.0, y[50:60] - 2.0  # crossed
    low[60:70], high[60:70] = y[60:70] + 2.0, y[60:70] + 3.0  # both too high
    low[70:80], high[70:80] = y[70:80] - 3.0, y[70:80] - 2.0  # both too low
    ends = np.stack([low, high], axis=1)
    found = coverage(study_from(y, {"a": ends}, Want("interval", 0.8), constants=ENDS), "a")
    assert (found.share, found.crossing) == (pytest.approx(170 / ROWS), pytest.approx(10 / ROWS))
    assert found.meant == pytest.approx(0.8)
    weight = np.where(np.arange(ROWS) < 100, 3.0, 1.0)
    found = coverage(study_from(y, {"a": ends}, Want("interval", 0.8), constants=ENDS, weight=weight), "a")
    assert found.share == pytest.approx(1.0 - 30 * 3 / (3 * 100 + 100))


def test_the_interval_is_wilsons():
    """By inversion of the score test: at either end the share seen is 1.96 standard errors away."""
    for share, rows in ((0.9, 10.0), (0.5, 400.0), (0.02, 50.0)):
        for end in wilson(share, rows):
            error = np.sqrt(end * (1.0 - end) / rows)
            assert abs(share - end) / error == pytest.approx(stats.norm.ppf(0.975))
    assert wilson(1.0, 20.0)[1] == 1.0
    assert wilson(0.0, 20.0)[0] == 0.0


@pytest.mark.parametrize("kind", ["rows", "groups", "time", "weights"])
def test_the_interval_holds_the_truth_as_often_as_it_says(study_from, kind):
    """Rows of one group are covered alike, and neighbours in time: as independent ones they hold it too rarely."""
    draw, held, naive, times = np.random.default_rng(4), 0, 0, 300
    size = 10 if kind in ("groups", "time") else 1
    length = 1.0 if kind == "rows" else 5.0
    for _ in range(times):
        level = np.repeat(draw.normal(size=ROWS // size), size)
        y = level + 1e-6 * draw.normal(size=ROWS)
        options = {
            "groups": {"groups": np.arange(ROWS) // size},
            "time": {"ordered": True},
            "weights": {"weight": draw.uniform(1.0, length, ROWS)},
        }.get(kind, {})
        p = np.full(ROWS, stats.norm.ppf(0.8))
        found = coverage(study_from(y, {"a": p}, Want("quantile", 0.8), **options), "a")
        held += found.low <= 0.8 <= found.high
        low, high = wilson(found.share, ROWS)
        naive += low <= 0.8 <= high
    if kind == "time":  # blocks are shorter than what is alike
        assert 0.7 < held / times < 0.99
    else:
        assert 0.9 < held / times < 0.99
    assert (naive / times < 0.75) == (size > 1)


def test_a_share_that_all_rows_agree_on_has_an_interval_too(study_from):
    y = np.arange(float(ROWS))
    found = coverage(study_from(y, {"a": y + 1.0}, Want("quantile", 0.9)), "a")
    assert (found.share, found.high, round(found.rows, 9)) == (1.0, 1.0, ROWS)
    assert found.low == pytest.approx(wilson(1.0, ROWS)[0])
    assert found.is_off


def test_what_is_off_is_said_of_the_candidate_and_on_the_card(study_from, random):
    """An interval that holds 71% where 80% were asked for, and a 0.9-quantile that covers 83%."""
    y = random.normal(size=1000)
    half = stats.norm.ppf(0.855)
    for want, p, shown in (
        (Want("interval", 0.8), np.tile([-half, half], (1000, 1)), "80% were asked for"),
        (Want("quantile", 0.9), np.full(1000, stats.norm.ppf(0.83)), "90% were asked for"),
    ):
        ends = np.tile([-2.0, 2.0], (5, 1)) if p.ndim == 2 else None
        told = p + 1e-3 * (y if p.ndim == 1 else y[:, None])
        options = {} if ends is None else {"constants": ends}
        decision = decide(study_from(y, {"a": told}, want, **options))
        (finding,) = [f for f in decision.findings if f.kind.name == "coverage_off"]
        assert shown in finding.text
        assert finding in decision.verdict.reasons
        card = dict(content(decision, Supplement()).answers)
        assert shown in card["Covers"]
        assert "95% interval" in card["Covers"]
        entry = decision.to_dict()["leaderboard"][0]["coverage"]
        assert set(entry) == {"share", "meant", "crossing", "low", "high", "rows"}
        assert entry["low"] < entry["share"] < entry["high"] < entry["meant"]


def test_what_is_as_asked_for_is_said_without_reproach(study_from, random):
    y = random.normal(size=1000)
    decision = decide(study_from(y, {"a": np.quantile(y, 0.9) + 1e-3 * y}, Want("quantile", 0.9)))
    assert not [f for f in decision.findings if f.kind.name in ("coverage_off", "biased")]
    assert "90% were asked for" in dict(content(decision, Supplement()).answers)["Covers"]
