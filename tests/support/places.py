"""Where the repository's folders are, and the library's sources for processes that tests start."""

from __future__ import annotations

from pathlib import Path

import lossary

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DATA = ROOT / "examples" / "data"
REFERENCE = ROOT / "tests" / "reference"
SOURCES = str(Path(lossary.__file__).parents[1])
"""What ``PYTHONPATH`` has to be for another process to import this library."""
