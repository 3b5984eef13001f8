"""Tables of each kind that a report is made of: small, with something to be found in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROWS = 300


@dataclass(frozen=True)
class Kind:
    """A table, what is asked of it, and which candidate wins; ``ending`` is the file's.

    ``loss`` is what the candidate's label begins with; "" is the usual loss.
    """

    columns: Callable[[np.random.Generator], Mapping[str, Any]]
    want: str
    question: Mapping[str, Any] = field(default_factory=dict)
    prepared: Mapping[str, Any] = field(default_factory=dict)
    loss: str = ""
    ending: str = "csv"

    def write(self, folder: Path) -> Path:
        """The table as a file of a name that has to be quoted."""
        path = folder / f"it's a table.{self.ending}"
        table = pl.DataFrame(dict(self.columns(np.random.default_rng(11))))
        table.write_csv(path) if self.ending == "csv" else table.write_parquet(path)
        return path


def _features(draw: np.random.Generator) -> dict[str, Any]:
    """A number, a number of another size, and a category; the targets follow the first and the last."""
    colours = draw.choice(["red", "green", "blue"], size=ROWS)
    return {"x": draw.normal(size=ROWS), "wide": 5000.0 + 900.0 * draw.normal(size=ROWS), "colour": colours}


def _level(made: Mapping[str, Any]) -> np.ndarray:
    return np.asarray(0.7 * made["x"] + 0.5 * (made["colour"] == "red") + (made["wide"] - 5000.0) / 3000.0)


def _with(target: Callable[[np.ndarray, np.random.Generator], Any], **more: Callable[..., Any]) -> Any:
    """Features and a target of their level, and further columns of the level and the features."""

    def columns(draw: np.random.Generator) -> dict[str, Any]:
        made = _features(draw)
        level = _level(made)
        made["y"] = target(level, draw)
        return {**made, **{name: make(level, draw, made) for name, make in more.items()}}

    return columns


def _counts(level: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return draw.poisson(3.0 * np.exp(level))


def _shares(level: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-level - 0.7 * draw.normal(size=ROWS)))


def _numbers(level: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return 50.0 + 10.0 * level + 5.0 * draw.standard_t(4, size=ROWS)


def _skewed(level: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return 20.0 * np.exp(level + 0.6 * draw.normal(size=ROWS))


def _two(level: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return np.where(3.0 * level + draw.logistic(size=ROWS) > 0.7, "yes", "no")


def _three(level: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return np.array(["ash", "elm", "oak"])[np.digitize(3.0 * level + draw.logistic(size=ROWS), [0.0, 2.0])]


def _stars(level: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return np.digitize(3.0 * level + draw.logistic(size=ROWS), [-1.0, 0.5, 2.0, 3.0]) + 1


def _days(draw: np.random.Generator) -> np.ndarray:
    return np.datetime64("2023-03-04") + draw.choice(600, ROWS, replace=False).astype("timedelta64[D]")


def _dated(draw: np.random.Generator) -> dict[str, Any]:
    made, days = _features(draw), _days(draw)
    y = 4.0 * _level(made) + 2.0 * np.is_busday(days) + 0.5 * draw.normal(size=ROWS)
    return {**made, "sent on": pl.Series(days).cast(pl.Date), "y": y}


def _worded(draw: np.random.Generator) -> dict[str, Any]:
    """Amounts of money, percentages and dates as people write them, one mistake, and odd names."""
    made = _features(draw)
    y, days = _numbers(_level(made), draw), _days(draw)
    prices = [f"${value:,.2f}" for value in made.pop("wide")]
    shares = [f"{100.0 * value:.1f}%" for value in made.pop("x")]
    shares[3] = "see below"
    written = [day.strftime("%d/%m/%Y") for day in days.tolist()]
    amounts = [f"${value:,.1f}" for value in y * 100]
    return {**made, 'it\'s "odd"\\': prices, "rate {x}": shares, "sent": written, "y": amounts}


def _holed(draw: np.random.Generator) -> dict[str, Any]:
    """What files of types hold: missing values of every kind, also among targets."""
    made = _features(draw)
    y = _numbers(_level(made), draw)
    whole = np.round(made["wide"]).astype(int)

    def holes(values: Any, share: float = 0.08) -> list[Any]:
        return [None if gone else v for v, gone in zip(values.tolist(), draw.uniform(size=ROWS) < share, strict=True)]

    y[::17] = np.nan
    targets = [None if i % 10 == 4 else v for i, v in enumerate(y.tolist())]
    return {
        "x": holes(made["x"]),
        "whole": pl.Series(holes(whole), dtype=pl.Int64),
        "colour": pl.Series(holes(made["colour"]), dtype=pl.Categorical),
        "flag": holes(made["x"] > 0.5),
        "empty": pl.Series([None] * ROWS, dtype=pl.Float64),
        "at": pl.Series(holes(_days(draw).astype("datetime64[us]"))),
        "y": targets,
    }


def _holed_classes(draw: np.random.Generator) -> dict[str, Any]:
    made = _features(draw)
    y = _two(_level(made), draw).tolist()
    x = [None if i % 9 == 2 else v for i, v in enumerate(made["x"].tolist())]
    return {**made, "x": x, "y": [None if i % 10 == 4 else v for i, v in enumerate(y)]}


def _firms(draw: np.random.Generator) -> dict[str, Any]:
    made = _features(draw)
    firm = np.repeat(np.arange(ROWS // 6), 6)
    y = 4.0 * _level(made) + draw.normal(size=firm.max() + 1)[firm] + 0.5 * draw.normal(size=ROWS)
    return {**made, "firm": [f"firm {number}" for number in firm], "y": y}


def _noise(draw: np.random.Generator) -> dict[str, Any]:
    return {"x": draw.normal(size=ROWS), "y": draw.normal(3.0, 1.0, size=ROWS)}


def _weights(level: np.ndarray, draw: np.random.Generator, made: Mapping[str, Any]) -> np.ndarray:
    weight = np.where(made["colour"] == "red", 5.0, 1.0)
    weight[:7] = 0.0
    return weight


def _nothing(level: np.ndarray, draw: np.random.Generator, made: Mapping[str, Any]) -> np.ndarray:
    """A column that tells nothing: with two of them rows are few, and lines are penalised."""
    return draw.normal(size=ROWS)


WEIGHED = {"sample_weight": "weight"}
KINDS: Mapping[str, Kind] = {
    "numbers": Kind(_with(_numbers), "mean"),
    "counts": Kind(_with(_counts), "mean", loss="poisson"),
    "shares": Kind(_with(_shares, one=_nothing, other=_nothing), "mean", loss="binary_cross_entropy"),
    "percent": Kind(_with(lambda *a: 100.0 * _shares(*a)), "mean", loss="binary_cross_entropy of"),
    "ratings": Kind(_with(_stars), "mean", loss="squared_error, logit"),
    "skewed": Kind(_with(_skewed), "mean", loss="squared_error of log1p(y)"),
    "median": Kind(_with(_skewed), "median", loss="absolute_error"),
    "quantile": Kind(_with(_numbers), "quantile:0.9", loss="quantile"),
    "interval": Kind(_with(_skewed), "interval:0.8", loss="squared_error of log1p(y)"),
    "two classes": Kind(_with(_two), "probability"),
    "the other class": Kind(_with(_two), "probability", {"positive": "no"}),
    "several classes": Kind(_with(_three), "probability"),
    "label of several": Kind(_with(_three), "label"),
    "label with costs": Kind(_with(_two), "label", {"cost_under": 4.0, "cost_over": 1.0}),
    "flags": Kind(_with(lambda *a: (_two(*a) == "yes").astype(int)), "label"),
    "weights": Kind(_with(_numbers, weight=_weights), "mean", prepared=WEIGHED),
    "weighted interval": Kind(_with(_skewed, weight=_weights), "interval:0.8", prepared=WEIGHED, loss="quantile"),
    "weighted classes": Kind(_with(_two, weight=_weights), "probability", prepared=WEIGHED),
    "groups": Kind(_firms, "quantile:0.8", prepared={"groups": "firm"}, loss="quantile"),
    "dates": Kind(_dated, "mean"),
    "time": Kind(_dated, "mean", prepared={"time": "sent on"}, ending="parquet"),
    "text": Kind(_worded, "mean"),
    "missing": Kind(_holed, "mean", ending="parquet"),
    "missing classes": Kind(_holed_classes, "probability"),
    "constant": Kind(_noise, "interval:0.8"),
}
