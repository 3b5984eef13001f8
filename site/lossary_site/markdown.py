"""Small pieces of MyST that pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lossary import discovery

CODE = re.compile(r"(``.+?``|`[^`]+`)", re.DOTALL)
DOI = re.compile(r"doi:(10\.\S+?)(?=[\s,;)]*(?:\(|$|\s))")


def prose(text: str, *, losses: str = "") -> str:
    """Text of a docstring as MyST: stars are stars, and a loss in code leads to its page, in the folder ``losses``."""
    parts = CODE.split(text)
    return "".join(_code(part, losses) if i % 2 else escaped(part) for i, part in enumerate(parts))


def escaped(text: str) -> str:
    """Text in which nothing is markup."""
    return re.sub(r"([\\*_<>\[\]|$])", r"\\\1", text)


def _code(text: str, losses: str) -> str:
    name = text.strip("`")
    return f"[`{name}`]({losses}{name}.md)" if name in discovery.names() else f"`{name}`"


def source(text: str) -> str:
    """A source, whose DOI is a link."""
    return DOI.sub(lambda doi: f"[doi:{doi[1]}](https://doi.org/{doi[1]})", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table, whose cells are MyST."""
    lines = [head, ["---"] * len(head), *rows]
    made = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f":::{{div}} wide {kind}\n{made}\n:::"


def raw(html: str) -> str:
    """HTML as it stands."""
    return f"```{{raw}} html\n{html}\n```"


def math(latex: str) -> str:
    """A formula in a line of its own."""
    return f"```{{math}}\n{latex}\n```"
