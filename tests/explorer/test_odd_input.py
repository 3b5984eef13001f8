"""Odd input in the address, the fields and the command line, and what leads a reader to an answer."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.browser import Shown
from tests.support.explorer import ADDRESS, bring_into_sight, drawn, state_of
from typer.testing import CliRunner

from lossary.cli.main import app
from lossary.explorer import page

NONSENSE = """() => [...document.querySelectorAll("svg *")].filter(
  each => [...each.attributes].some(({ value }) => /NaN|Infinity|undefined/.test(value))).map(each => each.outerHTML)"""

ADDRESSES = {
    "huge places": "points=1e308,1;-1e308,2;3,-1e308;4,1e308",
    "large places": "points=1e90,1;-1e90,2;3,-1e90;4,1e90",
    "huge weights": "points=1,2,1e308;3,4,1e308;4,5,1",
    "no weight at all": "points=1,2,0;3,4,0&scatter=points",
    "one point": "points=3,4&scatter=points",
    "one x": "points=1,1;1,2;1,5&loss=squared_error&loss=absolute_error&loss=tukey_biweight",
    "equal points": "points=2,2;2,2;2,2&scatter=points",
    "many points": "points=" + ";".join(f"{i % 17},{i * 37 % 23}" for i in range(400)),
    "a guess and a start beyond numbers": "guess=1e300,1e-300&start=1e300,-1e300",
    "extreme parameters": "loss=huber:delta=1e308&loss=huber:delta=1e-308&loss=quantile:tau=0.999999999",
    "a learning rate of 1e9": "model=network&pace=1e9&epochs=200&two=exponential,squared_hinge,focal,hinge",
    "labels that coincide": "labelled=1,1,0;1,1,1&ridge=0.001",
    "broken escapes": "%E0%A4%A&&&===&points=;;;,,,&loss=:::&two=,,,&labelled=a;b&formula=%&constants=::,,",
}


def test_an_odd_address_draws_a_sound_page(browser, path):
    """All in one page, as a reader's edits of the address are: to open one for each would take half a minute."""
    with Shown(browser, path, 1280) as shown:
        for name, address in ADDRESSES.items():
            shown.page.evaluate("address => { location.hash = address; }", address)
            for section in ("surface", "two", "own"):
                bring_into_sight(shown, section)
            assert shown.page.evaluate(NONSENSE) == [], name
            assert "no number" not in shown.page.locator("main").inner_text(), name
            assert shown.page.locator("#lines-figure .fit").count() >= 1, name


def typed(shown: Shown, formula: str) -> str:
    shown.page.get_by_label("A loss of the target y").fill(formula)
    drawn(shown)
    return shown.page.locator("#own-mistake").inner_text()


def test_powers_of_powers_do_not_stop_the_page(browser, path):
    with Shown(browser, path, 1280) as shown:
        bring_into_sight(shown, "own")
        assert typed(shown, "((((((((f^8)^8)^8)^8)^8)^8)^8)^8)") == ""
        assert typed(shown, "((f - y)^2)^3") == ""
        assert state_of(shown, "own-figure")["numbers"] == [1, 6, 30]


def test_signs_as_they_are_printed_can_be_typed(browser, path):
    with Shown(browser, path, 1280) as shown:
        bring_into_sight(shown, "own")
        assert typed(shown, "2 × (f − y)^2 · 3") == ""
        assert state_of(shown, "own-figure")["numbers"] == [6, 12, 12]
        assert "2 * (f - y)**2 * 3" in shown.page.locator("#python-own").text_content()
        assert "“😀” means nothing here" in typed(shown, "f + 😀")
        assert "formula=" in shown.page.evaluate(ADDRESS)


def test_names_of_an_objects_own_are_constants_or_refused(browser, path):
    with Shown(browser, path, 1280) as shown:
        bring_into_sight(shown, "own")
        assert typed(shown, "(f - y)^2 * constructor + 0 * toString") == ""
        assert state_of(shown, "own-figure")["numbers"] == [1, 2, 2]
        assert "take another name" in typed(shown, "f * __proto__")


def test_a_loss_without_a_least_has_no_line(browser, path):
    with Shown(browser, path, 1280) as shown:
        bring_into_sight(shown, "own")
        for formula in ("f", "1/(f - f)", "sqrt(f - y)", "-(f - y)^2", "1e308*f*1e308"):
            typed(shown, formula)
            assert "No line is best" in shown.page.locator("#own-line").inner_text(), formula
            assert shown.page.locator("#own-fit-figure .own").get_attribute("d") == ""
            assert "# No line is best under this loss." in shown.page.locator("#python-own").text_content()


def test_the_last_point_that_counts_stays(browser, path):
    with Shown(browser, path, 1280, "#points=1,1;2,2,0;3,3,0&point=1&scatter=points") as shown:
        drawn(shown)
        assert shown.page.get_by_role("button", name="Remove the point").is_disabled()
        shown.page.get_by_role("slider", name="Point 1", exact=True).press("Delete")
        shown.page.get_by_label("weight", exact=True).fill("0")
        shown.page.locator("#point-x").fill("1e300")
        drawn(shown)
        assert "points=1,1;2,2,0;3,3,0" in shown.page.evaluate(ADDRESS)


def test_starting_again_keeps_the_residuals_that_the_page_came_with(browser, tmp_path):
    path = tmp_path / "explorer.html"
    path.write_text(page(["huber:delta=2"], points=[(0, 1.5, 1), (1, 0.5, 2), (2, 1, 1)]), encoding="utf-8")
    with Shown(browser, path, 1280) as shown:
        drawn(shown)
        shown.page.get_by_role("button", name="Add a point").click()
        shown.page.get_by_role("button", name="Start again").click()
        drawn(shown)
        address = shown.page.evaluate(ADDRESS)
        assert "points=0,1.5;1,0.5,2;2,1&loss=huber:delta=2" in address


def test_points_that_the_page_came_with_fill_the_picture(browser, tmp_path):
    path = tmp_path / "explorer.html"
    path.write_text(page(points=[(-1.0, 1.5, 1), (0.5, -0.5, 1), (1.0, 1, 1)]), encoding="utf-8")
    with Shown(browser, path, 1280) as shown:
        drawn(shown)
        boxes = [each.bounding_box() for each in shown.page.locator("#lines-figure .point .dot").all()]
        width = shown.page.locator("#lines-figure svg").bounding_box()["width"]
    assert boxes[-1]["x"] - boxes[0]["x"] > 0.7 * width


@pytest.mark.parametrize("width", [1280, 390])
def test_each_question_is_answered_from_the_top(browser, path, width):
    with Shown(browser, path, width, reduced_motion="reduce") as shown:
        drawn(shown)
        if width == 390:
            shown.page.get_by_text("Questions and panels").click()
        questions = shown.page.locator("#questions button")
        for button in questions.all():
            asked = button.inner_text()
            button.click()
            answer = shown.page.locator("details", has=shown.page.locator("summary", has_text=asked)).last
            assert answer.locator("p").first.is_visible()
            assert shown.page.evaluate("document.activeElement.textContent") == asked
            box = answer.bounding_box()
            assert box["y"] >= 0, asked
            assert box["y"] + box["height"] <= 900, asked
        assert questions.count() == shown.page.locator("section summary", has_text="?").count() >= 6


def test_lines_bear_their_names_apart_from_each_other(browser, path):
    same = "points=1,1;2,2;3,3;4,4&loss=squared_error&loss=huber&loss=absolute_error&loss=tukey_biweight"
    with Shown(browser, path, 390, f"#{same}") as shown:
        drawn(shown)
        boxes = [each.bounding_box() for each in shown.page.locator("#lines-figure .named").all()]
        figure = shown.page.locator("#lines-figure svg").bounding_box()
    assert len(boxes) == 4
    heights = sorted(box["y"] for box in boxes)
    assert all(q - p > 11 for p, q in pairwise(heights))
    assert all(box["x"] > figure["x"] and box["y"] > figure["y"] for box in boxes)


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path):
    for output in (tmp_path, tmp_path / "none" / "explorer.html", Path("/dev/full")):
        if output.exists() or output.parent == tmp_path / "none":
            answer = CliRunner().invoke(app, ["explore", "--output", str(output)])
            assert answer.exit_code == 2
            assert f"{output} cannot be written: " in " ".join(answer.output.split())
