"""What a report shows beside the decision: fitted curves along the strongest feature, influential rows, versions."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lossary.choosing.comparison.study import Fold
from lossary.choosing.planning import Inspection
from lossary.choosing.scheduling.store import versions
from lossary.choosing.table.encoding import encoder
from lossary.choosing.training import fold_fit
from lossary.choosing.training.problem import Problem

if TYPE_CHECKING:
    from lossary.choosing.report.code.table import Columns, Source
    from lossary.choosing.report.supplement import Exhibits, FittedCurves, InfluentialRow

CURVES = 5
POINTS = 60
SHOWN = 5
ROWS = 5000


def exhibits(
    inspected: Inspection, trained: Collection[str], notes: Sequence[str], command: str, data: str
) -> Exhibits:
    """Everything for the report; what cannot be had is left out. Curves are of candidates that were ``trained``."""
    from lossary.choosing.report.supplement import Exhibits  # noqa: PLC0415  the report is optional

    found = _influential(inspected)
    return Exhibits(
        source=_source(inspected, data),
        features=inspected.features.names,
        command=command,
        versions={"Python": platform.python_version(), **versions()},
        curves=tuple(_curves(inspected, trained)),
        influential=found,
        influence="hat value",
        limits=tuple(notes),
        columns=_columns(inspected),
    )


def _source(inspected: Inspection, file: str) -> Source:
    from lossary.choosing.report.code.table import Source  # noqa: PLC0415  the report is optional

    data = inspected.data
    return Source(
        inspected.task.name,
        file,
        weight=None if data.weight is None else data.weights,
        time=None if data.time is None else data.times,
        incomplete=data.missing > 0,
        group=None if data.groups is None else data.grouping,
    )


def _columns(inspected: Inspection) -> Columns:
    from lossary.choosing.report.code.table import Columns  # noqa: PLC0415  the report is optional

    features = inspected.features
    some = np.arange(features.rows)[:ROWS]
    encoded = encoder(features, some, for_trees=False)(features.matrix[some[:1]]).shape[1]
    moments = {name: inspected.data.columns[name] for name in features.dates}
    firsts = {name: _written(values[~np.isnat(values)].min()) for name, values in moments.items()}
    return Columns(features.names, features.kinds, firsts, encoded)


def _written(moment: np.datetime64) -> str:
    """A moment as ISO 8601 has it, of a whole day the date alone."""
    day = moment.astype("datetime64[D]")
    return str(day if day == moment else moment)


def _numbers(inspected: Inspection) -> tuple[list[int], np.ndarray]:
    """Positions and standardised values of the numeric features, missing ones at their median."""
    features = inspected.features
    where = features.of_kind("number", "levels")
    values = features.matrix[:, where]
    known = ~np.isnan(values)
    where = [j for j, any_known in zip(where, known.any(axis=0), strict=True) if any_known]
    values = features.matrix[:, where]
    values = np.where(np.isnan(values), np.nanmedian(values, axis=0) if where else 0.0, values)
    spread = values.std(axis=0)
    return where, (values - values.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)


def _curves(inspected: Inspection, trained: Collection[str]) -> Iterator[FittedCurves]:
    """Linear candidates on all rows, along the feature that goes with the target most, the others at their medians."""
    from lossary.choosing.report.supplement import FittedCurves  # noqa: PLC0415  the report is optional

    problem, want = inspected.problem, inspected.want
    recipes = [r for r in inspected.allowance.recipes if r.model == "linear" and r.label in trained][:CURVES]
    where, standard = _numbers(inspected)
    if not recipes or not where or want.functional == "interval" or len(problem.classes) > 2:
        return
    ranks = np.argsort(np.argsort(problem.y)).astype(np.float64)
    strength = np.abs(standard.T @ (ranks - ranks.mean()))
    column = where[int(np.argmax(strength))]
    values = problem.features.matrix[:, column]
    grid = np.linspace(float(np.nanquantile(values, 0.005)), float(np.nanquantile(values, 0.995)), POINTS)
    rows = np.arange(problem.y.size)
    if rows.size > ROWS:
        rows = np.sort(np.random.default_rng(problem.seed).choice(rows.size, ROWS, replace=False))
    there = rows[~np.isnan(values[rows])]
    curves = {}
    with_grid, fold = _with_grid(inspected, rows, column, grid)
    for recipe in recipes:
        try:
            curves[recipe.label] = fold_fit.run(with_grid, recipe, fold).predictions
        except (ValueError, ArithmeticError, RuntimeError):
            continue
    finite = {label: curve for label, curve in curves.items() if np.isfinite(curve).all()}
    if finite:
        points = (values[there], problem.y[there])
        yield FittedCurves(problem.features.names[column], grid, finite, points)


def _with_grid(inspected: Inspection, rows: np.ndarray, column: int, grid: np.ndarray) -> tuple[Problem, Fold]:
    """The rows, and after them imagined ones that differ in one feature."""
    problem = inspected.problem
    typical = _typical(problem.features.matrix[rows], problem.features.kinds)
    imagined = np.tile(typical, (grid.size, 1))
    imagined[:, column] = grid
    if problem.features.kinds[column] == "levels":
        imagined[:, column] = np.round(grid)
    matrix = np.vstack([problem.features.matrix[rows], imagined])
    y = np.concatenate([problem.y[rows], np.full(grid.size, problem.y[rows[0]])])
    weight = None if problem.weight is None else np.concatenate([problem.weight[rows], np.ones(grid.size)])
    features = replace(problem.features, matrix=matrix, codes={})
    fold = Fold(np.arange(rows.size), np.arange(rows.size, rows.size + grid.size))
    return replace(problem, features=features, y=y, weight=weight, bound=None, key=""), fold


def _typical(matrix: np.ndarray, kinds: Sequence[str]) -> np.ndarray:
    found = np.empty(matrix.shape[1])
    for j, kind in enumerate(kinds):
        known = matrix[~np.isnan(matrix[:, j]), j]
        if kind == "number":
            found[j] = np.median(known) if known.size else np.nan
        else:
            values, counts = np.unique(known, return_counts=True)
            found[j] = values[np.argmax(counts)] if known.size else np.nan
    return found


def _influential(inspected: Inspection) -> tuple[InfluentialRow, ...]:
    """The rows of largest hat value in a linear model of the numeric features."""
    from lossary.choosing.report.supplement import InfluentialRow  # noqa: PLC0415  the report is optional

    where, standard = _numbers(inspected)
    problem = inspected.problem
    if not where or problem.y.size <= len(where) + 1:
        return ()
    design = np.column_stack([np.ones(problem.y.size), standard])
    left, sizes, _ = np.linalg.svd(design, full_matrices=False)
    hat = np.sum(left[:, sizes > 1e-8 * sizes[0]] ** 2, axis=1)
    blamed = {r for f in inspected.diagnosis.findings if f.kind.name == "leverage" for r in f.details.get("rows", ())}
    found = []
    for row in np.argsort(hat)[::-1][:SHOWN]:
        values = {problem.features.names[j]: float(problem.features.matrix[row, j]) for j in where[:6]}
        why = "drags the line" if int(row) + 1 in blamed else "far out in the features"
        target = {
            inspected.task.name: problem.classes[int(problem.y[row])] if problem.classes else float(problem.y[row])
        }
        found.append(InfluentialRow(int(row) + 1, float(hat[row]), why, {**values, **target}))
    return tuple(found)
