"""Sets of which a median, another quantile or an interval is asked."""

from __future__ import annotations

from collections.abc import Sequence

from bench.real.question import RealSet

_MEDIANS = (
    RealSet("HSAUR", "Forbes2000", "marketvalue", "median", "amount", drop=("rank", "name")),
    RealSet("modeldata", "attrition", "MonthlyIncome", "median", "amount"),
    RealSet("robustbase", "NOxEmissions", "LNOx", "median", "measurement", time="julday"),
    RealSet("Ecdat", "LaborSupply", "lnhr", "median", "amount", group="id"),
)
_QUANTILES = (
    # Whether the check passed is known after.
    RealSet("modeldata", "check_times", "check_time", "quantile:0.9", "duration", drop=("package", "status")),
    RealSet("crch", "RainIbk", "rain", "quantile:0.9", "amount", time="rownames", dates=("rownames",)),
    RealSet("carData", "SLID", "wages", "quantile:0.1", "amount"),
    RealSet("mosaicData", "TenMileRace", "net", "quantile:0.1", "duration", drop=("time",)),
    RealSet("Ecdat", "PSID", "earnings", "quantile:0.9", "amount", drop=("intnum", "persnum")),
)
_INTERVALS = (
    RealSet("vega", "seattle-weather", "wind", "interval:0.9", "measurement"),
    # Who died, and when, and what was measured as a difference to the target.
    RealSet(
        "causaldata", "nhefs_complete", "wt82", "interval:0.8", "measurement",
        drop=("wt82_71", "seqn", "death", "yrdth", "modth", "dadth", "smkintensity82_71"),
    ),
    RealSet("openintro", "yrbss", "weight", "interval:0.8", "measurement"),
    RealSet("datasets", "quakes", "stations", "interval:0.8", "count"),
    RealSet(
        "mosaicData", "Gestation", "wt", "interval:0.8", "measurement", drop=("id", "plurality", "outcome", "sex"),
        dates=("date",),
    ),
)  # fmt: skip

SPREAD: Sequence[RealSet] = (*_MEDIANS, *_QUANTILES, *_INTERVALS)
