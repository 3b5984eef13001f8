"""The README as a package index shows it: by the rules of pyproject.toml, without a build."""

from __future__ import annotations

import re
import tomllib

from tests.support.places import ROOT

LINK = re.compile(r"\]\(((?!https://|#)[^)]*)\)")


def relative_links(page: str) -> list[str]:
    """Where a page's links lead that an index cannot follow."""
    return LINK.findall(page)


def on_an_index(page: str) -> str:
    """The page after the substitutions that the build makes."""
    hooks = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["metadata"]["hooks"]
    for rule in hooks["fancy-pypi-readme"]["substitutions"]:
        page = re.sub(rule["pattern"], rule["replacement"], page)
    return page
