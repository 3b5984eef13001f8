"""Verdicts on small data sets whose right answer is known."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

import lossary
from lossary.choosing.comparison.study import Fold, Study, Want
from lossary.choosing.findings.finding import new_finding
from lossary.choosing.judging.decide import decide
from lossary.choosing.judging.ties import Rules
from lossary.choosing.judging.verdict import CODES

FEW = Rules(draws=300)


def codes(decision):
    return {f.kind.name for f in decision.findings}


def test_squared_error_is_kept_where_noise_is_normal(study_of, random):
    x = random.normal(size=(300, 2))
    y = x @ [1.0, -2.0] + random.normal(size=300)
    decision = decide(study_of(x, y, ["squared", "absolute"], Want("mean")), rules=FEW)
    assert decision.verdict.code == "keep"
    assert decision.verdict.recommended.label == "squared"
    assert decision.verdict.headline == "Keep squared: no other loss is clearly better."
    assert "nothing_to_gain" in codes(decision)


def test_permuted_targets_are_predicted_by_nothing(study_of):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(120, 3)), rng.standard_t(3, size=120)
        decision = decide(study_of(x, y, ["squared", "absolute"], Want("mean"), seed=seed), rules=FEW)
        assert decision.verdict.code == "constant"
        assert decision.verdict.recommended.kind == "constant"
        assert "nothing_beats_constant" in codes(decision)


def test_outliers_on_one_side_make_a_winner_for_the_median(study_of, random):
    x = random.normal(size=500)
    y = x + random.normal(size=500) + 30.0 * (random.random(500) < 0.08)
    decision = decide(study_of(x, y, ["squared", "absolute"], Want("median")), rules=FEW)
    assert decision.verdict.code == "winner"
    assert decision.verdict.recommended.label == "absolute"
    assert decision.verdict.tied == ("absolute",)
    assert "better than squared" in decision.verdict.headline
    cost = decision.verdict.cost
    assert cost.instead == "squared"
    assert 0.0 < cost.low < cost.difference < cost.high


def test_the_gain_is_the_links(study_of):
    x = np.random.default_rng(3).normal(size=1500)
    y = np.random.default_rng(4).poisson(np.exp(1.5 + 0.8 * np.clip(x, -2.0, 2.0)))
    names = ["squared", "squared, log link", "poisson", "log1p"]
    decision = decide(study_of(x, y, names, Want("mean", stated=False)), rules=FEW)
    verdict = decision.verdict
    assert verdict.code == "link"
    assert re.fullmatch(
        r"Use squared, log link: it scores \d+\.\d% better than squared, and the log link alone brings all of that\.",
        verdict.headline,
    )
    assert verdict.recommended.link == "log"
    assert "squared" not in verdict.tied
    assert verdict.steps[0].what == ("link",)
    assert verdict.steps[0].share > 0.8
    assert {"link_gain", "impossible_predictions", "log_target_bias", "question_by_default"} <= codes(decision)
    negative = next(f for f in decision.findings if f.kind.name == "impossible_predictions" and f.about == "squared")
    assert negative.number == pytest.approx(np.mean(decision.study.predictions["squared"] < 0.0))


def test_leverage_that_blocks_decides_the_verdict(study_of, random):
    x = np.r_[random.normal(size=43), 8.0, 8.2, 8.4, 8.6]
    y = np.r_[x[:43] + 0.3 * random.normal(size=43), -4.0, -4.1, -4.2, -4.3]
    study = study_of(x, y, ["squared", "absolute"], Want("mean"))
    leverage = new_finding("leverage", "4 of 47 rows lie far out and against the rest.", 4 / 47, blocking=True)
    decision = decide(study, [leverage], FEW)
    assert decision.verdict.code == "leverage"
    assert decision.verdict.recommended is None
    assert decision.verdict.headline.startswith("Check these rows before choosing a loss: 4 of 47 rows")
    assert decision.verdict.reasons[0].code == leverage.code
    harmless = new_finding("leverage", "1 row lies far out.", 1 / 47)
    assert decide(study, [harmless], FEW).verdict.code != "leverage"


def test_the_threshold_is_moved_not_the_loss(study_of, study_from, made, random):
    x = random.normal(size=1500)
    p = 1.0 / (1.0 + np.exp(-(1.2 * x - 2.0)))
    y = (random.random(1500) < p).astype(float)
    want = Want("label", None, cost_under=8.0, cost_over=1.0)
    fitted = study_of(x, y, ["logistic"], want)
    # A weighted loss: the same ranking, with the costs in its probabilities and 1/2 for its threshold.
    raw = fitted.predictions["logistic"][0]
    weighted = 8.0 * raw / (8.0 * raw + 1.0 - raw)
    candidates = [
        made("logistic", loss="logistic", link="logit", kind="reference"),
        made("weighted", loss="logistic", link="logit", complexity=1, threshold=0.5),
    ]
    # A second loss, slightly worse, so that the two do not coincide.
    worse = np.clip(weighted + random.normal(0.0, 0.05, 1500), 0.0, 1.0)
    study = study_from(y, {"logistic": raw, "weighted": worse}, want, candidates=candidates)
    decision = decide(study, rules=FEW)
    assert decision.verdict.code == "threshold"
    headline = "Keep logistic, and move the threshold for the second class from 0.5 to 0.111."
    assert decision.verdict.headline == headline
    assert decision.verdict.recommended.label == "logistic"
    assert {"threshold_gain", "asymmetric_costs"} <= codes(decision)
    even = study_from(y, {"logistic": raw, "weighted": worse}, Want("label"), candidates=candidates)
    assert decide(even, rules=FEW).verdict.code in ("keep", "constant")


def test_among_equals_the_simplest_is_taken(study_from, made, random):
    y = random.normal(size=400)
    p = y + 0.3 * random.normal(size=400)
    candidates = [made("fancy", complexity=3), made("plain", complexity=1), made("bad", complexity=0)]
    predictions = {"fancy": p, "plain": p + 1e-4 * random.normal(size=400), "bad": p + random.normal(size=400)}
    verdict = decide(study_from(y, predictions, Want("mean"), candidates=candidates), rules=FEW).verdict
    assert set(verdict.tied) == {"fancy", "plain"}
    assert verdict.simplest == verdict.recommended.label == "plain"


def test_a_model_gets_the_credit_for_what_a_model_did(study_from, made, random):
    x = random.uniform(-2.0, 2.0, 900)
    y = x**2 + 0.3 * random.normal(size=900)
    candidates = [
        made("squared, linear", kind="reference"),
        made("squared, boosting", model="boosting", kind="reference", complexity=2),
        made("huber, boosting", loss="huber", parameters={"delta": 1.0}, model="boosting", complexity=3),
    ]
    good = x**2 + 0.05 * random.normal(size=900)
    predictions = {
        "squared, linear": np.full(900, y.mean()) + 0.1 * x,
        "squared, boosting": good,
        "huber, boosting": good + 0.002 * random.normal(size=900) - 0.0005,
    }
    decision = decide(study_from(y, predictions, Want("mean"), candidates=candidates), rules=FEW)
    assert decision.verdict.code == "keep"
    assert decision.verdict.recommended.label == "squared, boosting"
    assert "model_gain" in codes(decision)


def test_diagnostics_are_told_what_their_losses_did(study_of, random):
    x = random.normal(size=400)
    y = x + random.standard_t(1.5, size=400)
    tails = new_finding("heavy_tails", "6% of residuals lie beyond 5 robust sigmas.", 0.06, 0.01)
    decision = decide(study_of(x, y, ["squared", "absolute"], Want("median")), [tails], FEW)
    told = next(f for f in decision.findings if f.kind.name == "heavy_tails")
    assert told.effect.startswith("absolute scored ")
    assert "better than squared (corrected p" in told.effect


def test_quantiles_and_intervals_are_decided_too(study_of, study_from, random):
    x = random.normal(size=300)
    y = x + random.normal(size=300)
    decision = decide(study_of(x, y, ["squared", "quantile 0.9"], Want("quantile", 0.9)), rules=FEW)
    assert decision.verdict.recommended.label == "quantile 0.9"
    assert {"coverage_off", "other_functional"} <= codes(decision)  # squared error's predictions are no 0.9-quantile
    ends = np.stack([x - 1.28, x + 1.28], axis=1)
    narrow = np.stack([x - 0.5, x + 0.5], axis=1)
    study = study_from(
        y, {"right": ends, "narrow": narrow}, Want("interval", 0.8), constants=np.tile([-1.8, 1.8], (5, 1))
    )
    decision = decide(study, rules=FEW)
    assert decision.verdict.recommended.label == "right"
    assert "coverage_off" not in codes(decision)  # "narrow" is far behind: nobody would take it
    alone = study_from(y, {"narrow": narrow}, Want("interval", 0.8), constants=np.tile([-1.8, 1.8], (5, 1)))
    assert "coverage_off" in codes(decide(alone, rules=FEW))


def test_many_classes_are_decided_too(study_from, made, random):
    classes, noise = random.integers(0, 3, 300), random.dirichlet(np.ones(3), 300)
    good = 0.6 * np.eye(3)[classes] + 0.4 * noise
    study = study_from(
        classes, {"good": good, "noise": noise}, Want("probability"), classes=("a", "b", "c"),
        constants=np.full((5, 3), 1 / 3), candidates=[made("good", loss="softmax_cross_entropy"), made("noise")],
    )  # fmt: skip
    assert decide(study, rules=FEW).verdict.recommended.label == "good"


def test_a_decision_is_plain_data_and_the_same_again(study_of, random):
    x = random.normal(size=80)
    study = study_of(x, x + random.normal(size=80), ["squared", "absolute"], Want("mean"))
    once, again = (decide(study, rules=FEW).to_json() for _ in range(2))
    assert once == again
    data = json.loads(once)
    assert data["verdict"]["code"] in CODES
    assert data["verdict"]["recommended"]["label"] == data["leaderboard"][0]["candidate"]["label"]
    assert {f["code"] for f in data["findings"]} >= set(data["verdict"]["reasons"])
    assert [y["decides"] for y in data["yardsticks"]] == [True] + [False] * (len(data["yardsticks"]) - 1)


def test_claims_of_a_winner_are_rare_where_losses_tie(study_from, made):
    # Two candidates equally good in every world: one may be called the winner in no more than one world in twenty.
    claimed = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=100)
        predictions = {name: 0.5 * y + 0.5 * rng.normal(size=100) for name in "ab"}
        candidates = [made(name, loss=loss) for name, loss in (("a", "squared_error"), ("b", "huber"))]
        study = study_from(y, predictions, Want("mean"), candidates=candidates, repeats=1, seed=seed)
        claimed += decide(study, rules=Rules(draws=200)).verdict.code == "winner"
    assert claimed <= 4


def test_rows_that_no_fold_tests_and_groups_are_left_in_peace(made, random):
    n = 240
    y = np.convolve(random.normal(size=n), np.ones(12) / 3, mode="same") + 0.3 * random.normal(size=n)
    folds = [Fold(np.arange(start), np.arange(start, start + 20)) for start in range(80, n, 20)]
    predictions = {name: np.full((1, n), np.nan) for name in ("last", "mean")}
    for fold in folds:
        predictions["last"][0, fold.test] = np.r_[y[fold.test[0] - 1], y[fold.test[:-1]]]
        predictions["mean"][0, fold.test] = y[fold.train].mean()
    constants = np.array([y[fold.train].mean() for fold in folds])
    candidates = [made("last"), made("mean", kind="reference")]
    study = Study(Want("mean"), y, None, folds, candidates, predictions, constants, ordered=True)
    for each in (study, replace(study, ordered=False, groups=np.arange(n) // 8)):
        decision = decide(each, rules=FEW)
        by_hand = np.mean((predictions["last"][0, 80:] - y[80:]) ** 2)
        assert decision.leaderboard.entry("last").score == pytest.approx(by_hand)
        assert decision.verdict.recommended.label == "last"
        assert any("take rows as independent" in caveat for caveat in decision.verdict.caveats)


def test_folds_unlike_each_other_do_not_hide_what_is_saved_in_each(random):
    # A random walk, each fold tested on what came after: the constant's score differs a hundredfold between folds.
    moment = np.arange(600.0)
    x = np.cumsum(random.normal(size=600))
    y = x + 0.1 * random.normal(size=600)
    choice = lossary.choose({"t": moment, "x": x}, y, time="t", want="mean", models=["linear"])
    assert choice.verdict.code != "constant"
    lost = lossary.choose({"t": moment, "x": random.permutation(x)}, y, time="t", want="mean", models=["linear"])
    assert lost.verdict.code == "constant"


def test_a_long_tail_does_not_hide_what_ranks_show(random):
    x = random.normal(size=200)
    y = random.negative_binomial(1.5, 1.5 / (1.5 + np.exp(1.0 + 0.8 * x))).astype(float)
    y[np.argmax(y)] *= 20.0
    assert lossary.choose(x, y, want="mean", models=["linear"], repeats=1).verdict.code != "constant"
    assert (
        lossary.choose(random.permutation(x), y, want="mean", models=["linear"], repeats=1).verdict.code == "constant"
    )


def test_luck_taken_out_never_makes_a_winner_better(study_of, random):
    x = random.normal(size=120)
    for seed in range(3):
        y = 3.0 * x + np.random.default_rng(seed).normal(size=120)
        luck = decide(study_of(x, y, ["squared", "absolute"], Want("mean")), rules=FEW).leaderboard.optimism
        assert luck.corrected >= luck.apparent
