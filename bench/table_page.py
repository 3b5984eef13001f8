"""The command of a benchmark whose page is one table: printed line by line as it comes, and published if asked."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path


def run(module: str, page: Path, lines: Callable[[bool], Iterator[str]], quick: str) -> None:
    """Print ``lines(is_quick)``, and with ``--publish`` write the page; ``quick`` says what ``--quick`` means."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--publish", action="store_true", help=f"write {page}")
    given = parser.parse_args()
    if given.quick and given.publish:
        parser.error("only the whole table is published: leave out --quick")
    printed = []
    for line in lines(given.quick):
        print(line, flush=True)
        printed.append(line)
    if given.publish:
        page.write_text("\n".join(printed) + "\n", encoding="utf-8")
