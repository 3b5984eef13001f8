"""The page of the regret bench: what is lost by following the advice, and how often it claims too much."""

from __future__ import annotations

from bench.pages.grids import Grid, number
from bench.racing.records import Record

LEGEND = """Data sets drawn from worlds whose best loss is known (`bench/choosing/worlds.py`). Each candidate is
refitted on all rows and scored on {tested:,} fresh ones by the question's own yardstick. Regret is the share by which
the chosen candidate's risk exceeds that of the best candidate in hindsight, over all losses and models
compared: a harder mark than the loss that the world was made for, which the luck of the draw may leave
behind. Where the verdict is that no loss fixes the data, the usual loss is counted. "The usual loss" (squared
error, log loss, the quantile loss) has the model of the best candidate; "the lowest own training cost" takes
the line whose training log ends lowest."""

TIES = """Losses that tie exactly, by symmetry: every claim is false. The tests' level is 5%; the last column is that of
a t-test over the folds that takes them for independent."""


def percent(x: float | str, digits: int = 2) -> str:
    return x if isinstance(x, str) else f"{x:.{digits}%}"


def summary(record: Record) -> Grid:
    """A rule a row: its regret over all data sets."""
    rows = []
    for rule, found in record["summary"].items():
        regrets = (percent(x) for what, x in found.items() if what != "best")
        rows.append((rule, *regrets, percent(found["best"], 0)))
    columns = ("rule", "median regret", "mean", "95th percentile", "worst", "best in hindsight")
    return Grid("Regret", columns, tuple(rows))


def claims(record: Record) -> str:
    """How often one candidate was called the best, and was not."""
    trials = record["trials"]
    claimed = [t for t in trials if t["called_best"] is not None]
    false = [t for t in claimed if t["called_best"] != t["best"]]
    left = sum(t["best_was_left_out"] for t in trials)
    # A claimed winner is what was chosen.
    behind = f" (at most {max(t['regret']['lossary choose'] for t in false):.2%} behind)" if false else ""
    return (
        f"In {len(claimed)} of {len(trials)} data sets one candidate was said to be better than all others; "
        f"{len(false)} of these were not the best in hindsight{behind}. "
        f'In {left} the best in hindsight was not among those that "may be the best".'
    )


def ties(record: Record) -> Grid:
    rows = [
        (
            t["name"],
            f"{t['rows']:,}",
            str(t["tries"]),
            f"{t['claims'] / t['tries']:.1%}",
            f"{t['plain'] / t['tries']:.1%}",
        )
        for t in record["ties"]
    ]
    columns = ("two losses", "rows", "data sets", "called a winner", "a plain t-test would")
    return Grid("Losses that tie", columns, tuple(rows))


def every(record: Record) -> Grid:
    """A data set a row."""
    rows = []
    for t in record["trials"]:
        regrets = (percent(x) for x in t["regret"].values())
        counted = (str(t["may_be_best"]), str(t["compared"]))
        rows.append((t["data"], t["want"], t["verdict"], t["chosen"], *regrets, t["best"], *counted))
    columns = ("data", "wanted", "verdict", "chosen", "its regret", "of the usual loss", "of the lowest own cost")
    return Grid("Every data set", (*columns, "best in hindsight", "may be the best", "compared"), tuple(rows))


def body(record: Record) -> list[str]:
    """The page below its head."""
    parts = [LEGEND.format(tested=record["tested"]), summary(record).markdown(), "### Claims", claims(record)]
    if record["ties"]:
        parts += [ties(record).markdown(), TIES]
    parts.append(every(record).markdown())
    return [*parts, f"{record['machine']}; {number(record['seconds'] / 60.0)} minutes."]
