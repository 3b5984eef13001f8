"""The explorer's file: small, without formulas written by hand, and written by the command line."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from tests.support.formulas_by_hand import by_hand
from typer.testing import CliRunner

from lossary.cli.main import app
from lossary.explorer import page
from lossary.explorer.assembly import SCRIPTS
from lossary.explorer.formulas import shown

PARTS = Path(str(files("lossary.explorer"))) / "parts"


def test_no_formula_is_written_by_hand() -> None:
    written = {path.stem: by_hand(path.read_text("utf-8")) for path in sorted(PARTS.glob("*.js"))}
    assert set(written) == set(SCRIPTS)
    assert {name: found for name, found in written.items() if found} == {}
    names = "|".join(loss.name for loss in shown())
    assert re.findall(rf"(?:{names})\s*:\s*\(", "".join(p.read_text("utf-8") for p in PARTS.glob("*.js"))) == []


@pytest.mark.parametrize(
    "planted", ["Math.tanh(r)", "Math.log1p(r * r)", "PRIMITIVES.log_cosh(r)", "const softplus = x"]
)
def test_a_formula_by_hand_would_be_found(planted: str) -> None:
    assert by_hand(planted)


def test_the_page_is_one_small_file_that_asks_for_nothing() -> None:
    text = page()
    assert len(text.encode()) < 300_000
    assert re.findall(r"(?:https?:)?//[a-z]+\.[a-z]", text.replace("http://www.w3.org/2000/svg", "")) == []
    assert "default-src 'none'" in text


def test_the_losses_of_residuals_are_on_it() -> None:
    names = {loss.name for loss in shown()}
    assert {"squared_error", "absolute_error", "huber", "quantile", "tukey_biweight", "barron"} <= names
    assert not names & {"squared_log_error", "absolute_percentage_error", "root_mean_squared_error"}
    assert all(f"\n{name}: {{ title:" in page() for name in names)


def test_the_command_writes_the_page_with_the_losses_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "explorer.html"
    result = CliRunner().invoke(app, ["explore", "huber:delta=2", "mae", "--output", str(path)])
    assert result.exit_code == 0, result.stderr
    assert str(path) in result.stdout
    assert path.read_text("utf-8") == page(["huber:delta=2.0", "absolute_error"])
    assert 'data-start="loss=huber:delta=2.0&amp;loss=absolute_error"' in path.read_text("utf-8")


def test_the_command_opens_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    result = CliRunner().invoke(app, ["explore"])
    assert result.exit_code == 0, result.stderr
    (address,) = opened
    path = Path(address.removeprefix("file://"))
    assert path.read_text("utf-8") == page()
    assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
    path.unlink()
    path.parent.rmdir()


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        (["squared_log_error"], "the explorer does not draw squared_log_error; it draws absolute_error, "),
        (["logistic"], "logistic is in the explorer's panel of two classes"),
        (["huber", "mae", "mse", "cauchy", "welsch"], "the explorer draws up to 4 losses at once, not 5"),
    ],
)
def test_what_it_cannot_draw_is_refused(losses: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["explore", *losses])
    assert result.exit_code == 2
    assert words in result.stderr
