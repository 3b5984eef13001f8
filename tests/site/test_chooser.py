"""The chooser: its lists are those of ``choose``, whatever is answered, and nothing else."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from tests.support.browser import SERIOUS, Shown, axe_script

import lossary
from lossary.choosing.advice import MODELS, TRAITS, advised, command, diagnosis, key_of, questions, targets, traits
from lossary.choosing.candidates import candidates
from lossary.choosing.findings.catalogue import kinds
from lossary.choosing.given.losses import given_losses
from lossary.choosing.table.task import parse_question

pytest.importorskip("sphinx", reason="pip install 'lossary[site]' brings Sphinx")

from lossary_site import chooser

EVERY = [(target, question) for target in targets() for question in questions(target)]
DRAWN = random.Random(1973)
SHOWN = "() => [...document.querySelectorAll('#answer ol li')].map(each => each.querySelector('a').textContent)"


def drawn_traits(target):
    return [trait for trait in traits(target) if DRAWN.random() < 0.4]


@pytest.mark.parametrize("model", MODELS)
def test_what_choose_offers_is_advised_and_in_its_order(model: str) -> None:
    for target, question in EVERY:
        for having in ([], drawn_traits(target), drawn_traits(target)):
            theirs = [key_of(r) for r in candidates(question.want, target.task, diagnosis(target, having), [model])]
            ours = [key_of(r) for r in advised(target, question, having)]
            assert [key for key in ours if key in theirs] == theirs


def test_nothing_is_advised_that_choose_does_not_offer() -> None:
    for target, question in EVERY:
        having = drawn_traits(target)
        offered = {
            key_of(r) for m in MODELS for r in candidates(question.want, target.task, diagnosis(target, having), [m])
        }
        assert {key_of(r) for r in advised(target, question, having)} == offered


def test_every_finding_that_speaks_for_a_loss_can_be_said_or_follows_from_the_target() -> None:
    said = {trait.finding for trait in TRAITS}
    shown = {finding.kind.name for target in targets() for finding in diagnosis(target, ()).findings}
    after_training = {"impossible_predictions", "log_target_bias"}
    of_the_question = {"asymmetric_costs"}
    speaking = {k.name for k in kinds() if k.suggests}
    assert speaking - said - shown == after_training | of_the_question | {"heavy_log_tails"} & speaking


def test_targets_are_those_that_choosing_tells_apart() -> None:
    assert {t.task.support for t in targets()} == {"real", "positive", "nonnegative", "unit", "classes"}
    assert [t.task.counts for t in targets()].count(True) == 1
    assert {bool(t.task.ordered) for t in targets() if not t.task.is_number} == {False, True}
    for target, question in EVERY:
        if question.name != "costs":
            assert parse_question(question.name) == question.want
        assert question.options.startswith(("--want", "--cost-under"))
        assert target.title


def test_commands_name_losses_that_can_be_given() -> None:
    seen = 0
    for target, question in EVERY:
        for recipe in advised(target, question):
            told = command(recipe)
            if told:
                (given,) = given_losses([told.rpartition(" ")[2]])
                assert given.name == recipe.candidate.loss
                seen += 1
    assert seen > 50


def test_the_page_has_every_list_for_reading() -> None:
    page = chooser.pages()["chooser.md"]
    for target in targets():
        assert f"<summary>{target.title}</summary>" in page
    linked = {*re.findall(r'href="losses/(\w+)\.html"', page)}
    assert linked <= {loss.name for loss in lossary.catalogue()}
    assert {r.candidate.loss for target, question in EVERY for r in advised(target, question)} <= linked
    assert "lossary choose data.csv --target y\n```" in page
    rules = json.loads(re.findall(r'id="rules">(.*?)</script>', page, re.DOTALL)[0])
    assert [each["name"] for each in rules["targets"]] == [target.name for target in targets()]


def test_the_page_s_script_answers_as_choose_does(browser, site: Path) -> None:
    with Shown(browser, site / "chooser.html", 1280) as shown:
        for target, question in EVERY:
            having = drawn_traits(target)
            data = ",".join(trait.name for trait in having)
            where = f"?target={target.name}&want={question.name}" + (f"&data={data}" if data else "")
            shown.page.goto((site / "chooser.html").as_uri() + where)
            expected = [chooser.title_of(recipe) for recipe in advised(target, question, having)]
            assert shown.page.evaluate(SHOWN) == [title[:1].upper() + title[1:] for title in expected], where
        assert shown.said == []
        assert all(each.startswith("file://") for each in shown.asked)


def test_it_is_answered_by_keyboard_and_kept_in_the_address(browser, site: Path) -> None:
    with Shown(browser, site / "chooser.html", 1280) as shown:
        page = shown.page
        page.locator("input[name=target]").first.focus()
        for _ in range(3):
            page.keyboard.press("ArrowDown")  # number, positive, amount, count
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")  # mean, median
        page.keyboard.press("Tab")
        page.keyboard.press("Space")  # the first trait
        asked = {"target": "count", "want": "median", "data": "outliers"}
        assert all(f"{name}={value}" in shown.address for name, value in asked.items())
        target = next(each for each in targets() if each.name == "count")
        question = next(each for each in questions(target) if each.name == "median")
        expected = advised(target, question, [traits(target)[0]])
        assert len(page.evaluate(SHOWN)) == len(expected)
        assert page.get_by_role("status").inner_text().startswith(f"{len(expected)} candidates: ")
        before = page.evaluate(SHOWN)
        page.reload()
        assert page.evaluate(SHOWN) == before
        assert "--want median" in page.locator("#answer pre").inner_text()
        assert shown.said == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_and_everyone_can_read_it(browser, site: Path, width: int) -> None:
    with Shown(browser, site / "chooser.html", width, "?target=count&want=mean&data=outliers,gaps") as shown:
        assert shown.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        shown.page.add_script_tag(content=axe_script())
        assert shown.page.evaluate(SERIOUS, ["wcag2a", "wcag2aa"]) == []


def test_without_a_script_the_lists_are_there(browser, site: Path) -> None:
    with Shown(browser, site / "chooser.html", 390, java_script_enabled=False) as shown:
        assert not shown.page.locator("#three-questions").is_visible()
        shown.page.locator("details.every summary").first.click()
        assert shown.page.locator("details.every ol").first.is_visible()
