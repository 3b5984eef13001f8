"""Formulas printed as JavaScript, run in Node or else in the system's Chromium."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.browser import started

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
    with started() as browser:
        return browser.new_page().evaluate(f"() => {{ {script} return answers; }}")
