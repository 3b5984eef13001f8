"""The examples run and learn; a few epochs only, as ``make examples`` checks what they reach in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.support.places import ROOT, SOURCES

EXAMPLES = ROOT / "examples" / "training"
NEEDS = {"with_torch": ("torch",), "with_jax": ("jax", "optax"), "with_keras": ("keras",)}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("script", NEEDS)
def test_costs_fall_and_are_drawn(script: str, tmp_path: Path) -> None:
    missing = [package for package in ("sklearn", *NEEDS[script]) if not find_spec(package)]
    if missing:
        pytest.skip(f"{missing[0]} is not installed")
    environment = {
        "PYTHONPATH": SOURCES,
        "KERAS_BACKEND": "torch" if find_spec("torch") else "jax",
    }
    command = [sys.executable, str(EXAMPLES / f"{script}.py"), "--quick", "--output", str(tmp_path)]
    answer = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr

    (picture,) = tmp_path.glob("*.png")
    assert picture.read_bytes().startswith(PNG)
    curves = json.loads(picture.with_suffix(".json").read_text(encoding="utf-8"))
    assert len(curves) == 3
    for name, curve in curves.items():
        costs = curve["costs"]
        assert 0.0 < costs[-1] < costs[0], f"{name}: {costs}"
