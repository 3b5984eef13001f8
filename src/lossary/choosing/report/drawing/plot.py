"""Lines and dots between two axes, as SVG that is as wide as the page has room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from lossary.choosing.report.drawing.axes import Axis
from lossary.choosing.report.drawing.picture import Key, Picture
from lossary.choosing.report.words import clean

SERIES = 7
"""Colours and dashes that the style sheet tells apart; then they begin again."""
UNITS = 1000.0
"""Units of the stretched coordinates in which lines are drawn."""

Numbers = np.ndarray | Sequence[float]


class Plot:
    """A drawing between two axes: the first thing drawn lies lowest.

    ``height`` is in pixels; the width is the reader's. A series is a number from 0, which settles colour and dashes.

    Examples
    --------
    >>> from lossary.choosing.report.drawing import axis
    >>> plot = Plot(axis("hour", [0.0, 23.0]), axis("riders", [0.0, 200.0]))
    >>> plot.line([0.0, 12.0, 23.0], [20.0, 180.0, 60.0], series=0, name="Poisson loss")
    >>> picture = plot.picture("Riders by hour under the Poisson loss.", "Fitted on all rows.")
    >>> picture.x, [key.name for key in picture.legend]
    ('hour', ['Poisson loss'])
    """

    def __init__(self, x: Axis, y: Axis, height: int = 260) -> None:
        self._x, self._y, self._height = x, y, height
        self._marks: list[Markup] = []
        self._legend: list[Key] = []

    def line(self, x: Numbers, y: Numbers, *, series: int = 0, name: str = "", key: str = "") -> None:
        """A line through points, broken where a number is missing; with a name it is in the legend."""
        self._path(f"line {'named ' if name else ''}{_css(series)}", _line(*self._places(x, y)), key)
        if name:
            self._legend.append(Key(series % SERIES, clean(name), clean(key)))

    def steps(self, edges: Numbers, heights: Numbers, *, series: int = 0, name: str = "") -> None:
        """The outline of a histogram: (n + 1,) edges, (n,) heights."""
        x, y = np.repeat(np.asarray(edges, dtype=np.float64), 2), np.repeat(np.asarray(heights, dtype=np.float64), 2)
        self.line(x, np.r_[0.0, y, 0.0], series=series, name=name)

    def dots(self, x: Numbers, y: Numbers, *, series: int | None = None) -> None:
        """Points; without a series they are grey."""
        self._path(f"dots {_css(series)}", _dots(*self._places(x, y)))

    def area(self, x: Numbers, low: Numbers, high: Numbers, *, series: int | None = None) -> None:
        """The band between two lines, such as an interval of each point; without a series it is grey."""
        left, right = self._places(x, low), self._places(x, high)
        outline = _line(np.r_[left[0], right[0][::-1]], np.r_[left[1], right[1][::-1]])
        self._path(f"area {_css(series)}", f"{outline}Z" if outline else "")

    def rug(self, x: Numbers) -> None:
        """A short stroke at the foot for each number."""
        places, _ = self._places(x, np.full(np.size(x), self._y.low))
        self._path("rug", "".join(f"M{_n(place)} {_n(UNITS)}v-25" for place in np.unique(places.round(1))))

    def reference(self, x: Numbers, y: Numbers) -> None:
        """A dashed grey line to compare with."""
        self._path("reference", _line(*self._places(x, y)))

    def picture(self, alt: str, caption: str = "", title: str = "") -> Picture:
        """The drawing, with what it shows in words for those who do not see it."""
        left, right = self._y.label_width + 14.0, 0.5 * self._x.label_width + 4.0
        drawing = Markup(
            '<div class="plot" style="padding-left:{:.0f}px;padding-right:{:.0f}px">'
            '<svg height="{}" aria-hidden="true" focusable="false">{}'
            '<svg class="marks" viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%">{}</svg>'
            "</svg></div>"
        ).format(left, right, self._height, self._frame(), Markup("").join(self._marks))
        return Picture(drawing, alt, caption, title, self._x.name, self._y.name, tuple(self._legend))

    def _frame(self) -> Markup:
        across = zip(100.0 * self._x.shares(self._x.ticks), self._x.labels, strict=True)
        up = zip(100.0 - 100.0 * self._y.shares(self._y.ticks), self._y.labels, strict=True)
        parts = [Markup('<line class="axis" x1="0" x2="100%" y1="100%" y2="100%"/>')]
        parts += [
            Markup(
                '<line class="grid" x1="0" x2="100%" y1="{0}%" y2="{0}%"/><text class="up" y="{0}%">{1}</text>'
            ).format(_n(place), label)
            for place, label in up
        ]
        parts += [
            Markup('<text class="across" x="{}%" y="100%" dy="1.6em">{}</text>').format(_n(place), label)
            for place, label in across
        ]
        return Markup("").join(parts)

    def _places(self, x: Numbers, y: Numbers) -> tuple[np.ndarray, np.ndarray]:
        return UNITS * self._x.shares(x), UNITS * (1.0 - self._y.shares(y))

    def _path(self, css: str, outline: str, key: str = "") -> None:
        shared = Markup(' data-key="{}"').format(clean(key)) if key else ""
        if outline:
            self._marks.append(Markup('<path class="{}" d="{}"{}/>').format(css.strip(), outline, shared))


def _css(series: int | None) -> str:
    return "" if series is None else f"s{series % SERIES}"


def _line(x: np.ndarray, y: np.ndarray) -> str:
    drawn, outline = False, []
    for across, down in zip(x.tolist(), y.tolist(), strict=True):
        finite = np.isfinite(across) and np.isfinite(down)
        if finite:
            outline.append(f"{'L' if drawn else 'M'}{_n(across)} {_n(down)}")
        drawn = bool(finite)
    return "".join(outline)


def _dots(x: np.ndarray, y: np.ndarray) -> str:
    """Lines of no length to speak of, whose round ends are dots of one size however the drawing is stretched."""
    finite = np.isfinite(x) & np.isfinite(y)
    return "".join(f"M{_n(across)} {_n(down)}h.1" for across, down in zip(x[finite], y[finite], strict=True))


def _n(value: float) -> str:
    """A coordinate to a tenth of a unit; far outside it is cut, as browsers compute in single precision."""
    text = f"{min(max(float(value), -1e5), 1e5):z.1f}"
    return text.removesuffix(".0")
