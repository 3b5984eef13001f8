"""All candidates in one picture: what each saves of the constant's score, and how far each is behind the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lossary.choosing.judging.gains import MODELS_IN_WORDS
from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.report.drawing import Bar, BarGroup, Picture, bar_chart
from lossary.choosing.report.words import number, percent, short

LABEL = 80
"""Characters of a name, at most."""
SHORTER = 0.4
"""How long bars of candidates worse than the constant may be, against the longest of the others."""
FAR = 4.0
"""How long a bar below zero may be, against the typical one, where that is below zero, too."""


def skill_chart(board: Leaderboard, recommended: str, names: Mapping[str, str]) -> Picture | None:
    """Each candidate a bar of skill, by model, ties in brackets; None where the constant's score has no parts.

    ``recommended`` is a label, and ``names`` has what people read in place of labels.
    """
    shown = [e for e in board.rivals if e.skill is not None and np.isfinite(e.skill)]
    if not shown or not np.isfinite(board.constant):
        return None
    low, high = _scale([_skill(e) for e in shown if not e.unstable] or [_skill(e) for e in shown])
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
    unit, what = (100.0 / board.constant, "points of skill") if in_points else (1.0, board.primary.name)
    bars, ends = [], [unit * board.rope]
    for entry in behind:
        assert entry.gap is not None
        low, high = (unit * end for end in entry.gap.interval())
        mean = unit * entry.gap.mean
        ends += [mean, *(end for end in (low, high) if np.isfinite(end))]
        interval = None if np.isnan(low) or np.isnan(high) else (low, high)
        name = short(names[entry.label], LABEL)
        bars.append(Bar(name, mean, number(mean, 3), interval, tied=entry.tied, key=entry.label))
    low, high = _scale([-end for end in ends])
    rope = (-unit * board.rope, unit * board.rope)
    caption = (
        f"By how many {what} each is behind {short(names[board.best.label], LABEL)}: mean over folds, and 95% interval "
        "of the corrected t-test. In the shaded band a difference is practically nothing."
    )
    drawing = bar_chart([BarGroup(tuple(bars))], -high, -low, dots=True, band=rope)
    return Picture(drawing, caption=caption)


def _scale(skills: Sequence[float]) -> tuple[float, float]:
    """From the least to the greatest and zero; a few far below zero would leave nothing to see of the others."""
    high = max(0.0, *skills)
    lowest, typical = min(0.0, *skills), min(0.0, float(np.median(skills)))
    room = max(SHORTER * high, -FAR * typical)
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
    words = MODELS_IN_WORDS.get(model, model)
    return words[:1].upper() + words[1:]
