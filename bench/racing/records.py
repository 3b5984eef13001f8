"""The numbers of one part as JSON: where and when they were measured, everyone who was there, every cell.

A file is written by the command that measured it, and read by ``bench.pages``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from bench.racing import machine
from bench.racing.cells import figure

Record = Mapping[str, Any]


def provenance(command: str, company: machine.Company) -> dict[str, object]:
    """When, where, by which command and in whose company."""
    others, stolen = company.shares()
    found = machine.describe()
    return {
        "date": date.today().isoformat(),
        "command": command,
        "machine": f"{found.cpu} ({found.simd})",
        "processors": found.processors,
        "threads": found.threads,
        "seconds": figure(company.elapsed()),
        "load_at_start": figure(company.load_at_start),
        "share_of_others": figure(others),
        "share_of_the_hypervisor": figure(stolen),
        "versions": found.versions,
    }


def command() -> str:
    """The command line of this process, as one may type it again."""
    module = Path(sys.argv[0]).parent.name
    name = "bench" if module == "bench" else f"bench.{module}"
    return " ".join(["python -m", name, *sys.argv[1:]])


def text(record: Record) -> str:
    """The record as JSON, with an entry of a list a line: small, and a changed number is a changed line."""
    lines = []
    for key, value in record.items():
        if isinstance(value, list) and value:
            entries = ",\n  ".join(json.dumps(each, allow_nan=False) for each in value)
            lines.append(f" {json.dumps(key)}: [\n  {entries}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write(record: Record, where: Path) -> None:
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(text(record), encoding="utf-8")


def read(where: Path) -> Record:
    found: Record = json.loads(where.read_text(encoding="utf-8"))
    return found
