"""What runs with ``--all`` alone names the test that proves the same in every run, and that test is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.catalogue import TYPICAL, TYPICAL_ROWS
from tests.support.places import ROOT

from lossary import discovery

FILES = sorted((ROOT / "tests").rglob("test_*.py"))


def marks(tree: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Each use of ``slow`` and ``sampled`` in a file, with its argument."""
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("pytest.mark.slow", "pytest.mark.sampled"):
            call = calls.get(id(node))
            yield node.attr, call.args[0] if call and call.args else None


def text(argument: ast.expr | None, tree: ast.Module) -> str:
    """A string, or the constant that has it."""
    if isinstance(argument, ast.Name):
        for line in tree.body:
            if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == argument.id:
                return str(ast.literal_eval(line.value))
    return str(ast.literal_eval(argument)) if isinstance(argument, ast.Constant) else ""


def fault(proof: str) -> str | None:
    """Why a name of a test is none, or of a test that does not run every time."""
    path, _, name = proof.partition("::")
    file = ROOT / path
    if not file.is_file():
        return "there is no such file"
    functions = {n.name: n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.FunctionDef)}
    if name not in functions:
        return "there is no such test"
    decorators = "".join(map(ast.unparse, functions[name].decorator_list))
    return "it is slow itself" if "mark.slow" in decorators and "param(" not in decorators else None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_left_out_is_proved_by_a_test_that_is_not(file: Path) -> None:
    tree = ast.parse(file.read_text())
    wrong = [f"{kind}: {text(argument, tree)!r}: {fault(text(argument, tree))}" for kind, argument in marks(tree)]
    assert [each for each in wrong if not each.endswith(": None")] == []


def test_a_mark_without_a_proof_is_seen() -> None:
    said = {
        "@pytest.mark.slow\ndef test_it(): ...": "",
        "A = 'tests/x.py::test_it'\n@pytest.mark.sampled(A)\ndef test_it(): ...": "tests/x.py::test_it",
        "x = pytest.param(1, marks=pytest.mark.slow('y'))": "y",
    }
    for source, proof in said.items():
        tree = ast.parse(source)
        assert [text(argument, tree) for _, argument in marks(tree)] == [proof]
    assert fault("") is not None
    assert fault("tests/repository/test_slow.py::test_nothing") == "there is no such test"
    assert fault("tests/fuzz/test_fuzz.py::test_every_formula_is_right_in_every_guise") == "it is slow itself"


def test_there_is_a_typical_loss_of_every_structure() -> None:
    """Each kind of domain, link, statistic and option of the catalogue occurs among those that run every time."""
    losses = discovery.records()
    assert {r.name for r in losses} >= TYPICAL
    for of in (lambda r: r.link, lambda r: r.wide, lambda r: r.kinks is None, lambda r: r.cost_root):
        assert {of(r) for r in losses if r.name in TYPICAL} == {of(r) for r in losses}
    rows = discovery.row_records()
    assert {r.name for r in rows} >= TYPICAL_ROWS
    for each in (lambda r: r.targets, lambda r: r.prediction, lambda r: r.wide, lambda r: r.more_classes):
        assert {each(r) for r in rows if r.name in TYPICAL_ROWS} == {each(r) for r in rows}
    kinds = {s.kind for r in rows if r.name in TYPICAL_ROWS for s in r.statistics}
    assert kinds == {s.kind for r in rows for s in r.statistics}
