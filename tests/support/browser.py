"""Pages as the system's Chromium shows them: what a reader cannot see, and what an accessibility checker finds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

WIDER = "() => Math.max(0, document.documentElement.scrollWidth - innerWidth)"

SCROLLING = """() => [...document.querySelectorAll(".wide, figure div")].filter(
  each => each.scrollWidth > each.clientWidth + 1).map(each => each.innerText.slice(0, 60))"""

CUT = """() => [...document.querySelectorAll("body *")].filter(each => {
  const box = each.getBoundingClientRect();
  if (!box.width || !box.height || each.closest(".unseen, .wide, pre, svg.marks, script, style")) return false;
  return box.left < -0.5 || box.right > document.documentElement.clientWidth + 0.5;
}).map(each => each.outerHTML.slice(0, 120))"""

OVERLAPPING = """() => [...document.querySelectorAll(".plot > svg")].flatMap(plot => {
  const boxes = [...plot.querySelectorAll("text.across")].map(each => each.getBoundingClientRect());
  return boxes.slice(1).filter((box, i) => box.left < boxes[i].right + 2).map(box => String(box.left));
})"""

SERIOUS = """rules => axe.run(rules ? {runOnly: rules} : {}).then(found => found.violations
  .filter(each => ["serious", "critical"].includes(each.impact))
  .map(each => each.id + ": " + each.nodes.map(node => node.html.slice(0, 120)).join(" | ")))"""

SERIOUS_IN_TEXT = SERIOUS.replace(
    "axe.run(rules ? {runOnly: rules} : {})",
    'axe.run({exclude: [["svg"]]}, {resultTypes: ["violations"], ...(rules && {runOnly: rules})})',
)
"""The same without pictures, of whose marks a long report has thousands."""

FAINT = """() => {
  const numbers = colour => colour.match(/[0-9.]+/g).slice(0, 3).map(Number);
  const light = colour => numbers(colour).map(part => part / 255).map(part =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4).reduce((sum, part, i) =>
    sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const page = getComputedStyle(document.body).backgroundColor;
  const ground = light(page === "rgba(0, 0, 0, 0)" ? "rgb(255, 255, 255)" : page);
  return [...document.querySelectorAll("svg text:not(.cut)")].filter(each => {
    const ink = light(getComputedStyle(each).fill), size = parseFloat(getComputedStyle(each).fontSize);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05) < 4.5 || size < 11;
  }).map(each => each.textContent);
}"""
"""Letters in pictures, which accessibility checkers leave out: of too little contrast, or too small."""


@contextmanager
def started() -> Iterator[object]:
    """A browser; without one on this machine the tests that ask for it are skipped."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install 'lossary[test]' brings Playwright")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium on this machine, and `make test` could not install it: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def axe_script() -> str:
    """The script of axe-core."""
    package = pytest.importorskip("axe_playwright_python", reason="pip install 'lossary[test]' brings axe-core")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


class Shown:
    """A page in a browser, with what it wrote to the console and what it asked for."""

    def __init__(self, browser, path: Path, width: int, address: str = "", **more: object) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="light", **more)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri() + address)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def _hear(self, message) -> None:
        # The theme of the site tells what it does; what it warns of, or calls an error, counts.
        if not (message.type in ("log", "info") and message.text.startswith("[PST]")):
            self.said.append(message.text)

    @property
    def address(self) -> str:
        """The address as the page has it now: Playwright's ``url`` learns later of what a script puts there."""
        return self.page.evaluate("location.href")

    def open_all(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")

    def faults(self) -> list[str]:
        """What a reader at this width cannot see, or not without scrolling sideways."""
        wider = self.page.evaluate(WIDER)
        found = [f"the page is wider than the window: {wider}"] if wider else []
        for fault, script in (("a table scrolls", SCROLLING), ("something is cut", CUT), ("labels meet", OVERLAPPING)):
            found += [f"{fault}: {each}" for each in self.page.evaluate(script)]
        return found
