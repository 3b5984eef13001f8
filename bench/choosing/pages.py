"""The page of results: what is lost by following the advice, and how often it claims too much."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bench.choosing.ties import Tie
from bench.choosing.trial import TESTED, Trial
from bench.machine import cpu_model

Rule = Callable[[Trial], str]
RULES: dict[str, Rule] = {
    "`lossary choose`": lambda t: t.chosen,
    "the usual loss (squared error, log loss, the quantile loss)": lambda t: t.usual,
    "the lowest own training cost": lambda t: t.naive,
}


HEAD = """# What is lost by following `lossary choose`

`make bench-choose`: {sets} data sets drawn from worlds whose best loss is known (`bench/choosing/worlds.py`). Each
candidate is refitted on all rows and scored on {tested:,} fresh ones by the question's own yardstick. Regret is the
share by which the chosen candidate's risk exceeds that of the best candidate in hindsight, over all losses and models
compared: a harder mark than the loss that the world was made for, which the luck of the draw may leave behind. Where
the verdict is that no loss fixes the data, the usual loss is counted. "The usual loss" has the model of the best
candidate; "the lowest own training cost" takes the line whose training log ends lowest.
"""

TIES = """Losses that tie exactly, by symmetry: every claim is false. The tests' level is 5%; the last column is that
of a t-test over the folds that takes them for independent.

| two losses | rows | data sets | called a winner | a plain t-test would |
| --- | ---: | ---: | ---: | ---: |"""


def line(found: Trial) -> str:
    """One data set in a line, for whoever waits."""
    return (
        f"{found.name} ({found.want}): {found.code}, {found.chosen}, regret {found.regret(found.chosen):.2%}; "
        f"usual {found.regret(found.usual):.2%}, lowest own cost {found.regret(found.naive):.2%}; "
        f"best {found.oracle}; {found.seconds:.0f} s"
    )


def page(trials: Sequence[Trial], ties: Sequence[Tie], seconds: float) -> str:
    """The whole page, in Markdown."""
    return "\n".join([*_head(len(trials)), *_summary(trials), *_claims(trials, ties), *_every(trials), *_foot(seconds)])


def _head(sets: int) -> list[str]:
    return [HEAD.format(sets=sets, tested=TESTED)]


def _summary(trials: Sequence[Trial]) -> list[str]:
    lines = [
        "| rule | median regret | mean | 95th percentile | worst | best in hindsight |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, rule in RULES.items():
        regrets = np.array([t.regret(rule(t)) for t in trials])
        found = np.median(regrets), regrets.mean(), np.quantile(regrets, 0.95), regrets.max()
        exact = np.mean([rule(t) == t.oracle for t in trials])
        lines.append(f"| {name} | " + " | ".join(f"{r:.2%}" for r in found) + f" | {exact:.0%} |")
    return [*lines, ""]


def _claims(trials: Sequence[Trial], ties: Sequence[Tie]) -> list[str]:
    claimed = [t for t in trials if t.claims_a_winner]
    false = [t for t in claimed if t.tied[0] != t.oracle]
    dropped = [t for t in trials if t.code not in ("constant", "leverage") and t.oracle not in t.tied]
    cost = [t.regret(t.tied[0]) for t in false]
    behind = f" (at most {max(cost):.2%} behind)" if cost else ""
    lines = [
        "## Claims",
        "",
        f"In {len(claimed)} of {len(trials)} data sets one candidate was said to be better than all others;",
        f"{len(false)} of these were not the best in hindsight{behind}. In {len(dropped)} the best in hindsight",
        'was not among those that "may be the best".',
        "",
    ]
    if not ties:
        return lines
    rows = [f"| {t.name} | {t.rows:,} | {t.tries} | {t.claims / t.tries:.1%} | {t.plain / t.tries:.1%} |" for t in ties]
    return [*lines, TIES, *rows, ""]


def _every(trials: Sequence[Trial]) -> list[str]:
    lines = [
        "## Every data set",
        "",
        "| data | wanted | verdict | chosen | regret | usual | lowest own cost | best in hindsight | may be the best |",
        "| --- | --- | --- | --- | ---: | ---: | ---: | --- | ---: |",
    ]
    for t in trials:
        regrets = " | ".join(f"{t.regret(rule(t)):.2%}" for rule in RULES.values())
        tied = f"{len(t.tied)} of {len(t.risks) - 1}"
        lines.append(f"| {t.name} | {t.want} | {t.code} | {t.chosen} | {regrets} | {t.oracle} | {tied} |")
    return [*lines, ""]


def _foot(seconds: float) -> list[str]:
    return [f"{cpu_model()}, two processes; the whole took {seconds / 60.0:.0f} minutes.", ""]
