"""Which candidates are tied with the best: the tests of each against it, and the rule that decides.

A candidate is out only if three agree: the model confidence set leaves it out, its corrected p-value is below the
level, and the difference is not practically nothing; or if it is far behind, and in every fold, or worse than the
constant. Otherwise it may be the best, and is tied.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lossary.choosing.judging.significance import (
    Odds,
    Resampler,
    TTest,
    bayesian_correlated_t_test,
    corrected_t_test,
    holm,
    model_confidence_set,
)

PRACTICALLY_CERTAIN = 0.95
"""The probability from which a difference counts as practically none."""

STANDINGS = {
    "best": "best score",
    "equal": "tied: difference too small to matter",
    "chance": "tied: the difference may be chance",
    "rows": "tied: few rows make the difference",
    "worse": "worse",
    "far": "far worse",
}
"""How a candidate stands against the best, in words."""

FEWEST_FOLDS = 5
"""Folds from which being behind in all of them says something."""


@dataclass(frozen=True)
class Rules:
    """When a difference is told from luck, when it is too small to matter, and when too large to be excused.

    ``rope`` is the skill (share of the constant's score) that is practically nothing, ``alpha`` the level of the
    t-tests, ``level`` that of the confidence set, ``draws`` the bootstrap's number. The others are shares of the better
    candidate's score: ``spread`` is by how much losses under one model differ as a rule, ``price`` what another loss
    has to gain beyond luck, ``cap`` what a candidate may be behind whatever speaks for it, ``aim_cap`` the same for
    what is known beforehand of a loss, ``model_cap`` for a simpler model, ``far`` the lag from which a candidate that
    is behind in every fold, or worse than the constant, is out whatever the tests say, as is any with twice that lag.
    ``rounding`` is the share of the constant's score that no score is taken to be below: a leak leaves no more.
    """

    rope: float = 0.01
    alpha: float = 0.05
    level: float = 0.9
    draws: int = 1000
    spread: float = 0.02
    price: float = 0.005
    cap: float = 0.05
    aim_cap: float = 0.01
    model_cap: float = 0.005
    far: float = 0.5
    rounding: float = 1e-9

    def size(self, score: float, constant: float) -> float:
        """A score as lags behind it are measured, given that of the best constant (infinite if it has none)."""
        return max(score, self.rounding * abs(constant)) if math.isfinite(constant) else score


@dataclass(frozen=True)
class RivalScores:
    """The scores of the candidates that can be compared, the best first.

    ``by_row`` is (rows, candidates), ``by_fold`` (candidates, folds); ``ratio`` is the number of rows tested over that
    of rows trained on, ``rope`` the difference of scores that is practically nothing, ``constant`` the score of the
    best constant (infinite if it has none).
    """

    by_row: np.ndarray
    by_fold: np.ndarray
    weight: np.ndarray | None
    ratio: float
    rope: float
    constant: float
    resampler: Resampler
    seed: int


@dataclass(frozen=True)
class AgainstBest:
    """How a candidate compares with the best, which has no gap to itself and is always tied.

    ``standing`` is a key of ``STANDINGS``: why it is tied, or why it is not.
    """

    confidence_p: float
    gap: TTest | None = None
    naive_p: float | None = None
    holm_p: float | None = None
    odds: Odds | None = None
    tied: bool = True
    standing: str = "best"


def against_best(scores: RivalScores, rules: Rules) -> list[AgainstBest]:
    """Each candidate tested against the first, in the order of the scores."""
    confidence = model_confidence_set(
        scores.by_row,
        scores.weight,
        level=rules.level,
        resampler=scores.resampler,
        draws=rules.draws,
        seed=scores.seed,
    )
    differences = [by_fold - scores.by_fold[0] for by_fold in scores.by_fold[1:]]
    gaps = [corrected_t_test(difference, scores.ratio) for difference in differences]
    holm_p = holm([gap.p for gap in gaps])
    correlation = scores.ratio / (1.0 + scores.ratio)
    compared = [AgainstBest(float(confidence.p[0]))]
    for rival, (difference, gap) in enumerate(zip(differences, gaps, strict=True), start=1):
        odds = bayesian_correlated_t_test(difference, correlation, scores.rope)
        why_tied = _why_tied(gap, odds, bool(confidence.inside[rival]), rules)
        is_far = _is_far_behind(scores, rival, rules)
        compared.append(
            AgainstBest(
                confidence_p=float(confidence.p[rival]),
                gap=gap,
                naive_p=corrected_t_test(difference, 0.0).p,
                holm_p=float(holm_p[rival - 1]),
                odds=odds,
                tied=bool(why_tied) and not is_far,
                standing="far" if is_far else why_tied or "worse",
            )
        )
    return compared


def _why_tied(gap: TTest, odds: Odds, is_inside: bool, rules: Rules) -> str:
    """What speaks against calling a candidate worse than the best; "" if nothing does."""
    if odds.equal >= PRACTICALLY_CERTAIN:
        return "equal"
    if gap.p >= rules.alpha:
        return "chance"
    return "rows" if is_inside else ""


def _is_far_behind(scores: RivalScores, rival: int, rules: Rules) -> bool:
    """Whether a rival is far behind, and not by what a fold or two did: unlike folds make errors large."""
    best, other = scores.by_fold[0], scores.by_fold[rival]
    means = np.average(scores.by_row[:, [0, rival]], axis=0, weights=scores.weight)
    lag, far = means[1] - means[0], rules.far * rules.size(means[0], scores.constant)
    is_steady = best.size >= FEWEST_FOLDS and (other > best).all()
    return bool(lag > 2.0 * far or (lag > far and (is_steady or means[1] >= scores.constant)))
