"""The claims of a loss as a reader wants them: what each says, and what follows from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ClaimInWords:
    """A claim: its name in the record, what is claimed, in a few words ("gradient at most 1"), and what it means."""

    name: str
    claim: bool | float
    short: str
    meaning: str


@dataclass(frozen=True)
class _Property:
    """A claim that holds or does not."""

    holds: str
    means: str
    fails: str
    failing_means: str


@dataclass(frozen=True)
class _Bound:
    """A claim that is a number; infinite where there is none."""

    bounded: str
    means: str
    unbounded: str
    unbounded_means: str


WORDS: dict[str, _Property | _Bound] = {
    "convex": _Property(
        "convex",
        "a linear model under it has no minimum but the lowest, so that the fit does not depend on its start",
        "not convex",
        "a fit may end in a minimum that is not the lowest: start it from a good one",
    ),
    "nonnegative": _Property(
        "never negative",
        "no value is below 0",
        "can be negative",
        "a value below 0 is no error, and values say something beside each other only",
    ),
    "even": _Property(
        "even in the residual",
        "too high and too low by as much cost the same",
        "not even in the residual",
        "too high and too low by as much cost different amounts",
    ),
    "proper": _Property(
        "proper",
        "the expected loss is least where the predicted probability is the true one: honest probabilities win",
        "not proper",
        "the prediction with the least expected loss is not the true probability",
    ),
    "calibrated": _Property(
        "calibrated",
        "the best prediction ranks the likeliest class first",
        "not calibrated",
        "the best prediction need not rank the likeliest class first",
    ),
    "shift_invariant": _Property(
        "unchanged by a common offset of the scores",
        "only differences between scores count",
        "changed by a common offset of the scores",
        "the level of the scores counts, not only their differences",
    ),
    "symmetric": _Property(
        "the same for every order of the classes",
        "no class is special, and none is nearer to another",
        "dependent on the order of the classes",
        "classes are ordered, or are not treated alike",
    ),
    "lipschitz": _Bound(
        "gradient at most {}",
        "no example pulls harder than that, however far off it is",
        "no bound on the gradient",
        "one example that is far off can outweigh all others",
    ),
    "steepest": _Bound(
        "any gradient at most {}",
        "no example moves a score harder than that, however wrong it is",
        "no bound on the gradient",
        "one example that is badly wrong can outweigh all others",
    ),
    "smooth": _Bound(
        "curvature at most {}",
        "gradient descent with a step of one over that never goes up",
        "no bound on the curvature",
        "no step is small enough for gradient descent everywhere",
    ),
    "bounded": _Bound(
        "value at most {}",
        "one example costs no more than that, however wrong it is",
        "no bound on the value",
        "a single example can make up most of the cost",
    ),
    "homogeneous": _Bound(
        "homogeneous of degree {}",
        "targets and predictions in another unit give that unit to this power times the loss, and rank models alike",
        "not homogeneous",
        "the ranking of models may change with the unit of the target",
    ),
}


def claims_in_words(claims: Mapping[str, bool | float]) -> tuple[ClaimInWords, ...]:
    """What each claim says and means; ``claims`` are those of a loss at its parameters, as ``loss.claims`` has them.

    Examples
    --------
    >>> import lossary
    >>> from lossary.evaluate.claims_in_words import claims_in_words
    >>> [claim.short for claim in claims_in_words(lossary.huber.claims)][:4]
    ['convex', 'never negative', 'even in the residual', 'gradient at most 1']
    """
    return tuple(_in_words(name, claim) for name, claim in claims.items())


def _in_words(name: str, claim: bool | float) -> ClaimInWords:
    words = WORDS[name]
    if isinstance(words, _Property):
        said = (words.holds, words.means) if claim else (words.fails, words.failing_means)
    elif math.isinf(claim):
        said = words.unbounded, words.unbounded_means
    else:
        said = words.bounded.format(f"{claim:g}"), words.means
    return ClaimInWords(name, claim, *said)
