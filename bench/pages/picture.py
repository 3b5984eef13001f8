"""Bars of ratios on a log scale as SVG: one is marked, a lost cell has another colour and a cross.

400 units wide, so that the letters can be read on a phone; on a background of its own, light or dark as the reader
has it, so that it can be read on any page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from bench.pages.grids import number
from bench.pages.questions import Bar, Group, Question, tally

WIDTH, SHOWN, MARGIN = 400.0, 640, 6.0
LETTER = 5.1
"""The width of a letter of the labels, at worst on average."""

RESULT = 82.0
"""What is written behind a bar."""

ROW, HEADING, TOP = 15.0, 22.0, 34.0
TICKS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)

STYLE = """
.page{fill:#fff}text{fill:#1f2328;font:10px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.small{font-size:9px}.head{font-weight:600;paint-order:stroke;stroke:#fff;stroke-width:5px}.end{text-anchor:end}.mid{text-anchor:middle}
.grid{stroke:#d8dee4;stroke-width:.6}.one{stroke:#1f2328;stroke-width:1.2}
.won{fill:#2a6fb5}.lost{fill:#c4420d}.bar{opacity:.35}.cross{stroke:#c4420d;stroke-width:1.6;fill:none}
@media(prefers-color-scheme:dark){.page{fill:#0d1117}.head{stroke:#0d1117}text{fill:#e6edf3}.grid{stroke:#30363d}.one{stroke:#e6edf3}
.won{fill:#6cb6ff}.lost{fill:#ff9b5e}.cross{stroke:#ff9b5e}}"""


class _Scale:
    """From ratios to places, on a log scale that holds all of them and one."""

    def __init__(self, values: Sequence[float], left: float, right: float) -> None:
        self.low = min(0.7, *values) / 1.15
        self.high = max(1.5, *values) * 1.15
        self.left, self.right = left, right

    def at(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.left + share * (self.right - self.left)

    def ticks(self) -> list[float]:
        """The round numbers that there is room for; one always."""
        kept = [1.0]
        for tick in sorted(TICKS, key=lambda t: abs(math.log(t))):
            room = all(abs(self.at(tick) - self.at(other)) > 22.0 for other in kept)
            if self.low < tick < self.high and room:
                kept.append(tick)
        return sorted(kept)


def _line(x: float, top: float, bottom: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{x:.1f} {top:.1f}V{bottom:.1f}"/>'


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


def _mark(x: float, y: float, lost: bool) -> str:
    """A dot; where the cell is lost, a cross."""
    if lost:
        return f'<path class="cross" d="M{x - 2.6:.1f} {y - 2.6:.1f}l5.2 5.2m0 -5.2l-5.2 5.2"/>'
    return f'<circle class="won" cx="{x:.1f}" cy="{y:.1f}" r="2"/>'


def factor(value: float) -> str:
    """A ratio as it is read."""
    return f"{value:.2f}x" if 0.1 <= value < 1.0 else f"{number(value)}x"


def _result(bar: Bar) -> str:
    if len(bar.values) == 1:
        return f"{factor(bar.middle)}, lost" if bar.lost else factor(bar.middle)
    return f"{factor(bar.middle)}, lost {bar.lost}/{len(bar.values)}" if bar.lost else factor(bar.middle)


def _bar(bar: Bar, scale: _Scale, y: float) -> Iterable[str]:
    one, end = scale.at(1.0), scale.at(bar.middle)
    kind = "lost" if bar.middle < 1.0 else "won"
    yield _text(scale.left - 5.0, y + 3.5, bar.label, "small end")
    start, width = min(one, end), max(abs(end - one), 0.5)
    yield f'<rect class="bar {kind}" x="{start:.1f}" y="{y - 4.5:.1f}" width="{width:.1f}" height="9"/>'
    for value in bar.values:
        yield _mark(scale.at(value), y, value < 1.0)
    yield _text(WIDTH - RESULT, y + 3.5, _result(bar), "small")


def _axis(scale: _Scale, question: Question, bottom: float) -> Iterable[str]:
    yield _text(MARGIN, 12.0, f"\u25c2 {question.behind}", "small")
    yield _text(WIDTH - MARGIN, 12.0, f"{question.ahead} \u25b8", "small end")
    for tick in scale.ticks():
        yield _line(scale.at(tick), TOP - 6.0, bottom, "one" if tick == 1.0 else "grid")
        yield _text(scale.at(tick), TOP - 10.0, f"{tick:g}", "small mid")


def _body(groups: Sequence[Group], scale: _Scale) -> Iterable[str]:
    y = TOP
    for group in groups:
        yield _text(MARGIN, y + 13.0, group.heading, "head")
        y += HEADING
        for bar in group.bars:
            yield from _bar(bar, scale, y + ROW / 2.0 - 2.0)
            y += ROW


def svg(question: Question, groups: Sequence[Group]) -> str:
    """The picture."""
    bars = [bar for group in groups for bar in group.bars]
    longest = max(len(bar.label) for bar in bars)
    scale = _Scale(
        [value for bar in bars for value in bar.values], MARGIN + LETTER * longest + 6.0, WIDTH - RESULT - 6.0
    )
    height = TOP + HEADING * len(groups) + ROW * len(bars) + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" width="{SHOWN}" '
        f'height="{SHOWN * height / WIDTH:.0f}" role="img" aria-labelledby="title words">',
        f'<title id="title">{escape(question.title)}</title>',
        f'<desc id="words">{escape(words(question, groups))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH:g}" height="{height:g}" rx="4"/>',
        *_axis(scale, question, height - MARGIN),
        *_body(groups, scale),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def words(question: Question, groups: Sequence[Group]) -> str:
    """The picture for who cannot see it."""
    found = tally(groups)
    bars = [(bar, group.heading) for group in groups for bar in group.bars]
    least, most = (pick(bars, key=lambda each: each[0].middle) for pick in (min, max))
    said = " to ".join(f"{factor(bar.middle)} ({bar.label}; {heading})" for bar, heading in (least, most))
    return f"Bars of ratios, log scale: from {said}. {found.lost} of {found.cells} cells are lost."
