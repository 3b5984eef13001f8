"""The site is built without a warning, is small, complete, and stands on nothing but itself; faults would be found."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.formulas_by_hand import by_hand

import lossary

pytest.importorskip("sphinx", reason="pip install 'lossary[site]' brings Sphinx")

from lossary_site import links, names, reference, source
from lossary_site.mathml import mathml

MOST_MEGABYTES = 40


def test_the_site_is_built_and_small(site: Path) -> None:
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 1e6
    assert 1 < size < MOST_MEGABYTES
    assert (site / "explorer" / "index.html").is_file()
    assert (site / "search.html").is_file()
    assert (site / "searchindex.js").is_file()
    assert links.broken(site) == []
    assert names.undocumented(site) == []
    assert all((site / "losses" / f"{loss.name}.html").is_file() for loss in lossary.catalogue())


def test_an_undocumented_name_is_found_out(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def quiet() -> None: ...

    monkeypatch.setattr(reference, "public", lambda: {"lossary.quiet": quiet})
    assert names.undocumented(site) == [
        "lossary.quiet is public, and no reference page tells of it",
        "lossary.quiet is public, and has no docstring",
    ]


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ('<a href="no.html">x</a>', "<a href> leads to no.html, which is not there"),
        ('<a href="#no">x</a>', "<a href> leads to #no: there is no such place on that page"),
        ('<a href="/other.html">x</a>', "begins at the host's root"),
        ('<a href="../outside.html">x</a>', "leads out of the site"),
        ('<script src="https://host.example/x.js"></script>', "<script src> asks the network"),
        ('<link rel="stylesheet" href="//host.example/x.css">', "<link href> asks the network"),
        ('<img src="no.png">', "<img src> leads to no.png"),
    ],
)
def test_a_link_that_leads_nowhere_is_found_out(tmp_path: Path, markup: str, fault: str) -> None:
    (tmp_path / "index.html").write_text(f'<p id="here">{markup}</p>', "utf-8")
    (found,) = links.broken(tmp_path)
    assert fault in found


def test_links_that_lead_somewhere_pass(tmp_path: Path) -> None:
    (tmp_path / "a b.html").write_text('<p id="ü">x</p>', "utf-8")
    text = '<a href="a%20b.html#%C3%BC">x</a><a id="k" href="#k">x</a>'
    text += '<a href="https://doi.org/1">x</a><a href="#y=1">x</a>'
    (tmp_path / "index.html").write_text(text, "utf-8")
    assert links.broken(tmp_path) == []


def test_links_of_docs_lead_to_pages_of_the_site() -> None:
    made = source._relinked(
        "[a](../README.md) [b](../CONTRIBUTING.md#house-rules) [c](design.md#x) [d](../examples/x.py) "
        "![e](images/e.png)",
        Path("docs/page.md"),
    )
    assert made == "[a](../index.md) [b](../contributing.md#house-rules) [c](design.md#x) d ![e](images/e.png)"
    assert source._relinked("[a](docs/design.md)", Path("contributing.md")) == "[a](docs/design.md)"


def test_no_formula_is_written_by_hand() -> None:
    written = [*(source.SITE / "parts").glob("*.js"), *(source.SITE / "static").glob("*.js")]
    assert {"live.js", "gallery.js", "site.js"} <= {path.name for path in written}
    assert {path.name: found for path in written if (found := by_hand(path.read_text("utf-8")))} == {}
    assert by_hand("const weight = r => Math.exp(-r * r);")


def test_formulas_are_mathml() -> None:
    assert mathml(r"\frac{1}{2}").startswith("<math")
    assert "<mfrac>" in mathml(r"\frac{1}{2}")
    assert 'display="block"' in mathml("x", block=True)
