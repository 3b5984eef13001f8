"""The explorer in a browser: waiting, scrolling, and running the code that it offers."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.browser import Shown

ADDRESS = "() => new Promise(done => setTimeout(() => done(location.hash.slice(1)), 500))"
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def drawn(shown: Shown) -> None:
    """Wait until what was changed is drawn, without a fault."""
    shown.page.evaluate(FRAMES)
    assert shown.said == []


def bring_into_sight(shown: Shown, section: str) -> None:
    """Scroll to a section that is drawn only while it is seen."""
    shown.page.locator(f"#{section} .figure").first.scroll_into_view_if_needed()
    shown.page.locator(f"#{section} .figure svg").first.wait_for(state="attached")
    drawn(shown)


def state_of(shown: Shown, figure: str, name: str = "drawn") -> dict:
    """What a figure says of itself, in full digits."""
    return shown.page.evaluate(f"() => JSON.parse(document.querySelector('#{figure}').dataset.{name})")


def ran(shown: Shown, panel: str) -> list[list[str]]:
    """The words of each line that a panel's Python prints, run as a reader would run it, with warnings as errors."""
    return output_of(shown.page.locator(f"#python-{panel}").text_content())


def output_of(code: str) -> list[list[str]]:
    """The words of each line that code prints in a process of its own."""
    environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, f"{done.stderr}\n{code}"
    return [line.split() for line in done.stdout.splitlines()]
