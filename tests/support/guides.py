"""How-to pages: their code blocks run in order, and what they print; ``python -m tests.support.guides`` writes it anew.

A page is Markdown with front matter, which a reader does not see:

    hosts         modules that must be importable, or the page is not run
    environment   variables of the process that runs it
    warnings      of hosts, each with the ``message`` (a regular expression) and why it is let through (``because``)

Every ``python`` block is run, all of a page in one namespace, one process and a folder of its own, where warnings are
errors. What a block prints stands below it as a ``text`` block; a block that prints nothing has none.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from tests.support.places import ROOT
from tests.support.processes import run_python

FOLDER = ROOT / "site" / "pages" / "how-to"
FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", flags=re.DOTALL)
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", flags=re.DOTALL | re.MULTILINE)
SECONDS = 900.0


@dataclass(frozen=True)
class Block:
    """Code of a page, the line it begins on, and what the page says it prints."""

    code: str
    line: int
    output: str


@dataclass(frozen=True)
class Guide:
    """A page, read."""

    path: Path
    text: str
    hosts: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    warnings: tuple[dict[str, str], ...] = ()

    @property
    def blocks(self) -> list[Block]:
        return [
            Block(found[1], self.text.count("\n", 0, found.start()) + 2, found[2] or "")
            for found in BLOCK.finditer(self.text)
        ]

    @property
    def missing(self) -> list[str]:
        """The hosts that are not installed."""
        return [host for host in self.hosts if not _importable(host)]


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it is part of is not there
        return False


def paths() -> list[Path]:
    """The pages that show code: all but the list of them."""
    return [path for path in sorted(FOLDER.glob("*.md")) if path.name != "index.md"]


def read(path: Path) -> Guide:
    """The page of a file; what its front matter says must be what is known here."""
    text = path.read_text(encoding="utf-8")
    front = FRONT_MATTER.match(text)
    said: dict[str, Any] = yaml.safe_load(front[1]) if front else {}
    unknown = set(said) - {"hosts", "environment", "warnings"}
    if front is None or "hosts" not in said or unknown:
        raise ValueError(f"{path.name}: front matter must have hosts, and may have environment and warnings; {unknown}")
    environment = {name: str(value) for name, value in said.get("environment", {}).items()}
    return Guide(path, text, tuple(said["hosts"]), environment, tuple(said.get("warnings", ())))


def printed(guide: Guide, folder: Path) -> list[str]:
    """What each block of a page prints, run in a process of its own in this folder."""
    ran = run_python(
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.support import guides; guides.run_here(*sys.argv[2:])",
        str(ROOT), str(guide.path), str(folder),
        seconds=SECONDS, **{"COLUMNS": "100", "OMP_NUM_THREADS": "1", **guide.environment},
    )  # fmt: skip
    if ran.returncode:
        raise RuntimeError(f"{guide.path.name}: {ran.stderr[-3000:]}")
    outputs: list[str] = json.loads((folder / "outputs.json").read_text(encoding="utf-8"))
    return outputs


def run_here(path: str, folder: str) -> None:
    """Run a page's blocks in this process and this folder, and leave what they print in ``outputs.json``."""
    guide = read(Path(path))
    with contextlib.chdir(folder):
        outputs = outputs_of(guide.blocks, guide.path.name, guide.warnings)
        Path("outputs.json").write_text(json.dumps(outputs), encoding="utf-8")


def outputs_of(blocks: Sequence[Block], name: str, let_through: Sequence[dict[str, str]] = ()) -> list[str]:
    """What blocks print, run in one namespace; warnings are errors but for these."""
    names: dict[str, Any] = {"__name__": "__main__"}
    outputs = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for each in let_through:
            warnings.filterwarnings("ignore", message=each["message"])
        # A host that has its own warnings shown whatever filters say is heard here.
        warnings.showwarning = partial(_refuse, [each["message"] for each in let_through])  # type: ignore[assignment]
        for block in blocks:
            written = io.StringIO()
            code = compile("\n" * (block.line - 1) + block.code, name, "exec")  # errors tell the page's line
            with contextlib.redirect_stdout(written):
                exec(code, names)
            outputs.append("".join(f"{line.rstrip()}\n" for line in written.getvalue().splitlines()))
    return outputs


def _refuse(let_through: Sequence[str], warning: Warning, *place: object) -> None:
    if not any(re.match(message, str(warning)) for message in let_through):
        raise warning


def written_anew(guide: Guide) -> str:
    """The page with what its blocks print now."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = iter(printed(guide, Path(folder)))

    def block(found: re.Match[str]) -> str:
        output = next(outputs)
        return f"```python\n{found[1]}```\n" + (f"\n```text\n{output}```\n" if output else "")

    return BLOCK.sub(block, guide.text)


if __name__ == "__main__":
    for wanted in [FOLDER / f"{name}.md" for name in sys.argv[1:]] or paths():
        page = read(wanted)
        if page.missing:
            print(f"{wanted.name}: {page.missing[0]} is not installed", file=sys.stderr)
        else:
            wanted.write_text(written_anew(page), encoding="utf-8")
