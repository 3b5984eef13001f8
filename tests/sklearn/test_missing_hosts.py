"""Without their hosts the adapters say which extra to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lossary

BLOCKED = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == {host!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
{statement}
"""


@pytest.mark.parametrize(
    ("host", "statement"),
    [
        ("sklearn", "import lossary.sklearn"),
        ("torch", "from lossary.fit import mlp; mlp.fit([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0])"),
    ],
)
def test_a_missing_host_is_named_with_its_extra(host, statement):
    answer = subprocess.run(
        [sys.executable, "-c", BLOCKED.format(host=host, statement=statement)],
        env=os.environ | {"PYTHONPATH": str(Path(lossary.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    last = answer.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError")
    assert f"pip install 'lossary[{host}]'" in last
