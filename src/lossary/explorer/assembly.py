"""The page, put together from its parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files

from lossary.explorer.formulas import formulas_script

SCRIPTS = (
    "numbers",
    "solve",
    "solve_scores",
    "datasets",
    "state",
    "drawing",
    "choosing_losses",
    "python",
    "lines",
    "residual",
    "surface",
    "row",
    "network",
    "classes",
    "formula",
    "own",
    "main",
)
"""In the order in which they need each other."""


def page(losses: Sequence[str] = ()) -> str:
    """The explorer as one HTML file that asks for nothing else.

    Parameters
    ----------
    losses : sequence of str
        Up to four losses of the page that it opens with, such as "huber:delta=2"; by default squared error, Huber loss
        and absolute error.

    Returns
    -------
    str

    Examples
    --------
    >>> from lossary.explorer import page
    >>> page().startswith("<!doctype html>"), len(page()) < 300_000
    (True, True)
    """
    start = "&".join(f"loss={each}" for each in losses)
    return _everything().replace("{start}", escape(start), 1)


@cache
def _everything() -> str:
    script = "".join(_part(f"{name}.js") for name in SCRIPTS)
    body = f'(() => {{\n"use strict";\n{formulas_script()}{script}}})();\n'
    return _part("page.html").replace("{style}", _part("style.css")).replace("{script}", body)


def _part(name: str) -> str:
    return files(__package__).joinpath("parts", name).read_text(encoding="utf-8")
