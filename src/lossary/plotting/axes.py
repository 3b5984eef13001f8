"""The axes that a picture is drawn on: the caller's, or those of a new figure."""

from __future__ import annotations

from typing import Any


def axes_or_new(ax: Any = None, size: tuple[float, float] = (7.0, 4.2)) -> Any:
    """The axes given, or those of a new pyplot figure, which a notebook shows by itself, and ``pyplot.show`` elsewhere.

    Raises ImportError without matplotlib, TypeError for what is no axes.
    """
    if ax is None:
        return _new(size)
    if not (hasattr(ax, "plot") and hasattr(ax, "get_lines")):
        hint = {"Figure": "; figure.subplots() gives axes", "ndarray": "; take one of the array"}
        kind = type(ax).__name__
        raise TypeError(f"ax must be one of matplotlib's Axes, not {kind}{hint.get(kind, '')}")
    return ax


def _new(size: tuple[float, float]) -> Any:
    try:
        from matplotlib import pyplot  # noqa: PLC0415  an extra, and slow to import
    except ImportError as missing:
        raise ImportError("plots need matplotlib: pip install matplotlib, or 'lossary[cli]'") from missing
    return pyplot.subplots(figsize=size, layout="constrained")[1]
