"""The dictionary: every name once, told of in full, found by what a reader types, and by keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.browser import SERIOUS, Shown, axe_script

import lossary
from lossary.elsewhere import LIBRARIES

pytest.importorskip("sphinx", reason="pip install 'lossary[site]' brings Sphinx")

from lossary_site import dictionary

SHOWN = "() => [...document.querySelectorAll('#names tbody tr')].filter(row => row.offsetParent).map(row => row.id)"


def test_every_name_has_a_row_and_an_anchor_of_its_own() -> None:
    page = dictionary.pages()["dictionary.md"]
    anchors = [row.anchor for row in dictionary.rows()]
    assert len(anchors) == len({*anchors}) == sum(len(library.names) for library in LIBRARIES.values())
    for row in dictionary.rows():
        assert f'<tr id="{row.anchor}" data-library="{row.key}">' in page
        assert f'href="#{row.anchor}"' in page


def test_a_row_says_what_the_entry_does() -> None:
    page = dictionary.pages()["dictionary.md"]
    for row in dictionary.rows():
        (said,) = re.findall(rf'<tr id="{re.escape(row.anchor)}".*?</tr>', page)
        text = re.sub(r"<[^>]+>", "", said)
        entry = row.entry
        assert entry.loss.partition(":")[0] in text
        assert entry.refused[1:25].split("<")[0] in text.replace("&lt;", "<").replace("&#x27;", "'"), row.name
        assert ("nearest" in text) == bool(entry.refused and entry.loss)
        assert ('<span class="none">no loss here</span>' in said) == (not entry.loss)
        assert entry.factor in ("", "1") or f"<b>{entry.factor}</b>" in said
        assert all(theirs in text for theirs in entry.parameters)


def test_every_loss_that_a_library_has_is_reachable() -> None:
    linked = {*re.findall(r'href="losses/(\w+)\.html"', dictionary.pages()["dictionary.md"])}
    assert linked <= {loss.name for loss in lossary.catalogue()}
    assert all(loss.name in linked for loss in lossary.catalogue() if dictionary.rows_of(loss.name))
    # Losses that no library of the ten has are those that their records name other libraries for, or papers.
    nowhere = {loss.name for loss in lossary.catalogue()} - linked
    assert all(not {*lossary.get(name).record.elsewhere} & {"torch", "keras", "xgboost"} for name in nowhere - KNOWN)


KNOWN = {"student_t_nll", "laplace_nll", "distillation"}
"""Losses that torch has no name for: its distributions' log_prob, or three calls, give their number."""


def test_one_parameter_has_many_names_and_one_word_many_meanings() -> None:
    page = dictionary.pages()["dictionary.md"]
    (huber,) = re.findall(r"\| \[`huber`\].*", page)
    assert all(f"`{name}`" in huber for name in ("delta", "alpha", "epsilon", "t", "f_scale", "k"))
    (alpha,) = re.findall(r"^\| `alpha` \|.*", page, re.MULTILINE)
    assert "`delta` of `huber` (LightGBM)" in alpha
    assert "`tau` of `quantile`" in alpha


def test_what_is_typed_is_found_and_kept_in_the_address(browser, site: Path) -> None:
    page = site / "dictionary.html"
    with Shown(browser, page, 1280) as shown:
        total = len(dictionary.rows())
        assert len(shown.page.evaluate(SHOWN)) == total
        shown.page.get_by_label("Find").focus()
        shown.page.keyboard.type("Huber ALPHA")
        found = shown.page.evaluate(SHOWN)
        assert "lightgbm-huber" in found
        assert 0 < len(found) < 12
        assert shown.page.get_by_role("status").inner_text() == f"{len(found)} of {total} names"
        shown.page.keyboard.press("Tab")  # on to the library
        shown.page.get_by_label("in", exact=True).select_option("lightgbm")
        assert shown.page.evaluate(SHOWN) == ["lightgbm-huber"]
        address = shown.address
        assert "q=Huber+ALPHA" in address
        assert "lib=lightgbm" in address
        shown.page.reload()
        assert shown.page.evaluate(SHOWN) == ["lightgbm-huber"]
        shown.page.get_by_label("Find").press("Escape")
        assert len(shown.page.evaluate(SHOWN)) == len(LIBRARIES["lightgbm"].names)
        assert shown.said == []
        assert all(each.startswith("file://") for each in shown.asked)
    with Shown(browser, page, 1280, "?q=pinball&lib=nothing") as shown:
        assert "sklearn-mean_pinball_loss" in shown.page.evaluate(SHOWN)


def test_a_row_is_reached_by_its_anchor(browser, site: Path) -> None:
    with Shown(browser, site / "dictionary.html", 1280, "#catboost-Huber") as shown:
        box = shown.page.locator("#catboost-Huber").bounding_box()
        assert 0 <= box["y"] < 900


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_and_everyone_can_read_it(browser, site: Path, width: int) -> None:
    with Shown(browser, site / "dictionary.html", width, "?q=huber") as shown:
        assert shown.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        cut = """() => [...document.querySelectorAll('#names tr:not([hidden]) > *')].filter(cell =>
          cell.offsetParent && cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.innerText)"""
        assert shown.page.evaluate(cut) == []
        shown.page.add_script_tag(content=axe_script())
        assert shown.page.evaluate(SERIOUS, ["wcag2a", "wcag2aa"]) == []


def test_without_a_script_the_whole_table_is_there(browser, site: Path) -> None:
    with Shown(browser, site / "dictionary.html", 1280, java_script_enabled=False) as shown:
        assert shown.page.locator("#names tbody tr").count() == len(dictionary.rows())
        assert not shown.page.locator("#finder").is_visible()
