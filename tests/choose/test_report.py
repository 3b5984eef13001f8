"""The report: one file, offline, whatever the names and values hold, in HTML, Markdown and JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

pytest.importorskip("jinja2")

from lossary.choosing import report
from lossary.choosing.comparison.study import Want
from lossary.choosing.findings.finding import new_finding
from lossary.choosing.judging.decide import decide
from lossary.choosing.judging.ties import Rules
from lossary.choosing.report import FittedCurves, InfluentialRow, Supplement
from lossary.choosing.report.candidate_charts import _scale
from lossary.choosing.report.code.blocks import recipes
from lossary.choosing.report.code.table import Columns, Source
from lossary.choosing.report.page import brief

NASTY = (
    "<script>alert('x')</script>",
    '"quoted" & \'so\' onload="x"',
    "$x_1$ | `code` _a_ *b*",
    "\u540d\u524d \U0001f600 \u202e abc \x00 \ud800",
    "long " * 400,
)
VOID = {"meta", "link", "br", "wbr", "img", "hr", "input", "path", "use", "rect"}


class Reader(HTMLParser):
    """What a browser would find: elements, attributes that act, addresses, text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.acting: list[tuple[str, str]] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.acting += [(tag, name) for name, _ in attributes if name.startswith("on")]
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href", "xlink:href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def nasty(study_from, made):
    """Names that would run, break out, or not print."""
    random = np.random.default_rng(0)
    y = random.normal(size=80)
    candidates = [made(name, complexity=i, kind="reference" if i == 0 else "candidate") for i, name in enumerate(NASTY)]
    predictions = {name: 0.5 * y + 0.2 * i * random.normal(size=80) for i, name in enumerate(NASTY)}
    study = study_from(y, predictions, Want("mean"), candidates=candidates, failures={NASTY[4]: NASTY[0]})
    tails = new_finding("heavy_tails", NASTY[0], 0.1, about=NASTY[1])
    return decide(study, [tails], Rules(draws=100))


@pytest.fixture(scope="module")
def supplement():
    grid = np.linspace(0.0, 1.0, 5)
    return Supplement(
        source=Source(NASTY[2] + NASTY[0], NASTY[0]),
        features=NASTY,
        command=f"lossary choose {NASTY[1]}",
        versions={NASTY[0]: NASTY[3]},
        curves=[FittedCurves(NASTY[0], grid, {NASTY[1]: grid, NASTY[2]: grid**2}, (grid, grid))],
        influential=[InfluentialRow(3, 0.5, NASTY[0], {NASTY[0]: NASTY[1], "none": None})],
        influence=NASTY[0],
        limits=[NASTY[0]],
    )


def test_names_and_values_stay_text(nasty, supplement):
    page = report.html(nasty, supplement)
    page.encode("utf-8")
    found_here = read(page)
    assert found_here.tags.count("script") == 1
    assert found_here.acting == []
    text = "".join(found_here.text)
    assert NASTY[0] in text
    assert NASTY[1] in text
    assert not re.search(r"[\x00-\x08\u202e\ud800]", page)


def test_a_script_that_got_through_would_be_seen():
    assert read("<p><script>x</script><b onclick='x'>y</b></p>").acting == [("b", "onclick")]
    assert "script" in read("<script>x</script>").tags


def test_the_pages_policy_knows_its_one_script(nasty, supplement):
    page = report.html(nasty, supplement)
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;;" in page or f"script-src 'sha256-{digest}';" in page


def test_the_page_needs_nothing_else_and_is_small(nasty, supplement, hours):
    for page in (report.html(nasty, supplement), report.html(decide(hours, rules=Rules(draws=100)))):
        assert len(page.encode("utf-8")) < 2_000_000
        reader = read(page)
        assert all(address.startswith("#") for address in reader.addresses)
        assert not re.search(r"url\((?!#)|@import", page)
        assert not {"link", "iframe", "object", "img"} & set(reader.tags)


def test_every_picture_is_described(hours):
    page = report.html(decide(hours, rules=Rules(draws=100)))
    described = re.findall(r'<div role="img" aria-label="([^"]*)"', page)
    assert len(described) == page.count('<div class="plot"') >= 4
    assert all(len(text) > 20 for text in described)
    assert page.count('aria-hidden="true"') == len(re.findall(r'<svg (?!class="marks")', page))


def test_every_candidate_has_a_bar_of_its_skill(hours):
    decision = decide(hours, rules=Rules(draws=100))
    (bars,) = re.findall(r'<figure class="rows">.*?</figure>', report.html(decision), flags=re.DOTALL)[:1]
    rows = re.findall(r'<li class="(.*?)" data-key="(.*?)".*?width="(.*?)%".*?class="value">(.*?)%<', bars)
    skill = {e.label: e.skill for e in decision.leaderboard.rivals}
    assert [label for _, label, _, _ in rows] == list(skill)
    best = max(skill.values())
    for css, label, width, shown in rows:
        assert float(shown) == pytest.approx(100.0 * skill[label], abs=0.051)
        assert float(width) == pytest.approx(100.0 * skill[label] / best, abs=0.02)
        assert ("chosen" in css) is (label == decision.verdict.recommended.label)
        assert ("tied" in css) is (label in decision.verdict.tied and len(decision.verdict.tied) > 1)


@pytest.mark.parametrize("far", [0.9, -3.0, -1e9])
def test_what_is_far_below_the_constant_leaves_the_others_to_be_seen(far):
    low, high = _scale([0.5, 0.4, 0.45, far])
    assert (low, high) == ((0.0, 0.9) if far > 0.0 else (-0.5, 0.5))
    assert _scale([-0.1, -0.2, -0.1, -abs(far)]) == (-min(0.8, abs(far)), 0.0)


def test_the_model_beside_a_report_is_what_to_use_now(hours):
    decision = decide(hours, rules=Rules(draws=50))
    for model, shown in (("", False), ("my out/model.lossary", True)):
        supplement = Supplement(model=model)
        page, plain = report.html(decision, supplement), report.markdown(decision, supplement)
        assert ("What to do now" in page) is ("What to do now" in plain) is shown
        assert ("lossary predict 'my out/model.lossary' new.csv" in plain) is shown
        assert ("lossary predict &#39;my out/model.lossary&#39; new.csv" in page) is shown


def test_the_report_says_what_the_decision_says(hours):
    decision = decide(hours, rules=Rules(draws=100))
    supplement = Supplement(
        Source("riders", "hours.csv"), features=("temperature",), command="lossary choose hours.csv --target riders"
    )
    text = " ".join("".join(read(report.html(decision, supplement)).text).split())
    plain = report.markdown(decision, supplement).replace("\\", "")
    for said in (text, plain):
        assert decision.verdict.headline in said
        assert "lossary choose hours.csv --target riders" in said
        assert all(f.text in said and f.code in said for f in decision.findings)
        assert all(entry.label in said for entry in decision.leaderboard.entries)
        assert "of predictions are negative" in said
    data = json.loads(report.json(decision, supplement))
    assert data.items() >= decision.to_dict().items()
    assert (data["features"], data["command"]) == (["temperature"], supplement.command)


def test_json_says_what_its_scores_are(hours):
    board = json.loads(report.json(decide(hours, rules=Rules(draws=50))))
    assert board["scores_are"] == "mean squared error"
    by_label = {e["candidate"]["label"]: e["score"] for e in board["leaderboard"]}
    for label, score in by_label.items():
        if label != "constant":
            assert score == pytest.approx(np.mean((hours.y - hours.predictions[label]) ** 2))
    cost = board["verdict"]["cost"]
    assert cost["scores_are"] == "root mean squared error"
    chosen = board["verdict"]["recommended"]["label"]
    assert cost["difference"] == pytest.approx(np.sqrt(by_label[cost["instead"]]) - np.sqrt(by_label[chosen]), rel=1e-6)


def test_json_has_the_rows_of_the_page(hours, supplement):
    decision = decide(hours, rules=Rules(draws=50))
    data = json.loads(report.json(decision, supplement, {"notes": ["a note"]}))
    label = decision.verdict.recommended.label
    errors = np.mean((hours.y - hours.predictions[label]) ** 2, axis=0)
    rows = data["costly_rows"]
    assert [r["row"] for r in rows] == (np.argsort(-errors)[:10] + 1).tolist()
    np.testing.assert_allclose([r["share"] for r in rows], np.sort(errors)[:-11:-1] / errors.sum())
    assert [r["target"] for r in rows] == [hours.y[r["row"] - 1] for r in rows]
    assert data["influential_rows"][0]["row"] == 3
    assert data["curves"][0]["x"] == supplement.curves[0].x.tolist()
    assert data["notes"] == ["a note"]


def test_json_has_the_threshold_that_costs_ask_for(study_from, made):
    random = np.random.default_rng(1)
    p = random.random(200)
    y = (random.random(200) < p).astype(float)
    candidates = [made("a", loss="logistic", kind="reference"), made("b", loss="hinge", threshold=0.5, complexity=1)]
    study = study_from(y, {"a": p, "b": 1.0 * (p > 0.5)}, Want("label", None, 20.0, 1.0), candidates=candidates)
    data = decide(study, rules=Rules(draws=50)).to_dict()
    assert data["verdict"]["recommended"]["label"] == "a"
    assert data["verdict"]["recommended"]["threshold"] == pytest.approx(1.0 / 21.0)
    thresholds = {e["candidate"]["label"]: e["candidate"]["threshold"] for e in data["leaderboard"]}
    assert thresholds["b"] == 0.5


@pytest.mark.parametrize(
    ("rows", "positive", "note"),
    [
        (3000, 50, "Rows of the rarer class are few for the columns"),
        (100, 50, "Rows are few for the columns"),
        (3000, 1500, ""),
    ],
)
def test_what_is_few_for_a_penalty_is_said(study_from, made, rows, positive, note):
    y = np.arange(rows) < positive
    study = study_from(y, {"a": 0.5 + 0.0 * y}, Want("probability"), classes=("no", "yes"))
    columns = Columns(("u", "v"), ("number", "number"), encoded=2)
    told = next(r for r in recipes(study, made("a", loss="logistic"), columns) if r.host == "scikit-learn")
    assert told.note.startswith(note)
    assert ("GridSearchCV" in told.code) is bool(note) is ("few" in told.note)


def test_markdown_tables_keep_their_columns(nasty, supplement):
    tables = [line for line in report.markdown(nasty, supplement).splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in tables[: 2 + len(nasty.leaderboard.entries)]}
    assert len(widths) == 1
    assert "<script" not in report.markdown(nasty, supplement)


def test_nothing_recommended_has_no_code_and_still_a_page(study_from):
    y = np.random.default_rng(0).normal(size=60)
    leverage = new_finding("leverage", "4 rows lie far out.", 0.1, blocking=True)
    decision = decide(study_from(y, {"a": 0.5 * y}, Want("mean")), [leverage], Rules(draws=50))
    page = report.html(decision)
    assert '<h2 id="code">' not in page
    assert '<h2 id="findings">' in page
    assert "Check these rows before choosing a loss: 4 rows lie far out." in page


@pytest.mark.parametrize("functional", ["interval", "label", "probability", "quantile"])
def test_every_question_has_a_page(study_from, functional):
    random = np.random.default_rng(1)
    p = random.random(120)
    y = (
        (random.random(120) < p).astype(float)
        if functional in ("label", "probability")
        else p + random.normal(size=120)
    )
    interval = functional == "interval"
    predictions = {n: np.stack([p - w, p + w], axis=1) if interval else p**w for n, w in (("a", 1.0), ("b", 2.0))}
    constants = np.tile([-1.0, 2.0], (5, 1)) if interval else None
    study = study_from(y, predictions, Want(functional, 0.8, 3.0, 1.0), constants=constants)
    decision = decide(study, rules=Rules(draws=50))
    read(report.html(decision))
    assert decision.verdict.headline.split(".")[0] in report.markdown(decision).replace("\\", "")


def test_code_for_the_winner_is_python_and_names_the_loss(study_from, made):
    y = np.random.default_rng(2).gamma(2.0, size=30)
    for functional, candidate in [
        ("mean", made("a", loss="huber", parameters={"delta": 1.25})),
        ("mean", made("a", loss="poisson", link="log", model="boosting")),
        ("mean", made("a", loss="squared_error", link="log")),
        ("mean", made("a", loss="squared_error", target="log1p")),
        ("quantile", made("a", loss="quantile", parameters={"tau": 0.9})),
        ("interval", made("a", loss="quantile")),
        ("label", made("a", loss="logistic", link="logit")),
        ("mean", made("a", kind="constant", loss="")),
    ]:
        study = study_from(y, {"a": y}, Want(functional, 0.9, 4.0, 1.0))
        made_up = recipes(study, candidate)
        assert made_up
        for recipe in made_up:
            compile(recipe.code, recipe.host, "exec")
    hosts = {r.host: r.code for r in recipes(study_from(y, {"a": y}, Want("mean")), made("a", loss="huber"))}
    assert list(hosts) == ["The table", "scikit-learn", "LightGBM", "XGBoost", "PyTorch"]
    assert all("huber" in code.lower() for host, code in hosts.items() if host != "The table")


def test_a_notebook_shows_headline_and_leaderboard(hours):
    decision = decide(hours, rules=Rules(draws=50))
    text = "".join(read(brief(decision)).text)
    assert decision.verdict.headline in text
    assert all(entry.label in text for entry in decision.leaderboard.entries)


def test_the_files_ending_says_what_is_written(tmp_path, nasty, supplement):
    for ending, begins in ((".html", "<!doctype html>"), (".md", "# "), (".json", "{")):
        path = report.write(nasty, tmp_path / f"report{ending}", supplement)
        assert path.read_text(encoding="utf-8").lstrip().startswith(begins)
    with pytest.raises(ValueError, match=r"report.pdf: a report is \.html, \.md or \.json"):
        report.write(nasty, tmp_path / "report.pdf")
