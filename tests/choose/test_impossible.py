"""Predictions that cannot be, as a share of those that count; none where anything can be."""

from __future__ import annotations

import numpy as np
import pytest

from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.impossible_predictions import impossible_share, is_share

ROWS = 100
EDGES = np.where(np.arange(ROWS) < 5, 0.0, np.where(np.arange(ROWS) < 10, 1.0, 0.5))
WRONG = np.where(np.arange(ROWS) < 20, -0.1, np.where(np.arange(ROWS) < 30, 1.1, 0.5))


@pytest.mark.parametrize(
    ("targets", "share"),
    [
        (EDGES, 0.3),  # all in [0, 1]: below and above
        (3.0 * EDGES, 0.2),  # not negative: below alone
        (EDGES - 0.5, 0.0),
        (EDGES + 1.0, 0.2),
    ],
)
@pytest.mark.parametrize("want", [Want("mean"), Want("median"), Want("quantile", 0.9)])
def test_what_no_target_is_is_impossible(study_from, targets, share, want):
    study = study_from(targets, {"a": WRONG, "b": np.clip(WRONG, 0.0, 1.0)}, want)
    assert impossible_share(study, "a") == pytest.approx(share)
    assert impossible_share(study, "b") == 0.0
    assert impossible_share(study, "nobody") == 0.0
    assert is_share(study) is (targets is EDGES)


def test_of_intervals_and_probabilities_nothing_is_impossible(study_from):
    ends = np.stack([WRONG, WRONG + 1.0], axis=1)
    study = study_from(EDGES, {"a": ends}, Want("interval", 0.8), constants=np.tile([0.0, 1.0], (5, 1)))
    assert impossible_share(study, "a") == 0.0
    labels = (EDGES > 0.5).astype(float)
    assert impossible_share(study_from(labels, {"a": WRONG}, Want("probability")), "a") == 0.0


def test_rows_that_do_not_count_are_not_looked_at(study_from):
    weight = np.where(np.arange(ROWS) < 10, 0.0, 1.0)
    study = study_from(EDGES, {"a": WRONG}, Want("mean"), weight=weight)
    assert impossible_share(study, "a") == pytest.approx(20 / 90)
