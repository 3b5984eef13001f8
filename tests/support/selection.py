"""``--loss huber``: the tests that concern one loss, and no others.

A test concerns a loss if one of its parameters is the loss, if its id or its own name has the loss's name in it, or if
it is the doctest of the loss's file.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from lossary import discovery
from lossary.formula import Loss
from lossary.rowwise import RowLoss

BOTH_KINDS = r"every_record\(\)|discovery\.names\(\)|catalogue\(|LOSSES"
WHOLE_CATALOGUE = {
    Loss: re.compile(rf"each_loss|(?<!row_)records\(\)|{BOTH_KINDS}"),
    RowLoss: re.compile(rf"each_row_loss|row_records\(\)|{BOTH_KINDS}"),
}
"""How the text of a test file looks that has a test for every loss of a kind."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("lossary").addoption(
        "--loss", action="append", default=[], metavar="NAME", help="run what concerns this loss (may be repeated)"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NAMES] = frozenset(_settled(word) for word in config.getoption("loss"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One process for the tests of one loss: a second would take as long to import the hosts as to run its share."""
    return 0 if config.getoption("loss") else None


NAMES = pytest.StashKey[frozenset[str]]()


def _settled(word: str) -> str:
    """The loss's name in the catalogue."""
    try:
        return discovery.record(word).name
    except (KeyError, ValueError) as unknown:
        near = difflib.get_close_matches(word, discovery.names(), 3)
        raise pytest.UsageError(f"--loss {word}: no loss has this name; the nearest are {near}") from unknown


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a file that has no test of these losses: its imports may take longer than all tests of one loss."""
    names = config.stash[NAMES]
    if not names or collection_path.suffix != ".py":
        return None
    if not collection_path.name.startswith("test_"):
        return collection_path.name != "conftest.py" and collection_path.stem not in names
    text = outside_tests(collection_path.read_text(encoding="utf-8"))
    kinds = {type(discovery.record(name)) for name in names}
    concerned = any(name in text for name in names) or any(WHOLE_CATALOGUE[kind].search(text) for kind in kinds)
    return None if concerned else True


def outside_tests(text: str) -> str:
    """A test file without the bodies of its tests: what a test is called with, and named after, stands elsewhere."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and node.body[0].lineno > node.lineno:
            for number in range(node.body[0].lineno, (node.end_lineno or 0) + 1):
                lines[number - 1] = ""
    return "\n".join(lines)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    names = config.stash[NAMES]
    if not names:
        return
    chosen = [item for item in items if names & set(subjects(item))]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def subjects(item: pytest.Item) -> Iterable[str]:
    """Every word of a test that may be the name of the loss that it is about."""
    yield item.path.stem
    function, _, identifier = item.name.partition("[")
    yield from _runs(function.split("_"))
    yield from re.findall(r"\w+", identifier)
    callspec = getattr(item, "callspec", None)
    for value in callspec.params.values() if callspec else ():
        yield from _names(value)


def _runs(words: list[str]) -> Iterable[str]:
    """The names that a function's name may contain: words that follow each other."""
    for start in range(len(words)):
        for stop in range(start + 1, len(words) + 1):
            yield "_".join(words[start:stop])


def _names(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield from re.findall(r"\w+", value)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _names(part)
    elif isinstance(name := getattr(value, "name", None), str):
        yield name
