"""Parameters in the units of y that nobody named follow the scale of the targets; all others stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

import lossary
from lossary.boosting.units import in_units_of

RNG = np.random.default_rng(8)
NORMAL = 7.0 + RNG.normal(size=4001)

MULTIPLES = {"huber": ("delta", 1.345), "tukey_biweight": ("c", 4.685), "epsilon_insensitive": ("epsilon", 0.1)}


@pytest.mark.parametrize("name", MULTIPLES)
@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e9])
def test_what_is_not_named_is_a_multiple_of_the_targets_scale(name, unit):
    parameter, multiple = MULTIPLES[name]
    scale = np.median(np.abs(NORMAL - np.median(NORMAL))) / 0.67449
    for loss in (name, lossary.get(name)):
        assert in_units_of(loss, unit * NORMAL).given[parameter] == pytest.approx(multiple * scale * unit, rel=1e-3)


def test_rows_of_weight_zero_have_no_say():
    y = np.append(NORMAL, np.full(9000, np.nan))
    weighted = in_units_of("huber", y, np.where(np.isnan(y), 0.0, 2.0))
    assert weighted.given["delta"] == pytest.approx(in_units_of("huber", NORMAL).given["delta"], rel=1e-3)


def test_all_others_stay_as_they_are():
    mine = lossary.define(lambda y, f, c=1.0: ((f - y) / c) ** 2, name="mine")
    for loss in ("huber:1", lossary.huber.using(delta=1.0), mine, "quantile:0.9", "poisson", "softmax_cross_entropy"):
        assert in_units_of(loss, NORMAL).given == lossary.get(loss).given
    assert in_units_of("huber", np.zeros(50)).given["delta"] == 1.0  # no scale, no multiple of it
