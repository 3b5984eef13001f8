"""The dictionary: every name that another library calls a loss, and what it is here, in one table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

import lossary
from lossary.elsewhere import LIBRARIES, Library, Name

PAGE = "dictionary.md"
PINS = Path(__file__).parents[2] / "constraints.txt"

INTRODUCTION = """\
# Dictionary

What PyTorch, Keras, Optax, scikit-learn, XGBoost, LightGBM, CatBoost, statsmodels, SciPy and R call a loss, and what it
is here. `lossary.get` takes any of these names after its library's, parameters too, as in
`lossary.get("lightgbm:huber:0.7")`; a name that means something else there is refused, with the reason given below.
Not sure which loss you need? [The chooser](chooser.md) asks three questions.
"""


@dataclass(frozen=True)
class Row:
    """One name of one library."""

    key: str
    library: Library
    name: str
    entry: Name

    @property
    def anchor(self) -> str:
        """Its place on the page; letters are kept, so that ``L1`` and ``l1`` are two places."""
        return f"{self.key}-{re.sub(r'[^A-Za-z0-9_.]+', '-', self.name).strip('-')}"


def rows() -> list[Row]:
    """Every name, library by library."""
    return [
        Row(key, library, name, entry) for key, library in LIBRARIES.items() for name, entry in library.names.items()
    ]


def rows_of(loss: str) -> list[Row]:
    """The names that lead to a loss, or come nearest to it."""
    return [row for row in rows() if row.entry.loss.partition(":")[0] == loss]


def pages() -> dict[str, str]:
    """The dictionary."""
    parts = [INTRODUCTION, _raw("\n".join(_table())), *_shared(), *_libraries()]
    return {PAGE: "\n".join(parts)}


def _raw(html: str) -> str:
    return f"```{{raw}} html\n{html}\n```\n"


def _table() -> Iterator[str]:
    every = rows()
    options = "".join(f'<option value="{key}">{escape(library.title)}</option>' for key, library in LIBRARIES.items())
    yield '<link rel="stylesheet" href="_static/dictionary.css">'
    yield '<form class="finder" id="finder" role="search" hidden>'
    yield '<label for="wanted">Find</label> <input id="wanted" type="search" autocomplete="off" spellcheck="false"'
    yield ' placeholder="HuberLoss, alpha, pinball ..."> <span><label for="library">in</label> '
    yield f'<select id="library"><option value="">every library</option>{options}</select></span>'
    yield f'<p id="told" role="status">{len(every)} names</p></form>'
    yield '<div class="names"><table id="names"><caption class="unseen">Names of losses in other libraries</caption>'
    yield "<thead><tr>" + "".join(f'<th scope="col">{each}</th>' for each in COLUMNS) + "</tr></thead><tbody>"
    yield from map(_row, every)
    yield '</tbody></table></div><script src="_static/dictionary.js"></script>'


COLUMNS = ("Library", "Name there", "Here", "Parameters", "Mind")


def _row(row: Row) -> str:
    entry = row.entry
    also = ", ".join(f"<code>{_breaking(each)}</code>" for each in entry.also)
    written = f"<br><code>{_breaking(entry.call)}</code>" if entry.call and entry.call != row.name else ""
    there = (
        f'<code class="name">{_breaking(row.name)}</code>'
        f'<a class="place" href="#{row.anchor}" aria-label="link to {escape(row.name)}">#</a>'
        + written
        + (f"<br>also {also}" if also else "")
    )
    cells = (
        f"<td>{escape(row.library.title)}</td>",
        f'<th scope="row" data-title="{COLUMNS[1]}">{there}</th>',
        f'<td data-title="{COLUMNS[2]}">{_here(entry)}</td>',
        f'<td data-title="{COLUMNS[3]}">{_parameters(entry)}</td>',
        f'<td data-title="{COLUMNS[4]}">{_mind(entry)}</td>',
    )
    return f'<tr id="{row.anchor}" data-library="{row.key}">{"".join(cells)}</tr>'


def _breaking(code: str) -> str:
    """Code that a narrow column breaks between its words, and nowhere else."""
    return re.sub(r"(?<=[_.:(])(?=\w)|(?<=[a-z0-9])(?=[A-Z])", "<wbr>", escape(code, quote=False))


def _here(entry: Name) -> str:
    if not entry.loss:
        return '<span class="none">no loss here</span>'
    name, _, given = entry.loss.partition(":")
    link = f'<a href="losses/{name}.html"><code>{_breaking(name)}</code></a>'
    if given:
        link += f" <code>{escape(given)}</code>"
    if entry.refused:
        return f'<span class="none">nearest:</span> {link}'
    return f"{_times(entry)} {link}".strip() + (" + a term in the target" if entry.shifted else "")


def _times(entry: Name) -> str:
    """The factor as words before the loss: "1/2 of", "100 times"."""
    if entry.factor in ("", "1"):
        return ""
    return f"<b>{escape(entry.factor)}</b> {'of' if '/' in entry.factor else 'times'}"


def default_of(entry: Name, here: str) -> float | None:
    """What a parameter of theirs is unless told, by the loss that a name leads to; None where it is refused."""
    if entry.refused:
        return None
    defaults = {parameter.name: parameter.default for parameter in lossary.get(entry.loss).parameters}
    return (defaults | entry.fixed)[here]


def _parameters(entry: Name) -> str:
    shown = []
    for theirs, here in entry.parameters.items():
        default = default_of(entry, here)
        is_free = "must be given" in entry.trap
        value = "" if default is None or is_free else f" = {default:g}"
        same = "" if theirs == here else f" is our <code>{escape(here)}</code>"
        shown.append(f"<code>{escape(theirs)}{value}</code>{same}")
    return "<br>".join(shown)


def _mind(entry: Name) -> str:
    refusal = f"{entry.refused[:1].upper()}{entry.refused[1:]}." if entry.refused else ""
    metric = "Evaluated, not trained on." if entry.metric else ""
    return " ".join(_coded(escape(each)) for each in (refusal, entry.trap, metric) if each)


def _coded(text: str) -> str:
    """Losses that a text names lead to their pages."""
    known = {loss.name for loss in lossary.catalogue()}

    def linked(word: re.Match[str]) -> str:
        return f'<a href="losses/{word[0]}.html">{word[0]}</a>' if word[0] in known and "_" in word[0] else word[0]

    return re.sub(r"(?<![\w.])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w(=])", linked, text)


# What the table shows of whole libraries, and across them.


def _shared() -> Iterator[str]:
    yield "## One parameter, many names\n"
    yield "| Loss | Parameter here | There |\n| --- | --- | --- |"
    for (loss, here), theirs in sorted(_names_of_parameters().items()):
        spoken = "; ".join(f"`{name}` in {', '.join(dict.fromkeys(titles))}" for name, titles in theirs.items())
        yield f"| [`{loss}`](losses/{loss}.md) | `{here}` | {spoken} |"
    yield "\n## One word, many meanings\n"
    yield "| Parameter there | What it is here |\n| --- | --- |"
    for name, meanings in sorted(_meanings_of_parameters().items()):
        spoken = "; ".join(f"`{here}` of `{loss}` ({', '.join(titles)})" for (loss, here), titles in meanings.items())
        yield f"| `{name}` | {spoken} |"
    yield ""


def _names_of_parameters() -> dict[tuple[str, str], dict[str, list[str]]]:
    """Of each parameter that has another name somewhere, its names and the libraries that use them."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in rows():
        for theirs, here in row.entry.parameters.items():
            loss = row.entry.loss.partition(":")[0]
            found.setdefault((loss, here), {}).setdefault(theirs, []).append(row.library.title)
    return {place: names for place, names in found.items() if {*names} != {place[1]}}


def _meanings_of_parameters() -> dict[str, dict[tuple[str, str], list[str]]]:
    """Of each of their words that is another parameter from loss to loss, those."""
    found: dict[str, dict[tuple[str, str], list[str]]] = {}
    for row in rows():
        for theirs, here in row.entry.parameters.items():
            titles = found.setdefault(theirs, {}).setdefault((row.entry.loss.partition(":")[0], here), [])
            if row.library.title not in titles:
                titles.append(row.library.title)
    return {name: places for name, places in found.items() if len({here for _, here in places}) > 1}


def _version(key: str) -> str:
    """The version that the tests install, with a blank before it; "" where there is none."""
    package = {"sklearn": "scikit-learn", "xgboost": "xgboost-cpu"}.get(key, key)
    pin = re.search(rf"^{package}==([\d.]+)", PINS.read_text("utf-8"), re.MULTILINE)
    return f" {pin[1]}" if pin else ""


def _libraries() -> Iterator[str]:
    yield "## Libraries: order of arguments, reduction, evidence\n"
    yield (
        "Here a loss takes `(y_true, y_pred)` and gives one number an example; `cost` is their weighted mean. What is "
        "said of a library holds for the version named, beside which tests run ours; R was read, not run.\n"
    )
    for key, library in LIBRARIES.items():
        yield f"### {library.title}{_version(key)}\n"
        yield f"- Arguments: {library.order}.\n- Of many examples: {library.reduction}.\n- Evidence: {library.evidence}"
        if library.no_losses:
            words = ", ".join(f"`{name}`" for name in library.no_losses)
            yield f"- The mean of no loss of one example, and left out above: {words}."
        yield ""
