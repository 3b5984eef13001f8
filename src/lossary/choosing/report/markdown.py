"""A report in Markdown: everything but the pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lossary.choosing.findings.sentences import sentence
from lossary.choosing.judging.decide import Decision
from lossary.choosing.report.content import Content, content
from lossary.choosing.report.supplement import Supplement
from lossary.choosing.report.tables import Table
from lossary.choosing.report.words import clean

SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$])")
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})  # not every renderer honours a backslash here


def markdown(decision: Decision, supplement: Supplement | None = None) -> str:
    """The report as Markdown, every name and value escaped."""
    return "\n".join(_lines(content(decision, supplement or Supplement()))) + "\n"


def escaped(text: object) -> str:
    r"""Text on one line of Markdown, with nothing in it that means anything there.

    Examples
    --------
    >>> print(escaped("<b> | a_b"))
    &lt;b&gt; \| a\_b
    """
    return SPECIAL.sub(r"\\\1", " ".join(clean(text).split()).translate(ENTITIES))


def _lines(report: Content) -> Iterator[str]:
    yield f"# {escaped(report.title)}"
    yield ""
    for finding in report.leaks:
        yield from (f"**{escaped(finding.text)}** ({finding.code})", "")
    yield f"**{escaped(report.headline)}**"
    yield ""
    yield from (f"- {escaped(name)}: {escaped(text)}" for name, text in report.answers)
    yield ""
    yield from (f"- {escaped(f.text)} ({f.code})" for f in report.reasons)
    if report.next_steps:
        yield from ("", "## What to do now")
    for step in report.next_steps:
        yield from ("", f"{escaped(step.what)}:", "", f"```{step.language}", clean(step.code), "```")
    yield from ("", "## The question", "", escaped(report.question))
    if report.stated:
        yield escaped(report.stated)
    yield from ("", "## Leaderboard", "")
    yield from _table(report.leaderboard)
    yield from ("", *(escaped(each) for each in report.reading))
    if report.whence:
        yield from ("", "## Where the gain comes from", "")
        yield from (f"- {escaped(step)}" for step in report.whence)
    for heading, table, sentences in (
        ("What predictions depend on", report.importances, report.related),
        ("Rows that cost most", report.worst, ()),
        ("Rows with most influence on a linear fit", report.influential, ()),
    ):
        if table is not None:
            yield from ("", f"## {heading}", "")
            yield from _table(table)
            yield from (line for sentence in sentences for line in ("", escaped(sentence)))
    if report.explorer:
        yield from ("", f"The residuals, to drag under each loss: [the explorer]({report.explorer})")
    yield from ("", "## Findings", "")
    for group in report.findings:
        texts = [escaped(f.text) for f in group.findings]
        texts += [f"In this comparison: {escaped(sentence(effect))}" for effect in group.effects]
        if len(group.findings) == 1:
            yield f"- {group.kind.code} {escaped(group.kind.title)}. {' '.join(texts)}"
        else:
            yield f"- {group.kind.code} {escaped(group.kind.title)}:"
            yield from (f"  - {text}" for text in texts)
    if report.recipes:
        yield from ("", "## Code")
    for recipe in report.recipes:
        yield from ("", f"### {recipe.host}", "", *([escaped(recipe.note), ""] if recipe.note else []))
        yield from ("```python", clean(recipe.code), "```") if recipe.code else ()
    yield from ("", "## Limits", "", *(f"- {escaped(each)}" for each in report.limits))
    yield from ("", "## Do it again", "", *(f"- {escaped(k)}: {escaped(v)}" for k, v in report.again))


def _table(table: Table) -> Iterator[str]:
    yield "| " + " | ".join(escaped(h) or " " for h in table.headings) + " |"
    yield "|" + "|".join(" ---: " if right else " --- " for right in table.numeric) + "|"
    yield from ("| " + " | ".join(escaped(cell) or " " for cell in row) + " |" for row in table.rows)
    if table.notes:
        yield from ("", *(f"- {escaped(note)}" for note in table.notes))
