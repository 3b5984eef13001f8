"""What the regret bench measured, for JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import numpy as np

from bench.choosing.ties import Tie
from bench.choosing.trial import TESTED, Trial
from bench.racing.cells import figure

Rule = Callable[[Trial], str]
RULES: Mapping[str, Rule] = {
    "lossary choose": lambda t: t.chosen,
    "the usual loss": lambda t: t.usual,
    "the lowest own training cost": lambda t: t.naive,
}

SUMMARIES: Mapping[str, Callable[[np.ndarray], float]] = {
    "median": np.median,
    "mean": np.mean,
    "95th percentile": lambda regrets: np.quantile(regrets, 0.95),
    "worst": np.max,
}


def line(found: Trial) -> str:
    """One data set in a line, for whoever waits."""
    return (
        f"{found.name} ({found.want}): {found.code}, {found.chosen}, regret {found.regret(found.chosen):.2%}; "
        f"usual {found.regret(found.usual):.2%}, lowest own cost {found.regret(found.naive):.2%}; "
        f"best {found.oracle}; {found.seconds:.0f} s"
    )


def _trial(found: Trial) -> dict[str, object]:
    decided = found.code not in ("constant", "leverage")
    return {
        "data": found.name,
        "want": found.want,
        "rows": found.rows,
        "verdict": found.code,
        "chosen": found.chosen,
        "regret": {name: figure(found.regret(rule(found))) for name, rule in RULES.items()},
        "best": found.oracle,
        "may_be_best": len(found.tied),
        "compared": len(found.risks) - 1,
        "called_best": found.tied[0] if found.claims_a_winner else None,
        "best_was_left_out": decided and found.oracle not in found.tied,
        "seconds": figure(found.seconds),
    }


def _summary(trials: Sequence[Trial]) -> dict[str, object]:
    """The regret of each rule over all data sets, and the share of them in which it took the best candidate."""
    found: dict[str, object] = {}
    for name, rule in RULES.items():
        regrets = np.array([trial.regret(rule(trial)) for trial in trials])
        best = float(np.mean([rule(trial) == trial.oracle for trial in trials]))
        found[name] = {what: figure(float(of(regrets))) for what, of in SUMMARIES.items()} | {"best": figure(best)}
    return found


def record(trials: Sequence[Trial], ties: Sequence[Tie]) -> dict[str, object]:
    """The part for JSON."""
    return {
        "tested": TESTED,
        "summary": _summary(trials),
        "ties": [asdict(tie) for tie in ties],
        "trials": [_trial(found) for found in trials],
    }
