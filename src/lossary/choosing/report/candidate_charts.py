"""All candidates in one picture: what each saves of the constant's score, and how far each is behind the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lossary.choosing.comparison.naming import MANY_MODELS
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.report.drawing import Bar, BarGroup, Picture, bar_chart
from lossary.choosing.report.words import number, percent, short

LABEL = 80
"""Characters of a name, at most."""
FAR = 4.0
"""How long bars below zero may be: as long as those above, or this many times what three quarters do not exceed."""
CUT = 0.1
"""How much of a bar below zero is left, against the longest above, where steady candidates have none."""


def skill_chart(board: Leaderboard, recommended: str, names: Mapping[str, str]) -> Picture | None:
    """Each candidate a bar of skill, by model, ties in brackets; None where the constant's score has no parts.

    ``recommended`` is a label, and ``names`` has what people read in place of labels.
    """
    shown = [e for e in board.rivals if e.skill is not None and np.isfinite(e.skill)]
    if not shown or not np.isfinite(board.constant):
        return None
    low, high = _scale([_skill(e) for e in shown if not e.unstable] or [_skill(e) for e in shown])
    if min(_skill(e) for e in shown) < low:
        low = min(low, -CUT * high)
    by_model: dict[str, list[Entry]] = {}
    for entry in shown:  # best first, so the model of the best comes first
        by_model.setdefault(entry.candidate.model, []).append(entry)
    several = sum(entry.tied for entry in shown) > 1
    groups = [
        BarGroup(tuple(_skill_bar(e, recommended, several, names[e.label]) for e in entries), _model_in_words(model))
        for model, entries in by_model.items()
    ]
    caption = "Skill: the part of the best constant's score that is saved on rows not trained on. Longer is better."
    if several:
        caption += " Candidates in a bracket are tied: which of them is best cannot be told."
    if any(e.skill is not None and e.skill < low for e in shown):
        caption += " Bars that end in an arrow are longer than the picture has room for."
    return Picture(bar_chart(groups, low, high), caption=caption)


def gap_chart(board: Leaderboard, names: Mapping[str, str]) -> Picture | None:
    """How far each candidate is behind the best, with intervals; None where there is nobody to compare."""
    behind = [e for e in board.rivals if e.gap is not None]
    if not behind:
        return None
    in_points = np.isfinite(board.constant) and board.constant > 0.0
    unit, what = (100.0 / board.constant, "points of skill") if in_points else (1.0, f"mean {board.primary.name}")
    bars = tuple(_gap_bar(entry, unit, names[entry.label]) for entry in behind)
    ends = [end for bar in bars if bar.interval is not None for end in bar.interval if np.isfinite(end)]
    rope = unit * board.rope
    low, high = _scale([-bar.value for bar in bars], [-end for end in (rope, *ends)])
    caption = (
        f"How far each is behind {short(names[board.best.label], LABEL)}, in {what}: mean over folds, and 95% interval "
        "of the corrected t-test. In the shaded band a difference is too small to matter."
    )
    return Picture(bar_chart([BarGroup(bars)], -high, -low, dots=True, band=(-rope, rope)), caption=caption)


def _gap_bar(entry: Entry, unit: float, name: str) -> Bar:
    assert entry.gap is not None
    mean, (low, high) = unit * entry.gap.mean, (unit * end for end in entry.gap.interval())
    interval = None if np.isnan(low) or np.isnan(high) else (low, high)
    return Bar(short(name, LABEL), mean, number(mean, 3), interval, tied=entry.tied, key=entry.label)


def _scale(values: Sequence[float], ends: Sequence[float] = ()) -> tuple[float, float]:
    """From the least to the greatest, of intervals too, and zero.

    A few values far below zero are cut: they would leave nothing to see of the others.
    """
    high, lowest = max(0.0, *values, *ends), min(0.0, *values, *ends)
    typical = min(0.0, float(np.quantile(values, 0.25, method="higher")))
    room = max(high, -FAR * typical)
    low = max(lowest, -room) if room > 0.0 else lowest
    return (low, high) if high > low else (-1.0, 1.0)


def _skill_bar(entry: Entry, recommended: str, several: bool, name: str) -> Bar:
    chosen = entry.label == recommended
    remark = "recommended" if chosen else "unstable" if entry.unstable else ""
    tied = entry.tied and several
    value, name = _skill(entry), short(name, LABEL)
    return Bar(name, value, percent(value), chosen=chosen, tied=tied, remark=remark, key=entry.label)


def _skill(entry: Entry) -> float:
    assert entry.skill is not None
    return entry.skill


def _model_in_words(model: str) -> str:
    words = MANY_MODELS.get(model, model)
    return words[:1].upper() + words[1:]
