"""Candidates that explode in a fold: their mean score says nothing, and its error hides every difference.

A log link's exponential that runs on to a row far beyond the rest, an inverse near zero: in one fold such a candidate
is worse than one number for all, several times over. No test tells it from any other then, since it inflates the error
that it is tested by; so it is told by what it scores there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

TIMES = 3.0
"""How many times the largest of these a fold's score may be: the constant's there and overall, the best candidate's."""


def exploding_folds(
    folds: Mapping[str, np.ndarray], constant: np.ndarray | None, overall: float
) -> dict[str, tuple[int, float]]:
    """The worst fold, counted from 0, of each candidate that explodes in one, and its score there.

    Parameters
    ----------
    folds : mapping of labels to arrays of shape (folds,)
        Mean scores of the candidates fold by fold, less is better.
    constant : array of shape (folds,), optional
        Those of the best constant; None where it has no score.
    overall : float
        The constant's mean score: what is far off in a fold that hardly counts is not looked at. NaN if there is none.

    Examples
    --------
    >>> import numpy as np
    >>> scores = {"steady": np.array([1.0, 1.2, 0.9]), "wild": np.array([0.9, 40.0, 0.8])}
    >>> exploding_folds(scores, np.array([2.0, 2.1, 1.9]), 2.0)
    {'wild': (1, 40.0)}
    """
    if not folds:
        return {}
    limit = np.min(np.array(list(folds.values())), axis=0)
    if constant is not None and np.isfinite(constant).all() and np.isfinite(overall):
        limit = np.maximum(limit, np.maximum(constant, overall))
    else:
        limit = np.maximum(limit, float(np.median([scores.mean() for scores in folds.values()])))
    exploding = {}
    for label, scores in folds.items():
        beyond = scores - TIMES * limit
        if beyond.max() > 0.0:
            worst = int(np.argmax(beyond))
            exploding[label] = (worst, float(scores[worst]))
    return exploding
