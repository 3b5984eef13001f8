"""What cannot be fitted and judged, said before any fit."""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr

from lossary.cli.console import UserError
from lossary.cli.data import Table
from lossary.evaluate.arrays.refusals import inside
from lossary.evaluate.pointwise.function import LossFunction

COLLINEAR = 1e-10
"""A feature is a combination of others when what it adds to them is this small a part of it."""


def refuse_unfit(table: Table, folds: int, dependent: bool = False) -> None:
    """Too few rows, or nothing to learn; features that are combinations of others unless ``dependent`` ones may be."""
    rows, unknowns = len(table.y), len(table.names) + 1
    needed = max(2 * folds, -(-(unknowns + 1) * folds // (folds - 1)))
    if rows < needed:
        raise UserError(
            f"{rows} row{'s' * (rows != 1)} cannot fit and judge {unknowns} coefficients in {folds} folds: "
            f"it takes at least {needed}; gather more rows{', or lower --folds' if folds > 2 else ''}"
        )
    if np.ptp(table.y) == 0.0:
        raise UserError(f"the target {table.target!r} is {table.y[0]:g} in every row: there is nothing to predict")
    for name, column in zip(table.names, table.features.T, strict=True):
        if np.ptp(column) == 0.0:
            raise UserError(f"column {name!r} is {column[0]:g} in every row; leave it out with --drop {name}")
    if not dependent:
        _refuse_collinear(table)


def _refuse_collinear(table: Table) -> None:
    standard = (table.features - table.features.mean(axis=0)) / table.features.std(axis=0)
    triangle, order = qr(standard, mode="r", pivoting=True)[:2]
    sizes = np.abs(np.diag(triangle))
    if sizes.size and sizes[-1] <= COLLINEAR * sizes[0]:
        name = table.names[order[int(np.argmax(sizes <= COLLINEAR * sizes[0]))]]
        raise UserError(
            f"column {name!r} is a linear combination of the other features; leave it out with --drop {name}"
        )


def refuse_targets(name: str, y: np.ndarray, loss: LossFunction) -> None:
    """Targets outside the loss's domain."""
    wrong = ~inside(loss.target, y)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise UserError(
            f"{loss} takes targets in {loss.target}, but column {name!r} has {y[row]:g} in row {row + 1}"
            f"{f' and {int(wrong.sum()) - 1} more such' if wrong.sum() > 1 else ''}; leave out --loss {loss.name}"
        )
