"""The boosting part of the benchmark: races, held-out costs, tables and verdicts."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

import lossary
from bench.boosting.cases import FULL, QUICK, ROUNDS, Case, Data, made
from bench.racing.cells import Raced
from bench.racing.harness import Contestant, Ratio, Rules, race
from bench.racing.lost import Lost, missed
from bench.racing.part import Part, progress
from bench.racing.providers import OURS, Failure, Provider

BUILTIN = "built-in"
RULES, QUICK_RULES = Rules(0.0, 3), Rules(0.0, 2)
HOSTS = ("lightgbm", "xgboost")
SLOWER, WORSE = 1.15, 1.01

LEGEND = (
    f"{ROUNDS} rounds of boosting on 20 features, the data set made before. Costs are on held-out rows, a fifth as "
    "many. LightGBM has no pseudo-Huber, so its Huber is raced."
)


@dataclass(frozen=True)
class BoostingCell(Raced):
    """One loss in one booster."""

    host: str
    rows: int
    loss: str
    costs: Mapping[str, float]

    @property
    def table(self) -> str:
        return f"{self.host}, {self.rows:,} rows"

    @property
    def label(self) -> str:
        return self.loss

    @property
    def slower(self) -> Ratio:
        return self.ratio(OURS, BUILTIN)

    @property
    def worse(self) -> float:
        """The excess of our held-out cost over the built-in's, as a share of its size."""
        return (self.costs[OURS] - self.costs[BUILTIN]) / abs(self.costs[BUILTIN])

    def facts(self) -> dict[str, object]:
        return {"host": self.host, "rows": self.rows}

    def measures(self) -> dict[str, dict[str, float]]:
        excess = {OURS: 100.0 * self.worse}
        return {"held-out cost": dict(self.costs), "excess of our held-out cost over the built-in's, percent": excess}


def _measured(host: ModuleType, case: Case, data: Data, rules: Rules, rng: np.random.Generator) -> BoostingCell:
    progress(f"boosting: {host.NAME}, {case.loss}")
    y, held = data.targets(case)
    builtin, ours, scores = host.contestants(case, data.X, y)
    loss = lossary.get(case.loss)
    models = {BUILTIN: builtin(), OURS: ours()}
    costs = {name: loss.cost(held, np.asarray(scores(m, data.X_held), dtype=np.float64)) for name, m in models.items()}
    times = race([Contestant(BUILTIN, builtin), Contestant(OURS, ours)], rules, rng)
    return BoostingCell(times, (), host.NAME, len(y), case.loss, costs)


def _judged(cell: BoostingCell) -> Iterator[Lost]:
    if cell.slower.value > SLOWER:
        yield missed(cell.table, f"at most {SLOWER}x the built-in's time", cell.loss, cell.slower)
    if cell.worse > WORSE - 1.0:
        yield Lost(cell.table, "held-out cost within 1%", cell.loss, f"{cell.worse:+.2%}")


def boosting(quick: bool, sizes: Sequence[int], without: Sequence[str], seed: int, rng: np.random.Generator) -> Part:
    """Measure all boosters; one that is not installed is a line that says so."""
    everyone: list[Provider | Failure] = []
    cells: list[BoostingCell] = []
    data = made(sizes[0] if sizes else QUICK if quick else FULL, seed)
    for name in HOSTS:
        if name in without:
            continue
        try:
            host = importlib.import_module(f"bench.boosting.{name}_trees")
        except ImportError as error:
            everyone.append(Failure(name, str(error)))
            continue
        cells += [_measured(host, case, data, QUICK_RULES if quick else RULES, rng) for case in host.CASES]
    progress("")
    losing = [lost for cell in cells for lost in _judged(cell)]
    return Part(LEGEND, [cell.record() for cell in cells], losing, everyone)
