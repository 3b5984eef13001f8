"""What a report shows beside the decision: fitted curves, influential rows, versions, and how to run it again."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lossary.choosing.explaining.explanation import Explanation
from lossary.choosing.planning import Inspection
from lossary.choosing.report.code.table import Columns, Source
from lossary.choosing.report.fitted_curves import MOST_ROWS, FittedCurves, fitted_curves
from lossary.choosing.report.influential_rows import InfluentialRow, influential_rows
from lossary.choosing.scheduling.store import versions
from lossary.choosing.table.encoding import encoder
from lossary.choosing.training.linear_models import ENOUGH, is_well_posed
from lossary.choosing.training.training_set import SMALL_TREES, TreeSettings


@dataclass(frozen=True)
class Supplement:
    """What a report shows beside the decision; all of it is optional.

    ``command`` and ``versions`` say how to run the comparison again, ``source`` and ``columns`` which table the code
    for the winner reads; ``influence`` is the name of the measure by which rows are ``influential``, and
    ``trees`` says how boosted trees were grown; ``model`` is the path of the model file beside the report, as commands
    are to name it, and "" where there is none; ``explorer`` is the address of the explorer's page, as the report links
    to it.
    """

    source: Source = field(default_factory=lambda: Source("y"))
    features: Sequence[str] = ()
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    curves: Sequence[FittedCurves] = ()
    influential: Sequence[InfluentialRow] = ()
    influence: str = "influence"
    limits: Sequence[str] = ()
    columns: Columns | None = None
    trees: TreeSettings = SMALL_TREES
    explanation: Explanation | None = None
    model: str = ""
    explorer: str = ""


def supplement_of(
    inspection: Inspection, trained: Collection[str], notes: Sequence[str], command: str, data: str
) -> Supplement:
    """The supplement of a comparison. Curves are of candidates that were ``trained``; ``data`` names the file."""
    return Supplement(
        source=source_of(inspection, data),
        features=inspection.features.names,
        command=command,
        versions={"Python": platform.python_version(), **versions()},
        curves=fitted_curves(inspection, trained),
        influential=influential_rows(inspection),
        influence="hat value",
        limits=tuple(notes),
        columns=columns_of_code(inspection),
        trees=inspection.problem.trees,
    )


def source_of(inspection: Inspection, file: str) -> Source:
    """Where the code's rows come from: a file, or "" for tables at hand."""
    data = inspection.data
    return Source(
        inspection.task.name,
        file,
        weight=None if data.weight is None else data.weights,
        time=None if data.time is None else data.times,
        incomplete=data.missing > 0,
        group=None if data.groups is None else data.grouping,
    )


def columns_of_code(inspection: Inspection) -> Columns:
    """What the code has to know of the columns."""
    features = inspection.features
    first_rows = np.arange(features.rows)[:MOST_ROWS]
    encoded = encoder(features, first_rows, for_trees=False)(features.matrix[first_rows])
    width = encoded.shape[1]
    ill_posed = features.rows >= ENOUGH * (width + 1) and not is_well_posed(encoded)
    used = {source.column for source in features.sources}
    dates = {name: inspection.data.columns[name] for name in features.dates}
    first_moments = {name: _iso(moments[~np.isnat(moments)].min()) for name, moments in dates.items()}
    data = inspection.data
    used |= {data.weights, data.times} | ({data.target} if not inspection.task.classes else set())
    read = [name for name, each in data.readings.items() if each.kind != "words" and name in used]
    return Columns(features.names, features.kinds, first_moments, width, ill_posed, read)


def _iso(moment: np.datetime64) -> str:
    """A moment as ISO 8601 has it, of a whole day the date alone."""
    day = moment.astype("datetime64[D]")
    return str(day if day == moment else moment)
