"""The explorer beside a report: the candidate's own residuals, in units that are said, and nothing more of the data."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs

import numpy as np
import pytest
from tests.support.browser import Shown, started
from tests.support.explorer import bring_into_sight, drawn, state_of

pytest.importorskip("jinja2")

import lossary
from lossary.choosing import report
from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.decide import decide
from lossary.choosing.judging.ties import Rules
from lossary.choosing.report import Supplement


@pytest.fixture(scope="module")
def study(study_from, made):
    random = np.random.default_rng(7)
    x = random.normal(size=450)
    y = 500.0 + 60.0 * x + 30.0 * random.standard_t(2, size=450)
    candidates = [
        made("squared", kind="reference"),
        made("huber", loss="huber", parameters={"delta": 45.0}, complexity=1),
        made("log-cosh", loss="log_cosh", complexity=1),
        made("log1p", target="log1p", complexity=1),
        made("poisson", loss="poisson", link="log", complexity=1),
    ]
    base = 500.0 + 60.0 * x
    predictions = {c.label: base + 0.01 * i * random.normal(size=450) for i, c in enumerate(candidates)}
    weight = random.choice([0.5, 1.0, 2.0], 450)
    return study_from(y, predictions, Want("mean"), candidates=candidates, weight=weight, seed=3)


@pytest.fixture(scope="module")
def decision(study):
    return decide(study, rules=Rules(draws=50))


def start_of(page: str) -> dict[str, list[str]]:
    return parse_qs(html.unescape(re.search(r'data-start="([^"]*)"', page)[1]))


def note_of(page: str) -> str:
    return html.unescape(re.search(r'id="about-points">([^<]*)<', page)[1])


def test_it_opens_with_a_sample_of_the_residuals_in_the_unit_that_is_said(study, decision):
    page = report.explorer_page(decision)
    start, note = start_of(page), note_of(page)
    points = np.array([each.split(",") for each in start["points"][0].split(";")], float)
    assert points.shape == (200, 3)
    assert "a random 200 of 450 rows" in note
    unit = float(re.search(r"in units of ([0-9.]+)", note)[1])
    low, high = (
        float(re.search(pattern, note)[1].replace(",", ""))
        for pattern in (r"from ([0-9.,]+) at 0", r"to ([0-9.,]+) at 10")
    )
    prediction = study.predictions[decision.shown_label][0]
    residual = study.y - prediction
    for across, up, weight in points:
        apart = np.abs(residual / unit - up) + np.abs((prediction - low) / (high - low) * 10.0 - across)
        row = np.argmin(apart)
        assert residual[row] / unit == pytest.approx(up, rel=2e-3, abs=2e-3)
        assert low + across / 10.0 * (high - low) == pytest.approx(prediction[row], abs=2e-3 * (high - low))
        assert weight == pytest.approx(study.weight[row] / study.weight.mean(), abs=1e-3)
    deltas = [each for each in start["loss"] if each.startswith("huber")]
    assert all(float(each.split("=")[1]) == pytest.approx(45.0 / unit, rel=2e-3) for each in deltas)
    assert page == report.explorer_page(decision)  # the same sample each time


def test_only_losses_that_are_the_same_in_that_unit_are_shown(decision):
    names = {each.split(":")[0] for each in start_of(report.explorer_page(decision))["loss"]}
    assert "squared_error" in names
    assert names <= {"squared_error", "huber"}


@pytest.mark.parametrize(
    "want", [Want("probability"), Want("label"), Want("interval", 0.8)], ids=lambda w: w.functional
)
def test_without_residuals_there_is_no_page(study_from, made, want):
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 60).astype(float)
    p = np.clip(0.5 * y + 0.5 * random.random(60), 0.01, 0.99)
    predictions = np.stack([p - 0.5, p + 0.5], axis=1) if want.functional == "interval" else p
    classes = () if want.functional == "interval" else ("no", "yes")
    constants = np.tile([0.2, 0.8], (5, 1)) if want.functional == "interval" else None
    candidates = [made("logistic", loss="logistic", link="logit", kind="reference")]
    study = study_from(y, {"logistic": predictions}, want, candidates=candidates, classes=classes, constants=constants)
    assert report.explorer_page(decide(study, rules=Rules(draws=20))) is None


def test_what_a_name_holds_stays_text(study_from, made):
    y = np.random.default_rng(1).normal(size=60)
    nasty = "<script>alert(1)</script>{script}{note}"
    study = study_from(y, {nasty: 0.5 * y}, Want("mean"), candidates=[made(nasty, kind="reference")])
    page = report.explorer_page(decide(study, rules=Rules(draws=20)))
    assert page.count("<script>") == 1
    assert nasty in note_of(page) or "best constant" in note_of(page)


def test_the_link_of_the_report_opens_lines_that_are_the_librarys(decision, tmp_path):
    (tmp_path / "explorer.html").write_text(report.explorer_page(decision), encoding="utf-8")
    path = report.write(decision, tmp_path / "report.html", Supplement(explorer="explorer.html"))
    assert "[the explorer](explorer.html)" in report.markdown(decision, Supplement(explorer="explorer.html"))
    with started() as browser, Shown(browser, path, 1280) as shown:
        shown.page.get_by_role("link", name="these residuals in the explorer").click()
        shown.page.locator("#lines-figure .point").first.wait_for(state="attached")
        start = shown.page.evaluate("() => document.querySelector('main').dataset.start")
        points = parse_qs(start)["points"][0]
        losses = "loss=squared_error&loss=absolute_error&loss=quantile:tau=0.8"
        shown.page.evaluate("address => { location.hash = address; }", f"{losses}&points={points}")
        drawn(shown)
        assert shown.page.locator("#lines-figure .point").count() == 200
        assert "of your data" in shown.page.locator("#about-points").inner_text()
        assert shown.page.locator("#lines-figure .point[tabindex='0']").count() == 1
        fits = state_of(shown, "lines-figure", "fits")
        bring_into_sight(shown, "own")
    x, y, w = np.array([each.split(",") for each in points.split(";")], float).T
    for loss, fit in zip(("squared_error", "absolute_error", "quantile:0.8"), fits, strict=True):
        wanted = lossary.fit.linear(x[:, None], y, loss, sample_weight=w)
        assert [fit["intercept"], fit["slope"]] == pytest.approx([wanted.intercept, *wanted.coef], abs=1e-6), loss


def test_a_report_elsewhere_has_the_whole_address(tmp_path):
    from lossary.choosing.choose import _address  # noqa: PLC0415

    assert _address(None, "report.html") == ""
    assert _address(tmp_path / "my explorer.html", tmp_path / "report.html") == "my%20explorer.html"
    assert (
        _address(tmp_path / "explorer.html", tmp_path / "other" / "report.html")
        == (tmp_path / "explorer.html").as_uri()
    )
    assert _address(tmp_path / "explorer.html", None).startswith("file://")
