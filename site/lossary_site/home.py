"""The home page: what Lossary is, a picture, and where to go."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

import lossary
from lossary.backends.numpy import evaluate
from lossary.evaluate.curves import Span, curve
from lossary.evaluate.notebook import HEIGHT, MARGIN, WIDTH, Places
from lossary_site.markdown import raw

TEXT = Path(__file__).parents[1] / "parts" / "home.md"
SPAN = Span(0.0, -6.0, 6.0)
TOP = 6.5
DRAWN = {
    "squared_error": ("squared", "--s3"),
    "huber": ("Huber", "--s0"),
    "absolute_error": ("absolute", "--s2"),
    "tukey_biweight": ("Tukey", "--s1"),
}
"""The losses of the picture: what they are called in it, and a colour each."""


def pages() -> dict[str, str]:
    """The home page, from the text beside it."""
    text = TEXT.read_text("utf-8")
    return {"index.md": text.replace("{picture}", raw(_picture())).replace("{count}", str(len(lossary.catalogue())))}


def _picture() -> str:
    """The curves of four losses of a residual, each at the parameters it has for itself."""
    places = Places(SPAN.low, SPAN.high, -0.1, TOP)
    lines = "".join(_line(name, colour, places) for name, (_, colour) in DRAWN.items())
    names = "".join(
        f'<text x="{8 + 82 * i}" y="{HEIGHT + MARGIN + 14}" fill="var({colour})">{escape(word)}</text>'
        for i, (word, colour) in enumerate(DRAWN.values())
    )
    zero = places.down(0.0)
    return (
        f'<figure class="picture"><svg class="three" viewBox="0 {MARGIN} {WIDTH} {HEIGHT + 18}" role="img" '
        'aria-label="What a residual costs under squared error, Huber loss, absolute error and Tukey’s biweight">'
        f'<line class="axis" x1="0" x2="{WIDTH}" y1="{zero:.1f}" y2="{zero:.1f}"/>{lines}{names}</svg></figure>'
    )


def _line(name: str, colour: str, places: Places) -> str:
    loss = lossary.get(name)
    f, value = curve(loss, SPAN, lambda y, f: evaluate(loss.record.value, y, f, *loss.given.values()), 80)
    shown = np.where(value <= TOP + 1.0, value, np.nan)
    return "".join(f'<polyline stroke="var({colour})" points="{points}"/>' for points in places.polylines(f, shown))
