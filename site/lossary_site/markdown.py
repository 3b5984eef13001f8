"""Small pieces of MyST that pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lossary import discovery

WORD = r"\text{where}\; "
WHERE = r" \quad " + WORD
"""How the tracer joins a formula and the meanings of its letters."""
CODE = re.compile(r"(``.+?``|`[^`]+`)", re.DOTALL)
POWER = re.compile(r"\*\*(\([^()|]*\)|-?[\w.]*\w)")
IDENTIFIER = re.compile(
    r"""((?<![\w(])-?[A-Za-z][\w.:]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)(?:[.$]\w[\w.]*)?)+  # a call
    |(?<![\w])(?:\w+[_.:])[\w.:=;]*\w=?|(?<!\w)\w*[a-z][A-Z]\w*|\A(?!the\ )[A-Za-z]\w*)""",
    re.VERBOSE,
)
"""A call, a name with a joint in it (multi:softprob, huber_loss, HuberLoss), or the first word."""
DOI = re.compile(r"doi:(10\.\S+?)(?=[\s,;)]*(?:\(|$|\s))")


def prose(text: str, *, losses: str = "") -> str:
    """Text of a docstring as MyST: stars are stars, and a loss in code leads to its page, in the folder ``losses``."""
    parts = CODE.split(text)
    return "".join(_code(part, losses) if i % 2 else escaped(part) for i, part in enumerate(parts))


def escaped(text: str) -> str:
    """Text in which nothing is markup; powers, which Python writes with two stars, stand above the line."""
    parts = POWER.split(text)
    return "".join(f"{{sup}}`{part.strip('()')}`" if i % 2 else _plain(part) for i, part in enumerate(parts))


def _plain(text: str) -> str:
    return re.sub(r"([\\*_<>\[\]|$])", r"\\\1", text)


def name_elsewhere(text: str) -> str:
    """Another library's name in code, and what a record says beside it in words."""
    if "`" in text:
        return text
    return "".join(f"`{part}`" if i % 2 else escaped(part) for i, part in enumerate(IDENTIFIER.split(text)))


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
    """A formula in a line of its own, and one more for what its letters stand for: both fit on a narrow page then."""
    formula, *meanings = latex.split(WHERE)
    lines = [f"```{{math}}\n{formula}\n```", *(f"```{{math}}\n:class: where\n{WORD}{each}\n```" for each in meanings)]
    return "\n\n".join(lines)
