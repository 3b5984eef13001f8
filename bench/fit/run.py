"""The fitting part of the benchmark: races, what each fit is worth, tables and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.fit.cases import CASES, CLASSES, LABELS, QUICK, FitCase, made, objective, steepest
from bench.fit.own import PROVIDERS as OWN
from bench.racing import harness
from bench.racing.cells import Raced
from bench.racing.harness import Rules
from bench.racing.lost import Lost, absent, beaten, missed
from bench.racing.part import Part, progress
from bench.racing.providers import OURS, Provider, gathered, is_peer, present, with_peers

FULL, QUICK_RULES = Rules(30.0, 3, 15), Rules(1.0, 3, 5)
PEERS = ("bench.fit.statsmodels_fit", "bench.fit.sklearn_fit")
TARGETS = {"statsmodels QuantReg": 5.0, "HuberRegressor": 3.0, "LinearSVC": 3.0}
"""How many times longer these should take."""

EXACT = 1e-9

LEGEND = (
    "A whole fit from the arrays, checks and standardisation included, float64. Excess: the objective (mean loss and "
    "penalty) less the lowest anyone found, over that. Slope: the largest derivative of the objective by a "
    "coefficient, for smooth losses: solvers are to be compared where these are alike."
)


@dataclass(frozen=True)
class FitCell(Raced):
    """A race; ``excess`` and ``slopes`` are of everyone."""

    case: FitCase
    excess: Mapping[str, float]
    slopes: Mapping[str, float]

    @property
    def table(self) -> str:
        return "fits"

    @property
    def label(self) -> str:
        return self.case.race

    def facts(self) -> dict[str, object]:
        return {"loss": self.case.loss, "rows": self.case.rows, "features": self.case.features}

    def measures(self) -> dict[str, dict[str, float]]:
        return {"excess of the objective": dict(self.excess), "slope": dict(self.slopes)}


def _measured(
    case: FitCase, entrants: Sequence[Provider], rules: Rules, seed: int, rng: np.random.Generator
) -> FitCell:
    progress(f"fit of {case.race}")
    data = made(case, seed)
    entries, failures = gathered(entrants, case, data)
    if OURS not in (entry.contestant.name for entry in entries):
        return FitCell({}, tuple(failures), case, {}, {})
    found = {entry.contestant.name: entry.read(entry.contestant.once()) for entry in entries}
    times = harness.race([entry.contestant for entry in entries], rules, rng)
    objectives = {name: objective(data, each) for name, each in found.items()}
    best = min(objectives.values())
    excess = {name: (each - best) / best for name, each in objectives.items()}
    smooth = case.kind in (LABELS, CLASSES) or case.loss.startswith("huber")
    slopes = {name: steepest(data, each) for name, each in found.items()} if smooth else {}
    return FitCell(times, tuple(failures), case, excess, slopes)


def _judged(cell: FitCell) -> Iterable[Lost]:
    race = f"fit of {cell.label}"
    yield from absent(cell, race)
    if not cell.times:
        return
    yield from beaten(cell, race, "", filter(is_peer, cell.times), [OURS])
    for name, least in TARGETS.items():
        if name in cell.times and cell.ratio(name).value < least:
            yield missed(race, f"{name} at least {least:g}x slower", "", cell.ratio(name))
    if not cell.excess[OURS] <= EXACT:
        yield Lost(race, f"the objective within {EXACT:g} of the lowest", "", f"{cell.excess[OURS]:.1e}")


def fit(quick: bool, without: Sequence[str], seed: int, rng: np.random.Generator) -> Part:
    """Measure all fits."""
    everyone, entrants = present(with_peers(OWN, PEERS), without)
    rules = QUICK_RULES if quick else FULL
    cells = [_measured(case, entrants, rules, seed, rng) for case in (QUICK if quick else CASES)]
    progress("")
    losing = [each for cell in cells for each in _judged(cell)]
    return Part(LEGEND, [cell.record() for cell in cells], losing, everyone)
