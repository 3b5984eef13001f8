"""The page of the bench on real data: everyone's held-out score over the best one's, and where advice cost most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bench.pages.grids import Grid, duration, number
from bench.racing.records import Record

OURS, LEADER = "lossary choose", "its own leader"
HALVES = ("reported", "tuned")
WORST = 12
FEW, MANY = 1_000, 5_000
"""Rows below which a set is small, and from which it is large."""

LEGEND = """{sets} real data sets of packages (`bench/real/sets.py`), each with a question. Thirty per cent of the rows
are held out (of times the last, of groups whole ones), {splits} over; nobody sees their targets. Everyone's
score is the mean over the splits by the question's own yardstick (root mean squared error, pinball loss, interval
score, log loss, cost of errors), and is given as a multiple of the best one's on that set: 1 is the best of all,
1.03 three per cent behind it. "{ours}" is the recommended candidate refitted on all training rows, "{leader}" the one
with the best cross-validated score. Sets are dealt into two halves by a digest of their names: rules were tuned on
the one, and the other is what is reported. Four faults were seen on sets of the reported half, and mended: dates
without their day of the year, categories of few rows lumped together, folds in time that learn from few rows, and lines
without a penalty whose columns follow from each other."""

Trial = Mapping[str, Any]


def relative(trial: Trial, name: str) -> float | None:
    """A method's score over the best one's; None where it has none."""
    found = trial["relative"].get(name)
    return None if found is None else float(found)


def excess(trials: Sequence[Trial], name: str) -> dict[str, float]:
    """By how much a method is behind the best: in the median, the mean and at worst; empty where it has no score."""
    found = [r - 1.0 for trial in trials if (r := relative(trial, name)) is not None]
    if not found:
        return {}
    return {"median": float(np.median(found)), "mean": float(np.mean(found)), "worst": max(found)}


def present(record: Record) -> list[str]:
    """The halves that sets were run of."""
    return [half for half in HALVES if of_half(record, half)]


def of_half(record: Record, half: str) -> list[Trial]:
    return [trial for trial in record["trials"] if trial["half"] == half]


def questions(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    """Sets by what is asked of them."""
    return _grouped(trials, lambda trial: trial["wanted"].partition(":")[0])


def sizes(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    def size(trial: Trial) -> str:
        rows = trial["rows"]
        return f"under {FEW:,} rows" if rows < FEW else f"{MANY:,} rows and more" if rows >= MANY else "between"

    return _grouped(sorted(trials, key=lambda t: t["rows"]), size)


def _grouped(trials: Sequence[Trial], of: Callable[[Trial], str]) -> dict[str, list[Trial]]:
    found: dict[str, list[Trial]] = {}
    for trial in trials:
        found.setdefault(of(trial), []).append(trial)
    return found


# Tables.


def _row(trials: Sequence[Trial], name: str) -> tuple[str, ...]:
    found = excess(trials, name)
    scored = sum(name in trial["relative"] for trial in trials)
    return (str(scored), *(f"{1.0 + found[what]:.3f}" if found else "" for what in ("median", "mean", "worst")))


def summary(record: Record, half: str) -> Grid:
    """A method a row: its score over the best, over all sets of a half."""
    trials = of_half(record, half)
    rows = []
    for name in record["methods"]:
        failed = sum(name in trial["failed"] for trial in trials)
        seconds = [trial["seconds"][name] for trial in trials if name in trial["seconds"]]
        took = duration(float(np.median(seconds))) if seconds else ""
        rows.append((name, *_row(trials, name), str(failed), took))
    columns = ("method", "sets", "median", "mean", "worst", "failed", "median time of a split")
    return Grid(f"Score over the best: the half that is {half}", columns, tuple(rows))


IN_SHORT = (OURS, "the usual loss, best model", "LightGBM, early stopped, refit", "FLAML, 20 s")


def in_short(record: Record) -> Grid:
    """The summary of the half that is reported, of the rivals that come nearest."""
    trials = of_half(record, HALVES[0])
    rows = [(name, *_row(trials, name)[1:]) for name in IN_SHORT]
    return Grid("In short", ("method", "median", "mean", "worst"), tuple(rows))


def parts(record: Record, title: str, cut: Callable[[Sequence[Trial]], dict[str, list[Trial]]]) -> Grid:
    """The same for each question, or size."""
    rows = []
    by_half = {half: cut(of_half(record, half)) for half in present(record)}
    for part in dict.fromkeys(part for half in present(record) for part in by_half[half]):
        for name in record["methods"]:
            found = [_row(by_half[half].get(part, []), name) for half in present(record)]
            if any(int(row[0]) for row in found):
                rows.append((part, name, *(cell for cells in found for cell in cells)))
    columns = [f"{what}, {half}" for half in present(record) for what in ("sets", "median", "mean", "worst")]
    return Grid(title, ("of", "method", *columns), tuple(rows))


def duels(record: Record) -> Grid:
    """On how many sets following the advice was better or worse than each rival."""
    rows = []
    for name in record["methods"]:
        counts: list[str] = []
        for half in present(record):
            pairs = [(relative(t, OURS), relative(t, name)) for t in of_half(record, half)]
            both = [(own, other) for own, other in pairs if own is not None and other is not None]
            won = sum(own < other for own, other in both)
            lost = sum(own > other for own, other in both)
            counts += [str(won), str(lost), str(len(both) - won - lost)]
        if name != OURS and any(int(count) for count in counts):
            rows.append((name, *counts))
    columns = [f"{what}, {half}" for half in present(record) for what in ("won", "lost", "same")]
    notes = "Sets on which following the advice scored better, worse, or the same to four digits."
    return Grid("Won and lost by following the advice", ("against", *columns), tuple(rows), notes)


def worst(record: Record) -> Grid:
    """Where following the advice cost most, and what was recommended there."""
    scored = [(r, trial) for trial in record["trials"] if (r := relative(trial, OURS)) is not None]
    rows = []
    for behind, trial in sorted(scored, key=lambda each: each[0], reverse=True)[:WORST]:
        best = _best(trial)
        said = [f"{a['candidate']} ({a['verdict']})" for a in trial["advice"]]
        hindsight = [f"{a['hindsight']} ({number(a['over_hindsight'])})" for a in trial["advice"]]
        advice = [" / ".join(dict.fromkeys(each)) for each in (said, hindsight)]
        leader = relative(trial, LEADER)
        told = "" if leader is None else f"{leader:.3f}"
        rows.append((trial["set"], trial["wanted"], trial["half"], f"{behind:.3f}", told, best, *advice))
    columns = ("set", "wanted", "half", "score over the best", "of its own leader", "the best", "recommended (verdict)")
    notes = (
        "The last column is the candidate that was best on the rows held out, with what the recommended one scores "
        "over it."
    )
    return Grid("Where the advice cost most", (*columns, "best in hindsight"), tuple(rows), notes)


def _best(trial: Trial) -> str:
    of = trial["relative"]
    return str(min(of, key=lambda name: float(of[name])))


def hindsight(record: Record) -> Grid:
    """What the recommended candidate scores over the best of the candidates in hindsight."""
    rows = []
    for half in present(record):
        found = [float(a["over_hindsight"]) for t in of_half(record, half) for a in t["advice"]]
        if found:
            told = (f"{of(found):.3f}" for of in (np.median, np.mean, np.max))
            rows.append((half, str(len(found)), *told))
    columns = ("half", "splits", "median", "mean", "worst")
    return Grid("The recommended candidate over the best candidate in hindsight", columns, tuple(rows))


def asked_coverage(wanted: str) -> float:
    """What share of targets should be inside the interval, or below the quantile."""
    name, _, level = wanted.partition(":")
    return 0.5 if name == "median" else float(level)


def coverage(record: Record) -> Grid:
    """The share covered, in per cent: each set's, then how far from what was asked in the mean over sets."""
    trials = [trial for trial in record["trials"] if trial["coverage"]]
    names = [name for name in record["methods"] if any(name in trial["coverage"] for trial in trials)]
    rows = []
    for trial in trials:
        told = (f"{trial['coverage'][name]:.1%}" if name in trial["coverage"] else "" for name in names)
        rows.append((trial["set"], trial["wanted"], trial["half"], f"{asked_coverage(trial['wanted']):.1%}", *told))
    for half in present(record):
        of_it = [trial for trial in trials if trial["half"] == half]
        for what, of in (("mean distance, in points", abs), ("mean excess, in points", float)):
            off = [_points_off(of_it, name, of) for name in names]
            rows.append((what, "", half, "", *("" if x is None else f"{x:.1f}" for x in off)))
    return Grid("Coverage on rows held out", ("set", "wanted", "half", "asked", *names), tuple(rows))


def _points_off(trials: Sequence[Trial], name: str, of: Callable[[float], float]) -> float | None:
    off = [of(t["coverage"][name] - asked_coverage(t["wanted"])) for t in trials if name in t["coverage"]]
    return 100.0 * float(np.mean(off)) if off else None


def every(record: Record) -> Grid:
    """A set a row: everyone's score over the best one's."""
    rows = []
    for trial in record["trials"]:
        found = (relative(trial, name) for name in record["methods"])
        absent = ("failed" if name in trial["failed"] else "" for name in record["methods"])
        told = (f"{r:.3f}" if r is not None else why for r, why in zip(found, absent, strict=True))
        about = (
            trial["set"],
            trial["package"],
            trial["wanted"],
            trial["target"],
            trial["half"],
            trial["split"],
            str(trial["splits"]),
        )
        rows.append((*about, f"{trial['rows']:,}", str(trial["columns"]), *told))
    columns = ("set", "package", "wanted", "target", "half", "held out", "splits", "rows", "columns")
    return Grid("Every set", (*columns, *record["methods"]), tuple(rows))


def failures(record: Record) -> Grid | None:
    rows = [(t["set"], name, why) for t in record["trials"] for name, why in t["failed"].items()]
    return Grid("Failed", ("set", "method", "why"), tuple(rows)) if rows else None


def notes(record: Record) -> list[str]:
    """What a reader must know before the numbers."""
    found = []
    if record["incomplete"]:
        found.append(
            f"Not all sets: of {record['sets']} there are {record['incomplete']} on which not everyone has been run."
        )
    if len(record["states"]) > 1:
        found.append(f"The advice is that of {len(record['states'])} states of the sources, not of one.")
    if record["options"]:
        found.append(f"`choose` was run with options: {'; '.join(record['options'])}.")
    return [f"Note: {note}" for note in found]


def body(record: Record) -> list[str]:
    """The page below its head."""
    counts = sorted({trial["splits"] for trial in record["trials"]})
    splits = " or ".join({1: "once", 2: "twice"}.get(count, f"{count} times") for count in counts)
    tables = [
        *(summary(record, half) for half in present(record)),
        duels(record),
        parts(record, "By question", questions),
        parts(record, "By size", sizes),
        worst(record),
        hindsight(record),
        coverage(record),
        every(record),
        failures(record),
    ]
    legend = LEGEND.format(sets=record["sets"], splits=splits, ours=OURS, leader=LEADER)
    grids = [grid.markdown() for grid in tables if grid is not None and grid.rows]
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    end = f"{record['machine']}, one thread each; {number(record['hours'])} hours of computing. {versions}."
    return [*notes(record), legend, *grids, end]
