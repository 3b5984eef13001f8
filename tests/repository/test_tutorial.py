"""The tutorial's commands print what the page shows, its Python and the notebook run, and the demo leaves a model."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.support import tutorial
from tests.support.places import DATA, ROOT
from typer.testing import CliRunner

pytest.importorskip("sklearn")

from lossary.cli.main import app

PAGE = tutorial.PAGE.read_text(encoding="utf-8")
NOTEBOOK = ROOT / "examples" / "notebooks" / "tutorial.ipynb"


def test_the_commands_print_what_the_page_shows(tmp_path: Path) -> None:
    folder = tutorial.folder_of_the_reader(tmp_path)
    shown = tutorial.blocks(PAGE)
    assert len(shown) >= 6
    for command, output in shown:
        printed = tutorial.printed(command, folder)
        assert tutorial.words(printed) == tutorial.words(output), command
        assert tutorial.numbers(printed) == pytest.approx(tutorial.numbers(output), rel=0.02, abs=1e-9), command


def test_another_output_is_seen() -> None:
    output = " model   mean loss   seconds\n huber       78.22   58.2%   0.3\n"
    assert tutorial.words(output) != tutorial.words(output.replace("huber", "fair"))
    assert tutorial.numbers(output) == [78.22, 58.2] == tutorial.numbers(output.replace("0.3", "9.0"))
    assert tutorial.numbers(output) != tutorial.numbers(output.replace("78.22", "79.22"))


def test_the_python_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pl.read_csv(DATA / "engel.csv").head(200).write_csv("known.csv")
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(block, names)
    assert Path("report.html").stat().st_size > 10_000
    assert Path("model.lossary").exists()


def test_the_notebook_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(NOTEBOOK.parent)
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    names: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert np.shape(names["model"].predict(names["new"])) == (3,)  # type: ignore[attr-defined]


def test_the_demo_leaves_a_model_and_the_command_it_prints_predicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = re.search(r"^\t\$\(BIN\)/(lossary choose .*bikeshare.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert recipe is not None
    command = recipe[1].replace("$(BUILD)", str(tmp_path)).replace("examples/data", str(tmp_path))
    pl.read_csv(DATA / "bikeshare.csv").head(400).write_csv(tmp_path / "bikeshare.csv")
    quick = ["--models", "linear", "--jobs", "1", "--loss", "poisson", "--only", "--repeats", "1", "--folds", "2"]
    chosen = CliRunner().invoke(app, [*shlex.split(command)[1:], *quick], catch_exceptions=False)
    assert chosen.exit_code == 0, chosen.stderr
    advice = re.search(r"lossary (predict .*) NEW.csv$", chosen.stdout, re.M)
    assert advice is not None, chosen.stdout
    predicted = CliRunner().invoke(app, [*shlex.split(advice[1]), str(tmp_path / "bikeshare.csv")])
    assert predicted.exit_code == 0, predicted.stderr
    assert len(predicted.stdout.split()) == 401
