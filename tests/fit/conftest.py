"""Tests of ``lossary.fit``: skipped where SciPy or threadpoolctl is not installed."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("scipy") and find_spec("threadpoolctl") else ["test_*.py"]
