"""What came of all results, for JSON: a set an entry, with everyone's score and what it is over the best one's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from bench.racing.cells import figure
from bench.real.following import LEADER, RECOMMENDED
from bench.real.methods import METHODS
from bench.real.question import RealSet, halves
from bench.real.sets import SETS
from bench.real.trial import Method, Result

ORDER = [RECOMMENDED, LEADER, *(name for m in METHODS for name in m.answers if name not in (RECOMMENDED, LEADER))]

Answers = Mapping[str, Sequence[Result]]


def record(
    results: Iterable[Result], sets: Sequence[RealSet] = SETS, methods: Sequence[Method] = METHODS
) -> dict[str, Any]:
    """The part for JSON, of these sets and methods. Sets without a result are left out, and how many is said."""
    names = {each.name for each in sets}
    answering = {name for method in methods for name in method.answers}
    by_set: dict[str, dict[str, list[Result]]] = {}
    for result in results:
        if result.set in names and result.method in answering:
            by_set.setdefault(result.set, {}).setdefault(result.method, []).append(result)
    by_set = {name: _on_shared_splits(answers) for name, answers in by_set.items()}
    half = halves(SETS)
    entries = [_entry(each, half[each.name], by_set[each.name]) for each in sets if each.name in by_set]
    everything = [r for answers in by_set.values() for found in answers.values() for r in found]
    return {
        "methods": [name for name in ORDER if any(name in answers for answers in by_set.values())],
        "sets": len(sets),
        "incomplete": sum(not _complete(each, methods, by_set.get(each.name, {})) for each in sets),
        "hours": figure(sum(r.seconds for r in everything if r.method != LEADER) / 3600.0),
        "states": sorted({r.details["sources"] for r in everything if "sources" in r.details}),
        "options": sorted({str(r.details["options"]) for r in everything if r.details.get("options")}),
        "trials": entries,
    }


def _on_shared_splits(answers: Answers) -> dict[str, list[Result]]:
    """The answers on the splits that ``choose`` was run on, where it was: scores are means over the same splits."""
    shared = {r.repeat for r in answers[RECOMMENDED]} if RECOMMENDED in answers else None
    return {name: [r for r in found if shared is None or r.repeat in shared] for name, found in answers.items()}


def _complete(chosen: RealSet, methods: Sequence[Method], answers: Answers) -> bool:
    """Whether everyone who enters has an answer to each split, a failure being one too."""
    expected = {name for method in methods if method.enters(chosen) for name in method.answers}
    return expected <= set(answers) and len({len(found) for found in answers.values()}) == 1


def _entry(chosen: RealSet, half: str, answers: Answers) -> dict[str, Any]:
    splits = max(len(found) for found in answers.values())
    finished = {
        name: answers[name]
        for name in ORDER
        if name in answers and len(answers[name]) == splits and not any(r.error for r in answers[name])
    }
    scores = {name: float(np.mean([r.score for r in found])) for name, found in finished.items()}
    first = next(iter(answers.values()))[0]
    return {
        "set": chosen.name,
        "package": chosen.package,
        "wanted": chosen.want,
        "target": chosen.kind,
        "half": half,
        "split": chosen.split,
        "rows": first.rows + first.tested,
        "columns": first.features,
        "splits": splits,
        "scores": {name: figure(value) for name, value in scores.items()},
        "relative": {name: figure(_over(value, min(scores.values()))) for name, value in scores.items()},
        "seconds": {name: figure(float(np.mean([r.seconds for r in found]))) for name, found in finished.items()},
        "coverage": _coverage(finished),
        "failed": {name: r.error for name in ORDER for r in answers.get(name, ()) if r.error},
        "advice": [_advice(r) for r in finished.get(RECOMMENDED, ())],
    }


def _over(value: float, best: float) -> float:
    if best > 0.0:
        return value / best
    return 1.0 if value == best else float("inf")


def _coverage(finished: Answers) -> dict[str, Any]:
    shares = {name: [r.coverage for r in found if r.coverage is not None] for name, found in finished.items()}
    return {name: figure(float(np.mean(of))) for name, of in shares.items() if of}


def _advice(result: Result) -> dict[str, Any]:
    """What was recommended, and which candidate would have been best on the rows held out."""
    found = result.details
    known = {c["label"]: c["held_out"] for c in found["candidates"] if c["held_out"] is not None}
    best = min(known, key=lambda label: known[label])
    assert result.score is not None
    return {
        "verdict": found["code"],
        "candidate": found["candidate"],
        "leader": found["leader"],
        "hindsight": best,
        "over_hindsight": figure(_over(result.score, known[best])),
        "candidates": len(known) - 1,
    }
