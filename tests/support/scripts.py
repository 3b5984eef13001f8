"""Formulas printed as JavaScript, run in Node or else in the system's Chromium."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

CALLS = """const answer = x => Number.isNaN(x) ? "nan" : x === Infinity ? "inf" : x === -Infinity ? "-inf" : x;
const answers = Object.fromEntries(Object.entries(CALLS).map(
  ([name, calls]) => [name, calls.map(call => answer(FUNCTIONS[name](...call)))]));"""


def computed(
    primitives: str, functions: Mapping[str, str], calls: Mapping[str, Sequence[Sequence[float]]], folder: Path
) -> dict[str, list[float]]:
    """What each function, printed as JavaScript, gives for its calls."""
    said = ",\n".join(f"{json.dumps(name)}: {text}" for name, text in functions.items())
    script = f"{primitives}\nconst FUNCTIONS = {{{said}}};\nconst CALLS = {json.dumps(calls)};\n{CALLS}\n"
    answers = _in_node(script, folder) if shutil.which("node") else _in_chromium(script)
    return {name: [float(number) for number in numbers] for name, numbers in answers.items()}


def _in_node(script: str, folder: Path) -> dict[str, list[float | str]]:
    path = folder / "formulas.js"
    path.write_text(f'"use strict";\n{script}console.log(JSON.stringify(answers));', encoding="utf-8")
    done = subprocess.run(["node", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def _in_chromium(script: str) -> dict[str, list[float | str]]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="neither Node nor Playwright is here")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("neither Node nor Chromium is on this machine")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        answers = browser.new_page().evaluate(f"() => {{ {script} return answers; }}")
        browser.close()
    return answers
