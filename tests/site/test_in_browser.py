"""The site in Chromium: curves that move as the library's do, filters, search; at two widths, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.browser import SERIOUS_IN_TEXT, WIDER, Shown, axe_script

import lossary

PAGES = (
    "index.html",
    "gallery.html",
    "losses/huber.html",
    "losses/softmax_cross_entropy.html",
    "reference/lossary.html",
    "docs/numerics.html",
)
MOST_SECONDS_TO_LARGEST_PAINT = 1.0

LARGEST_PAINT = """() => new Promise(done => new PerformanceObserver(list =>
  done(list.getEntries().at(-1).startTime)).observe({type: "largest-contentful-paint", buffered: true}))"""


@pytest.fixture(scope="module")
def show(browser: Any, site: Path) -> Iterator[Any]:
    """Opens a page of the site at a width."""
    shown: list[Shown] = []

    def open_page(name: str, width: int = 1280, address: str = "") -> Shown:
        shown.append(Shown(browser, site / name, width, address))
        return shown[-1]

    yield open_page
    for page in shown:
        page.context.close()


WHOLE = "tests/site/test_in_browser.py::test_a_page_is_whole_by_itself_and_for_everybody"


def every_page() -> Iterator[Any]:
    """Each page at each width; in every run at one of them, in turn."""
    for place, name in enumerate(PAGES):
        for turn, (width, theme) in enumerate([(1280, "light"), (390, "dark")]):
            marks = () if turn == place % 2 else pytest.mark.slow(WHOLE)
            yield pytest.param(name, width, theme, id=f"{name}-{width}-{theme}", marks=marks)


@pytest.mark.parametrize(("name", "width", "theme"), list(every_page()))
def test_a_page_is_whole_by_itself_and_for_everybody(show: Any, name: str, width: int, theme: str) -> None:
    # Opened at that width: after a change, the theme is slow to see what scrolls and must be reached by keyboard.
    shown = show(name, width)
    page = shown.page
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    page.wait_for_timeout(300)
    # The checker itself asks for style sheets once more, so that what the page says and asks for is looked at first.
    said = [*shown.said]
    asked = [each for each in shown.asked if not each.startswith(("file:", "data:"))]
    page.add_script_tag(content=axe_script())
    assert page.evaluate(WIDER) == 0
    assert page.evaluate(SERIOUS_IN_TEXT, None) == []
    assert said == []
    assert asked == []


def test_the_largest_paint_of_the_home_page_comes_within_a_second(show: Any) -> None:
    paints = sorted(show("index.html").page.evaluate(LARGEST_PAINT) / 1000 for _ in range(3))
    print(f"largest paint of the home page: {paints[1]:.2f} s")
    assert 0 < paints[0] < MOST_SECONDS_TO_LARGEST_PAINT


def numbers(page: Any) -> dict[str, float]:
    return page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('#live-numbers dd')]"
        ".map(each => [each.dataset.quantity, Number(each.dataset.number)]))"
    )


def slide(page: Any, name: str, place: int) -> float:
    """Move a slider, and return the number that it then stands for, as the address has it."""
    page.locator(f"#live-{name}").fill(str(place))
    page.wait_for_function("name => new URLSearchParams(location.hash.slice(1)).has(name)", arg=name)
    return float(page.evaluate("name => new URLSearchParams(location.hash.slice(1)).get(name)", name))


def test_sliders_move_curves_to_the_numbers_of_the_library(show: Any) -> None:
    shown = show("losses/huber.html")
    page = shown.page
    before = page.locator("#live-figure path.fit").first.get_attribute("d")
    given = {"delta": slide(page, "delta", 620)}
    f = slide(page, "f", 900)
    loss = lossary.huber.using(**given)
    assert page.locator("#live-figure path.fit").first.get_attribute("d") != before
    assert numbers(page) == pytest.approx(
        {
            "value": loss([0.0], [f])[0],
            "grad": loss.gradient([0.0], [f])[0],
            "hess": loss.hessian([0.0], [f])[0],
            "weight": loss.gradient([0.0], [f])[0] / f,
        }
    )
    again = show("losses/huber.html", address="#" + shown.address.partition("#")[2]).page
    assert numbers(again) == numbers(page)


@pytest.mark.parametrize("name", ["poisson", "tweedie", "focal", "lp", "student_t_nll", "barron"])
def test_a_curve_has_the_numbers_of_its_loss(show: Any, name: str) -> None:
    shown = show(f"losses/{name}.html")
    y, f = shown.page.evaluate("() => [window.lossaryCurve.y, window.lossaryCurve.f]")
    loss = lossary.get(name)
    expected = [loss([y], [f])[0], loss.gradient([y], [f])[0], loss.hessian([y], [f])[0]]
    assert [numbers(shown.page)[each] for each in ("value", "grad", "hess")] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "sparsemax", "ranked_probability_score", "cumulative_logit"])
def test_a_curve_of_a_row_has_the_numbers_of_its_loss(show: Any, name: str) -> None:
    shown = show(f"losses/{name}.html")
    f = shown.page.evaluate("() => window.lossaryCurve.f")
    loss = lossary.get(name)
    rows = {"softmax_cross_entropy": [f, 0.0], "sparsemax": [f, 0.0], "cumulative_logit": [f]}
    row = [rows.get(name, [f, 1.0 - f])]
    expected = [loss([0], row)[0], loss.gradient([0], row)[0][0]]
    assert [numbers(shown.page)[each] for each in ("value", "grad")] == pytest.approx(expected, rel=1e-9)


def test_the_gallery_is_filtered_by_keyboard_and_by_its_address(show: Any) -> None:
    shown = show("gallery.html")
    page = shown.page
    visible = "() => [...document.querySelectorAll('.loss-card:not([hidden]) a')].map(a => a.getAttribute('href'))"
    everything = len(lossary.catalogue())
    assert page.locator("#count").inner_text() == f"{everything} of {everything} losses"
    page.locator("#filters [name=q]").focus()
    page.keyboard.type("pinball")
    assert page.evaluate(visible) == ["losses/quantile.html"]
    assert page.locator("#count").inner_text() == f"1 of {everything} losses"
    assert shown.address.endswith("#q=pinball")
    page = show("gallery.html", address="#convex=not+convex&robust=value+bounded").page
    bounded = {
        f"losses/{loss.name}.html"
        for loss in lossary.catalogue()
        if loss.claims.get("convex") is False and loss.claims.get("bounded", float("inf")) < float("inf")
    }
    assert set(page.evaluate(visible)) == bounded != set()
    page.locator("#filters button[type=reset]").press("Enter")
    page.wait_for_function(f"() => document.getElementById('count').textContent.startsWith('{everything} of')")
    page.locator("#filters [name=q]").fill("no such loss")
    assert page.locator("#count").inner_text() == "No loss is all of that; ask for less."


def test_without_a_script_everything_is_there(browser: Any, site: Path) -> None:
    gallery = Shown(browser, site / "gallery.html", 1280, java_script_enabled=False)
    assert gallery.page.locator(".loss-card").count() == len(lossary.catalogue())
    assert not gallery.page.locator("#filters").is_visible()
    gallery.context.close()
    huber = Shown(browser, site / "losses" / "huber.html", 1280, java_script_enabled=False)
    assert huber.page.locator("#live-figure svg polyline").count() > 1
    assert not huber.page.locator("#live").is_visible()
    huber.context.close()


def test_search_finds_a_loss_from_a_file(show: Any) -> None:
    shown = show("search.html", address="?q=pinball")
    # Results appear one after the other.
    shown.page.wait_for_selector("#search-results li a[href*='losses/quantile.html']", timeout=20_000)
    assert shown.said == []


def test_the_site_works_under_any_path(browser: Any, site: Path, tmp_path: Path) -> None:
    moved = tmp_path / "a folder" / "of pages"
    moved.parent.mkdir()
    moved.symlink_to(site)
    shown = Shown(browser, moved / "losses" / "huber.html", 1280)
    assert shown.page.locator("#live-numbers dd").count() == 4
    shown.page.locator("a.navbar-brand").click()
    shown.page.wait_for_selector(".hero")
    assert "a%20folder/of%20pages/index.html" in shown.page.url
    shown.context.close()
