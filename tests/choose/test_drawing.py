"""What pictures are made of: axes whose numbers are right, marks where they belong, names that stay text."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("markupsafe")

from lossary.choosing.report.drawing import Bar, BarGroup, Plot, axis, bar_chart
from lossary.choosing.report.drawing.axes import LETTER, PHONE

sizes = st.floats(-9.0, 12.0).map(lambda power: 10.0**power)


@given(st.floats(-1.0, 1.0), sizes, st.floats(-6.0, 0.0), st.booleans(), st.sampled_from([0.0, 0.03]))
def test_numbers_along_an_axis_are_where_they_say(centre, size, width, zero, margin):
    low = centre * size
    drawn = axis("x", [low, low + size * 10.0**width], zero=zero, margin=margin)
    assert len(drawn.ticks) == len(set(drawn.labels)) >= 2
    span = drawn.high - drawn.low
    for tick, label in zip(drawn.ticks, drawn.labels, strict=True):
        assert drawn.low - 1e-6 * span <= tick <= drawn.high + 1e-6 * span
        assert abs(float(label.replace(",", "")) - tick) <= 1e-6 * span + 1e-15 * abs(tick)
    if len(drawn.ticks) > 3:
        assert sum(LETTER * len(label) + 12.0 for label in drawn.labels) <= PHONE


@pytest.mark.parametrize("values", [[], [np.nan], [3.0], [0.0, 0.0], [np.inf, 1.0], [1e300, 1e300], [-1e-300, 1e-300]])
def test_there_is_an_axis_for_anything(values):
    drawn = axis("x", values)
    assert drawn.low < drawn.high
    inside = np.asarray(values)[np.isfinite(values)]
    assert ((drawn.shares(inside) >= 0.0) & (drawn.shares(inside) <= 1.0)).all()


def test_an_axis_from_zero_begins_there():
    assert axis("rows", [3.0, 21.0], zero=True, margin=0.1).low == 0.0
    assert axis("rows", [-3.0, -21.0], zero=True, margin=0.1).high == 0.0


def test_marks_lie_where_their_numbers_are():
    plot = Plot(axis("x", [0.0, 10.0]), axis("y", [0.0, 2.0]))
    plot.line([0.0, 5.0, 10.0], [0.0, 2.0, 1.0], series=2, name="a", key="label of a")
    plot.dots([2.5], [1.5])
    plot.area([0.0, 10.0], [0.0, 0.0], [1.0, 2.0], series=1)
    plot.reference([0.0, 10.0], [1.0, 1.0])
    drawing = str(plot.picture("A line.").drawing)
    assert re.findall(r'class="line named s2" d="(.*?)" data-key="label of a"', drawing) == ["M0 1000L500 0L1000 500"]
    assert re.findall(r'class="dots" d="(.*?)"', drawing) == ["M250 250h.1"]
    assert re.findall(r'class="area s1" d="(.*?)"', drawing) == ["M0 1000L1000 1000L1000 0L0 500Z"]
    assert re.findall(r'class="reference" d="(.*?)"', drawing) == ["M0 500L1000 500"]
    assert re.findall(r'<text class="across" x="(.*?)%".*?>(.*?)<', drawing)[:2] == [("0", "0"), ("20", "2")]


def test_a_histogram_encloses_its_bars():
    plot = Plot(axis("x", [0.0, 1.0]), axis("rows", [0.0, 4.0]))
    plot.steps([0.0, 0.5, 1.0], [4, 2])
    assert 'd="M0 1000L0 0L500 0L500 500L1000 500L1000 1000"' in plot.picture("Rows.").drawing


def test_missing_numbers_break_a_line_and_are_no_dots():
    plot = Plot(axis("x", [0.0, 10.0]), axis("y", [0.0, 10.0]))
    plot.line([0.0, 1.0, 2.0, 3.0], [1.0, np.nan, 1.0, np.inf])
    plot.dots([1.0, np.nan], [np.nan, 1.0])
    paths = re.findall(r'<path class="(.*?)" d="(.*?)"', str(plot.picture("A line.").drawing))
    assert paths == [("line s0", "M0 900M200 900")]


def test_names_stay_text():
    nasty = "<script>alert('x')</script>\" onload=\"x"
    plot = Plot(axis(nasty, [0.0, 1.0]), axis(nasty, [0.0, 1.0]))
    plot.line([0.0, 1.0], [0.0, 1.0], name=nasty, key=nasty)
    bars = bar_chart([BarGroup((Bar(nasty, 0.5, nasty, remark=nasty, key=nasty),), nasty)], 0.0, 1.0)
    for markup in (plot.picture(nasty).drawing, bars):
        assert "<script" not in markup
        assert 'onload="x"' not in markup
        assert "&lt;script" in markup


def test_bars_begin_at_zero_and_end_at_their_number():
    bars = (Bar("up", 0.5, "0.5"), Bar("down", -0.25, "-0.25"), Bar("far", -9.0, "-9"), Bar("high", 9.0, "9"))
    drawing = str(bar_chart([BarGroup(bars)], -1.0, 1.0))
    assert re.findall(r'class="fill" x="(.*?)%".*?width="(.*?)%"', drawing) == [
        ("50.00", "25.00"),
        ("37.50", "12.50"),
        ("0.00", "50.00"),
        ("50.00", "50.00"),
    ]
    assert re.findall(r'class="cut (.*?)"', drawing) == ["start", "end"]


@pytest.mark.parametrize(
    ("tied", "brackets"),
    [
        ("TT-", ["first", "last"]),
        ("T-T", ["first last", "first last"]),
        ("TTT", ["first", "", "last"]),
        ("---", []),
    ],
)
def test_each_run_of_ties_has_a_bracket(tied, brackets):
    bars = tuple(Bar(str(i), 1.0, "1", tied=letter == "T") for i, letter in enumerate(tied))
    drawing = str(bar_chart([BarGroup(bars)], 0.0, 1.0))
    assert [
        css.removeprefix("bar tied").strip() for css in re.findall(r'<li class="(bar tied.*?)"', drawing)
    ] == brackets
    assert drawing.count(", tied") == tied.count("T")
