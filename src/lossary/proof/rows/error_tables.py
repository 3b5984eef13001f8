"""The committed table of the worst errors of rowwise losses, ``rows.json``, measured as ``error_tables`` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from lossary import discovery
from lossary.backends.cpu.specs.rows import NARROWEST_WIDE
from lossary.proof.accuracy import DTYPES, ULPS
from lossary.proof.error_tables import Errors, in_columns, write_losses
from lossary.proof.rows.accuracy import Worst, worst
from lossary.proof.rows.cases import Case
from lossary.proof.rows.edge_cases import sweep, wide
from lossary.proof.rows.evaluators import EVALUATORS
from lossary.rowwise import ROW_QUANTITIES, RowLoss

ROWS = "rows.json"
COLUMNS = [f"{backend} {dtype}" for backend in EVALUATORS for dtype in DTYPES]
WIDE = NARROWEST_WIDE + 5
"""Scores of the rows that go through the kernels' other layout, that of wide rows."""

SETTLED = 2.0
"""From here on an error is told exactly: below, the allowance is not taken to its end."""

LOOSER = 1.0
"""How many ulps worse than recorded an error may be elsewhere: sums follow the width of the machine's vectors."""


def cases(loss: RowLoss, dtype: type) -> list[Case]:
    """The rows that the table is measured on."""
    return [*sweep(loss, dtype), *wide(loss, dtype, WIDE)]


def limit(column: str, recorded: float) -> float:
    """The most that an error may be. NumPy takes exp and log from the platform, so it is only held to the rule."""
    return ULPS if column.startswith("numpy") else min(ULPS, recorded + LOOSER)


def measured(loss: RowLoss, quantity: str) -> Iterator[tuple[str, Worst]]:
    """The worst error of a formula under the accuracy rule, by back end and dtype."""
    for name, dtype in DTYPES.items():
        tested = cases(loss, dtype)
        for backend, evaluate in EVALUATORS.items():
            yield f"{backend} {name}", worst(loss, quantity, dtype, evaluate, tested, SETTLED)


def errors(loss: RowLoss) -> dict[str, Errors]:
    """A loss's entry of the table: by formula, then by back end and dtype, in ulps rounded up to a hundredth."""
    return {
        quantity: in_columns(((column, worst.ulps) for column, worst in measured(loss, quantity)), COLUMNS)
        for quantity in ROW_QUANTITIES
    }


def write_rows(folder: Path, names: Iterable[str] = ()) -> Iterator[str]:
    """Measure and write the table, or only these losses' lines; yields what is done as it is done."""
    yield from write_losses(folder / ROWS, discovery.row_records(), names, errors)
