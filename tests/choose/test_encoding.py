"""How rows become a model's matrix: scikit-learn's pipeline, kept as arrays."""

import warnings

import numpy as np
import pytest

from lossary.choosing.table.encoding import encoder, filled, fitted_pipeline
from lossary.choosing.table.features import features_of


def columns(rows: int = 600, seed: int = 0) -> dict[str, np.ndarray]:
    """Numbers with and without gaps, categories with rare ones and missing ones, hours, one value a column."""
    draw = np.random.default_rng(seed)
    numbers = draw.lognormal(size=rows)
    gaps = np.where(draw.random(rows) < 0.2, np.nan, draw.normal(size=rows))
    few = np.array(["red", "green", "blue", None], dtype=object)[draw.integers(4, size=rows)]
    many = np.array([f"town {n}" for n in np.minimum(draw.geometric(0.05, rows), 140)], dtype=object)
    hours = draw.integers(6, size=rows).astype(np.float64)
    hours[:7] = np.nan
    when = np.datetime64("2024-01-01", "us") + draw.integers(400, size=rows).astype("timedelta64[D]")
    return {"numbers": numbers, "gaps": gaps, "few": few, "many": many, "hours": hours, "when": when}


CHOSEN = [None, ("numbers",), ("few",), ("numbers", "gaps"), ("many", "hours"), ("gaps", "when", "few")]


@pytest.mark.parametrize("for_trees", [False, True])
@pytest.mark.parametrize("chosen", CHOSEN)
@pytest.mark.parametrize("train", [slice(0, 400), slice(0, 60), slice(590, 600)])
def test_arrays_give_the_pipelines_numbers_to_the_bit(chosen, train, for_trees):
    """On rows seen and not seen, with categories that training has not, and columns of which it has one value."""
    table = columns()
    features = features_of({name: table[name] for name in chosen or table})
    rows = np.arange(600)[train]
    pipeline = fitted_pipeline(features, rows, for_trees)
    encode = encoder(features, rows, for_trees)
    levels = features.of_kind("category") if for_trees else features.of_kind("category", "levels")
    new = features.matrix.copy()
    for j in features.of_kind("category"):
        new[::7, j] = -2.0  # none of the training's
    for matrix in (features.matrix[rows], features.matrix, new):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = np.asarray(pipeline.transform(filled(matrix, levels)), dtype=np.float64)
        found = encode(matrix)
        assert found.flags.c_contiguous
        assert encode.width == expected.shape[1]
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(encode(matrix[11:12]), expected[11:12])
