"""Whether every link, picture and script of the built site is a file of it, with the anchor that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

ADDRESSES = {"href", "src", "poster", "data", "action"}
OF_READERS = {("a", "href")}
"""What a browser asks for only when a reader says so: this alone may lead to the network."""


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str, str]] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ADDRESSES and value is not None:
                self.asked.append((tag, name, value))


def read(path: Path) -> _Page:
    """The addresses and anchors of a page."""
    page = _Page()
    page.feed(path.read_text("utf-8"))
    return page


def broken(html: Path) -> list[str]:
    """What the pages under a folder ask for that is not there, or that is not theirs to ask for."""
    pages = {path: read(path) for path in sorted(html.rglob("*.html"))}
    return [f"{path.relative_to(html)}: {fault}" for path in pages for fault in _faults(html, path, pages)]


def _faults(html: Path, path: Path, pages: dict[Path, _Page]) -> Iterator[str]:
    for tag, name, address in pages[path].asked:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https") or parts.netloc:
            if (tag, name) not in OF_READERS:
                yield f"<{tag} {name}> asks the network for {address}"
        elif not parts.scheme and (missing := _missing(html, path, address, pages)):
            yield f"<{tag} {name}> {missing}"


def _missing(html: Path, path: Path, address: str, pages: dict[Path, _Page]) -> str:
    bare, anchor = urldefrag(address)
    place = urlsplit(bare).path
    if place.startswith("/"):
        return f"leads to {address}, which begins at the host's root: the site would work under one path alone"
    target = (path.parent / unquote(place)).resolve() if place else path
    if not target.is_relative_to(html.resolve()) and place:
        return f"leads out of the site: {address}"
    if not target.is_file():
        return f"leads to {address}, which is not there"
    # A page of ours keeps its state behind the sign too: "#?task=..." or "#loss=..." is no place in it.
    if anchor and target in pages and "=" not in anchor and unquote(anchor) not in pages[target].anchors:
        return f"leads to {address}: there is no such place on that page"
    return ""
