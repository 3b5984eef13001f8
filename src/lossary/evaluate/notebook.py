"""A loss as a notebook shows it: its sentence, its formula, and a small picture of value and gradient."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

import numpy as np

from lossary.backends.numpy import evaluate
from lossary.backends.numpy_rows import Rows
from lossary.evaluate.curves import Curved, Span, curve, limits, telling_range, telling_target
from lossary.evaluate.page import Equation, Page, page
from lossary.rowwise import RowLoss

WIDTH, HEIGHT, MARGIN = 320, 180, 18
POINTS = 160
EDGE = 1e-3

STYLE = """
.lossary-loss { font: 13px/1.4 system-ui, sans-serif; --value: #0072B2; --gradient: #B34E00; }
.lossary-loss code { font-size: 12px; background: none; color: inherit; }
.lossary-loss svg { display: block; margin: 6px 0; fill: currentColor; font-size: 11px; }
.lossary-loss polyline { fill: none; stroke-width: 2; }
.lossary-loss .value { stroke: var(--value); }
.lossary-loss .gradient { stroke: var(--gradient); stroke-dasharray: 5 3; }
.lossary-loss .axis { stroke: currentColor; stroke-width: 1; opacity: .35; }
@media (prefers-color-scheme: dark) { .lossary-loss { --value: #56B4E9; --gradient: #E69F00; } }
[data-jp-theme-light="false"] .lossary-loss, .vscode-dark .lossary-loss { --value: #56B4E9; --gradient: #E69F00; }
""".strip()
"""Two hues that the colour-blind tell apart, lighter on dark; text has the colour that the notebook gives it."""


@dataclass(frozen=True)
class Curves:
    """Predictions with value and gradient, and what they are predictions of."""

    low: float
    high: float
    f: np.ndarray
    value: np.ndarray
    gradient: np.ndarray
    about: str


def card(loss: Curved) -> str:
    """The loss as an HTML fragment with its own style, for light pages and dark ones."""
    said, curves = page(loss), curves_of(loss)
    picture = [] if curves is None else [drawing(curves, said.called)]
    lines = _formulas(said) + _when(said)
    lines += [f"<code>{escape(p.name)}</code>: {escape(p.meaning)}; in {escape(p.within)}" for p in said.parameters]
    first = f"<strong>{escape(said.called)}</strong>{escape(f': {said.brief}' if said.brief else '')}"
    body = "".join([f"<div>{first}</div>", *picture, *(f"<div>{line}</div>" for line in lines)])
    return f'<div class="lossary-loss"><style>{STYLE}</style>{body}</div>'


def _formulas(said: Page) -> list[str]:
    """Value and gradient as a textbook has them; what is computed in their place where one unfolds it."""
    lines = [_formula(formula) for formula in said.formulas if formula.name != "curvature"]
    if not said.as_computed:
        return lines
    computed = "<br>".join(map(_formula, said.as_computed))
    return [*lines, f"<details><summary>as computed</summary>{computed}</details>"]


def _formula(formula: Equation) -> str:
    return f"{escape(formula.name)}: <code>{escape(formula.text)}</code>"


def _when(said: Page) -> list[str]:
    when = {"use it when": said.use_when, "do not when": said.avoid_when}
    return [f"<em>{word}</em>: {with_code(sentences)}" for word, sentences in when.items() if sentences]


def with_code(sentences: str) -> str:
    """Text as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(sentences))


def curves_of(loss: Curved) -> Curves | None:
    """Value and gradient over the predictions for one target; None where parameters differ from example to example."""
    given = {name: float(value) for name, value in loss.given.items() if not isinstance(value, np.ndarray)}
    if len(given) < len(loss.given):
        return None
    return _of_row(loss.record, given) if isinstance(loss.record, RowLoss) else _of_pair(loss, tuple(given.values()))


def _of_pair(loss: Curved, given: tuple[float, ...]) -> Curves | None:
    try:
        y = telling_target([loss])
        span = Span(y, *telling_range([loss], y))
        record = loss.record
        f, value = curve(loss, span, lambda y, f: evaluate(record.value, y, f, *given), POINTS)
        _, gradient = curve(loss, span, lambda y, f: evaluate(record.grad, y, f, *given), POINTS)
    except ValueError:  # a user's own loss may take no target or prediction that is looked at here
        return None
    return Curves(span.low, span.high, f, value, gradient, f"prediction f; target y = {span.y:g}")


@dataclass(frozen=True)
class Varied:
    """What of a row varies in its picture, between which ends: two classes, the first the right one.

    ``kind`` is "score", "threshold" (of ordered classes), "probability" or "log_probability"; ``target`` has the weights.
    """

    kind: str
    low: float
    high: float
    about: str
    target: tuple[float, float]

    @property
    def places(self) -> np.ndarray:
        """Where the curve is drawn."""
        return self.spaced(POINTS)

    def spaced(self, points: int) -> np.ndarray:
        """So many places, none nearer to an impossible or a certain class than ``EDGE``."""
        low, high = self.low, self.high
        if "probability" in self.kind:
            low, high = max(low, EDGE), min(high, 1.0 - EDGE)
        return np.linspace(low, high, points)

    def rows(self, x: np.ndarray) -> np.ndarray:
        """The rows of predictions, by what varies."""
        if self.kind in ("score", "threshold"):
            return np.column_stack([x, np.zeros(len(x))])[:, : 2 if self.kind == "score" else 1]
        rows = np.column_stack([x, 1.0 - x])
        return np.log(rows) if self.kind == "log_probability" else rows


def varied(record: RowLoss, given: dict[str, float]) -> Varied:
    """What to vary in a picture of a loss of a row: a class's score, or its probability."""
    if "probabilities" in record.prediction:
        kind = "log_probability" if record.prediction == "log_probabilities" else "probability"
        low, high, about = 0.0, 1.0, "probability"
    else:
        kind = "threshold" if record.more_classes else "score"
        low, high, about = -4.0, 4.0, "score"
    certain = at_target(Varied(kind, low, high, about, (1.0, 0.0)), 1.0)
    # A divergence may take no target that rules a class out.
    if np.isfinite(seen_by(record, certain, certain.places, given).value).all():
        return certain
    return at_target(certain, 0.75)


def at_target(what: Varied, y: float) -> Varied:
    """The same for another target of the first class."""
    whose = "the right class of two" if y == 1.0 else f"a class whose target is {y:g}"
    return replace(what, about=f"{what.about.partition(' of ')[0]} of {whose}", target=(y, 1.0 - y))


def _of_row(record: RowLoss, given: dict[str, float]) -> Curves:
    what = varied(record, given)
    x = what.places
    seen = seen_by(record, what, x, given)
    return Curves(what.low, what.high, x, seen.value, seen.over_scores("grad")[:, 0], what.about)


def seen_by(record: RowLoss, what: Varied, x: np.ndarray, given: dict[str, float]) -> Rows:
    """The loss on a row for each place."""
    return Rows(record, np.tile(what.target, (len(x), 1)), what.rows(x), given)


# The picture.


def drawing(curves: Curves, name: str) -> str:
    """The curves as an SVG element: value a line, gradient a dashed one."""
    bottom, top = limits([curves.value, curves.gradient])
    places = Places(curves.low, curves.high, bottom, top)
    lines = "".join(
        f'<polyline class="{kind}" points="{points}"/>'
        for kind, heights in (("gradient", curves.gradient), ("value", curves.value))
        for points in places.polylines(curves.f, heights)
    )
    zero = places.down(0.0)
    width, height = WIDTH, HEIGHT + 2 * MARGIN
    title = escape(f"{name}: value and gradient over the {curves.about}")
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{title}">'
        f'<line class="axis" x1="0" y1="{zero:.1f}" x2="{width}" y2="{zero:.1f}"/>'
        f'<svg x="0" y="{MARGIN}" width="{width}" height="{HEIGHT}" viewBox="0 {MARGIN} {width} {HEIGHT}">{lines}</svg>'
        f'<text x="0" y="12">{top:.3g}</text>'
        f'<text x="{width}" y="12" text-anchor="end"><tspan fill="var(--value)">value</tspan> '
        f'<tspan fill="var(--gradient)">gradient (dashed)</tspan></text>'
        f'<text x="0" y="{height - 4}">{curves.low:g}</text>'
        f'<text x="{width / 2:g}" y="{height - 4}" text-anchor="middle">{escape(curves.about)}</text>'
        f'<text x="{width}" y="{height - 4}" text-anchor="end">{curves.high:g}</text></svg>'
    )


@dataclass(frozen=True)
class Places:
    """Where numbers are in the picture."""

    low: float
    high: float
    bottom: float
    top: float

    def across(self, f: float) -> float:
        return WIDTH * (f - self.low) / (self.high - self.low)

    def down(self, height: float) -> float:
        return MARGIN + HEIGHT * (self.top - height) / (self.top - self.bottom)

    def polylines(self, f: np.ndarray, heights: np.ndarray) -> list[str]:
        """The points of each unbroken line; those far outside are drawn just outside."""
        reach = self.top - self.bottom
        lines: list[list[str]] = [[]]
        for x, height in zip(f, np.clip(heights, self.bottom - reach, self.top + reach), strict=True):
            if np.isnan(x) or np.isnan(height):
                lines.append([])
            else:
                lines[-1].append(f"{self.across(x):.1f},{self.down(height):.1f}")
        return [" ".join(_thinned(line)) for line in lines if len(line) > 1]


def _thinned(points: Sequence[str]) -> list[str]:
    return [point for point, before in zip(points, ["", *points], strict=False) if point != before]
