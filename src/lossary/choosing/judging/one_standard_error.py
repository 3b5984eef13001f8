"""Which of the tied candidates to use: the one-standard-error rule, and whether the usual loss is kept by it.

Scores cannot tell tied candidates apart. So what is known beforehand decides first (what a loss aims at, impossible
predictions), and then simplicity, among those within a standard error of the best.
"""

from __future__ import annotations

from collections.abc import Sequence

from lossary.choosing.comparison.functionals import is_robust
from lossary.choosing.comparison.study import Study
from lossary.choosing.findings.finding import Finding
from lossary.choosing.judging.leaderboard import Entry, Leaderboard

IMPOSSIBLE = 0.01
"""The share of impossible predictions above which a candidate ranks behind those with fewer."""


def recommend(board: Leaderboard, among: Sequence[Entry] | None = None, symmetric: bool = False) -> Entry:
    """The simplest of the candidates tied that are not behind the best of them by more than a standard error.

    That is the one-standard-error rule of Breiman, Friedman, Olshen and Stone (1984), with the corrected error. Where
    scores cannot tell, what is known beforehand does: a loss that aims at what is wanted goes before one that does not
    (robust losses count as aiming at it if tails are ``symmetric``), and possible predictions before impossible ones.
    """
    pool = board.tied if among is None else among
    pool = [e for e in pool if e.aims or (symmetric and is_robust(e.candidate))] or pool
    pool = [e for e in pool if e.impossible <= IMPOSSIBLE] or pool
    best = min(pool, key=lambda e: e.value)
    near = [e for e in pool if e is best or _is_near(board, e, best)]
    return min(near, key=lambda e: (e.candidate.complexity, e.candidate.kind != "reference", e.score))


def _is_near(board: Leaderboard, entry: Entry, best: Entry) -> bool:
    gap = board.gap(entry.label, best.label)
    return gap.mean <= max(gap.error, board.small)


def keeps_usual(board: Leaderboard, usual: Entry) -> bool:
    """Whether the reference's loss is among the best, and not behind by more than a standard error, luck taken out."""
    assert board.optimism is not None
    lead = usual.value - board.optimism.corrected
    near = lead <= max(board.small, board.gap(usual.label, board.best.label).error)
    return usual.tied and near and usual.impossible <= IMPOSSIBLE


def symmetric_tails(study: Study, findings: Sequence[Finding]) -> bool:
    """Whether residuals have long tails and no skew: robust losses then aim at mean and median at once."""
    kinds = {f.kind.name for f in findings}
    return study.want.functional in ("mean", "median") and "heavy_tails" in kinds and "asymmetry" not in kinds
