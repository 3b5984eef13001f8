"""What the README shows can be run, and its links lead somewhere."""

import re
import shlex

import pytest
from bench.pages import publish, site
from tests.support.places import ROOT
from typer.testing import CliRunner

from lossary.cli.main import app

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = PAGES[0].read_text(encoding="utf-8")


def test_the_five_lines_run():
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, object] = {}
    for line in block.splitlines():
        exec(line.replace("lossary.check(mine)", "lossary.check"), names)  # the check itself is tested elsewhere
    cost, gradient = names["cost"], names["gradient"]
    assert cost > 0
    assert gradient.shape == (2,)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for target, _, anchor in re.findall(r"\]\(([^)#\s]*)(#([^)\s]+))?\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        there = page.parent / target if target else page
        assert there.exists(), f"{page.name} links to {target}, which is not there"
        if anchor and there.suffix == ".md":
            titles = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in map(site.anchor, titles), f"{page.name} links to {target}#{anchor}: no such heading"


def test_the_command_lines_are_understood():
    lines = re.findall(r"^(lossary .*?)(?:   .*)?$", README, flags=re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        command = shlex.split(line)[1]
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, line


def test_the_readme_is_read_in_a_few_minutes():
    assert len(README.split()) < 1000


def test_the_readme_shows_the_published_numbers(tmp_path):
    again = tmp_path / "README.md"
    again.write_text(README, encoding="utf-8")
    publish._update(again, ROOT / "docs")
    assert again.read_text(encoding="utf-8") == README


def test_the_readme_is_as_exact_as_the_page_of_accuracy():
    page = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.*?) \| (\d+) \| ([\d.]+%) \|$", README, flags=re.MULTILINE)
    assert len(rows) >= 5
    for library, losses, share in rows:
        name = library.split()[0].rstrip(",")
        assert re.search(rf"^\| {name}.* \| {losses} \| .*? \| {share} \|", page, flags=re.MULTILINE), library
