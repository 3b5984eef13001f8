"""The chooser: three questions, and the losses that ``lossary choose`` would compare, with its reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from itertools import combinations

from lossary.choosing.advice import (
    Question,
    Target,
    Trait,
    advised,
    command,
    diagnosis,
    key_of,
    offered,
    questions,
    targets,
    traits,
    without_units,
)
from lossary.choosing.comparison.naming import name_of
from lossary.choosing.training.recipes import Recipe

PAGE = "chooser.md"

INTRODUCTION = """\
# Chooser

Which loss suits? Say what you predict, what you want of it and what you know of the data. The answer is the list of
candidates that `lossary choose` would compare for you, and why; the rules and reasons are its own.
"""

ENDING = """\
## Better: ask your data

A list is where a comparison begins. `lossary choose` looks at the data itself, trains every candidate on folds, and
says which is better by how much, which are tied, and what to do with the result:

```
lossary choose data.csv --target y
```

[How it decides](docs/choosing.md), and [a first table in ten minutes](docs/tutorial.md).
"""


@dataclass
class Rules:
    """Everything that the page's script needs: candidates by number, and lists of them by what was answered."""

    candidates: list[dict[str, object]] = field(default_factory=list)
    numbers: dict[object, int] = field(default_factory=dict)

    def number(self, recipe: Recipe) -> int:
        """The candidate's place in the list; candidates that differ in a reason are two."""
        key = (key_of(recipe), recipe.candidate.kind, recipe.why)
        if key not in self.numbers:
            self.numbers[key] = len(self.candidates)
            self.candidates.append(
                {
                    "loss": recipe.candidate.loss,
                    "name": title_of(recipe),
                    "why": recipe.why,
                    "reference": recipe.candidate.kind == "reference",
                    "fit": command(recipe),
                }
            )
        return self.numbers[key]


def title_of(recipe: Recipe) -> str:
    """A candidate in words, without its model and without numbers that only data can give."""
    return name_of(replace(recipe.candidate, model="", parameters=without_units(recipe)))


def rules() -> dict[str, object]:
    """The answers to every combination of answers, as ``choose`` has them."""
    kept = Rules()
    listed = [
        {
            "name": target.name,
            "title": target.title,
            "findings": [finding.kind.code for finding in diagnosis(target, ()).findings],
            "traits": [trait.name for trait in traits(target)],
            "questions": [
                {
                    "name": question.name,
                    "title": question.title,
                    "choose": f"lossary choose data.csv --target y {question.options}",
                    "lists": _lists(kept, target, question),
                }
                for question in questions(target)
            ],
        }
        for target in targets()
    ]
    every = {trait.name: trait for target in targets() for trait in traits(target)}
    kinds = {k.code: k for t in every.values() for k in (t.kind,)}
    kinds |= {f.kind.code: f.kind for target in targets() for f in diagnosis(target, ()).findings}
    return {
        "targets": listed,
        "traits": {name: {"title": trait.title, "finding": trait.kind.code} for name, trait in every.items()},
        "findings": {
            code: {"title": kind.title, "text": kind.explanation, "suggests": kind.suggests}
            for code, kind in kinds.items()
        },
        "candidates": kept.candidates,
    }


def effective(target: Target, question: Question) -> list[Trait]:
    """The traits that bring candidates or take them away; others only order them."""
    plain = [key_of(recipe) for recipe in offered(target, question)]
    return [t for t in traits(target) if [key_of(recipe) for recipe in offered(target, question, [t])] != plain]


def _lists(kept: Rules, target: Target, question: Question) -> dict[str, list[int]]:
    """Candidates by the effective traits, joined by commas."""
    changing = effective(target, question)
    subsets = (chosen for size in range(len(changing) + 1) for chosen in combinations(changing, size))
    return {
        ",".join(trait.name for trait in chosen): [kept.number(recipe) for recipe in offered(target, question, chosen)]
        for chosen in subsets
    }


def pages() -> dict[str, str]:
    """The chooser."""
    data = json.dumps(rules(), separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
    parts = [INTRODUCTION, _raw("\n".join(_form(data))), ENDING, "## Every list\n", _raw("\n".join(_every_list()))]
    return {PAGE: "\n".join(parts)}


def _raw(html: str) -> str:
    return f"```{{raw}} html\n{html}\n```\n"


def _form(data: str) -> Iterator[str]:
    yield '<link rel="stylesheet" href="_static/chooser.css">'
    yield '<form id="three-questions" class="chooser" hidden>'
    yield '<fieldset><legend>1. What do you predict?</legend><div id="targets"></div></fieldset>'
    yield '<fieldset><legend>2. What do you want of it?</legend><div id="wants"></div></fieldset>'
    yield "<fieldset><legend>3. What is in the data? <span>As many as hold.</span></legend>"
    yield '<div id="traits"></div></fieldset>'
    yield "</form>"
    yield '<div id="answer" class="answer" role="region" aria-label="Losses to compare" hidden></div>'
    yield '<p id="chosen" class="unseen" role="status"></p>'
    yield f'<script type="application/json" id="rules">{data}</script><script src="_static/chooser.js"></script>'


def _every_list() -> Iterator[str]:
    """The lists for every target and question, without anything known of the data: for reading, and for no script."""
    for target in targets():
        yield f'<details class="every"><summary>{escape(target.title)}</summary>'
        for question in questions(target):
            yield f"<h3>{escape(question.title[:1].upper() + question.title[1:])}</h3>"
            yield f"<p><code>lossary choose data.csv --target y {escape(question.options)}</code></p><ol>"
            yield from (_item(recipe) for recipe in advised(target, question))
            yield "</ol>"
        yield from _traits(target, traits(target))
        yield "</details>"


def _item(recipe: Recipe) -> str:
    title = title_of(recipe)
    return (
        f'<li><a href="losses/{recipe.candidate.loss}.html">{escape(title[:1].upper() + title[1:])}</a>: '
        f"{escape(recipe.why)}</li>"
    )


def _traits(target: Target, having: Sequence[Trait]) -> Iterator[str]:
    yield "<h3>What may be in the data, and what it speaks for</h3><ul>"
    for trait in having:
        links = ", ".join(f'<a href="losses/{loss}.html">{loss}</a>' for loss in trait.kind.suggests)
        said = f" Speaks for {links}." if links else ""
        title = trait.title[:1].upper() + trait.title[1:]
        yield f"<li>{escape(title)}: {escape(trait.kind.explanation)}{said} ({trait.kind.code})</li>"
    yield "</ul>"
