"""A decision as data: the question in words, the curves drawn, the reasons in order, plain numbers."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from lossary.choosing.comparison.study import Want
from lossary.choosing.findings.finding import new_finding
from lossary.choosing.judging.decide import MOST_CURVES, REASONS, decide, question
from lossary.choosing.judging.leaderboard import Rules

FEW = Rules(draws=100)
ROWS = 200


@pytest.fixture
def y(random: np.random.Generator) -> np.ndarray:
    return random.normal(size=ROWS)


@pytest.mark.parametrize(
    ("want", "classes", "words"),
    [
        (Want("mean"), (), "the mean: predictions that add up to the right total"),
        (Want("median"), (), "the median: a typical value, as often too low as too high"),
        (Want("quantile", 0.9), (), "the 0.9-quantile: the number below which that share of targets falls"),
        (Want("interval", 0.8), (), "the interval that holds 80% of the targets"),
        (Want("probability"), ("a", "b"), "the probability of each class"),
        (Want("label"), ("a", "b"), "the class, decided at the least cost"),
        (Want("label", None, 8.0, 1.0), ("a", "b"), "8 for a missed 'b', 1 for a false alarm"),
        (Want("label", None, 1.0, 8.0), ("a", "b", "c"), "1 for a missed second class, 8 for a false alarm"),
        (Want("mean", None, 8.0, 1.0), (), "the mean: predictions that add up to the right total"),
    ],
)
def test_the_question_is_asked_in_words(study_from, y, want, classes, words):
    study = study_from(y, {"a": y}, want, classes=classes)
    assert question(study).endswith(words)
    assert decide(study_from(y, {"a": y}, Want("mean")), rules=FEW).question == question(
        study_from(y, {"a": y}, Want("mean"))
    )


def test_curves_are_drawn_of_the_recommended_the_reference_and_the_next_best(study_from, made, y, random):
    names = [f"c{i}" for i in range(9)]
    predictions = {name: y + (0.3 + 0.1 * i) * random.normal(size=ROWS) for i, name in enumerate(names)}
    candidates = [made(name, kind="reference" if name == "c8" else "candidate") for name in names]
    decision = decide(study_from(y, predictions, Want("mean"), candidates=candidates), rules=FEW)
    best = [entry.label for entry in decision.leaderboard.rivals]
    (diagram,) = decision.murphy
    taken = decision.verdict.recommended.label
    assert list(diagram.curves) == [taken, "c8", *(n for n in best if n not in (taken, "c8"))][:MOST_CURVES]
    assert len(diagram.curves) == MOST_CURVES == 6
    few = decide(study_from(y, {"a": predictions["c0"], "b": predictions["c5"]}, Want("mean")), rules=FEW)
    assert list(few.murphy[0].curves) == ["a", "b"]


def test_where_no_candidate_is_recommended_the_best_is_drawn(study_from, y, random):
    predictions = {"a": y + 0.1 * random.normal(size=ROWS), "b": y + random.normal(size=ROWS)}
    blocked = new_finding("leverage", "Rows lie far out.", 2.0, 1.25, blocking=True)
    decision = decide(study_from(y, predictions, Want("mean")), [blocked], FEW)
    assert decision.verdict.recommended is None
    assert next(iter(decision.murphy[0].curves)) == "a"
    assert len(decision.calibration) == 1
    lost = decide(study_from(y, {"a": random.normal(size=ROWS)}, Want("mean")), rules=FEW)
    assert lost.verdict.recommended.kind == "constant"
    assert list(lost.murphy[0].curves) == ["a"]  # a constant has no predictions of its own


def test_reasons_are_the_weightiest_first_and_about_what_matters(study_from, made, random):
    y = random.gamma(2.0, 1.0, ROWS)
    noise = random.normal(size=ROWS)
    low = np.where(np.arange(ROWS) < 20, -1.0, y + 0.5 * noise)
    predictions = {"best": y + 0.1 * noise, "usual": low, "third": low + 0.1, "logs": y * 0.5}
    candidates = [
        made("best", loss="huber", complexity=1),
        made("usual", kind="reference"),
        made("third"),
        made("logs", target="log1p"),
    ]
    leak = new_finding("leak", "A column is known too late.", about="after")
    tails = new_finding("heavy_tails", "Far out.", 0.1, 0.01)
    blocked = new_finding("leverage", "Rows lie far out.", 2.0, 1.25, blocking=True)
    decision = decide(study_from(y, predictions, Want("mean"), candidates=candidates), [tails, leak], FEW)
    reasons = decision.verdict.reasons
    ranks = [REASONS.index(reason.kind.name) for reason in reasons]
    assert ranks == sorted(ranks)
    told = {(reason.kind.name, reason.about) for reason in reasons}
    assert ("winner", "") in told
    assert ("leak", "after") in told
    assert ("log_target_bias", "logs") in told  # whoever it is about
    assert ("impossible_predictions", "usual") in told  # a step on the way to the best
    assert ("impossible_predictions", "third") not in told
    assert "heavy_tails" not in {name for name, _ in told}
    assert "heavy_tails" in {finding.kind.name for finding in decision.findings}
    blocking = decide(study_from(y, predictions, Want("mean"), candidates=candidates), [leak, blocked], FEW)
    assert blocking.verdict.reasons[0].code == blocked.code


def test_findings_are_in_order_of_code_and_candidate(study_from, made, random):
    y = random.gamma(2.0, 1.0, ROWS)
    predictions = {name: np.where(np.arange(ROWS) < 10, -1.0, y) for name in "cab"}
    decision = decide(study_from(y, predictions, Want("mean")), rules=FEW)
    order = [(finding.code, finding.about) for finding in decision.findings]
    assert order == sorted(order)
    assert [f.about for f in decision.findings if f.kind.name == "impossible_predictions"] == ["a", "b", "c"]


def test_data_are_plain_and_complete(study_from, made, y, random):
    study = study_from(
        y, {"a": y + 0.1 * random.normal(size=ROWS), "b": y + 1.0, "c": y}, Want("mean"), failures={"c": "no memory"}
    )
    decision = decide(study, rules=FEW)
    data = decision.to_dict()
    assert json.loads(decision.to_json()) == json.loads(json.dumps(data))
    assert (data["rows"], data["folds"], data["seed"]) == (ROWS, 5, 0)
    evidence = decision.leaderboard.evidence
    assert data["evidence"] == {
        "p": evidence.p,
        "yardstick": evidence.yardstick,
        "ranks_p": pytest.approx(0.0, abs=1e-9),
    }
    told = {"rope": 0.01, "alpha": 0.05, "level": 0.9, "draws": 100}
    assert data["rules"] == {
        **told,
        "spread": 0.02,
        "price": 0.005,
        "cap": 0.05,
        "aim_cap": 0.01,
        "model_cap": 0.005,
        "far": 0.5,
        "rounding": 1e-9,
    }
    assert data["want"]["functional"] == "mean"
    assert data["constant"] == pytest.approx(decision.leaderboard.constant)
    assert [entry["candidate"]["label"] for entry in data["leaderboard"]][-1] == "c"
    first, last = data["leaderboard"][0], data["leaderboard"][-1]
    assert first["score"] == pytest.approx(decision.leaderboard.best.score)
    assert (last["score"], last["failure"], last["tied"], last["aims"]) == (None, "no memory", False, True)
    assert first["tied"] is True
    assert first["biases"][0]["bias"] == pytest.approx(decision.leaderboard.best.biases[0].bias)
    assert data["verdict"]["cost"]["scores_are"] == decision.leaderboard.primary.shown
    assert data["verdict"]["cost"]["difference"] == pytest.approx(decision.verdict.cost.difference)
    assert data["verdict"]["reasons"] == [finding.code for finding in decision.verdict.reasons]
    assert len(data["murphy"][0]["theta"]) == len(data["murphy"][0]["curves"]["a"])
    assert data["scores_are"] == "mean squared error"

    def numbers(thing):
        if isinstance(thing, dict):
            return [n for key, value in thing.items() for n in numbers(value) if isinstance(key, str)]
        return [n for each in thing for n in numbers(each)] if isinstance(thing, list) else [thing]

    assert {type(n) for n in numbers(data)} <= {int, float, str, bool, type(None)}
    assert all(math.isfinite(n) for n in numbers(data) if isinstance(n, float))


def test_a_label_is_told_with_the_threshold_in_force(study_from, made, random):
    labels = random.integers(0, 2, ROWS).astype(float)
    p = np.clip(0.2 + 0.6 * labels + 0.1 * random.normal(size=ROWS), 0.01, 0.99)

    def threshold(want, classes=(), **more):
        study = study_from(labels, {"a": p}, want, classes=classes, candidates=[made("a", **more)])
        entries = decide(study, rules=FEW).to_dict()["leaderboard"]
        return next(e for e in entries if e["candidate"]["label"] == "a")["candidate"]["threshold"]

    assert threshold(Want("label", None, 4.0, 1.0)) == pytest.approx(0.2)
    assert threshold(Want("label", None, 4.0, 1.0), threshold=0.5) == 0.5
    assert threshold(Want("probability"), classes=("no", "yes")) is None
