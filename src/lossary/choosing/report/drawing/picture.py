"""What a page shows as one figure."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Key:
    """A line of a legend: the number of a series, which settles its colour and dashes, and its name.

    What a reader points at is lit wherever else on the page something has the same ``key``.
    """

    series: int
    name: str
    key: str = ""


@dataclass(frozen=True)
class Picture:
    """A drawing, what it shows for those who cannot see it, and what stands around it.

    ``alt`` is "" where the drawing is text already, as a bar chart is. ``x`` and ``y`` are the names of the axes.
    """

    drawing: Markup
    alt: str = ""
    caption: str = ""
    title: str = ""
    x: str = ""
    y: str = ""
    legend: tuple[Key, ...] = ()
