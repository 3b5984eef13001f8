"""Numbers with names as horizontal bars or dots: a list that is read as text, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from lossary.choosing.report.words import clean


@dataclass(frozen=True)
class Bar:
    """A name, a number and how it is written; ``interval`` is drawn over the bar.

    ``chosen`` rows stand out, ``tied`` ones have a bracket, and ``remark`` stands behind the name. What a reader points
    at is lit wherever else on the page something has the same ``key``.
    """

    name: str
    value: float
    shown: str
    interval: tuple[float, float] | None = None
    chosen: bool = False
    tied: bool = False
    remark: str = ""
    key: str = ""


@dataclass(frozen=True)
class BarGroup:
    """Bars under a heading of their own; none where it is ""."""

    bars: tuple[Bar, ...]
    title: str = ""


def bar_chart(
    groups: Sequence[BarGroup], low: float, high: float, *, dots: bool = False, band: tuple[float, float] | None = None
) -> Markup:
    """Rows of name, bar and number, all on one scale from ``low`` to ``high``, which holds zero.

    Bars that reach beyond the scale are cut, and marked. With ``dots`` the number is a dot and not a bar from zero.
    ``band`` is shaded behind all rows.

    Examples
    --------
    >>> "73.8%" in bar_chart([BarGroup((Bar("Poisson loss", 0.738, "73.8%"),))], 0.0, 1.0)
    True
    """
    scale = _Scale(low, high)
    parts = []
    for group in groups:
        rows = Markup("").join(
            _row(bar, scale, dots, band, _bracket(group.bars, position)) for position, bar in enumerate(group.bars)
        )
        heading = Markup('<p class="group">{}</p>').format(clean(group.title)) if group.title else ""
        parts.append(Markup('{}<ul class="bars">{}</ul>').format(heading, rows))
    return Markup("").join(parts)


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    def percent(self, value: float) -> float:
        """Where a number lies, in percent of the width; beyond an end, that end."""
        share = (value - self.low) / (self.high - self.low)
        return 100.0 * float(np.clip(share, 0.0, 1.0))

    def holds(self, value: float) -> bool:
        slack = 1e-9 * (self.high - self.low)
        return self.low - slack <= value <= self.high + slack


def _bracket(bars: Sequence[Bar], position: int) -> str:
    """The classes of a row that say where in a bracket it is: each run of tied rows has one."""
    if not bars[position].tied:
        return ""
    first = position == 0 or not bars[position - 1].tied
    last = position == len(bars) - 1 or not bars[position + 1].tied
    return " tied" + (" first" if first else "") + (" last" if last else "")


def _row(bar: Bar, scale: _Scale, dots: bool, band: tuple[float, float] | None, bracket: str) -> Markup:
    return Markup(
        '<li class="{}"{}><span class="name">{}{}{}</span>'
        '<svg class="track" aria-hidden="true" focusable="false">{}</svg><span class="value">{}</span></li>'
    ).format(
        f"bar{' chosen' if bar.chosen else ''}{bracket}",
        Markup(' data-key="{}"').format(clean(bar.key)) if bar.key else "",
        clean(bar.name),
        Markup(' <em class="remark">{}</em>').format(clean(bar.remark)) if bar.remark else "",
        Markup('<span class="unseen">, tied</span>') if bar.tied else "",
        Markup("").join(_track(bar, scale, dots, band)),
        clean(bar.shown),
    )


def _track(bar: Bar, scale: _Scale, dots: bool, band: tuple[float, float] | None) -> list[Markup]:
    zero, end = scale.percent(0.0), scale.percent(bar.value)
    parts = [] if band is None else [_rect("band", scale.percent(band[0]), scale.percent(band[1]), "100%", "0")]
    if not dots:
        parts.append(_rect("fill", min(zero, end), max(zero, end), "60%", "20%"))
    parts.append(Markup('<line class="zero" x1="{0:.2f}%" x2="{0:.2f}%" y1="0" y2="100%"/>').format(zero))
    if bar.interval is not None:
        low, high = (scale.percent(number) for number in bar.interval)
        parts.append(Markup('<line class="whisker" x1="{:.2f}%" x2="{:.2f}%" y1="50%" y2="50%"/>').format(low, high))
    if not scale.holds(bar.value):
        sign, css = ("‹", "start") if bar.value < scale.low else ("›", "end")
        parts.append(Markup('<text class="cut {}" x="{:.2f}%" y="50%" dy=".35em">{}</text>').format(css, end, sign))
    elif dots:
        parts.append(Markup('<circle class="dot" cx="{:.2f}%" cy="50%" r="4.5"/>').format(end))
    return parts


def _rect(css: str, left: float, right: float, height: str, top: str) -> Markup:
    return Markup('<rect class="{}" x="{:.2f}%" y="{}" width="{:.2f}%" height="{}"/>').format(
        css, left, top, right - left, height
    )
