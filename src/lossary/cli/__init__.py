"""The command line. It needs more than the library does, and says so if that is missing."""

from __future__ import annotations

import sys
from importlib.util import find_spec

NEEDS = ("typer", "rich", "polars", "scipy", "threadpoolctl", "matplotlib")


def main() -> None:
    """Run the command line, or say in one line how to install what it needs."""
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        print(f"lossary: the command line needs {', '.join(missing)}: pip install 'lossary[cli]'", file=sys.stderr)
        raise SystemExit(2)
    from lossary.cli.main import app  # noqa: PLC0415  typer may be absent

    app(prog_name="lossary")
