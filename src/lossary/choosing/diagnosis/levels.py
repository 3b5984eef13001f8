"""Whether a line does better with whole numbers of few values as categories: hours do, pixels and heights do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from lossary.choosing.diagnosis.screening import target_columns
from lossary.choosing.diagnosis.shape import shared_variance
from lossary.choosing.table.encoding import encoder
from lossary.choosing.table.features import Features

MOST_ROWS = 5000
FOLDS = 3
ROUNDS = 4
"""How often columns are looked at anew: what others leave unexplained as numbers hides what a column tells."""

ENDS = (0.01, 0.99)
SHARE = 0.03
"""The share of what a line leaves unexplained that has to lie between a column's values before it is tried."""

PAYS = 0.99
"""What has to be left of the squared error, at most, once the columns are categories."""


def with_levels_settled(features: Features, y: np.ndarray, classes: int, seed: int) -> Features:
    """The features, in which whole numbers of few values are "levels" where that serves a line, and else "number".

    Settled by the errors of a ridge regression of the target, or of its classes' indicators, on rows left out.
    """
    if not features.of_kind("levels"):
        return features
    rows = np.arange(y.size)
    if rows.size > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows.size, MOST_ROWS, replace=False))
    targets, sample = _targets(y[rows], classes), features.taking(rows)
    settled = _as_categories(sample, set())
    errors = _errors(settled, targets, seed)
    chosen: set[str] = set()
    for _ in range(ROUNDS):
        more = chosen | _telling(sample, errors)
        tried = _as_categories(sample, more)
        errors_then = _errors(tried, targets, seed) if more != chosen else errors
        if np.sum(errors_then**2) > PAYS * np.sum(errors**2):
            break
        chosen, errors = more, errors_then
    settled = _as_categories(features, chosen)
    named = [name for name in features.names if name in chosen]
    if not named:
        return settled
    note = f"{', '.join(named)}: whole numbers of few values, which linear models and networks take for categories"
    return replace(settled, notes=(*settled.notes, note))


def _targets(y: np.ndarray, classes: int) -> np.ndarray:
    """The numbers without their far ends, which would decide alone (ranks would bend what is straight); indicators."""
    return target_columns(y, classes) if classes else np.clip(y, *np.quantile(y, ENDS))[:, None]


def _as_categories(features: Features, names: set[str]) -> Features:
    """The features, of whose levels only these stay categories to a line."""
    kinds = tuple(
        "number" if kind == "levels" and name not in names else kind
        for name, kind in zip(features.names, features.kinds, strict=True)
    )
    return replace(features, kinds=kinds)


def _telling(features: Features, errors: np.ndarray) -> set[str]:
    """The columns between whose values lies a part of the errors."""
    total = float(np.sum(errors**2))
    found = set()
    for j in features.of_kind("levels"):
        weights = np.sum(errors**2, axis=0) / total if total else np.zeros(errors.shape[1])
        share = sum(w * shared_variance(e, features.matrix[:, j]) for w, e in zip(weights, errors.T, strict=True))
        if share > SHARE:
            found.add(features.names[j])
    return found


def _errors(features: Features, targets: np.ndarray, seed: int) -> np.ndarray:
    """Targets minus the predictions of a ridge regression that has not seen them."""
    errors = np.empty_like(targets)
    for train, test in KFold(FOLDS, shuffle=True, random_state=seed).split(targets):
        encode = encoder(features, train, for_trees=False)
        ridge = Ridge(1.0).fit(encode(features.matrix[train]), targets[train])
        errors[test] = targets[test] - ridge.predict(encode(features.matrix[test])).reshape(len(test), -1)
    return errors
