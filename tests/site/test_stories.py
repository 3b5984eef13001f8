"""Stories are run while the site is built: their pages hold numbers and pictures, and what they claim is checked."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

import lossary

pytest.importorskip("myst_nb", reason="pip install 'lossary[site]' brings MyST-NB")

from lossary_site import pictures

SITE = Path(__file__).parents[2] / "site"
STORIES = sorted(path.stem for path in (SITE / "pages" / "stories").glob("*.md") if path.stem != "index")
CELL = re.compile(r"^```\{code-cell\}\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.slow("tests/site/test_stories.py::test_a_claim_that_the_numbers_do_not_bear_stops_the_build")
@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_run_and_shows_what_came_out(site_with_stories: Path, name: str) -> None:
    page = (site_with_stories / "stories" / f"{name}.html").read_text("utf-8")
    source = (SITE / "pages" / "stories" / f"{name}.md").read_text("utf-8")
    drawn = source.count("plt.subplots(")
    assert page.count('<svg class="story-picture"') == drawn > 0
    assert page.count('<table border="1" class="dataframe">') >= 1
    assert page.count('class="output text_plain"') >= source.count("{eval}`") > 3
    assert "Traceback" not in page
    assert "{eval}" not in page


@pytest.mark.parametrize("name", STORIES)
def test_what_a_story_says_is_held_to_its_numbers(name: str) -> None:
    source = (SITE / "pages" / "stories" / f"{name}.md").read_text("utf-8")
    hidden = [cell for cell in CELL.findall(source) if "remove-output" in cell]
    assert "pictures.start()" in hidden[0]
    assert sum(cell.count("assert ") for cell in hidden) >= 3
    verdict = source.partition("## Verdict")[2]
    assert "**What it cost**" in verdict
    assert "**What did not work**" in verdict


def test_a_claim_that_the_numbers_do_not_bear_stops_the_build(tmp_path: Path) -> None:
    head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n# A story\n"
    (tmp_path / "index.md").write_text(f"{head}```{{code-cell}}\nassert 1 < 0\n```\n", "utf-8")
    told = ["-q", "-W", "--keep-going", "-b", "pseudoxml", "-c", str(SITE)]
    made = subprocess.run(
        [sys.executable, "-m", "sphinx", *told, str(tmp_path), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode != 0
    assert re.search(r"assert 1 < 0\n.*AssertionError", made.stderr, re.DOTALL), made.stderr
    assert "[IPKernelApp]" not in made.stderr  # the kernel itself has nothing to say


# Pictures


def picture(label: str = "Two losses & more") -> str:
    with mpl.rc_context(pictures.SETTINGS):
        figure = Figure(label=label)
        lossary.plot(["huber", "squared_error"], span=(-3, 3), ax=figure.subplots())
        return pictures.svg(figure)


def test_a_picture_takes_the_page_s_colours_and_words() -> None:
    root = ElementTree.fromstring(picture().replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    assert root.get("aria-label") == "Two losses & more"
    assert not root.findall(".//{*}style")  # it would hold for the whole page
    text = picture()
    assert "font-family" not in text
    assert not any(fixed in text for fixed in pictures.ON_PAGE)
    assert "currentColor" in text


def test_pictures_on_one_page_share_no_names_and_are_drawn_alike() -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r' id="([^"]+)"', text))

    one, other = picture(), picture("Another")
    assert names(one)
    assert not names(one) & names(other)
    assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', one)) == names(one)
    assert one == picture()


def test_a_picture_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="num="):
        picture("")
