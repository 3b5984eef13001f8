"""The source that Sphinx reads: pages written by hand, docs as they stand, and pages that modules here make."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shutil
from pathlib import Path

import lossary_site
from lossary.explorer import page as explorer
from lossary_site import live

SITE = Path(__file__).parents[1]
ROOT = SITE.parent

AT_THE_TOP = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages of the repository's top folder, and what they are called on the site."""

PLACES = {"README.md": "index.md", **AT_THE_TOP}

LEFT_OVER = (".buildinfo", "_static/webpack-macros.html", "_static/**/*.map")
"""What Sphinx and its theme write that no reader needs, as patterns."""

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def write(output: Path) -> None:
    """Write what Sphinx reads to ``source``, styles and scripts to ``static``, and what it only copies to ``extra``."""
    folder, static, extra = output / "source", output / "static", output / "extra"
    shutil.copytree(SITE / "static", static)
    (static / "live.js").write_text(live.script(), "utf-8")
    shutil.copytree(SITE / "pages", folder)
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("*.json"))
    for path in [*(folder / "docs").rglob("*.md")]:
        path.write_text(_relinked(path.read_text("utf-8"), path.relative_to(folder)), "utf-8")
    for theirs, ours in AT_THE_TOP.items():
        (folder / ours).write_text(_relinked((ROOT / theirs).read_text("utf-8"), Path(ours)), "utf-8")
    for name, text in made_pages().items():
        path = folder / name
        if path.exists():
            raise FileExistsError(f"{name} is written by hand and made too; give one of them another name")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    page = extra / "explorer" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(explorer(), "utf-8")


def made_pages() -> dict[str, str]:
    """The pages of every module here that makes some."""
    made: dict[str, str] = {}
    for module in pkgutil.iter_modules(lossary_site.__path__):
        pages = getattr(importlib.import_module(f"lossary_site.{module.name}"), "pages", None)
        for name, text in (pages() if pages is not None else {}).items():
            if name in made:
                raise ValueError(f"two modules make {name}; the second is {module.name}.py")
            made[name] = text
    return made


def _relinked(text: str, page: Path) -> str:
    """The page with links to what the site has; a link to a file that only the repository has becomes its words."""
    depth = len(page.parent.parts)

    def settled(link: re.Match[str]) -> str:
        words, target, anchor = link[1], link[2], link[3] or ""
        if ":" in target:
            return link[0]
        place = _resolved(page.parent, target)
        if place in PLACES:
            return f"[{words}]({'../' * depth}{PLACES[place]}{anchor})"
        if place.startswith("docs/") and not place.endswith(".json"):
            return link[0]
        return words

    return LINK.sub(settled, text)


def _resolved(folder: Path, target: str) -> str:
    """Where a link leads, from the top of the repository."""
    parts = list(folder.parts)
    for part in Path(target).parts:
        if part == "..":
            del parts[-1:]
        else:
            parts.append(part)
    return "/".join(parts)
