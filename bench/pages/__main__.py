"""``python -m bench.pages [ROOT]``: pages and pictures from the JSON under ``ROOT/benchmarks``, nothing measured."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.pages import publish


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument(
        "root", nargs="?", type=Path, default=publish.PUBLISHED, help="docs, or build for your own numbers"
    )
    publish.pages(parser.parse_args().root)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
