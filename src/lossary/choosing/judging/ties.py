"""Which candidates are tied with the best: the tests of each against it, and the rule that decides.

A candidate is out only if three agree: the model confidence set leaves it out, its corrected p-value is below the
level, and the difference is not practically nothing. Otherwise it may be the best, and is tied.
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class Rules:
    """When a difference is told from luck, and when it is too small to matter.

    ``rope`` is the skill (share of the constant's score) that is practically nothing, ``alpha`` the level of the
    t-tests, ``level`` that of the confidence set, ``draws`` the bootstrap's number.
    """

    rope: float = 0.01
    alpha: float = 0.05
    level: float = 0.9
    draws: int = 1000


@dataclass(frozen=True)
class RivalScores:
    """The scores of the candidates that can be compared, the best first.

    ``by_row`` is (rows, candidates), ``by_fold`` (candidates, folds); ``ratio`` is the number of rows tested over that
    of rows trained on, ``rope`` the difference of scores that is practically nothing.
    """

    by_row: np.ndarray
    by_fold: np.ndarray
    weight: np.ndarray | None
    ratio: float
    rope: float
    resampler: Resampler
    seed: int


@dataclass(frozen=True)
class AgainstBest:
    """How a candidate compares with the best, which has no gap to itself and is always tied."""

    confidence_p: float
    gap: TTest | None = None
    naive_p: float | None = None
    holm_p: float | None = None
    odds: Odds | None = None
    tied: bool = True


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
        compared.append(
            AgainstBest(
                confidence_p=float(confidence.p[rival]),
                gap=gap,
                naive_p=corrected_t_test(difference, 0.0).p,
                holm_p=float(holm_p[rival - 1]),
                odds=odds,
                tied=bool(confidence.inside[rival]) or gap.p >= rules.alpha or odds.equal >= PRACTICALLY_CERTAIN,
            )
        )
    return compared
