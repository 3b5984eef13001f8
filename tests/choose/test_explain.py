"""``lossary explain``: every code on the command line."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from lossary.choosing.findings.catalogue import codes
from lossary.cli.main import app


def run(*arguments):
    return CliRunner().invoke(app, ["explain", *arguments])


def test_a_code_is_explained():
    answer = run("LY012")
    assert answer.exit_code == 0
    assert answer.stdout.startswith("LY012 duplicates_across_folds: ")
    assert "What would change it: " in answer.stdout
    assert json.loads(run("duplicates_across_folds", "--json").stdout)["code"] == "LY012"


def test_without_a_code_all_are_listed():
    listed = run().stdout
    assert all(code in listed for code in codes())
    assert [kind["code"] for kind in json.loads(run("--json").stdout)] == list(codes())


def test_an_unknown_code_is_one_line():
    answer = run("LY999")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("lossary: no finding is called 'LY999'; ")
    assert answer.stderr.count("\n") == 1
