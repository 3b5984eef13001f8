"""Drawings of a report: HTML and SVG as text, which take colours from the page's style sheet, and the reader's width.

Letters and dots keep their size on a phone and on a wide screen alike: positions are shares of the width. A ``Plot`` of
lines and dots has an ``axis`` in either direction, ``bar_chart`` is for numbers with names, and the result of either is
shown as a ``Picture``. Imports ``words`` and what escapes markup.
"""

from lossary.choosing.report.drawing.axes import Axis, axis
from lossary.choosing.report.drawing.bars import Bar, BarGroup, bar_chart
from lossary.choosing.report.drawing.picture import Key, Picture
from lossary.choosing.report.drawing.plot import Plot

__all__ = ["Axis", "Bar", "BarGroup", "Key", "Picture", "Plot", "axis", "bar_chart"]
