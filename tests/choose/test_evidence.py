"""What a comparison finds, with its number and threshold: told where it holds, and not in a twin where it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lossary.choosing.comparison.study import Study, Want
from lossary.choosing.findings.finding import Finding, new_finding
from lossary.choosing.judging.decide import Decision, decide
from lossary.choosing.judging.leaderboard import Rules

FEW = Rules(draws=200)
ROWS = 400
Make = Callable[..., Study]


def decided(study: Study, findings: list[Finding] | None = None) -> Decision:
    return decide(study, findings or [], FEW)


def of_kind(decision: Decision, name: str) -> list[Finding]:
    return [finding for finding in decision.findings if finding.kind.name == name]


@pytest.fixture
def y(random: np.random.Generator) -> np.ndarray:
    return random.normal(size=ROWS)


def test_a_default_question_uneven_costs_and_few_folds_are_told(study_from, y, random):
    p = y + random.normal(size=ROWS)
    plain = decided(study_from(y, {"a": p}, Want("mean")))
    for name in ("question_by_default", "asymmetric_costs", "few_folds"):
        assert not of_kind(plain, name)
    (told,) = of_kind(decided(study_from(y, {"a": p}, Want("mean", stated=False))), "question_by_default")
    assert told.text.startswith("The mean was taken")
    uneven = Want("quantile", 0.75, cost_under=3.0, cost_over=1.0)
    (told,) = of_kind(decided(study_from(y, {"a": p}, uneven)), "asymmetric_costs")
    assert (told.text, told.number, told.threshold) == ("Predicting too low costs 3, too high 1.", 3.0, 1.0)
    labels = (y > 0.0).astype(float)
    study = study_from(
        labels, {"a": 1.0 / (1.0 + np.exp(-p))}, replace(uneven, functional="label"), classes=("no", "yes")
    )
    (told,) = of_kind(decided(study), "asymmetric_costs")
    assert told.text == "A 'yes' taken for a 'no' costs 3, the reverse 1."
    (told,) = of_kind(decided(study_from(y, {"a": p}, Want("mean"), k=4)), "few_folds")
    assert (told.number, told.threshold) == (4, 5)


def test_impossible_predictions_are_told_with_their_share(study_from, made, random):
    counts = random.poisson(3.0, ROWS).astype(float)
    p = np.where(np.arange(ROWS) < 12, -0.5, counts)
    predictions = {"a": p, "b": counts + 0.1}
    usual = [made("a", kind="reference"), made("b", loss="huber")]
    (told,) = of_kind(
        decided(study_from(counts, predictions, Want("mean"), candidates=usual)), "impossible_predictions"
    )
    assert (told.about, told.number, told.threshold) == ("a", 0.03, 0.0)
    assert told.text == "3.0% of the predictions of a are negative, and no target is."
    nobody_takes_it = decided(study_from(counts, predictions, Want("mean")))
    assert not of_kind(nobody_takes_it, "impossible_predictions")
    shares = random.beta(2.0, 2.0, ROWS)
    p = np.where(np.arange(ROWS) < 12, -0.05, np.where(np.arange(ROWS) < 20, 1.05, shares))
    (told,) = of_kind(decided(study_from(shares, {"a": p}, Want("mean"))), "impossible_predictions")
    assert told.number == 0.05
    assert "outside 0 to 1, and no target is" in told.text
    edges = np.where(np.arange(ROWS) < 12, 0.0, np.where(np.arange(ROWS) < 20, 1.0, shares))
    assert not of_kind(decided(study_from(shares, {"a": edges}, Want("mean"))), "impossible_predictions")
    assert not of_kind(decided(study_from(counts - 1.0, {"a": p}, Want("mean"))), "impossible_predictions")


def test_a_bias_is_told_if_it_is_sure_and_large(study_from, made, random):
    y = 10.0 + random.normal(size=ROWS)
    for off, names in ((-0.5, {"log_target_bias", "biased"}), (0.5, {"biased"}), (-0.19, set()), (0.0, set())):
        p = y + off + 0.1 * random.normal(size=ROWS)
        candidates = [made("logs", target="log1p", complexity=1), made("plain")]
        decision = decided(study_from(y, {"logs": p, "plain": p}, Want("mean"), candidates=candidates))
        told = {f.kind.name: f for f in decision.findings if f.kind.name in ("biased", "log_target_bias")}
        assert set(told) == names, off
        for finding in told.values():
            assert finding.number == pytest.approx(np.mean(p - y) / y.mean())
            assert finding.threshold == 0.02
    # Large, but it may be luck.
    p = y + 0.5 + 20.0 * random.normal(size=ROWS)
    assert not of_kind(decided(study_from(y, {"a": p}, Want("mean"))), "biased")
    # Of a quantile the share itself is off, not a part of the mean.
    p = np.full(ROWS, np.quantile(y, 0.8))
    decision = decided(study_from(y, {"a": p + 1e-3 * y}, Want("quantile", 0.9)))
    (told,) = of_kind(decision, "coverage_off")
    assert told.number == pytest.approx(0.8, abs=0.01)
    assert "of the mean" not in told.text
    assert not of_kind(decision, "biased")


def test_intervals_are_told_that_cover_too_little_or_cross(study_from, random):
    x, noise = 3.0 * random.normal(size=ROWS), random.normal(size=ROWS)
    y = x + noise
    want, constants = Want("interval", 0.8), np.tile([-4.0, 4.0], (5, 1))
    for half, off in ((1.2816, False), (0.8, True), (2.5, True)):
        ends = np.stack([x - half, x + half], axis=1)
        decision = decided(study_from(y, {"a": ends}, want, constants=constants))
        assert not of_kind(decision, "crossing")
        told = of_kind(decision, "coverage_off")
        assert bool(told) is off, half
        if told:
            assert told[0].number == pytest.approx(np.mean(np.abs(noise) <= half), abs=0.01)
            assert told[0].threshold == pytest.approx(0.8)
    ends = np.stack([x - 1.3, x + 1.3], axis=1)
    ends[:8] = ends[:8, ::-1]
    (told,) = of_kind(decided(study_from(y, {"a": ends}, want, constants=constants)), "crossing")
    assert (told.number, told.threshold, told.about) == (0.02, 0.0, "a")


def test_a_row_that_makes_most_of_a_score_is_told(study_from, y, random):
    error = 0.1 * random.normal(size=ROWS)
    for worst, told in ((30.0, True), (1.0, False)):
        first, second = error.copy(), 2.0 * error
        first[17] = second[17] = worst
        decision = decided(study_from(y, {"a": y + first, "b": y + second}, Want("mean")))
        found = of_kind(decision, "lone_row")
        assert bool(found) is told
        if told:
            shares = [worst**2 / np.sum(each**2) for each in (first, second)]
            assert found[0].text.startswith("Row 18 alone makes ")
            assert "a; b" in found[0].text
            assert (found[0].number, found[0].threshold) == (pytest.approx(max(shares)), 0.5)
    two = error.copy()
    two[[3, 9]] = 30.0  # neither makes more than half
    assert not of_kind(decided(study_from(y, {"a": y + two, "b": y + error}, Want("mean"))), "lone_row")
    weight = np.where(np.arange(ROWS) == 9, 9.0, 1.0)
    (found,) = of_kind(decided(study_from(y, {"a": y + two}, Want("mean"), weight=weight)), "lone_row")
    assert found.text.startswith("Row 10 alone makes 90%")


def test_yardsticks_that_disagree_are_told(study_from, random):
    y = random.gamma(1.0, 3.0, ROWS) + 0.05
    # One is off by an amount, which counts beside small targets, the other by a share, which counts for large ones.
    predictions = {"large": y + 0.8, "small": y * 1.3}
    decision = decided(study_from(y, predictions, Want("mean")))
    board = decision.leaderboard
    assert board.best.label == "large"
    told = {f.text.split(",")[0]: f for f in of_kind(decision, "yardsticks_disagree")}
    others = {name: min(board.rivals, key=lambda e: e.scores[name]).label for name in board.best.scores}
    assert others["gamma deviance"] == "small"
    assert all("small comes first with " in f.text and f.about == "small" for f in told.values())
    assert set(told) == {f"Judged by {name}" for name, label in others.items() if label != "large"}
    agreed = decided(study_from(y, {"a": y * 1.01, "b": y * 1.5}, Want("mean")))
    assert not of_kind(agreed, "yardsticks_disagree")


def test_curves_that_lie_below_or_cross_are_told_of_the_recommended(study_from, y, random):
    noise = random.normal(size=ROWS)
    decision = decided(
        study_from(y, {"good": y + 0.3 * noise, "bad": y + noise, "none": y + 2.0 * noise}, Want("mean"))
    )
    assert decision.verdict.recommended.label == "good"
    assert [f.about for f in of_kind(decision, "dominance")] == ["bad", "none"]
    assert not of_kind(decision, "murphy_curves_cross")
    # Each is right in one half of the targets.
    halves = {"low": np.where(y < 0.0, y, y + noise), "high": np.where(y < 0.2, y + 1.2 * noise, y)}
    decision = decided(study_from(y, halves, Want("mean")))
    (told,) = of_kind(decision, "murphy_curves_cross")
    curves, taken = decision.murphy[0].curves, decision.verdict.recommended.label
    (other,) = {"low", "high"} - {taken}
    assert (told.about, told.number) == (other, pytest.approx(np.mean(curves[other] > curves[taken])))
    assert not of_kind(decision, "dominance")


def test_a_candidate_that_failed_is_told_with_its_reason(study_from, y):
    study = study_from(y, {"a": y + 0.1, "b": y}, Want("mean"), failures={"b": "it did not converge"})
    (told,) = of_kind(decided(study), "candidate_failed")
    assert (told.text, told.about) == ("There is no score of b: it did not converge.", "b")


def test_miscalibration_is_told_if_mending_it_saves_enough(study_from, y, random):
    noise = random.normal(size=ROWS)
    for slope, told in ((1.0, False), (1.8, True)):
        decision = decided(study_from(y + 0.5 * noise, {"a": slope * y}, Want("mean")))
        found = of_kind(decision, "miscalibrated")
        assert bool(found) is told
        if told:
            part = decision.calibration[0]
            assert found[0].number == pytest.approx(part.gain.mean / part.score)
            assert found[0].threshold == 0.05


def test_the_best_that_aims_elsewhere_is_told(study_from, made, random):
    y = random.gamma(1.0, 1.0, ROWS)
    candidates = [made("median", loss="absolute_error"), made("usual", kind="reference")]
    noise = random.normal(size=ROWS)
    far = decided(
        study_from(y, {"median": y + 0.1 * noise, "usual": y + 0.5 * noise}, Want("mean"), candidates=candidates)
    )
    (told,) = of_kind(far, "trained_on_another_yardstick")
    assert told.about == "median"
    text = "The best score is that of median, though its loss aims at the median: median scored 80.0% better than usual"
    assert told.text.startswith(text)
    near = decided(
        study_from(y, {"median": y + 0.1 * noise, "usual": y + 0.101 * noise}, Want("mean"), candidates=candidates)
    )
    assert not of_kind(near, "trained_on_another_yardstick")


def test_nothing_beats_the_constant_is_told_with_the_skill(study_from, y, random):
    lost = decided(study_from(y, {"a": 2.0 * random.normal(size=ROWS)}, Want("mean")))
    (told,) = of_kind(lost, "nothing_beats_constant")
    assert told.number == pytest.approx(lost.leaderboard.best.skill)
    assert "worse than the constant" in told.text
    assert not of_kind(lost, "winner")
    assert not of_kind(lost, "tie")
    lucky = decided(
        study_from(y[:40], {"a": 0.02 * y[:40] + 0.01 * random.normal(size=40)}, Want("mean"), ordered=True)
    )
    for told in of_kind(lucky, "nothing_beats_constant"):
        assert "which may well be chance" in told.text
    assert not of_kind(decided(study_from(y, {"a": y}, Want("mean"))), "nothing_beats_constant")


def test_winners_and_ties_are_counted(study_from, y, random):
    noise = random.normal(size=ROWS)
    one = decided(study_from(y, {"a": y + 0.1 * noise, "b": y + noise}, Want("mean")))
    assert [f.text for f in of_kind(one, "winner")] == ["All others score worse than a by more than chance explains."]
    assert not of_kind(one, "tie")
    predictions = {"a": y + 0.5 * noise, "b": y + 0.5 * noise + 1e-3 * y, "c": y + 3.0 * noise}
    both = decided(study_from(y, predictions, Want("mean")))
    (tie,) = of_kind(both, "tie")
    assert (tie.number, tie.threshold) == (2, 1)
    assert tie.text.startswith("2 of 3 candidates may be the best: ")
    assert not of_kind(both, "winner")


def test_the_models_and_the_links_part_of_a_gain(study_from, made, random):
    y = random.gamma(2.0, 2.0, ROWS)
    noise = random.normal(size=ROWS)
    axes = {
        "usual": {"kind": "reference"},
        "trees": {"model": "boosting", "complexity": 1},
        "log": {"model": "boosting", "link": "log", "complexity": 1},
        "huber": {"model": "boosting", "link": "log", "loss": "huber", "complexity": 2},
    }
    for size, model, link in (
        ({"usual": 3.0, "trees": 1.0, "log": 0.9, "huber": 0.3}, True, False),
        ({"usual": 1.1, "trees": 1.0, "log": 0.4, "huber": 0.3}, False, True),
        ({"usual": 1.1, "trees": 1.0, "log": 0.95, "huber": 0.3}, False, False),
    ):
        candidates = [made(name, **more) for name, more in axes.items()]
        predictions = {name: y + off * noise for name, off in size.items()}
        decision = decided(study_from(y, predictions, Want("mean"), candidates=candidates))
        whole = size["usual"] ** 2 - 0.09
        told = of_kind(decision, "model_gain")
        assert bool(told) is model, size
        if told:
            assert (told[0].about, told[0].threshold) == ("trees", 0.5)
            assert told[0].number == pytest.approx((size["usual"] ** 2 - size["trees"] ** 2) / whole)
        told = of_kind(decision, "link_gain")
        assert bool(told) is link, size
        if told:
            assert (told[0].about, told[0].threshold) == ("log", 0.5)
            assert told[0].number == pytest.approx((1.0 - size["log"] ** 2) / (1.0 - 0.09))


def test_neither_model_nor_loss_has_the_credit_of_what_either_alone_would_do(study_from, made, random):
    y = random.gamma(2.0, 2.0, ROWS)
    noise = random.normal(size=ROWS)
    candidates = [
        made("usual", kind="reference"),
        made("trees", model="boosting", kind="reference", complexity=10),
        made("line", loss="huber", complexity=1),
        made("robust", loss="huber", model="boosting", complexity=11),
    ]
    for scores, model in (
        ({"usual": 3.0, "trees": 1.5, "line": 1.56, "robust": 1.38}, False),  # either alone has it
        ({"usual": 3.0, "trees": 2.9, "line": 1.56, "robust": 1.38}, False),  # the loss alone has it
        ({"usual": 3.0, "trees": 1.5, "line": 1.56, "robust": 1.49}, False),  # the usual loss is kept under trees
        ({"usual": 3.0, "trees": 1.5, "line": 2.9, "robust": 1.38}, True),
    ):
        predictions = {name: y + np.sqrt(score) * noise for name, score in scores.items()}
        decision = decided(study_from(y, predictions, Want("mean"), candidates=candidates))
        assert bool(of_kind(decision, "model_gain")) is model, scores
        verdict = decision.verdict
        # What the loss is worth is said beside the usual loss under the same model.
        if verdict.recommended.label == "robust":
            assert verdict.cost.instead == "trees"
            share = 1.0 - np.sqrt(scores["robust"] / scores["trees"])
            assert verdict.code != "winner" or f"{share:.1%} better than trees" in verdict.headline
        else:
            assert (verdict.recommended.label, verdict.cost.instead) == ("trees", "robust")


def test_a_robust_loss_on_trees_is_not_credited_with_the_trees(study_from, made, random):
    # "Won by 59.9%" was said beside softmax on a line, where trees had nearly all of it.
    y = random.normal(size=ROWS)
    noise = random.normal(size=ROWS)
    candidates = [
        made("softmax, linear", kind="reference"),
        made("softmax, trees", model="boosting", kind="reference", complexity=10),
        made("robust, trees", loss="huber", model="boosting", complexity=12),
    ]
    off = {"softmax, linear": 1.0, "softmax, trees": 0.45, "robust, trees": 0.401}
    predictions = {name: y + size * noise for name, size in off.items()}
    verdict = decided(study_from(y, predictions, Want("mean"), candidates=candidates)).verdict
    assert verdict.code == "winner"
    assert verdict.headline == "Use robust, trees: it scores 10.9% better than softmax, trees."


def test_diagnostics_learn_what_their_losses_did(study_from, made, y, random):
    tails = new_finding("heavy_tails", "Many residuals are far out.", 0.06, 0.01)
    noise = random.normal(size=ROWS)
    candidates = [
        made("usual", kind="reference"),
        made("huber", loss="huber", parameters={"delta": 1.0}),
        made("trees", loss="huber", model="boosting"),
    ]
    predictions = {"usual": y + noise, "huber": y + 0.5 * noise, "trees": y + 0.9 * noise}
    (told,) = of_kind(decided(study_from(y, predictions, Want("mean"), candidates=candidates), [tails]), "heavy_tails")
    assert told.effect.startswith("huber scored 50.0% better than usual (corrected p = ")
    predictions["huber"], predictions["trees"] = y + 2.0 * noise, y + 3.0 * noise
    (told,) = of_kind(decided(study_from(y, predictions, Want("mean"), candidates=candidates), [tails]), "heavy_tails")
    assert told.effect.startswith("huber scored 100.0% worse than usual")
    kept = replace(tails, effect="It was known before.")
    (told,) = of_kind(decided(study_from(y, predictions, Want("mean"), candidates=candidates), [kept]), "heavy_tails")
    assert told.effect == "It was known before."
    alone = decided(study_from(y, {"usual": y + noise}, Want("mean"), candidates=candidates[:1]), [tails])
    assert of_kind(alone, "heavy_tails")[0].effect == ""


def test_caveats_name_what_a_reader_must_know(study_from, made, y, random):
    p = {"a": y + random.normal(size=ROWS)}
    plain = decided(study_from(y, p, Want("mean"))).verdict.caveats
    ordered = decided(study_from(y, p, Want("mean"), ordered=True)).verdict.caveats
    grouped = decided(study_from(y, p, Want("mean"), groups=np.arange(ROWS) // 4)).verdict.caveats
    usual = decided(study_from(y, p, Want("mean"), candidates=[made("a", kind="reference")])).verdict.caveats

    def says(caveats: tuple[str, ...], words: str) -> bool:
        return any(words in caveat for caveat in caveats)

    assert [says(each, "in order of time") for each in (plain, ordered, grouped)] == [False, True, False]
    assert [says(each, "take rows as independent") for each in (plain, ordered, grouped)] == [False, True, True]
    assert [says(each, "The usual loss was not among") for each in (plain, usual)] == [True, False]
    assert all(says(each, "under 1% of the best constant's score") for each in (plain, ordered, grouped, usual))
    failed = study_from(
        y, {**p, "b": y}, Want("mean"), candidates=[made("a"), made("b", kind="reference")], failures={"b": "no memory"}
    )
    assert says(decided(failed).verdict.caveats, "The usual loss could not be compared: b has no score (no memory).")
    assert not says(decided(failed).verdict.caveats, "The usual loss was not among")
