"""Results as files, one for each answer to each split: a run goes on where it stopped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from bench.real.trial import Result


def path_of(folder: Path, name: str, method: str, repeat: int) -> Path:
    return folder / _plain(method) / f"{_plain(name)}-{repeat}.json"


def keep(folder: Path, result: Result) -> None:
    path = path_of(folder, result.set, result.method, result.repeat)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A run that is cut off in the middle of writing must not leave half a file that looks like a result.
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(result), indent=1), encoding="utf-8")
    part.replace(path)


def find(folder: Path, name: str, method: str, repeat: int) -> Result | None:
    path = path_of(folder, name, method, repeat)
    return _read(path) if path.exists() else None


def everything(folder: Path) -> Iterator[Result]:
    """All results in a folder."""
    yield from map(_read, sorted(folder.glob("*/*.json")))


def _read(path: Path) -> Result:
    return Result(**json.loads(path.read_text(encoding="utf-8")))


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "_", name).strip("_")
