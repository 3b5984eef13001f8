"""The boosting part of the benchmark: races, held-out costs, tables and verdicts."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

import lossary
from bench.boosting.cases import FULL, QUICK, ROUNDS, Case, Data, made
from bench.harness import Contestant, Ratio, Rules, Times, race, ratio
from bench.part import Part, progress
from bench.providers import OURS, Failure, Provider
from bench.tables import Grid, duration
from bench.verdicts import Lost, span

BUILTIN = "built-in"
RULES, QUICK_RULES = Rules(0.0, 3), Rules(0.0, 2)
HOSTS = ("lightgbm", "xgboost")
SLOWER, WORSE = 1.15, 1.01

LEGEND = (
    f"{ROUNDS} rounds of boosting on 20 features, the data set made before. Time of ours over the built-in's, with the "
    "95% interval of the ratio of medians; costs on held-out rows, a fifth as many. LightGBM has no pseudo-Huber, "
    "so its Huber is raced."
)


@dataclass(frozen=True)
class BoostingCell:
    """One loss in one booster."""

    host: str
    rows: int
    loss: str
    times: Mapping[str, Times]
    costs: Mapping[str, float]

    @property
    def slower(self) -> Ratio:
        return ratio(self.times[OURS], self.times[BUILTIN])

    @property
    def worse(self) -> float:
        """The excess of our held-out cost over the built-in's, as a share of its size."""
        return (self.costs[OURS] - self.costs[BUILTIN]) / abs(self.costs[BUILTIN])

    def as_dict(self) -> dict[str, object]:
        seconds = {name: each.samples.tolist() for name, each in self.times.items()}
        return {
            "host": self.host,
            "rows": self.rows,
            "loss": self.loss,
            "seconds": seconds,
            "held_out": dict(self.costs),
        }


def _measured(host: ModuleType, case: Case, data: Data, rules: Rules, rng: np.random.Generator) -> BoostingCell:
    progress(f"boosting: {host.NAME}, {case.loss}")
    y, held = data.targets(case)
    builtin, ours, scores = host.contestants(case, data.X, y)
    loss = lossary.get(case.loss)
    models = {BUILTIN: builtin(), OURS: ours()}
    costs = {name: loss.cost(held, np.asarray(scores(m, data.X_held), dtype=np.float64)) for name, m in models.items()}
    times = race([Contestant(BUILTIN, builtin), Contestant(OURS, ours)], rules, rng)
    return BoostingCell(host.NAME, len(y), case.loss, times, costs)


def _grid(cells: Sequence[BoostingCell]) -> Grid:
    rows = [
        (
            f"{cell.host}, {cell.loss}",
            duration(cell.times[BUILTIN].median),
            duration(cell.times[OURS].median),
            span(cell.slower),
            f"{cell.costs[BUILTIN]:.5g}",
            f"{cell.costs[OURS]:.5g}",
            f"{cell.worse:+.2%}",
        )
        for cell in cells
    ]
    columns = ("booster and loss", "built-in", "ours", "ours over it", "its held-out cost", "ours", "excess")
    return Grid(f"Training on {cells[0].rows:,} rows", columns, tuple(rows))


def _judged(cell: BoostingCell) -> Iterator[Lost]:
    race_name = f"{cell.host}, {cell.rows:,} rows"
    if cell.slower.value > SLOWER:
        yield Lost(race_name, f"at most {SLOWER}x the built-in's time", cell.loss, span(cell.slower))
    if cell.worse > WORSE - 1.0:
        yield Lost(race_name, "held-out cost within 1%", cell.loss, f"{cell.worse:+.2%}")


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
    grids = [_grid(cells)] if cells else []
    return Part(LEGEND, grids, losing, everyone, {"boosting": [cell.as_dict() for cell in cells]})
