"""The committed tables of worst errors: measured here, written by ``make reference``, and only ever allowed to shrink.

``accuracy.json`` holds a loss's errors by formula, ``primitives.json`` a primitive's, each by back end and dtype, in
ulps rounded up to a hundredth.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from lossary import discovery
from lossary.formula import QUANTITIES, Loss
from lossary.proof.accuracy import ULPS, Worst, worst
from lossary.proof.pointwise.evaluators import EVALUATORS
from lossary.proof.primitive_accuracy import ARGUMENTS, worst_of

ACCURACY = "accuracy.json"
PRIMITIVES = "primitives.json"
DTYPES: dict[str, type] = {"float64": np.float64, "float32": np.float32}
LOOSER = 1.01
"""How much worse than recorded an error may be before it counts as worse: the table is rounded."""

Errors = dict[str, float]
"""Back end and dtype, as "cpu float32", to ulps."""

COLUMNS = [f"{backend} {dtype}" for backend in EVALUATORS for dtype in DTYPES]


def quantities(loss: Loss) -> list[str]:
    """The formulas that a loss has."""
    return [q for q in QUANTITIES if getattr(loss, q) is not None]


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
    found: dict[str, dict] = json.loads(path.read_text()) if path.exists() else {}
    return found


def write(path: Path, table: Mapping[str, object]) -> None:
    """One line for each loss's formula, so that a changed digit is a changed line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{json.dumps(name)}: {_block(entry)}" for name, entry in table.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _block(entry: object) -> str:
    if isinstance(entry, dict) and any(isinstance(v, dict) for v in entry.values()):
        return "{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in entry.items()) + "\n}"
    return json.dumps(entry)


def _errors(measurements: Iterable[tuple[str, Worst]]) -> Errors:
    found = {column: rounded_up(worst.ulps) for column, worst in measurements}
    return {column: found[column] for column in COLUMNS}


def write_all(folder: Path, names: Iterable[str] = ()) -> Iterator[str]:
    """Measure and write both tables, or only these losses' lines; yields what is done as it is done."""
    chosen = list(names)
    known = read(folder / ACCURACY)
    table = {}
    for loss in discovery.records():
        if chosen and loss.name not in chosen and loss.name in known:
            table[loss.name] = known[loss.name]
            continue
        table[loss.name] = {quantity: _errors(measured(loss, quantity)) for quantity in quantities(loss)}
        yield f"{loss.name}: {max(max(errors.values()) for errors in table[loss.name].values()):g} ulp"
    write(folder / ACCURACY, table)
    if not chosen:
        write(folder / PRIMITIVES, {name: _errors(measured_primitive(name)) for name in ARGUMENTS})
        yield f"{len(ARGUMENTS)} primitives"
