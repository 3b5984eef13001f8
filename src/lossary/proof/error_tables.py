"""The committed tables of worst errors: measured here, written by ``make reference``, and only ever allowed to shrink.

``accuracy.json`` holds a loss's errors by formula, ``primitives.json`` a primitive's, each by back end and dtype, in
ulps rounded up to a hundredth.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from lossary import discovery
from lossary.formula import Loss
from lossary.proof.accuracy import DTYPES, ULPS, Worst, quantities, worst
from lossary.proof.findings import AnyRecord
from lossary.proof.pointwise.evaluators import EVALUATORS
from lossary.proof.primitive_accuracy import ARGUMENTS, worst_of

ACCURACY = "accuracy.json"
PRIMITIVES = "primitives.json"
LOOSER = 1.01
"""How much worse than recorded an error may be before it counts as worse: the table is rounded."""

Errors = dict[str, float]
"""Back end and dtype, as "cpu float32", to ulps."""

COLUMNS = [f"{backend} {dtype}" for backend in EVALUATORS for dtype in DTYPES]


def measured(loss: Loss, quantity: str) -> Iterator[tuple[str, Worst]]:
    """The worst error of a formula under the accuracy rule, by back end and dtype."""
    for dtype in DTYPES:
        for backend, evaluate in EVALUATORS.items():
            yield f"{backend} {dtype}", worst(loss, quantity, DTYPES[dtype], evaluate)


def measured_primitive(name: str) -> Iterator[tuple[str, Worst]]:
    """The worst plain error of a primitive, by back end and dtype."""
    for dtype in DTYPES:
        for backend in EVALUATORS:
            yield f"{backend} {dtype}", worst_of(name, backend, DTYPES[dtype])


def rounded_up(ulps: float) -> float:
    """To the next hundredth."""
    return math.ceil(ulps * 100.0) / 100.0


def limit(column: str, recorded: float) -> float:
    """The most that an error may be. NumPy takes exp and log from the platform, so it is only held to the rule."""
    return max(ULPS, 2.0 * recorded) if column.startswith("numpy") else recorded * LOOSER


def read(path: Path) -> dict[str, dict]:
    """A table, or an empty one where there is no file yet."""
    table: dict[str, dict] = json.loads(path.read_text()) if path.exists() else {}
    return table


def write(path: Path, table: Mapping[str, object]) -> None:
    """One line for each loss's formula, so that a changed digit is a changed line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{json.dumps(name)}: {_block(entry)}" for name, entry in table.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _block(entry: object) -> str:
    if isinstance(entry, dict) and any(isinstance(v, dict) for v in entry.values()):
        return "{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in entry.items()) + "\n}"
    return json.dumps(entry)


def in_columns(ulps: Iterable[tuple[str, float]], columns: Iterable[str]) -> Errors:
    """Errors by column, rounded up, in the table's order of columns."""
    rounded = {column: rounded_up(error) for column, error in ulps}
    return {column: rounded[column] for column in columns}


def write_losses(
    path: Path,
    losses: Iterable[AnyRecord],
    names: Iterable[str],
    errors: Callable[[AnyRecord], dict[str, Errors]],
) -> Iterator[str]:
    """Measure and write a table of losses, or only the named losses' lines; yields what is done as it is done."""
    only = list(names)
    recorded = read(path)
    table = {}
    for loss in losses:
        if only and loss.name not in only and loss.name in recorded:
            table[loss.name] = recorded[loss.name]
            continue
        table[loss.name] = errors(loss)
        yield f"{loss.name}: {max(max(row.values()) for row in table[loss.name].values()):g} ulp"
    write(path, table)


def errors(loss: Loss) -> dict[str, Errors]:
    """A loss's entry of the table: by formula, then by back end and dtype."""
    return {
        quantity: in_columns(((column, worst.ulps) for column, worst in measured(loss, quantity)), COLUMNS)
        for quantity in quantities(loss)
    }


def write_all(folder: Path, names: Iterable[str] = ()) -> Iterator[str]:
    """Measure and write both tables, or only these losses' lines; yields what is done as it is done."""
    only = list(names)
    yield from write_losses(folder / ACCURACY, discovery.records(), only, errors)
    if not only:
        primitives = {
            name: in_columns(((column, worst.ulps) for column, worst in measured_primitive(name)), COLUMNS)
            for name in ARGUMENTS
        }
        write(folder / PRIMITIVES, primitives)
        yield f"{len(ARGUMENTS)} primitives"
