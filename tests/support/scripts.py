"""Formulas printed as JavaScript, run in Node or else in the system's Chromium."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.browser import started

CALLS = """const answer = x => Array.isArray(x) ? x.map(answer) : Number.isFinite(x) ? x : String(x).toLowerCase();
const answers = Object.fromEntries(Object.entries(CALLS).map(
  ([name, calls]) => [name, calls.map(call => answer(FUNCTIONS[name](...call)))]));"""

Answer = Any
"""A number, or a list of numbers."""


def computed(
    primitives: str, functions: Mapping[str, str], calls: Mapping[str, Sequence[Sequence[Any]]], folder: Path
) -> dict[str, list[Answer]]:
    """What each function, printed as JavaScript, gives for its calls."""
    said = ",\n".join(f"{json.dumps(name)}: {text}" for name, text in functions.items())
    script = f"{primitives}\nconst FUNCTIONS = {{{said}}};\nconst CALLS = {json.dumps(calls)};\n{CALLS}\n"
    answers = _in_node(script, folder) if shutil.which("node") else _in_chromium(script)
    return {name: _numbers(found) for name, found in answers.items()}


def _numbers(found: Answer) -> Answer:
    return [_numbers(each) for each in found] if isinstance(found, list) else float(found)


def _in_node(script: str, folder: Path) -> dict[str, list[Answer]]:
    path = folder / "formulas.js"
    path.write_text(f'"use strict";\n{script}console.log(JSON.stringify(answers));', encoding="utf-8")
    done = subprocess.run(["node", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def _in_chromium(script: str) -> dict[str, list[Answer]]:
    with started() as browser:
        return browser.new_page().evaluate(f"() => {{ {script} return answers; }}")
