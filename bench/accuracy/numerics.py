"""``python -m bench.accuracy.numerics``: print the committed errors of the primitives into ``docs/numerics.md``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

BEGIN, END = "<!-- primitives: generated, do not edit -->", "<!-- end of primitives -->"

COLUMNS = ("cpu float64", "cpu float32", "numpy float64", "numpy float32")
HEADINGS = ("compiled, float64", "compiled, float32", "NumPy, float64", "NumPy, float32")


def table(errors: Mapping[str, Mapping[str, float]]) -> str:
    """A primitive a row, its worst error on each back end."""
    lines = [f"| primitive | {' | '.join(HEADINGS)} |", "| --- |" + " ---: |" * len(COLUMNS)]
    for name, found in errors.items():
        lines.append(f"| `{name}` | " + " | ".join(f"{found[column]:.2f}" for column in COLUMNS) + " |")
    return "\n".join(lines)


def filled(page: str, errors: Mapping[str, Mapping[str, float]]) -> str:
    """The page with the table between its two marks."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{table(errors)}\n\n{END}{after}"


def main(page: Path = Path("docs/numerics.md"), errors: Path = Path("tests/reference/primitives.json")) -> int:
    page.write_text(filled(page.read_text(encoding="utf-8"), json.loads(errors.read_text())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
