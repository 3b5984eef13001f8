"""What the recommended candidate depends on, drawn: importances of columns, and effects of the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from lossary.choosing.explaining.explanation import Effect, Explanation, Importance
from lossary.choosing.report.drawing import Axis, Bar, BarGroup, Picture, Plot, axis, bar_chart
from lossary.choosing.report.words import number, short

MOST_BARS = 12
NAME = 34
LABEL = 56
"""Characters of a column's name and of a candidate's label, at most."""
DATES = 3
"""Dates written along an axis: more do not fit on a phone."""
ENDS = ("lower end", "upper end")


def importance_chart(explanation: Explanation) -> Picture | None:
    """A bar a column, the most important first."""
    found = explanation.importances
    shown = [each for each in found.columns if np.isfinite(each.increase)][:MOST_BARS]
    if not shown:
        return None
    ends = [end for each in shown for end in _finite_ends(each)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    bars = tuple(Bar(short(e.column, NAME), e.increase, number(e.increase, 3), _interval(e)) for e in shown)
    drawing = bar_chart([BarGroup(bars)], low, high if high > low else low + 1.0)
    left_out = len(found.columns) - len(shown)
    caption = found.in_words()
    if left_out:
        caption += f" Of the columns {left_out} more are not drawn; report.json has all."
    return Picture(drawing, caption=caption)


def _finite_ends(importance: Importance) -> list[float]:
    return [end for end in (importance.increase, importance.low, importance.high) if np.isfinite(end)]


def _interval(importance: Importance) -> tuple[float, float] | None:
    has_both = np.isfinite(importance.low) and np.isfinite(importance.high)
    return (importance.low, importance.high) if has_both else None


def effect_charts(explanation: Explanation, names: Mapping[str, str]) -> tuple[Picture, ...]:
    """A picture a column: lines along numbers and dates, bars of categories; ``names`` are what people call labels."""
    return tuple(_bars(e, names) if e.kind == "category" else _lines(e, names) for e in explanation.effects)


def _curves(effect: Effect, names: Mapping[str, str]) -> Iterator[tuple[int, str, str, np.ndarray]]:
    """The number, the name and the label of each candidate's curve; of an interval one for each end."""
    for series, (label, curve) in enumerate(effect.curves.items()):
        name = short(names.get(label, label), LABEL)
        if curve.ndim == 1:
            yield series, name, label, curve
        else:
            yield from ((series, f"{name}: {end}", label, curve[:, i]) for i, end in enumerate(ENDS))


def _lines(effect: Effect, names: Mapping[str, str]) -> Picture:
    curves = list(_curves(effect, names))
    across = _dates(effect) if effect.kind == "date" else axis(short(effect.column, NAME), _places(effect))
    plot = Plot(across, axis(f"mean predicted {short(effect.what, NAME)}", np.concatenate([c for *_, c in curves])))
    for series, name, label, curve in curves:
        plot.line(_places(effect), curve, series=series, name=name, key=label)
    return plot.picture(
        _described(effect, curves),
        "Mean prediction of rows held out, with this column set to one value after another and all else as it is.",
        short(effect.column, NAME),
    )


def _places(effect: Effect) -> np.ndarray:
    """Values as numbers; dates as days."""
    if effect.kind == "date":
        moments = np.array([str(value) for value in effect.values], dtype="datetime64[s]")
        return (moments - np.datetime64(0, "s")) / np.timedelta64(1, "D")
    return np.asarray(effect.values, dtype=np.float64)


def _dates(effect: Effect) -> Axis:
    places = _places(effect)
    low, high = float(places[0]), float(places[-1])
    ticks = np.linspace(low, high, DATES + 2)[1:-1].round()
    labels = tuple(str(np.datetime64(int(tick), "D")) for tick in ticks)
    return Axis(short(effect.column, NAME), low, high, tuple(ticks.tolist()), labels)


def _bars(effect: Effect, names: Mapping[str, str]) -> Picture:
    """A category's predictions as bars from the mean over all: predictions themselves may be far from nothing."""
    curves = list(_curves(effect, names))
    beside = [curve - curve.mean() for *_, curve in curves]
    low, high = min(0.0, *(float(c.min()) for c in beside)), max(0.0, *(float(c.max()) for c in beside))
    groups = [
        BarGroup(
            tuple(
                Bar(short(value, NAME), float(moved), number(float(predicted)))
                for value, moved, predicted in zip(effect.values, differences, curve, strict=True)
            ),
            name,
        )
        for (_, name, _, curve), differences in zip(curves, beside, strict=True)
    ]
    return Picture(
        bar_chart(groups, low, high if high > low else low + 1.0),
        caption=f"Mean predicted {short(effect.what, NAME)} of rows held out, with this column set to one value after "
        "another: bars reach from the mean of these, numbers are predictions.",
        title=short(effect.column, NAME),
    )


def _described(effect: Effect, curves: Sequence[tuple[int, str, str, np.ndarray]]) -> str:
    parts = [f"{name}: from {number(float(c[0]), 3)} to {number(float(c[-1]), 3)}" for _, name, _, c in curves]
    return f"Mean predicted {short(effect.what, NAME)} along {short(effect.column, NAME)}. {'; '.join(parts)}."
