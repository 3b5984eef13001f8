"""Which candidate to use: the model by its score, then within it the usual loss, unless another pays.

Which model to train is settled by what it scores; simplicity says little of it. Losses under one model differ by
little, and the best of many is partly lucky, so what is known beforehand counts there: what a loss aims at, impossible
predictions, and that the usual loss is the usual one for good reasons. But none of it counts for more than a share of
the score: a standard error can be inflated, by the very candidate that it excuses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lossary.choosing.comparison.functionals import is_robust
from lossary.choosing.comparison.naming import MANY_MODELS
from lossary.choosing.comparison.study import Study
from lossary.choosing.findings.finding import Finding
from lossary.choosing.findings.sentences import share_in_words
from lossary.choosing.judging.leaderboard import Entry, Leaderboard

IMPOSSIBLE = 0.01
"""The share of impossible predictions above which a candidate ranks behind those with fewer."""


def recommend(board: Leaderboard, symmetric: bool = False) -> Entry:
    """The candidate to use.

    Its model is the one that the best score belongs to, or a simpler one that is practically no worse. Of that model's
    candidates that are not far behind, a loss that aims at what is wanted goes before one that does not (robust losses
    count as aiming at it if tails are ``symmetric``), and possible predictions before impossible ones, if that costs
    next to nothing; then the usual loss is taken, or the simplest one, if no other pays.
    """
    pools = _pools(board, symmetric)
    best = pools.possible[0]
    near = [e for e in pools.possible if e is best or not pays(board, best, e)]
    return min(near, key=lambda e: (e.candidate.kind != "reference", e.candidate.complexity, e.value))


@dataclass(frozen=True)
class _Pools:
    """The candidates of the leading model that are left after each of the rules."""

    near: list[Entry]
    aiming: list[Entry]
    possible: list[Entry]


def _pools(board: Leaderboard, symmetric: bool) -> _Pools:
    near = _near_the_first(board, leading_model(board))
    aiming = _before(board, near, [e for e in near if e.aims or (symmetric and is_robust(e.candidate))])
    return _Pools(near, aiming, _before(board, aiming, [e for e in aiming if e.impossible <= IMPOSSIBLE]))


def why_not(board: Leaderboard, chosen: Entry, other: Entry, symmetric: bool = False) -> str:
    """Why another candidate was not recommended in place of the one that is: a clause about it, "its loss ..."."""
    pools = _pools(board, symmetric)
    if other.candidate.model != chosen.candidate.model:
        return _why_not_its_model(board, chosen, other)
    if other.unstable:
        return "it fails badly in one fold"
    if other not in pools.near:
        return f"it scores {share_in_words(board.worse_by(other, pools.near[0]))} worse than {pools.near[0].name}"
    if other not in pools.aiming:
        return "its loss aims at something other than what is wanted"
    if other not in pools.possible:
        return f"{share_in_words(other.impossible)} of its predictions are impossible"
    best = pools.possible[0]
    if other is not best and pays(board, best, other):
        expected = expected_gain(board, best, other) / best.value
        return f"on new rows its {board.primary.name} is expected to be {share_in_words(expected)} higher"
    if chosen.candidate.kind == "reference":
        return "the usual loss is kept unless another is clearly better"
    if other.candidate.complexity > chosen.candidate.complexity:
        return "it is less simple, and not clearly better"
    return "it is not simpler, and does not score better"


def _why_not_its_model(board: Leaderboard, chosen: Entry, other: Entry) -> str:
    first = {e.candidate.model: e for e in reversed(board.eligible)}
    here, there = (MANY_MODELS.get(e.candidate.model, e.candidate.model) for e in (chosen, other))
    own, its = first.get(chosen.candidate.model, chosen), first.get(other.candidate.model, other)
    by = share_in_words(abs(board.worse_by(its, own)))
    if its.value < own.value:
        return f"at their best {there} score only {by} better than the simpler {here}"
    return f"at their best {there} score {by} worse than {here}"


def leading_model(board: Leaderboard) -> str:
    """The model of the best candidate, or a simpler one whose best is behind by practically nothing."""
    best = board.best
    first = {e.candidate.model: e for e in reversed(board.eligible)}
    by_simplicity = sorted(first.values(), key=lambda e: _simplicity(board, e.candidate.model))
    return next(e for e in by_simplicity if e is best or _is_as_good(board, e)).candidate.model


def _simplicity(board: Leaderboard, model: str) -> int:
    return min(e.candidate.complexity for e in board.rivals if e.candidate.model == model)


def _is_as_good(board: Leaderboard, entry: Entry) -> bool:
    return entry.value <= (1.0 + board.rules.model_cap) * _size(board, board.best)


def _near_the_first(board: Leaderboard, model: str) -> list[Entry]:
    """The model's candidates that may be the best and are not far behind its first, which is among them."""
    of_model = [e for e in board.eligible if e.candidate.model == model]
    # Where no row can cost more than a price, no error is inflated, and a row or two are a large share of the score.
    limit = math.inf if board.primary.bounded else (1.0 + board.rules.cap) * _size(board, of_model[0])
    return [e for e in of_model if e is of_model[0] or (e.tied and e.value <= limit)]


def _before(board: Leaderboard, pool: list[Entry], first: list[Entry]) -> list[Entry]:
    """Those that go before the others, if the best of them is behind by next to nothing; else all."""
    return first if first and first[0].value <= (1.0 + board.rules.aim_cap) * _size(board, pool[0]) else pool


def pays(board: Leaderboard, best: Entry, other: Entry) -> bool:
    """Whether to go from one candidate to a better one: what is gained beyond luck is worth it."""
    return expected_gain(board, best, other) > board.rules.price * _size(board, best)


def expected_gain(board: Leaderboard, best: Entry, other: Entry) -> float:
    """The lead of the better of two, drawn towards nothing by its error.

    It is what a lead with this error is expected to be worth on new rows, where such leads are spread about nothing by
    ``Rules.spread`` of the score: the mean of a normal posterior. For it was found by looking for it.
    """
    lead, spread = max(0.0, other.value - best.value), board.rules.spread * _size(board, best)
    error = board.gap(other.label, best.label).error
    if error == 0.0:
        return lead
    return lead / (1.0 + (error / spread) ** 2) if spread > 0.0 and math.isfinite(error) else 0.0


def _size(board: Leaderboard, entry: Entry) -> float:
    """A score as leads over it are measured."""
    return board.rules.size(entry.value, board.constant)


def symmetric_tails(study: Study, findings: Sequence[Finding]) -> bool:
    """Whether residuals have long tails and no skew: robust losses then aim at mean and median at once."""
    kinds = {f.kind.name for f in findings}
    return study.want.functional in ("mean", "median") and "heavy_tails" in kinds and "asymmetry" not in kinds
