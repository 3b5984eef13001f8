"""The page as a browser shows it: at a desk and on a phone, in light and dark, read by an accessibility checker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from tests.support.browser import FAINT, SERIOUS_IN_TEXT, Shown, axe_script, started

pytest.importorskip("jinja2")

from tests.support.report_kinds import KINDS, full_supplement

from lossary.choosing import report
from lossary.choosing.comparison.study import Want
from lossary.choosing.findings.finding import new_finding
from lossary.choosing.judging.decide import decide
from lossary.choosing.judging.ties import Rules
from lossary.choosing.report import FittedCurves, InfluentialRow, Supplement
from lossary.choosing.report.code.table import Source

WIDTHS = {"desk": 1280, "phone": 390}
SCHEMES = ("light", "dark")

# The browser.


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_script()


@pytest.fixture(scope="module")
def pages(study_from, made, tmp_path_factory) -> Mapping[str, Path]:
    """The file of a report of each kind."""
    folder = tmp_path_factory.mktemp("reports")
    found = [
        new_finding("heavy_tails", "3.9% of residuals lie beyond 5 robust sigmas.", 0.039),
        new_finding("leak", "leaky_column nearly equals the target.", 0.99),
    ]
    paths = {}
    for kind, study in KINDS.items():
        decision = decide(study(study_from, made), found, Rules(draws=50))
        paths[kind] = report.write(decision, folder / f"{kind.replace(' ', '-')}.html", full_supplement(decision))
        assert (decision.verdict.code == "constant") is (kind == "constant")
    return paths


# What is asked of each.


ALL_CAN_BE_READ = "tests/choose/test_report_in_browser.py::test_nothing_is_cut_or_asked_for_and_all_can_be_read"


def every_kind() -> Iterator[object]:
    """Each kind of report at each width; in every run at one of them, in turn."""
    for place, kind in enumerate(KINDS):
        for turn, width in enumerate(WIDTHS):
            marks = () if turn == place % 2 else pytest.mark.slow(ALL_CAN_BE_READ)
            yield pytest.param(kind, width, id=f"{kind}-{width}", marks=marks)


@pytest.mark.parametrize(("kind", "width"), list(every_kind()))
def test_nothing_is_cut_or_asked_for_and_all_can_be_read(browser, axe, pages, kind, width):
    # The checker is run inside the page, which allows no script but its own.
    with Shown(browser, pages[kind], WIDTHS[width], bypass_csp=True) as shown:
        shown.open_all()
        assert shown.faults() == []
        shown.page.evaluate(axe)
        for scheme, rules in (("light", None), ("dark", ["color-contrast"])):
            shown.page.emulate_media(color_scheme=scheme)
            assert shown.page.evaluate(SERIOUS_IN_TEXT, rules) == []
            assert shown.page.evaluate(FAINT) == []
        assert shown.said == []
        assert shown.asked == [pages[kind].as_uri()]


@pytest.mark.parametrize("kind", ["mean", "interval", "label"])
def test_nothing_is_cut_at_any_width(browser, pages, kind):
    with Shown(browser, pages[kind], 1920) as shown:
        shown.open_all()
        found = {}
        for width in (1920, 1100, 1056, 1024, 768, 641, 640, 320):
            shown.page.set_viewport_size({"width": width, "height": 900})
            found[width] = shown.faults()
        assert not any(found.values()), found


@pytest.mark.parametrize("width", WIDTHS.values())
def test_names_without_end_are_wrapped_or_shortened(browser, study_from, made, tmp_path, width):
    names = ["column" * 50, "x" * 300, "<script>alert('x')</script>" * 9, "many words " * 40]
    y = np.random.default_rng(0).normal(size=80)
    candidates = [made(name, complexity=i, kind="candidate" if i else "reference") for i, name in enumerate(names)]
    noise = np.random.default_rng(1).normal(size=(len(names), 80))
    study = study_from(
        y, dict(zip(names, 0.5 * y + 0.3 * noise, strict=True)), Want("mean"), candidates=candidates, failures={}
    )
    grid = np.linspace(0.0, 1.0, 5)
    told = Supplement(
        source=Source(names[0], names[1]),
        features=names,
        command=names[1],
        versions={names[0]: names[1]},
        curves=[FittedCurves(names[0], grid, dict.fromkeys(names[:2], grid), (grid, grid))],
        influential=[InfluentialRow(3, 0.5, names[0], dict(zip(names, names[::-1], strict=True)))],
        limits=names,
        model=f"{names[0]}/model.lossary",
    )
    leak = new_finding("leak", names[0], 0.99, about=names[1])
    path = report.write(decide(study, [leak], Rules(draws=50)), tmp_path / "report.html", told)
    with Shown(browser, path, width) as shown:
        shown.open_all()
        assert shown.faults() == []
        assert shown.said == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<div style="width: 500px">x</div>', "the page is wider than the window"),
        ('<div class="wide"><p style="width: 500px">x</p></div>', "a table scrolls"),
        ('<div style="overflow: hidden"><p style="width: 500px">x</p></div>', "something is cut"),
        ('<div class="plot"><svg><text x="395">many letters</text></svg></div>', "something is cut"),
        (
            '<div class="plot"><svg><text class="across">a b</text><text class="across" x="9">c</text></svg></div>',
            "labels",
        ),
    ],
)
def test_a_page_at_fault_would_be_seen(browser, tmp_path, body, fault):
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><style>.wide {{ overflow: auto }}</style>{body}", encoding="utf-8")
    with Shown(browser, path, 390) as shown:
        assert any(found.startswith(fault) for found in shown.faults())


def test_faint_letters_and_what_is_asked_for_would_be_seen(browser, axe, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(
        '<!doctype html><html lang="en"><title>x</title><main><p style="color: #999">faint</p><img src="x.png" alt="x">'
        '<div class="plot"><svg><text y="20" style="fill: #999">faint</text></svg></div></main></html>',
        encoding="utf-8",
    )
    with Shown(browser, path, 390) as shown:
        shown.page.evaluate(axe)
        assert [found.split(":")[0] for found in shown.page.evaluate(SERIOUS_IN_TEXT, None)] == ["color-contrast"]
        assert len(shown.page.evaluate(FAINT)) == 1
        assert len(shown.asked) == 2


def test_pictures_follow_the_readers_colours(browser, pages):
    """Nothing drawn keeps its colour, or a ground of its own, when the page turns dark."""
    drawn = """() => [...document.querySelectorAll("figure svg *")].map(each => getComputedStyle(each)).map(style =>
      [style.fill, style.stroke].filter(colour => colour.startsWith("rgb") || colour.startsWith("color"))).flat()"""
    with Shown(browser, pages["mean"], 1280) as shown:
        seen = {}
        for scheme in SCHEMES:
            shown.page.emulate_media(color_scheme=scheme)
            seen[scheme] = set(shown.page.evaluate(drawn)) - {"rgb(0, 0, 0)"}  # of what is not painted at all
        assert len(seen["light"]) >= 6
        assert not seen["light"] & seen["dark"]


def test_rows_are_sorted_and_lit_where_scripts_run(browser, pages):
    with Shown(browser, pages["mean"], 1280) as shown:
        page = shown.page
        column = "[...document.querySelectorAll('table')[0].tBodies[0].rows].map(row => row.cells[2].textContent)"
        as_written = page.evaluate(column)
        heading = page.locator("table").first.locator("th").nth(2)
        heading.get_by_role("button").click()
        ascending = page.evaluate(column)
        assert ascending == sorted(as_written, key=lambda text: float(text.replace(",", "")))
        assert heading.get_attribute("aria-sort") == "ascending"
        heading.get_by_role("button").click()
        assert page.evaluate(column) == ascending[::-1]
        page.locator("li.bar").nth(1).hover()
        key = page.locator("li.bar").nth(1).get_attribute("data-key")
        lit = page.evaluate("[...document.querySelectorAll('.lit')].map(each => [each.tagName, each.dataset.key])")
        assert {tag.lower() for tag, _ in lit} >= {"li", "tr", "path"}
        assert {found for _, found in lit} == {key}
        assert shown.said == []


def test_missing_numbers_come_last_however_rows_are_sorted(browser, pages):
    with Shown(browser, pages["mean"], 1280) as shown:
        heading = shown.page.locator("table").first.locator("th", has_text="Poisson deviance")
        position = heading.evaluate("each => each.cellIndex")
        for _ in range(2):
            heading.get_by_role("button").click()
            cells = shown.page.locator("table").first.locator(f"tbody td:nth-child({position + 1})").all_inner_texts()
            assert "-" in cells
            assert cells[cells.index("-") :] == ["-"] * cells.count("-")


def test_without_scripts_all_is_there(browser, pages):
    texts = []
    for runs in (True, False):
        with Shown(browser, pages["mean"], 1280, java_script_enabled=runs) as shown:
            texts.append(shown.page.locator("main").inner_text())
            assert (shown.page.locator("th button").count() > 0) is runs
    assert texts[0].split() == texts[1].split()


def test_no_other_script_runs(browser, pages):
    added = """() => { const other = document.createElement("script"); other.textContent = "window.ran = true";
      document.body.append(other); return window.ran === true; }"""
    for bypass, ran in ((False, False), (True, True)):
        with Shown(browser, pages["mean"], 1280, bypass_csp=bypass) as shown:
            assert shown.page.evaluate(added) is ran


def test_a_phone_has_the_columns_that_matter_and_the_others_on_request(browser, pages):
    with Shown(browser, pages["mean"], 390) as shown:
        visible = """() => [...document.querySelector("table.folds tbody tr").cells]
          .filter(each => each.checkVisibility()).map(each => each.dataset.label)"""
        before = shown.page.evaluate(visible)
        shown.page.get_by_label("Show all columns").check()
        after = shown.page.evaluate(visible)
        assert before[2:] == ["root mean squared error", "skill"]
        assert {"skill", "seconds", "bias"} <= set(after)
        assert shown.faults() == []


def test_print_has_everything_and_fits_the_paper(browser, pages):
    paper = 718  # pixels between the margins of A4
    with Shown(browser, pages["mean"], paper) as shown:
        shown.page.emulate_media(media="print", color_scheme="dark")
        assert shown.faults() == []
        assert shown.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert shown.page.locator("nav").is_hidden()
        hidden = "[...document.querySelectorAll('details > pre, details > p')].filter(each => !each.checkVisibility())"
        assert shown.page.evaluate(f"{hidden}.length") == 0
