"""From the record of a benchmark to its pages: one number a field, lost cells marked, pictures that can be read."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from bench import run
from bench.boosting import run as boosting_run
from bench.pages import publish, site, tables
from bench.pages.grids import number
from bench.pages.picture import factor, svg, words
from bench.pages.questions import QUESTIONS, Bar, Group, tally
from bench.racing import records
from bench.racing.cells import Raced, figure
from bench.racing.harness import Times
from bench.racing.lost import beaten
from bench.racing.part import Part
from bench.racing.providers import COST, OURS, Failure, Provider
from bench.startup import run as startup_run
from bench.startup.probes import SmallCall, Startup
from tests.support.places import DOCS

PUBLISHED = sorted((DOCS / "benchmarks").glob("*.json"))
PEER = "a peer | of ours"


class Cell(Raced):
    """A race of two sizes of one loss, made up."""

    table = "cost and gradient, 1e3 float32"
    label = "huber"

    def facts(self):
        return {"discipline": COST, "size": 1000, "dtype": "float32"}

    def measures(self):
        return {"error of the cost, relative": {OURS: 1e-9, PEER: float("inf")}}


def made_up(seconds, failures=()):
    """The record of a part with one cell."""
    cell = Cell({name: Times(np.full(5, time)) for name, time in seconds.items()}, failures)
    lost = list(beaten(cell, cell.table, cell.label, [n for n in seconds if n != OURS], [OURS])) if seconds else []
    part = Part("What is raced.", [cell.record()], lost, [Provider(OURS, COST, lambda *_: None, "checked")])
    where = {
        "date": "2026-01-02",
        "command": "python -m bench",
        "machine": "a machine",
        "processors": 2,
        "threads": 2,
        "seconds": 3.0,
        "load_at_start": 0.1,
        "share_of_others": 0.0,
        "share_of_the_hypervisor": 0.0,
        "versions": {"numpy": "2.4"},
    }
    return {"part": "pointwise", **where, **part.record()}


@pytest.fixture
def root(tmp_path):
    """A folder with the record of one cell, lost by a half."""
    records.write(made_up({OURS: 2.0, PEER: 1.0, "floor: add": 0.5}), site.record_of(tmp_path, "pointwise"))
    return tmp_path


def test_a_record_is_the_same_when_it_is_read_and_written_again():
    record = made_up({OURS: 1.23456, PEER: 2.0}, (Failure("gone", "ValueError: no"),))
    text = records.text(record)
    assert json.loads(text) == record
    assert records.text(json.loads(text)) == text
    assert record["cells"][0]["seconds"][OURS] == {"median": 1.235, "quartiles": [1.235, 1.235]}
    assert record["cells"][0]["over_ours"] == {PEER: [1.62, 1.62, 1.62]}
    assert record["cells"][0]["failures"] == {"gone": "ValueError: no"}
    assert sum(line.startswith("  {") for line in text.splitlines()) == 2  # a contestant and a cell, a line each


@pytest.mark.parametrize(("x", "kept"), [(1.23456, 1.235), (float("nan"), None), (float("inf"), "inf"), (0.0, 0.0)])
def test_a_figure_has_four_digits_and_says_what_is_no_number(x, kept):
    assert figure(x) == kept


@pytest.mark.parametrize(
    ("x", "shown"),
    [(None, ""), ("inf", "infinite"), (0.0, "0"), (1234.0, "1,234"), (1.5e-8, "1.5e-8"), (2.345, "2.35")],
)
def test_a_number_in_a_table_has_three_digits(x, shown):
    assert number(x) == shown


@pytest.mark.parametrize(("x", "read"), [(0.8, "0.80x"), (0.0042, "0.0042x"), (2.0, "2x"), (5083.0, "5,083x")])
def test_a_factor_is_read_at_any_size(x, read):
    assert factor(x) == read


def test_a_lost_cell_is_marked_in_tables_listed_and_crossed_in_the_picture(root):
    publish.pages(root)
    page = (root / "benchmarks" / "pointwise.md").read_text()
    assert f"| huber | {tables.LOST} 0.5 | 0.25 |" in page  # a floor is no rival
    assert (
        "| cost and gradient, 1e3 float32 | huber | a peer \\| of ours slower than ours | 0.50x | 0.5 | 0.5 |" in page
    )
    picture = (root / "benchmarks" / "pointwise.svg").read_text()
    assert picture.count('class="cross"') == 1
    assert "0.50x, lost" in picture
    assert "1 of 1 cells are lost" in (root / "benchmarks.md").read_text()


def test_a_cell_that_is_won_has_no_cross(root):
    records.write(made_up({OURS: 1.0, PEER: 2.0}), site.record_of(root, "pointwise"))
    publish.pages(root)
    picture = (root / "benchmarks" / "pointwise.svg").read_text()
    assert 'class="cross"' not in picture
    assert 'class="won"' in picture
    assert tables.LOST not in (root / "benchmarks" / "pointwise.md").read_text()


def test_whoever_broke_is_in_the_table_with_the_reason(root):
    record = made_up({OURS: 1.0, PEER: 2.0}, (Failure("gone", "ValueError: no"),))
    (_, grids), *_ = tables.groups(record)
    assert grids[-1].rows == (("huber", "gone", "ValueError: no"),)
    assert "infinite" in grids[2].rows[0]


def test_a_cell_without_ours_is_no_picture_but_a_table_that_says_why(root):
    record = made_up({}, (Failure(OURS, "ValueError: no"),))
    records.write(record, site.record_of(root, "pointwise"))
    (root / "benchmarks" / "pointwise.svg").unlink(missing_ok=True)
    publish.pages(root)
    assert "| huber | ours | ValueError: no |" in (root / "benchmarks" / "pointwise.md").read_text()
    assert not (root / "benchmarks" / "pointwise.svg").exists()


def test_pages_are_the_same_when_made_again(root):
    publish.pages(root)
    first = {path: path.read_bytes() for path in root.rglob("*.*")}
    publish.pages(root)
    assert {path: path.read_bytes() for path in root.rglob("*.*")} == first


def _answer(name, cells):
    (question,) = (each for each in QUESTIONS if each.name == name)
    return {bar.label: bar.values for group in question.groups({"cells": cells}) for bar in group.bars}


def test_a_booster_that_trains_longer_under_ours_is_lost_and_its_bar_says_so():
    times = {OURS: Times(np.full(3, 2.0)), boosting_run.BUILTIN: Times(np.full(3, 1.0))}
    cell = boosting_run.BoostingCell(times, (), "a booster", 1000, "huber", {OURS: 1.1, boosting_run.BUILTIN: 1.0})
    wanted = [each.wanted for each in boosting_run._judged(cell)]
    assert wanted == ["at most 1.15x the built-in's time", "held-out cost within 1%"]
    assert _answer("boosting", [cell.record()]) == {"huber": (0.5,)}
    assert cell.record()["measures"]["excess of our held-out cost over the built-in's, percent"] == {OURS: 10.0}


def test_what_takes_longer_than_allowed_is_lost_and_its_bar_says_so():
    found, calls = Startup(300.0, 50.0, 400.0, 2000.0, ("torch",)), [SmallCall("huber", 21e-6, 1e-6)]
    assert [(each.wanted, each.got) for each in startup_run._lost(found, calls)] == [
        ("import lossary, NumPy included: under 150 ms", "300 ms"),
        ("first call ever (kernel compiled): under 500 ms", "2000 ms"),
        ("import lossary imports no framework", "torch"),
        ("under 4 us over the kernel", "20.0 us"),
    ]
    assert _answer("startup", list(startup_run._cells(found, calls))) == {
        "import lossary, NumPy included": (0.5,),
        "first call in a second process": (1.0,),
        "first call ever (kernel compiled)": (0.25,),
        "a call beyond its kernel": (0.2,),
    }


def test_a_part_of_a_part_is_not_published(capsys):
    with pytest.raises(SystemExit):
        run.main(["--publish", "--only", "fit", "--quick"])
    assert "leave out --quick" in capsys.readouterr().err


def test_the_readme_takes_the_tables_and_says_where_they_are_missing(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- speed -->\nold\n<!-- end of speed -->\nafter\n")
    with pytest.raises(ValueError, match="no place for the table of real"):
        publish._update(readme, DOCS)
    readme.write_text(readme.read_text() + "<!-- real -->\n<!-- end of real -->\n")
    publish._update(readme, DOCS)
    text = readme.read_text()
    assert text.startswith("before\n<!-- speed -->\n| what |")
    assert "old" not in text
    assert "| lossary choose |" in text


QUESTION = replace(QUESTIONS[0], title="A & B?")
GROUPS = (Group("few <", (Bar("one", (0.25, 2.0, 4.0)),)), Group("more", (Bar("two & three", (8.0,)),)))


def test_a_picture_is_xml_with_words_for_who_cannot_see_it():
    tree = ElementTree.fromstring(svg(QUESTION, GROUPS))
    name = "{http://www.w3.org/2000/svg}"
    assert tree.find(f"{name}title").text == "A & B?"
    assert tree.find(f"{name}desc").text == words(QUESTION, GROUPS)
    assert "from 2x (one; few <) to 8x (two & three; more). 1 of 4 cells are lost" in words(QUESTION, GROUPS)
    assert len(tree.findall(f".//{name}circle")) == 3


def test_marks_lie_left_of_one_where_lost_and_right_of_it_where_not():
    tree = ElementTree.fromstring(svg(QUESTION, GROUPS))
    name = "{http://www.w3.org/2000/svg}"

    def place(path):
        return float(re.match(r"M([\d.]+)", path.get("d"))[1])

    kinds = {kind: [p for p in tree.iter(f"{name}path") if p.get("class") == kind] for kind in ("one", "cross")}
    (one,), (cross,) = ([place(p) for p in paths] for paths in kinds.values())
    dots = [float(dot.get("cx")) for dot in tree.iter(f"{name}circle")]
    assert cross < one < min(dots)
    assert dots[1] - dots[0] == pytest.approx(dots[0] - one, abs=0.2)  # 4 is as far from 2 as 2 from 1
    assert max(dots) < 400.0


def test_letters_can_be_read_on_a_phone_and_in_the_dark():
    picture = svg(QUESTION, GROUPS)
    assert 'viewBox="0 0 400 ' in picture
    assert {int(size) for size in re.findall(r"font(?:-size)?:(\d+)px", picture)} == {9, 10}
    assert "prefers-color-scheme:dark" in picture
    assert '<rect class="page" width="400"' in picture  # its own background: no page can hide the letters


def test_cells_are_counted():
    found = tally(GROUPS)
    assert (found.cells, found.lost, found.middle, found.lowest, found.highest) == (4, 1, 3.0, 0.25, 8.0)


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_the_published_pages_are_those_of_the_published_numbers(path):
    record = records.read(path)
    assert record["part"] == path.stem
    assert records.text(record) == path.read_text(encoding="utf-8")
    assert site.part_page(path.stem, record) == path.with_suffix(".md").read_text(encoding="utf-8")
    for question in QUESTIONS:
        if question.part == path.stem:
            picture = svg(question, question.groups(record))
            assert picture == path.with_name(f"{question.name}.svg").read_text(encoding="utf-8")
    assert path.stat().st_size < 300_000


def test_the_published_page_of_pictures_answers_every_question():
    found = site.read(DOCS)
    # The bench on real data has not been published yet.
    assert {question.part for question in QUESTIONS} - set(found) <= {site.REAL}
    page = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert page == site.main_page(found)
    assert len(re.findall(r"!\[[^\]]{60,}\]", page)) == sum(question.part in found for question in QUESTIONS)


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_a_field_of_a_table_holds_one_number(path):
    for line in path.with_suffix(".md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and path.stem not in site.BODIES:
            for text in line.strip("| ").split(" | ")[1:]:
                assert "<br>" not in text
                assert not re.search(r"\d\s*(?:±|\()\s*\d", text), text
