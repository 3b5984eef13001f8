"""Leverage: rows that drag a line are told from rows that merely lie far out, and from luck."""

from __future__ import annotations

import numpy as np
import pytest

import lossary
from lossary.choosing.diagnosis.leverage import Leverage, least_trimmed_squares, leverage

FAR_OUT, ROWS = 8, 100


def line(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One feature, and a target on a line of slope 5 through it, but for normal errors."""
    x = random.normal(size=ROWS)
    return x[:, None], 5.0 * x + random.normal(size=ROWS)


def dragged(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The same line, but the last rows lie far out in the feature and far from the line."""
    x, y = line(random)
    x[-FAR_OUT:, 0] = 30.0 + random.normal(size=FAR_OUT)
    y[-FAR_OUT:] = -60.0 + random.normal(size=FAR_OUT)
    return x, y


def test_rows_far_out_that_drag_the_line_are_found_and_matter(random: np.random.Generator) -> None:
    found = leverage(*dragged(random), seed=0)
    assert found is not None
    assert found.rows.tolist() == list(range(ROWS - FAR_OUT, ROWS))
    assert found.dragged > 2.0
    assert found.p < 1e-6
    assert found.matters


def test_rows_far_out_on_the_line_are_no_bad_ones(random: np.random.Generator) -> None:
    x, y = line(random)
    x[-FAR_OUT:, 0] = 30.0 + random.normal(size=FAR_OUT)
    y[-FAR_OUT:] = 5.0 * x[-FAR_OUT:, 0] + random.normal(size=FAR_OUT)
    found = leverage(x, y, seed=0)
    assert found is not None
    assert found.rows.size <= 1
    assert not found.matters


def test_outliers_in_the_target_alone_are_no_leverage(random: np.random.Generator) -> None:
    x, y = line(random)
    near = np.flatnonzero(np.abs(x[:, 0]) < 1.5)[:FAR_OUT]
    y[near] += 60.0
    found = leverage(x, y, seed=0)
    assert found is not None
    assert not np.isin(near, found.rows).any()


def test_what_luck_drags_does_not_matter() -> None:
    # Few rows and a lopsided feature: in every fourth such table some line is dragged, and rarely more than by luck.
    visible, matters = 0, 0
    for seed in range(30, 60):
        random = np.random.default_rng(seed)
        x = random.lognormal(0.0, 1.0, (20 + seed % 11, 1))
        found = leverage(x, x[:, 0] + random.normal(size=len(x)) * (1.0 + x[:, 0]), seed)
        assert found is not None
        visible += found.dragged >= 1.25
        matters += found.matters
    assert visible >= 5
    assert matters == 0


@pytest.mark.parametrize(
    ("dragged", "p", "matters"), [(2.0, 0.001, True), (2.0, 0.02, False), (1.1, 0.001, False), (1.25, 0.0099, True)]
)
def test_a_drag_matters_if_it_is_visible_and_no_luck(dragged: float, p: float, matters: bool) -> None:
    assert Leverage(np.array([1]), dragged, p).matters is matters


def test_units_and_places_of_features_and_targets_do_not_matter(random: np.random.Generator) -> None:
    x, y = dragged(random)
    plain, moved = leverage(x, y, seed=0), leverage(1e6 + 1e3 * x, 1e-3 * y - 7.0, seed=0)
    assert plain is not None
    assert moved is not None
    assert moved.rows.tolist() == plain.rows.tolist()
    assert moved.dragged == pytest.approx(plain.dragged, rel=1e-2)


def test_indicators_and_constants_have_no_far_ends(random: np.random.Generator) -> None:
    x, y = dragged(random)
    indicator = (np.arange(ROWS) % 7 == 0).astype(float)[:, None]
    assert leverage(indicator, y, seed=0) is None
    assert leverage(np.zeros((ROWS, 2)), y, seed=0) is None
    alone, beside = leverage(x, y, seed=0), leverage(np.hstack([x, indicator]), y, seed=0)
    assert alone is not None
    assert beside is not None
    assert beside.rows.tolist() == alone.rows.tolist()


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_a_feature_that_is_mostly_one_value_still_has_a_scale(unit: float, random: np.random.Generator) -> None:
    # Its median absolute deviation is zero.
    x = np.where(np.arange(ROWS) % 4 == 0, random.normal(size=ROWS), 0.0)
    y = 5.0 * x + random.normal(size=ROWS)
    x[-FAR_OUT:], y[-FAR_OUT:] = 30.0, -60.0
    found = leverage(unit * x[:, None], y, seed=0)
    assert found is not None
    assert set(range(ROWS - FAR_OUT, ROWS)) <= set(found.rows.tolist())


@pytest.mark.parametrize(("rows", "columns", "told"), [(19, 1, False), (20, 1, True), (29, 2, False), (30, 2, True)])
def test_ten_rows_for_each_column_and_the_intercept_are_wanted(rows: int, columns: int, told: bool) -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(rows, columns))
    assert (leverage(x, x.sum(axis=1) + random.normal(size=rows), seed=0) is not None) is told


def test_more_than_thirty_columns_are_not_looked_at(random: np.random.Generator) -> None:
    x = random.normal(size=(400, 31))
    y = x[:, 0] + random.normal(size=400)
    assert leverage(x, y, seed=0) is None
    assert leverage(x[:, :30], y, seed=0) is not None


def test_a_line_through_most_rows_leaves_nothing_to_tell(random: np.random.Generator) -> None:
    x = random.normal(size=(ROWS, 1))
    y = 3.0 * x[:, 0] + 1.0
    assert leverage(x, y, seed=0) is None
    assert leverage(x, y + 1e-6 * random.normal(size=ROWS), seed=0) is not None


def test_a_fifth_of_the_rows_is_a_group_of_its_own(random: np.random.Generator) -> None:
    x, y = line(random)
    for count, some in ((19, True), (25, False)):
        far, off = x.copy(), y.copy()
        far[-count:, 0] = 30.0 + random.normal(size=count)
        off[-count:] = -60.0 + random.normal(size=count)
        found = leverage(far, off, seed=0)
        assert found is not None
        assert (found.rows.size > 0) is some
        if not some:
            assert (found.dragged, found.p, found.matters) == (1.0, 1.0, False)


def test_of_many_rows_a_thousand_are_looked_at_and_named_by_their_own_numbers(random: np.random.Generator) -> None:
    x = random.normal(size=(2000, 1))
    y = 5.0 * x[:, 0] + random.normal(size=2000)
    x[1900:, 0], y[1900:] = 30.0 + random.normal(size=100), -60.0 + random.normal(size=100)
    found = leverage(x, y, seed=3)
    assert found is not None
    assert 30 <= found.rows.size <= 70  # about half of the hundred
    assert found.rows.min() >= 1900
    assert np.array_equal(found.rows, leverage(x, y, seed=3).rows)  # type: ignore[union-attr]


def test_least_trimmed_squares_finds_the_line_of_the_larger_half(random: np.random.Generator) -> None:
    design = np.column_stack([np.ones(ROWS), random.normal(size=ROWS)])
    y = design @ [1.0, 2.0] + 0.01 * random.normal(size=ROWS)
    y[:45] = 50.0 - 9.0 * design[:45, 1] + random.normal(size=45)
    assert least_trimmed_squares(design, y, seed=0) == pytest.approx([1.0, 2.0], abs=0.02)


def test_least_trimmed_squares_leaves_no_row_swap_that_helps(random: np.random.Generator) -> None:
    # At the answer the fit is least squares on the half of least residuals: a concentration step changes nothing.
    design = np.column_stack([np.ones(60), random.normal(size=(60, 2))])
    y = design @ [0.5, 1.0, -1.0] + random.standard_t(2, size=60)
    solution = least_trimmed_squares(design, y, seed=1)
    half = (60 + 3 + 1) // 2
    kept = np.argsort((y - design @ solution) ** 2)[:half]
    assert np.linalg.lstsq(design[kept], y[kept])[0] == pytest.approx(solution, abs=1e-8)
    objective = np.sort((y - design @ solution) ** 2)[:half].sum()
    for seed in range(5):
        start = np.linalg.lstsq(design[np.random.default_rng(seed).permutation(60)[:20]], y[:20])[0]
        assert objective <= np.sort((y - design @ start) ** 2)[:half].sum()


def test_a_table_whose_only_feature_is_mostly_one_value_can_be_chosen_for(random: np.random.Generator) -> None:
    # scikit-learn's covariance of the bulk refuses such a column, and the whole choice ended there.
    x = np.where(np.arange(200) % 4 == 0, random.normal(size=200), 0.0)
    choice = lossary.choose({"x": x}, 5.0 * x + random.normal(size=200), want="mean", models=["linear"], repeats=1)
    recommended = choice.verdict.recommended
    assert recommended is not None
    assert choice.leaderboard.entry(recommended.label).value < 0.5 * choice.leaderboard.constant
