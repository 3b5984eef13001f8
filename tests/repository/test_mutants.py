"""What ``make mutants`` is told: modules, functions and tests that are there; and which changes it makes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.mutants.table import TARGETS, Target

ROOT = Path(__file__).parents[2]


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.module)
def test_modules_functions_and_tests_are_there(target: Target) -> None:
    assert set(target.functions) <= functions(ROOT / target.path)
    for test in target.tests:
        file, _, name = test.partition("::")
        assert (ROOT / file).is_file()
        assert not name or name.partition("[")[0] in functions(ROOT / file)


def test_deciding_code_is_mutated_whole() -> None:
    """A new file in judging is in the table, too."""
    judging = ROOT / TARGETS[0].path.parent
    known = {target.path.name for target in TARGETS if target.path.parent == TARGETS[0].path.parent}
    assert known == {path.name for path in judging.glob("*.py")} - {"__init__.py"}


SOURCE = '''"""A docstring of 1 + 1."""
from __future__ import annotations


@cached(size=64)
def first(a: int | None, b: float = 2.0) -> int | None:
    assert a is not None or 1
    return a + b if a == b else None


def second(a):
    return a < 3
'''


def test_what_no_call_can_tell_is_not_changed() -> None:
    pytest.importorskip("cosmic_ray")
    from tests.mutants.mutate import mutants  # noqa: PLC0415  it imports cosmic-ray

    lines = {each.place[0] for each in mutants(SOURCE)}
    assert lines == {6, 8, 12}
    assert {each.place for each in mutants(SOURCE) if each.place[0] == 6} == {(6, 36)}  # the default, no annotation
    assert {each.place[0] for each in mutants(SOURCE, ("second",))} == {12}


def test_a_sample_is_drawn_by_its_seed_and_changes_other_places() -> None:
    pytest.importorskip("cosmic_ray")
    from tests.mutants.mutate import mutants, sample  # noqa: PLC0415  it imports cosmic-ray

    among = mutants(SOURCE)
    drawn = sample(among, 4, 1)
    assert drawn == sample(among, 4, 1)
    assert len({each.place for each in drawn}) == len(drawn) == 4
    assert len(sample(among, 1000, 1)) == len({each.place for each in among}) < len(among)
    for each in among:
        assert each.of(SOURCE) != SOURCE
        ast.parse(each.of(SOURCE))
        removed, added = each.shown(SOURCE).splitlines()
        assert removed.startswith("-")
        assert added.startswith("+")
