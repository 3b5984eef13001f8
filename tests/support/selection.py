"""``--loss huber``: the tests that concern one loss, and no others.

A test concerns a loss if one of its parameters is the loss, if its id or its own name has the loss's name in it, or if
it is the doctest of the loss's file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from lossary import discovery

WHOLE_CATALOGUE = re.compile(r"each_loss|each_row_loss|records\(\)|discovery\.names\(\)|catalogue\(|LOSSES")
"""How the text of a test file looks that has a test for every loss."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("lossary").addoption(
        "--loss", action="append", default=[], metavar="NAME", help="run what concerns this loss (may be repeated)"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NAMES] = frozenset(_settled(word) for word in config.getoption("loss"))


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
    text = collection_path.read_text(encoding="utf-8")
    return None if WHOLE_CATALOGUE.search(text) or any(name in text for name in names) else True


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
