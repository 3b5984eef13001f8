"""A page for every loss, laid out from what its record says of it."""

from __future__ import annotations

from collections.abc import Iterator

import lossary
from lossary.evaluate.page import Equation, Page, page
from lossary.evaluate.registry import AnyLoss
from lossary.rowwise import RowLoss
from lossary_site import live
from lossary_site.accuracy import measured
from lossary_site.best import best
from lossary_site.gallery import LIBRARIES, SAME
from lossary_site.markdown import escaped, math, name_elsewhere, prose, raw, source, table
from lossary_site.snippets import snippets

WORDS = {"value": "Value", "gradient": "Gradient, by the prediction", "curvature": "Curvature, by the prediction"}


def pages() -> dict[str, str]:
    """The pages, by their paths."""
    return {f"losses/{loss.name}.md": _page(loss) for loss in lossary.catalogue()}


def _page(loss: AnyLoss) -> str:
    said = page(loss)
    heading = said.title[:1].upper() + said.title[1:]
    parts = [
        f"# {escaped(heading)}",
        f":::{{div}} lede\n{escaped(said.brief)}\n:::",
        f"`lossary.{said.name}` predicts {_predicted(said)}. {escaped(best(loss))}".rstrip(),
        raw(live.curves(loss)),
        *_when(said),
        _about(said),
        *_formulas(said),
        *_arguments(said),
        *_claims(said),
        *_code(loss),
        *_elsewhere(said),
        *_accuracy(said),
        *_sources(said),
        *_related(said),
    ]
    return "\n\n".join(parts) + "\n"


def _predicted(said: Page) -> str:
    what = said.predicts
    if what.startswith("between"):
        return f"a point {what}"
    return what if what.startswith(("a ", "the ", "nothing")) else f"the {what.replace('_', ' ')}"


def _about(said: Page) -> str:
    """The prose without its first line, which says again what the title and the sentence below it say."""
    return f"## What it is\n\n{prose(said.prose)}"


def _when(said: Page) -> Iterator[str]:
    cells = [("Use it when", said.use_when), ("Do not use it when", said.avoid_when)]
    cards = [f":::{{grid-item-card}} {title}\n{prose(text)}\n:::" for title, text in cells if text]
    if cards:
        yield "\n".join(["::::{grid} 1 1 2 2", ":gutter: 3", *cards, "::::"])


def _formulas(said: Page) -> Iterator[str]:
    yield "## Formula"
    yield from _equations(said.formulas)
    if said.as_computed:
        told = "\n\n".join(_equations(said.as_computed))
        why = "The same number, written so that no digit is lost and nothing overflows."
        yield f"::::{{dropdown}} As computed\n{why}\n\n{told}\n::::"


def _equations(equations: tuple[Equation, ...]) -> Iterator[str]:
    """Formulas with their names; of a row's numbers, whose LaTeX is one block, only that block and the derivatives."""
    for equation in equations:
        if equation.latex is not None:
            yield f"{WORDS.get(equation.name, equation.name)}:\n\n{math(equation.latex)}"
        elif equation.name in WORDS:
            yield f"{WORDS[equation.name]}: `{equation.text}`"


def _arguments(said: Page) -> Iterator[str]:
    yield "## What it takes"
    words = {"y_true": "target", "y_pred": "prediction"}
    rows = [(f"`{name}`, the {words[name]}", "", escaped(domain)) for name, domain in said.domain.items()]
    rows += [
        (f"`{p.name}`", f"{p.default:g}", f"{escaped(p.meaning)}; in {escaped(p.within)}") for p in said.parameters
    ]
    yield table(["argument", "default", "what it is"], rows)


def _claims(said: Page) -> Iterator[str]:
    if said.claims:
        yield "## What holds for it"
        at = " at the default parameters" if said.parameters else ""
        yield f"Each line is attacked by a test{at}."
        yield table(["claim", "what it means"], [(escaped(c.short), escaped(c.meaning)) for c in said.claims])


def _code(loss: AnyLoss) -> Iterator[str]:
    yield "## In code"
    tabs = [f":::{{tab-item}} {each.host}\n```python\n{each.code}\n```\n:::" for each in snippets(loss)]
    yield "::::{tab-set}\n" + "\n".join(tabs) + "\n::::"
    if best(loss):
        classes = ", classes=k" if isinstance(loss.record, RowLoss) else ""
        yield f"`lossary.{loss.name}.optimal_constant(y{classes})` is the best constant prediction of the targets `y`."


def _elsewhere(said: Page) -> Iterator[str]:
    if said.elsewhere or said.aliases:
        yield "## Names elsewhere"
        rows = [
            (escaped(LIBRARIES.get(SAME.get(library, library), library)), name_elsewhere(name))
            for library, name in said.elsewhere.items()
        ]
        if rows:
            yield table(["library", "name"], rows)
        yield "[The dictionary](../dictionary.md) has their defaults, the order of their arguments, and what to mind."
        if said.aliases:
            yield "`lossary.get` takes " + ", ".join(f"`{alias}`" for alias in said.aliases) + " too."


def _accuracy(said: Page) -> Iterator[str]:
    rows = measured(said.name)
    if rows:
        yield "## Accuracy beside others"
        yield (
            "The worst error of value / gradient in units of the last place, where [the rule](../docs/accuracy.md) "
            "allows 4; in brackets the share of points that break it. *lost*: no digit is right somewhere."
        )
        yield table(["library", "float64", "float32"], [tuple(map(escaped, row)) for row in rows], "numbers")


def _sources(said: Page) -> Iterator[str]:
    if said.sources:
        yield "## Sources"
        yield "\n".join(f"- {source(each)}" for each in said.sources)


def _related(said: Page) -> Iterator[str]:
    if said.related:
        yield "## See also"
        yield "\n".join(f"- [`{each.name}`]({each.name}.md): {escaped(each.why)}" for each in said.related)
