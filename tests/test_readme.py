"""What the README shows can be run, and its links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lossary.cli.main import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
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
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def test_the_command_lines_are_understood():
    lines = re.findall(r"^(lossary .*?)(?:   .*)?$", README, flags=re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        command = shlex.split(line)[1]
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, line
