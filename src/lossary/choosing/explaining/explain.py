"""Importances and effects of the recommended candidate, within a small share of what the comparison takes.

How much is done follows from the plan of the comparison alone, so that the same run gives the same numbers; no clock is
read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lossary.choosing.comparison.study import Fold
from lossary.choosing.explaining.columns import TableColumn, shown_value, table_columns
from lossary.choosing.explaining.dependence import mean_predictions, values_along
from lossary.choosing.explaining.explanation import Effect, Explanation, Importances
from lossary.choosing.explaining.held_out import HeldOut, held_out
from lossary.choosing.explaining.importance import Shuffling
from lossary.choosing.explaining.related import related_columns
from lossary.choosing.judging import gains
from lossary.choosing.judging.decide import Decision
from lossary.choosing.planning import Inspection
from lossary.choosing.training.recipes import Recipe

SHARE = 0.06
"""The share of the comparison's planned seconds that fits may take here."""
ALWAYS = 0.5
"""Seconds that there always are."""

REPEATS = 5
MANY_COLUMNS = 40
"""Columns from which each is shuffled once: more of them tell more than more shuffles."""
PREDICTED = 40_000
"""Rows predicted with something shuffled, at most, where these are enough for ``FEWEST_ROWS`` of each fold."""
FEWEST_ROWS = 50

EFFECTS = 3
"""Columns whose effects are drawn."""
EFFECT_ROWS = 100
COMPARED = 5
"""First columns that are compared with each other."""
COMPARED_IDLE = 20
"""Columns without any importance that are compared with these: trees use one of two twins, and never the other."""


def explain(decision: Decision, inspection: Inspection) -> Explanation | None:
    """What the recommended candidate (or where none is, the best) depends on; None for a constant."""
    label = decision.shown_label
    recipes = {recipe.label: recipe for recipe in inspection.workload.recipes}
    recommended = decision.verdict.recommended
    if label not in recipes or (recommended is not None and recommended.kind == "constant"):
        return None
    problem, columns = inspection.problem, table_columns(inspection.features, inspection.data)
    other = _other(decision, label)
    folds = _folds(decision, inspection, recipes, label, other)
    repeats = REPEATS if len(columns) <= MANY_COLUMNS else 1
    rows = max(FEWEST_ROWS, PREDICTED // (len(columns) * repeats * len(folds)))
    shuffling = Shuffling(problem, decision.study, recipes[label].candidate, decision.leaderboard.primary, repeats)
    first: HeldOut | None = None
    for held in held_out(problem, recipes[label], folds, rows):
        shuffling.add(held, columns)
        first = first or held
    assert first is not None
    found = shuffling.importances()
    by_name = {column.name: column for column in columns}
    leading = [by_name[each.column] for each in found if each.increase > 0.0]
    idle = [by_name[each.column] for each in found if each.increase <= 0.0]
    importances = Importances(
        label,
        decision.leaderboard.entry(label).name,
        decision.leaderboard.primary.shown,
        shuffling.score,
        shuffling.rows,
        len(folds),
        repeats,
        found,
        related_columns(problem, leading[:COMPARED], idle[:COMPARED_IDLE]),
    )
    compared = [(label, first), *_of_other(inspection, folds[0], recipes, other, rows)]
    return Explanation(importances, _effects(inspection, leading[:EFFECTS], compared))


def _other(decision: Decision, label: str) -> str:
    """The candidate to compare with: the usual loss, under the same model if it was trained there.

    Where that is the recommended one, it is the one that the verdict weighs it against; "" where there is none.
    """
    board = decision.leaderboard
    entry = gains.usual_under(board, board.entry(label).candidate.model) or gains.reference(board)
    if entry is not None and entry.label != label:
        return entry.label
    return "" if decision.verdict.cost is None else decision.verdict.cost.instead


def _folds(
    decision: Decision, inspection: Inspection, recipes: dict[str, Recipe], label: str, other: str
) -> Sequence[Fold]:
    """The folds of the first repeat that there is time for: one at least."""
    seconds = inspection.workload.seconds_of_fits
    available = max(ALWAYS, SHARE * inspection.workload.seconds) - (
        seconds.get(other, 0.0) if other in recipes else 0.0
    )
    count = int(available / max(seconds.get(label, ALWAYS), 1e-9))
    once = [fold for fold in decision.study.folds if fold.repeat == 0]
    return once[: max(1, count)]


def _of_other(
    inspection: Inspection, fold: Fold, recipes: dict[str, Recipe], other: str, rows: int
) -> list[tuple[str, HeldOut]]:
    """The other candidate on the same fold; nothing where there is none, or no time for it."""
    seconds = inspection.workload.seconds_of_fits.get(other, 0.0)
    if other not in recipes or seconds > max(ALWAYS, SHARE * inspection.workload.seconds):
        return []
    try:
        return [(other, held) for held in held_out(inspection.problem, recipes[other], [fold], rows)]
    except (ValueError, ArithmeticError, RuntimeError):
        return []


# Effects.


def _effects(
    inspection: Inspection, columns: Sequence[TableColumn], compared: Sequence[tuple[str, HeldOut]]
) -> tuple[Effect, ...]:
    problem = inspection.problem
    what, classes = _what(inspection)
    rows = _spread(compared[0][1].rows)
    effects = []
    for column in columns:
        values = values_along(problem, column)
        curves = {
            label: mean_predictions(problem, HeldOut(held.predictor, rows), column, values, classes)
            for label, held in compared
        }
        shown = tuple(
            shown_value(column, problem.features, inspection.data, problem.features.matrix[row, column.positions])
            for row in values
        )
        finite = {label: curve for label, curve in curves.items() if np.isfinite(curve).all()}
        if finite and len(values) > 1:
            effects.append(Effect(column.name, column.kind, shown, what, finite))
    return tuple(effects)


def _what(inspection: Inspection) -> tuple[str, list[int] | None]:
    """What is predicted, in words, and which of the columns of predictions that is; of many classes the commonest."""
    classes = inspection.problem.classes
    if not classes:
        return inspection.task.name, None
    if len(classes) == 2:
        return f"probability of {classes[1]}", None
    commonest = int(np.argmax(np.bincount(inspection.problem.y.astype(np.int64), minlength=len(classes))))
    return f"probability of {classes[commonest]}", [commonest]


def _spread(rows: np.ndarray) -> np.ndarray:
    """As many rows as effects are averaged over, at equal distances."""
    places = np.unique(np.linspace(0, rows.size - 1, min(EFFECT_ROWS, rows.size)).round().astype(np.int64))
    return np.asarray(rows[places])
