"""``lossary.plot``: losses as lines on matplotlib's axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lossary.evaluate.curves import limits
from lossary.evaluate.registry import AnyLoss, get
from lossary.plotting.axes import axes_or_new
from lossary.plotting.series import Line, Scene, scene_of
from lossary.plotting.style import line_style


def plot(
    losses: str | AnyLoss | Iterable[str | AnyLoss],
    quantity: str = "value",
    *,
    y: float | None = None,
    span: tuple[float, float] | None = None,
    ax: Any = None,
    legend: bool = True,
) -> Any:
    """Draw losses as lines over the prediction, for one target.

    A loss of a row of scores is drawn for two classes: the first one's score or probability varies. Lines are broken
    at kinks, and an arrow marks where the curvature is infinite. A curve that would flatten all the others leaves the
    picture at the top.

    Parameters
    ----------
    losses : str, loss, or several of them
        What ``lossary.get`` takes ("huber:delta=2"), the catalogue's losses, and those of ``lossary.define``.
    quantity : "value", "gradient", "curvature" or "weight"
        By the prediction. The weight is the gradient over the residual: by it least squares pulls as the loss does.
    y : float, optional
        The target, in its own units; for losses of rows the first class's, in [0, 1]. By default one that shows what
        the losses are: 0 where only the residual counts, else 1 as far as the losses take it.
    span : pair of float, optional
        From which prediction to which.
    ax : matplotlib.axes.Axes, optional
        Where to draw, beside what is there. Without it a pyplot figure is made, as a notebook shows it.
    legend : bool
        Whether the lines are named in a legend.

    Returns
    -------
    matplotlib.axes.Axes
        Colours are those of the axes' own cycle.

    Raises
    ------
    ValueError
        For a name, quantity, target or span that does not suit, and losses that cannot share an axis.
    TypeError
        For ``ax`` that is no Axes, and losses that are none.
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> import lossary
    >>> from matplotlib.figure import Figure
    >>> panels = Figure().subplots(1, 2)
    >>> ax = lossary.plot(["squared_error", "huber:delta=2"], "gradient", span=(-4, 4), ax=panels[0])
    >>> ax.get_xlabel(), [text.get_text() for text in ax.get_legend().get_texts()]
    ('residual f − y', ['squared_error', 'huber(delta=2)'])
    >>> lossary.plot(["logistic", "softmax_cross_entropy"], ax=panels[1])
    Traceback (most recent call last):
    ValueError: logistic(pos_weight=1, label_smoothing=0) takes one prediction ... a row of scores; draw them apart
    """
    scene = scene_of(_losses(losses), quantity, y, span)
    ax = axes_or_new(ax)
    _draw(ax, scene, quantity)
    if legend:
        # Long names may reach beyond the axes, which must not shrink for them.
        ax.legend(handlelength=3.2).set_in_layout(False)
    return ax


def _losses(given: str | AnyLoss | Iterable[str | AnyLoss]) -> list[AnyLoss]:
    if isinstance(given, str | AnyLoss):
        return [get(given)]
    if not isinstance(given, Iterable):
        raise TypeError(f"losses are names or losses, not {given!r}; lossary.define makes a loss of a function")
    return [get(each) for each in given]


def _draw(ax: Any, scene: Scene, quantity: str) -> None:
    before = _named(ax)
    ink = ax.spines["bottom"].get_edgecolor()
    if not before:
        ax.axhline(0.0, color=ink, linewidth=0.8, zorder=1)
        if scene.in_units:
            ax.axvline(scene.y, color=ink, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    count = len(before) + len(scene.lines)
    for index, line in enumerate(scene.lines, len(before)):
        drawn = ax.plot(line.x, line.heights, label=line.label, **line_style(index, count))
        _mark_spikes(ax, line, drawn[0].get_color())
    ends = ax.get_xlim() if before else (scene.low, scene.high)
    ax.set_xlim(min(ends[0], scene.low), max(ends[1], scene.high))
    ax.set_ylim(*limits([line.get_ydata() for line in _named(ax)]))
    ax.set_xlabel(scene.about)
    has_spikes = any(line.spikes for line in scene.lines)
    ax.set_ylabel(f"{quantity} (arrow: all of it at a kink)" if has_spikes else quantity)


def _named(ax: Any) -> list[Any]:
    """The lines that a legend would name: of an earlier call too."""
    return [line for line in ax.get_lines() if not str(line.get_label()).startswith("_")]


def _mark_spikes(ax: Any, line: Line, colour: Any) -> None:
    arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.6, "shrinkA": 0}
    for kink in line.spikes:
        ax.annotate("", (kink, 0.97), (kink, 0.0), ("data", "axes fraction"), "data", arrowprops=arrow, zorder=2.5)
