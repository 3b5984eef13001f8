"""The reference of the command line, from the help of the commands themselves, and that of the findings."""

from __future__ import annotations

from typing import Any

from typer.cli import get_docs_for_click
from typer.main import get_command

from lossary.choosing.findings.catalogue import kinds
from lossary.choosing.findings.kind import Kind
from lossary.cli.main import app


def pages() -> dict[str, str]:
    """A page of commands and a page of findings."""
    return {"reference/commands.md": _commands(), "reference/findings.md": _findings()}


def _commands() -> str:
    group: Any = get_command(app)
    context = group.make_context("lossary", [], resilient_parsing=True)
    told = [
        get_docs_for_click(obj=each, ctx=context, name=name, call_prefix="lossary", indent=1)
        for name, each in group.commands.items()
    ]
    return "\n\n".join(["# The command line", group.help, *told])


def _findings() -> str:
    intro = "What `lossary choose` may find, by code; `lossary explain LY021` says the same."
    return "\n\n".join(["# Findings", intro, *map(_finding, kinds())])


def _finding(kind: Kind) -> str:
    lines = [f"({kind.code})=", f"## {kind.code} {kind.title}", "", f"`{kind.name}`: {kind.explanation}", ""]
    lines += [f"Raised when: {kind.threshold}", "", f"What would change it: {kind.change}", ""]
    if kind.suggests:
        lines += ["Losses it speaks for: " + ", ".join(f"[{name}](../losses/{name}.md)" for name in kind.suggests), ""]
    return "\n".join([*lines, "Sources:", "", *(f"- {source}" for source in kind.sources)])
