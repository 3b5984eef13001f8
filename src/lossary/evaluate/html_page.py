"""A loss's page as one HTML file that needs nothing beside it: what ``lossary show NAME --html FILE`` writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from lossary.evaluate.curves import Curved
from lossary.evaluate.notebook import STYLE, curves_of, drawing, with_code
from lossary.evaluate.page import Equation, Page, page

PAGE_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.1rem; margin: 1.6em 0 .4em; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .3em 1em; margin: 0; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; } code { font-size: .9em; }
.lossary-loss svg { max-width: 100%; height: auto; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5em; } }
""".strip()


def document(loss: Curved) -> str:
    """The page of a loss as a whole HTML document.

    Examples
    --------
    >>> import lossary
    >>> from lossary.evaluate.html_page import document
    >>> document(lossary.huber).startswith("<!doctype html>")
    True
    """
    said, curves = page(loss), curves_of(loss)
    picture = "" if curves is None else f'<div class="lossary-loss">{drawing(curves, said.called)}</div>'
    body = "\n".join([f"<h1>{escape(said.called)}</h1>", *_prose(said), picture, *_sections(said)])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(said.called)}: {escape(said.title)}</title>"
        f"<style>{STYLE}\n{PAGE_STYLE}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


def _prose(said: Page) -> list[str]:
    paragraphs = [" ".join(paragraph.split()) for paragraph in said.prose.split("\n\n")]
    return [f"<p>{with_code(paragraph.replace('``', '`'))}</p>" for paragraph in paragraphs if paragraph]


def _sections(said: Page) -> list[str]:
    domain = {"predicts": said.predicts, "target y": said.domain["y_true"], "prediction f": said.domain["y_pred"]}
    also = {"also called": ", ".join(said.aliases)} if said.aliases else {}
    sections: dict[str, Mapping[str, str]] = {
        "Formula": _code(said.formulas),
        "Use it when": {"use it when": said.use_when, "do not when": said.avoid_when} if said.use_when else {},
        "Parameters": {p.name: f"{p.meaning}; in {p.within}, default {p.default:g}" for p in said.parameters},
        "Domain": domain,
        "Claims": {claim.short: claim.meaning for claim in said.claims},
        "Elsewhere": also | dict(said.elsewhere),
        "See also": {related.name: related.why for related in said.related},
        "As computed": _code(said.as_computed),
    }
    parts = [f"<h2>{title}</h2>\n{_pairs(pairs)}" for title, pairs in sections.items() if pairs]
    sources = "".join(f"<li>{escape(source)}</li>" for source in said.sources)
    return [*parts, f"<h2>Sources</h2>\n<ul>{sources}</ul>"] if sources else parts


def _code(formulas: Iterable[Equation]) -> dict[str, str]:
    return {formula.name: f"`{formula.text}`" for formula in formulas}


def _pairs(pairs: Mapping[str, str]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{with_code(v)}</dd>" for k, v in pairs.items()) + "</dl>"
