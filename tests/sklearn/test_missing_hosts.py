"""Without their hosts the adapters say which extra to install."""

from __future__ import annotations

import pytest
from tests.support.processes import run_python

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
    answer = run_python(BLOCKED.format(host=host, statement=statement))
    assert answer.returncode == 1
    last = answer.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError")
    assert f"pip install 'lossary[{host}]'" in last
