"""The code of the how-to pages runs, and prints what the pages show."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from tests.support import guides, tutorial
from tests.support.places import ROOT

PAGES = {path.stem: guides.read(path) for path in guides.paths()}
QUICK = "tests/howto/test_pages.py::test_a_page_prints_what_it_shows"
SLOW = ("hugging-face", "lightning")
"""Pages that take over ten seconds; `make guides` runs them too."""


def agree(page: guides.Guide, outputs: list[str]) -> None:
    """Words are those of the page, and numbers too, within 2% or one unit in the last decimal place that is shown."""
    for block, output in zip(page.blocks, outputs, strict=True):
        where = f"{page.path.name}, line {block.line}"
        assert tutorial.words(output) == tutorial.words(block.output), where
        for said, found in zip(*(tutorial.NUMBER.findall(text) for text in (block.output, output)), strict=True):
            assert abs(float(found) - float(said)) <= max(0.02 * abs(float(said)), 1.001 * place(said)), (where, said)


def place(number: str) -> float:
    """One unit in the last decimal place of a number as it is printed; nothing for whole numbers."""
    digits, _, power = number.partition("e")
    decimals = len(digits.partition(".")[2])
    return 10.0 ** (int(power or 0) - decimals) if decimals else 0.0


@pytest.mark.parametrize(
    "name", [n if n not in SLOW else pytest.param(n, marks=pytest.mark.slow(QUICK)) for n in PAGES]
)
def test_a_page_prints_what_it_shows(name: str, tmp_path: Path) -> None:
    page = PAGES[name]
    if page.missing:
        pytest.skip(f"{page.missing[0]} is not installed")
    agree(page, guides.printed(page, tmp_path))


def test_another_output_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("---\nhosts: []\n---\n\n```python\nprint('cost', 1.25)\n```\n\n```text\ncost 1.25\n```\n", "utf-8")
    right = guides.read(page)
    outputs = guides.outputs_of(right.blocks, "page.md")
    agree(right, outputs)
    for other in ("cost 1.35\n", "price 1.25\n", ""):
        with pytest.raises(AssertionError, match="line 6"):
            agree(right, [other])


def test_a_warning_is_an_error_unless_the_page_says_why_not() -> None:
    block = guides.Block("import warnings; warnings.warn('told so')\n", 1, "")
    with pytest.raises(UserWarning, match="told so"):
        guides.outputs_of([block], "page.md")
    assert guides.outputs_of([block], "page.md", [{"message": "told", "because": "it is"}]) == [""]
    insists = guides.Block(f"import warnings; warnings.simplefilter('always'); {block.code.partition('; ')[2]}", 1, "")
    with pytest.raises(UserWarning, match="told so"):
        guides.outputs_of([insists], "page.md")
    assert guides.outputs_of([insists], "page.md", [{"message": "told", "because": "it is"}]) == [""]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_it_needs_and_why_warnings_pass(name: str) -> None:
    page = PAGES[name]
    assert page.blocks or name == "r"
    assert all(each["message"] and len(each["because"]) > 10 for each in page.warnings)
    told = guides.FRONT_MATTER.sub("", page.text)
    assert all(f"{name}={value}" in told for name, value in page.environment.items())
    imported = set(re.findall(r"^(?:import|from) (\w+)", "".join(b.code for b in page.blocks), flags=re.MULTILINE))
    assert imported & OPTIONAL <= {host.split(".")[0] for host in page.hosts}


def test_every_page_is_listed_with_a_line() -> None:
    listed = re.findall(r"\]\(([\w-]+)\.md\)", (guides.FOLDER / "index.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(PAGES)


def test_what_the_pages_need_is_installed_with_guides_or_tests() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    asked = {re.split(r"[\[<>=~;, ]", r)[0] for extra in extras.values() for r in extra}
    packages = {"sklearn": "scikit-learn", "xgboost": "xgboost-cpu", "mlflow": "mlflow-skinny"}
    for page in PAGES.values():
        assert {packages.get(host, host) for host in page.hosts} <= asked, page.path.name


OPTIONAL = {
    "accelerate", "catboost", "flax", "jax", "keras", "lightgbm", "lightning", "mlflow", "optax", "optuna", "polars",
    "sklearn", "skorch", "statsmodels", "torch", "transformers", "xgboost",
}  # fmt: skip
