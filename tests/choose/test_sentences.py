"""What is written for people: names that people say, sentences that end, and findings that agree with the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

pytest.importorskip("jinja2")

from lossary import discovery
from lossary.choosing import report
from lossary.choosing.candidates import candidates
from lossary.choosing.comparison.study import Study, Want
from lossary.choosing.diagnosis.diagnose import Diagnosis, Settings
from lossary.choosing.findings.catalogue import kinds
from lossary.choosing.findings.finding import new_finding
from lossary.choosing.judging import gains
from lossary.choosing.judging.decide import Decision, decide
from lossary.choosing.judging.ties import STANDINGS, Rules
from lossary.choosing.report.content import content
from lossary.choosing.report.supplement import Supplement
from lossary.choosing.table.task import task_of
from lossary.choosing.training.recipes import MODELS, Recipe, recipe

FEW = Rules(draws=60)
ROWS = 120

BANNED = (
    "candidates may be the best. Take",
    "Simplest not ruled out",
    "Something else instead",
    "the luck of having been picked",
    "predictions cannot be",
    "set p",
    "a centre of its own",
    "which the fit hangs",
    "Every consistent score at once",
    "What is left over",
    "beyond luck",
    "practically nothing",
    "cannot be told from the best",
    "drawn towards nothing",
    "explodes",
)
"""What readers did not understand, and phrases of the same make."""

QUESTIONS = {
    "mean": Want("mean"),
    "median": Want("median"),
    "quantile": Want("quantile", 0.9),
    "interval": Want("interval", 0.8),
    "probability": Want("probability"),
    "label": Want("label", None, cost_under=8.0),
}


def recipes_of(want: Want, values: np.ndarray) -> list[Recipe]:
    task = task_of("y", values, want.functional in ("probability", "label"))
    return candidates(want, task, Diagnosis((), Settings()), list(MODELS))


def tables() -> Iterator[tuple[Want, np.ndarray]]:
    whole = np.arange(60.0)
    for name, want in QUESTIONS.items():
        if name in ("probability", "label"):
            yield want, np.array(["no", "yes"], dtype=object)[np.arange(60) % 2]
            yield replace(want, cost_under=1.0), np.array(["low", "medium", "high"], dtype=object)[np.arange(60) % 3]
        else:
            for values in (whole, whole + 0.5, whole - 7.3, whole / 59.0):
                yield want, values


@pytest.mark.parametrize(("want", "values"), list(tables()))
def test_names_differ_as_labels_do_and_hold_no_word_of_a_program(want, values):
    made = recipes_of(want, values)
    assert len({r.name for r in made}) == len({r.label for r in made}) == len(made)
    for r in made:
        assert not re.search(r"[a-z0-9]_[a-z0-9]|=", r.name), r.name
        assert r.name != r.label
        assert discovery.record(r.candidate.loss).title in r.name.replace("quantile losses", "quantile loss")


def test_names_are_those_that_people_say():
    said = {
        "Poisson loss, boosted trees (log link)": recipe("poisson", "boosting"),
        "squared error, linear model (log link)": recipe("squared_error", "linear", link="log"),
        "Huber loss (delta 1.3), neural network": recipe("huber", "mlp", {"delta": 1.3}),
        "logistic loss, linear model (classes weighted by cost)": recipe("logistic", "linear", weights=(1.0, 8.0)),
        "quantile losses (0.1 and 0.9), linear model (conformal)": recipe(
            "quantile", "linear", levels=(0.1, 0.9), shifted=True
        ),
        "squared error on the log scale, linear model (scaled back to the mean)": recipe(
            "squared_error", "linear", target="log1p", smeared=True
        ),
    }
    assert [r.name for r in said.values()] == list(said)


# Decisions of every kind, with candidates as they are trained.


def study_with(given, want: Want, off: Sequence[tuple[Recipe, float]], seed: int = 0, own: float = 0.6) -> Study:
    """Every recipe predicts the target with an error of its own size, a part of which is its own."""
    random = np.random.default_rng(seed)
    y = random.gamma(2.0, 2.0, ROWS)
    classes: tuple[str, ...] = ()
    if want.functional in ("probability", "label"):
        y, classes = (y > 3.0).astype(float), ("no", "yes")
    shared = random.normal(size=ROWS)
    predictions = {}
    for made, size in off:
        noise = size * (own * random.normal(size=ROWS) + np.sqrt(1.0 - own**2) * shared)
        p = y + noise
        if classes:
            p = 1.0 / (1.0 + np.exp(-(2.0 * y - 1.0 + 2.0 * noise)))
        predictions[made.label] = np.stack([p - 1.0, p + 1.0], axis=1) if want.functional == "interval" else p
    level = want.level or 0.5
    constant = (
        np.array([0.5, 8.0]) if want.functional == "interval" else np.float64(y.mean() if classes else 3.0 + level)
    )
    return given(
        y, predictions, want, candidates=[r.candidate for r, _ in off], classes=classes,
        constants=np.stack([constant] * 5),
    )  # fmt: skip


def lines(loss: str = "huber") -> list[Recipe]:
    return [
        recipe("squared_error", "linear", reference=True),
        recipe("squared_error", "linear", link="log", complexity=2),
        recipe(loss, "linear", {"delta": 1.3} if loss == "huber" else None, complexity=2),
        recipe("squared_error", "linear", target="log1p", complexity=3),
        recipe("squared_error", "boosting", reference=True),
        recipe("absolute_error", "boosting", complexity=2),
    ]


def every_decision(given) -> Iterator[Decision]:
    tails = new_finding("heavy_tails", "Many residuals are far out.", 0.06, 0.01)
    far = new_finding("leverage", "2 rows (numbers 3, 4) lie far from all others.", 2.0, blocking=True)
    sizes = (
        (1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
        (1.5, 0.4, 1.2, 1.4, 1.5, 1.5),
        (1.5, 1.4, 0.3, 1.4, 1.5, 1.5),
        (3.0, 2.9, 2.8, 3.5, 0.5, 0.52),
        (9.0, 9.0, 9.0, 9.0, 9.0, 9.0),
        (1.0, 1.2, 0.99, 9.0, 1.3, 0.98),
    )
    for seed, size in enumerate(sizes):
        for loss in ("huber", "poisson"):
            study = study_with(given, Want("mean", stated=False), list(zip(lines(loss), size, strict=True)), seed)
            yield decide(study, [tails], FEW)
            yield decide(study, [far], FEW)
    nearly = [(made, 1.0 + 0.001 * i) for i, made in enumerate(lines())]
    yield decide(study_with(given, Want("mean"), nearly, own=0.01), [], FEW)
    for want in QUESTIONS.values():
        values = np.array(["no", "yes"], dtype=object)[np.arange(60) % 2]
        made = recipes_of(want, values if want.functional in ("probability", "label") else np.arange(60.0) + 0.5)
        chosen = [r for r in made if not (r.candidate.loss == "hinge" and not r.weights)][:8]
        for seed in range(2):
            scale = np.linspace(0.5, 1.5, len(chosen)) if seed else np.full(len(chosen), 0.8)
            yield decide(study_with(given, want, list(zip(chosen, scale, strict=True)), seed), [], FEW)


@pytest.fixture(scope="module")
def decisions(study_from) -> list[Decision]:
    return list(every_decision(study_from))


def sentences(decision: Decision) -> Iterator[str]:
    """Every sentence that a reader is given of a decision."""
    told = content(decision, Supplement(limits=("hr: taken for categories",)))
    yield decision.verdict.headline
    yield from (text for _, text in told.answers)
    yield from (f.text for f in (*decision.findings, *told.reasons))
    yield from (f"In this comparison: {f.effect}." for f in decision.findings if f.effect)
    yield from (*told.whence, *told.limits, *told.leaderboard.notes, *told.reading, told.question)
    if decision.average is not None:
        yield decision.average.in_words()


def test_decisions_of_every_kind_were_looked_at(decisions):
    codes = {d.verdict.code for d in decisions}
    assert codes >= {"winner", "tie", "keep", "link", "constant", "leverage", "threshold"}, codes
    found = {f.kind.name for d in decisions for f in d.findings}
    assert len(found) >= 12, found


def test_sentences_end_and_hold_no_label_and_no_word_of_a_program(decisions):
    for decision in decisions:
        labels = [c.label for c in decision.study.candidates]
        for text in sentences(decision):
            assert text.endswith((".", "!", "?")), text
            assert not re.search(r"[a-z0-9]_[a-z0-9]", text), text
            assert not any(label in text for label in labels), text
            assert not any(phrase in text for phrase in BANNED), text
            assert "  " not in text, text


def test_a_label_in_a_sentence_would_be_seen(study_from, made):
    y = np.random.default_rng(0).normal(size=ROWS)
    bare = decide(study_from(y, {"squared_error, linear": y + 0.1}, Want("mean"), candidates=[
        made("squared_error, linear", kind="reference"),
    ]), rules=FEW)  # fmt: skip
    assert any("squared_error, linear" in text for text in sentences(bare))


def test_pages_hold_no_phrase_that_was_not_understood(decisions):
    one_of_each = {d.verdict.code: d for d in decisions}.values()
    for decision in one_of_each:
        page, plain = unescape(report.html(decision)), report.markdown(decision)
        for phrase in BANNED:
            assert phrase not in page, phrase
            assert phrase not in plain, phrase
        # Code has labels, and so have keys, by which scripts find the same candidate in table and picture.
        read = re.sub(r'<pre\b.*?</pre>|data-key="[^"]*"', "", page, flags=re.S)
        assert not re.search(r"squared_error|absolute_error", read)


def test_what_codes_mean_is_said_without_them_either():
    for each in kinds():
        said = " ".join((each.title, each.explanation, each.threshold, each.change))
        assert not any(phrase in said for phrase in BANNED), each.code
        assert not re.search(r"[a-z0-9]_[a-z0-9]", said.replace("c_under", "").replace("c_over", "")), each.code
        assert each.explanation.endswith((".", "?")), each.code


# The verdict and what stands beside it.


def test_no_finding_contradicts_the_verdict(decisions):
    for decision in decisions:
        verdict, board = decision.verdict, decision.leaderboard
        names = {f.kind.name for f in decision.findings}
        recommended = None if verdict.recommended is None else verdict.recommended.label
        if "winner" in names and recommended is not None:
            assert recommended == board.best.label
        if verdict.code == "winner":
            assert verdict.tied == (recommended,)
        if verdict.headline.endswith("no other loss is clearly better."):
            assert recommended in verdict.tied
            assert gains.is_usual(board, verdict.recommended)
        if verdict.code == "constant":
            assert not names & {"winner", "tie", "optimism", "other_functional", "biased", "yardsticks_disagree"}
        assert ("tie" in names) is (len(verdict.tied) > 1 and "nothing_beats_constant" not in names)


def test_what_is_passed_over_is_passed_over_for_a_reason(decisions):
    told = 0
    for decision in decisions:
        verdict, board = decision.verdict, decision.leaderboard
        if verdict.recommended is None or verdict.recommended.kind == "constant":
            continue
        label = verdict.recommended.label
        assert bool(verdict.passed_over) is (verdict.simplest != label)
        assert verdict.cost is None or bool(verdict.cost.why_not) is (verdict.cost.difference < 0.0)
        if board.best.label != label and label not in verdict.tied:
            assert f"{board.best.name} scores " in verdict.headline
            assert ", but " in verdict.headline
        card = dict(content(decision, Supplement()).answers)
        assert verdict.passed_over in card.get("The simplest of them", "")
        told += bool(verdict.passed_over)
    assert told >= 3


def test_the_reason_for_a_tie_stands_beside_it(decisions):
    seen = set()
    for decision in decisions:
        board = decision.leaderboard
        rows = dict(
            zip((e.label for e in board.entries), content(decision, Supplement()).leaderboard.rows, strict=True)
        )
        for entry in board.rivals:
            if entry.unstable or entry.label == board.best.label:
                continue
            assert rows[entry.label][0] == STANDINGS[entry.standing]
            assert rows[entry.label][0].startswith("tied") is entry.tied
            if entry.tied and entry.gap.p < board.rules.alpha:
                assert entry.standing in ("equal", "rows")
            seen.add(entry.standing)
    assert seen >= {"equal", "chance", "worse"}, seen


def test_findings_of_single_candidates_are_of_those_that_matter(decisions):
    single = {"biased", "impossible_predictions", "other_functional", "coverage_off", "crossing"}
    for decision in decisions:
        board, verdict = decision.leaderboard, decision.verdict
        recommended = "" if verdict.recommended is None else verdict.recommended.label
        for finding in decision.findings:
            if finding.kind.name in single and finding.about:
                entry = board.entry(finding.about)
                matters = entry.tied or entry.label == recommended or gains.is_usual(board, entry.candidate)
                assert matters, finding


def test_a_link_is_no_credit_to_a_loss(study_from):
    off = list(zip(lines("poisson"), (1.5, 0.4, 0.45, 1.4, 1.5, 1.5), strict=True))
    counts = new_finding("counts", "All targets are whole numbers.")
    decision = decide(study_with(study_from, Want("mean"), off), [counts], FEW)
    (told,) = (f for f in decision.findings if f.kind.name == "counts")
    poisson, usual, linked = "Poisson loss, linear model (log link)", "squared error, linear model", "(log link)"
    better = rf"{re.escape(poisson)} scored \d+\.\d% better than {usual} \(corrected p = [^)]*\), "
    assert re.fullmatch(rf"{better}and \d+\.\d% worse than {usual} {re.escape(linked)}", told.effect)


def test_smoothed_labels_are_not_the_usual_loss(study_from):
    smoothed = recipe("logistic", "linear", {"label_smoothing": 0.1})
    off = [(recipe("logistic", "linear", reference=True), 1.0), (smoothed, 0.5)]
    board = decide(study_with(study_from, Want("probability"), off), [], FEW).leaderboard
    assert not gains.is_usual(board, smoothed.candidate)
    assert gains.usual_under(board, "linear").candidate.kind == "reference"
