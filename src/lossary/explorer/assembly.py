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


Point = tuple[float, float, float]


def page(losses: Sequence[str] = (), *, points: Sequence[Point] = (), note: str = "") -> str:
    """The explorer as one HTML file that asks for nothing else.

    Parameters
    ----------
    losses : sequence of str
        Up to four losses of the page that it opens with, such as "huber:delta=2"; by default squared error, Huber loss
        and absolute error.
    points : sequence of (x, y, weight), optional
        Up to 300 points that it opens with in place of its own; what losses predict is then shown for their heights.
    note : str, optional
        What they are, in plain text; it stands above them.

    Returns
    -------
    str

    Examples
    --------
    >>> from lossary.explorer import page
    >>> page().startswith("<!doctype html>"), len(page()) < 300_000
    (True, True)
    >>> "of the pilot" in page(["huber:delta=2"], points=[(0, 1.5, 1), (1, 0.5, 2)], note="Residuals of the pilot.")
    True
    """
    pairs = [f"loss={each}" for each in losses]
    if points:
        pairs += ["points=" + ";".join(",".join(map(repr, point)) for point in points), "scatter=points"]
    return _everything().replace("{start}", escape("&".join(pairs)), 1).replace("{note}", escape(note), 1)


@cache
def _everything() -> str:
    script = "".join(_part(f"{name}.js") for name in SCRIPTS)
    body = f'(() => {{\n"use strict";\n{formulas_script()}{script}}})();\n'
    return _part("page.html").replace("{style}", _part("style.css")).replace("{script}", body)


def _part(name: str) -> str:
    return files(__package__).joinpath("parts", name).read_text(encoding="utf-8")
