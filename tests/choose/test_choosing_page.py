"""The page on choosing shows what happens."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from typer.testing import CliRunner

from lossary.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "choosing.md"


def test_its_examples_run():
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert tried >= 8
    assert failed == 0


def test_its_options_are_those_of_the_commands():
    shown = set(re.findall(r"`(--[a-z-]+)", PAGE.read_text(encoding="utf-8")))
    commands = ("choose", "predict", "evaluate")
    texts = [CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"}).stdout for name in commands]
    assert len(shown) >= 12
    assert shown <= set(re.findall(r"--[a-z-]+", " ".join(texts)))
