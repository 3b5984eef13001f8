"""What a reader is told: once, in words that agree with the verdict, and in a table that fits the terminal."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("jinja2")

from markupsafe import escape
from rich.console import Console

from lossary.choosing import report
from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.decide import decide
from lossary.choosing.judging.ties import Rules
from lossary.choosing.report.content import content
from lossary.choosing.report.supplement import Supplement
from lossary.cli.choose_tables import Leaderboard

FEW = Rules(draws=100)


def of_kind(decision, name):
    return [f for f in decision.findings if f.kind.name == name]


@pytest.fixture(scope="module")
def counted(hours):
    return decide(hours, rules=FEW)


def test_scores_that_are_missing_for_one_reason_are_told_together(counted):
    notes = content(counted, Supplement()).leaderboard.notes
    assert len(notes) == 1
    each = r"(squared|log1p) \(\d+\.\d% of predictions are negative\)"
    assert re.fullmatch(f"No Poisson deviance: {each}; {each}\\.", notes[0])


def test_findings_of_one_code_are_explained_once(counted):
    page = report.html(counted)
    codes = [f.code for f in counted.findings]
    assert len(codes) > len(set(codes)), "some code comes twice"
    assert page.count('<details class="finding"') == len(set(codes))
    assert all(page.count(f' id="{code}"') == 1 for code in set(codes))
    for group in {f.kind for f in counted.findings}:
        assert page.count(str(escape(group.threshold))) == 1


def test_losses_of_one_aim_share_a_sentence(study_from, made, random):
    y = random.gamma(2.0, size=200)
    candidates = [made("a", kind="reference"), made("b", loss="absolute_error"), made("c", loss="absolute_error")]
    predictions = {name: 0.9 * y + 0.1 + 0.2 * random.normal(size=200) for name in "abc"}
    decision = decide(study_from(y, predictions, Want("mean"), candidates=candidates), rules=FEW)
    told = of_kind(decision, "other_functional")
    assert [re.sub("b; c|c; b", "both", f.text) for f in told] == [
        "The losses of both aim at the median, not at the mean."
    ]


def test_probabilities_that_were_undone_are_told_from_those_that_were_not(study_from, made, random):
    p = random.random(300)
    y = (random.random(300) < p).astype(float)
    candidates = [
        made("plain", loss="logistic", kind="reference"),
        made("focal", loss="focal", parameters={"gamma": 2.0}),
        made("smoothed", loss="logistic", parameters={"label_smoothing": 0.1}),
    ]
    predictions = {"plain": p, "focal": p**1.1, "smoothed": 0.05 + 0.9 * p}
    decision = decide(study_from(y, predictions, Want("probability"), candidates=candidates), rules=FEW)
    told = {f.about: f.text for f in of_kind(decision, "distorted_probability")}
    assert set(told) == {"focal", "smoothed"}
    assert "undone before it was scored" in told["focal"]
    assert "drawn towards one half" in told["smoothed"]


def test_no_gain_is_explained_where_none_is_sure(study_from, made, random):
    y = random.normal(size=200)
    noise = random.normal(size=(3, 200))
    candidates = [
        made("line", kind="reference"),
        made("trees", model="boosting", kind="reference"),
        made("huber trees", loss="huber", parameters={"delta": 1.0}, model="boosting"),
    ]
    scales = {"line": 0.5, "trees": 0.48, "huber trees": 0.46}
    predictions = {name: y + scale * each for (name, scale), each in zip(scales.items(), noise, strict=True)}
    decision = decide(study_from(y, predictions, Want("mean"), candidates=candidates), rules=FEW)
    assert "line" in decision.verdict.tied
    assert of_kind(decision, "model_gain") == []


def test_a_score_that_is_one_rows_is_told_with_its_number(study_from, random):
    y = random.normal(size=120)
    wild = 0.8 * y
    wild[41] += 40.0
    decision = decide(study_from(y, {"calm": 0.95 * y, "wild": wild}, Want("mean")))
    (told,) = of_kind(decision, "lone_row")
    assert told.number > 0.9
    assert re.fullmatch(r"Row 42 alone makes \d+% of the squared error of wild\.", told.text)
    assert decision.verdict.recommended.label == "calm"
    assert content(decision, Supplement()).worst.rows[0][0] == str(int(np.argmax(np.abs(y))) + 1)


@pytest.mark.parametrize("width", [44, 60, 80, 100, 200])
def test_the_table_fits_the_terminal_and_cuts_no_number(counted, width):
    console = Console(width=width, record=True, file=None, quiet=False)
    with console.capture() as printed:
        console.print(Leaderboard(SimpleNamespace(leaderboard=counted.leaderboard)))
    lines = printed.get().splitlines()
    assert max(map(len, lines)) <= width
    for entry in counted.leaderboard.entries:
        assert any(f"{entry.skill:.1%}" in line for line in lines)
    assert "seconds" in printed.get() or width < 80


def test_another_question_says_which_yardstick_it_changed(study_of, engel):
    income, food = engel
    study = study_of(income, food, ["squared", "absolute"], Want("median"), repeats=1)
    asked = content(decide(study, rules=FEW), Supplement()).question
    assert "Judged by the mean absolute error; were the mean wanted" in asked
    assert "it would be the root mean squared error" in asked


def test_a_reference_without_a_score_is_not_said_to_be_missing(hours):
    decision = decide(hours, rules=FEW, primary="Poisson deviance")
    told = [c for c in decision.verdict.caveats if "usual loss" in c]
    assert len(told) == 1
    assert "squared has no score" in told[0]
    assert "of predictions are negative" in told[0]
