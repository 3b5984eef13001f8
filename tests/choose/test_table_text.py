"""Text as people write it: a column is read in the notation that all its cells are in, or refused by its first cell."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.features import features_of
from lossary.choosing.table.frames import columns_of, table_of
from lossary.tables.columns import typed
from lossary.tables.numbers import MARKERS

MAKES = [pl.DataFrame, pd.DataFrame, dict, lambda cells: {name: np.array(c, object) for name, c in cells.items()}]
ROWS = 60


def read(*cells, **more):
    """One column of text, as a file's."""
    return typed(pl.DataFrame({"x": [*cells]}, schema={"x": pl.String}), from_file=True, **more)


def test_percentages_are_the_nearest_shares_in_columns_of_any_length():
    """A division by 100 was a multiplication by 0.01 in long columns: 81.5% was 0.8150000000000001."""
    tenths = [f"{n / 10}%" for n in range(2000)]
    expected = [float(f"{cell[:-1]}e-2") for cell in tenths]
    assert read(*tenths).frame["x"].to_list() == expected
    assert [read(cell).frame["x"][0] for cell in tenths[807:820]] == expected[807:820]
    assert read("5e1%", "7.%", ".5%").frame["x"].to_list() == [0.5, 0.07, 0.005]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("12", "-1.5", "3e2"), [12.0, -1.5, 300.0]),
        ((" 12", "7 ", "\t8"), [12.0, 7.0, 8.0]),
        (("$12", "$1,200.50", "-$3"), [12.0, 1200.5, -3.0]),
        (("1,50 €", "12,25 €", "1.200 €"), [1.5, 12.25, 1200.0]),
        (("1,000,000", "2,500", "7"), [1e6, 2500.0, 7.0]),
        (("1.000.000", "2.500,5", "7"), [1e6, 2500.5, 7.0]),
        (("0,5", "1,234"), [0.5, 1.234]),  # no thousand begins with a zero
        (("1 000", "2 500 000", "12"), [1000.0, 2.5e6, 12.0]),
        (("1'000", "2'500.5", "12"), [1000.0, 2500.5, 12.0]),
        (("5%", "12.5 %", "100%"), [0.05, 0.125, 1.0]),
        (("−4", "5", "6"), [-4.0, 5.0, 6.0]),
        (("true", "False", "TRUE"), [1.0, 0.0, 1.0]),
    ],
)
def test_numbers_in_every_notation(cells, expected):
    found = read(*cells)
    assert found.frame["x"].to_list() == expected
    assert not found.strays


@pytest.mark.parametrize("marker", [*MARKERS, "NA", "N/A", "#N/A", "NaN", "Null", "NULL", "None"])
@pytest.mark.parametrize("others", [("1.5", "2"), ("$5", "$6"), ("2024-01-01", "2024-01-02")])
def test_markers_of_missing_values_leave_a_column_what_it_is(marker, others):
    found = read(others[0], marker, others[1])
    assert found.frame["x"].dtype != pl.String
    assert found.frame["x"].is_null().to_list() == [False, True, False]
    assert not found.strays


def test_in_a_column_of_words_a_dash_is_a_word():
    assert read("red", "-", "NA", "", " blue").frame["x"].to_list() == ["red", "-", None, None, "blue"]


DAYS = [datetime.datetime(2024, 3, 31), datetime.datetime(2024, 4, 1)]


@pytest.mark.parametrize(
    "form",
    [
        *("%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d.%m.%y", "%m-%d-%Y", "%d %b %Y", "%d-%b-%y"),
        *("%B %d, %Y", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%d %H:%M:%S.%f+02:00"),
    ],
)
@pytest.mark.parametrize("make", MAKES)
def test_dates_are_read_whoever_holds_them(make, form):
    found = columns_of(make({"when": [day.strftime(form) for day in DAYS] * 3 + [None]}))["when"]
    np.testing.assert_array_equal(found[:-1], np.array(DAYS * 3, "datetime64[us]"))
    assert np.isnat(found[-1])


def test_months_and_clocks():
    assert read("2024-03", "2024-04").frame["x"].dt.month().to_list() == [3, 4]
    assert read("3/31/2024 12:05 AM", "4/1/2024 1:30 pm").frame["x"].dt.strftime("%H:%M").to_list() == [
        "00:05",
        "13:30",
    ]
    assert "25:00" in read(*["2024-01-01 10:00"] * 20, "2024-01-01 25:00").strays["x"]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("1,234", "5,678"), "'1,234' in row 1, which is 1234 to some and 1.234 to others"),
        (("03/04/2024", "05/06/2024"), "'03/04/2024' in row 1, which is one day with the month first and another"),
        (("13/04/2024", "04/13/2024") * 9 + ("13/04/2024",), "dates with the month first and dates with the day first"),
        (("5%", "7"), "percentages, but not in row 2: '7'"),
        (("$5", "€7"), "several currencies"),
    ],
)
def test_what_may_be_read_in_two_ways_is_refused(cells, words):
    with pytest.raises(ValueError, match="column 'x'") as refusal:
        read(*cells)
    assert words in str(refusal.value)
    with pytest.raises(ValueError, match="column 'x'"):
        columns_of(pd.DataFrame({"x": list(cells)}))
    assert list(table_of(pd.DataFrame({"x": list(cells), "z": 1.0}), without=["x"]).columns) == ["z"]


def test_the_other_columns_and_the_separator_settle_it():
    cells = ["1,234", "5,678"]
    assert read(*cells, separator=",").frame["x"].to_list() == [1234.0, 5678.0]
    assert read(*cells, separator=";").frame["x"].to_list() == [1.234, 5.678]
    for other, expected in (("0,5", [1.234, 5.678]), ("0.5", [1234.0, 5678.0])):
        frame = pl.DataFrame({"x": cells, "z": [other, other]})
        for separator in (",", ";", ""):
            assert typed(frame, separator).frame["x"].to_list() == expected
    assert columns_of({"x": cells, "z": [0.5, 1.0]})["x"].tolist() == [1234.0, 5678.0]
    # A program may have written these: semicolons alone do not make them thousands, other columns do.
    with pytest.raises(ValueError, match="which is 1234 to some"):
        read("1.234", "5.678", separator=";")
    assert typed(pl.DataFrame({"x": ["1.234"], "z": ["0,5"]}), ";").frame["x"].to_list() == [1234.0]


def test_a_stray_cell_is_named_and_its_column_kept():
    cells = [f"{i / 7:.3f}" for i in range(ROWS)]
    cells[57] = "oops"
    found = read(*cells)
    assert found.strays["x"] == "column 'x' has 'oops' in row 58, where every other value is a number"
    assert found.frame["x"].null_count() == 1
    cells[58] = "what"
    assert "'oops' in row 58 and 1 more such cell, where" in read(*cells).strays["x"]
    y = np.arange(ROWS) ** 0.5
    data = prepare_data(pd.DataFrame({"x": cells, "y": y}), "y")
    assert data.notes[0].startswith("column 'x' has 'oops' in row 58")
    assert "taken as missing" in data.notes[0]
    assert features_of(data.columns).names == ("x",)
    for role in ({"y": "x"}, {"y": "y", "sample_weight": "x"}, {"y": "y", "time": "x"}, {"y": "y", "groups": "x"}):
        with pytest.raises(ValueError, match="'oops' in row 58"):
            prepare_data(pd.DataFrame({"x": cells, "y": y, "z": y[::-1]}), **role)


def test_half_numbers_are_a_column_of_numbers_if_they_are_too_many_for_categories():
    numbers = [str(i) for i in range(40)]
    assert "'unknown' in row 41 and 29 more" in read(*numbers, *["unknown"] * 30).strays["x"]
    assert read(*["2", "3", "4", "5more"] * 20).frame["x"].dtype == pl.String  # doors of a car: categories


def test_declared_categories_stay_categories():
    codes = [str(i % 4) for i in range(ROWS)]
    for made in (pd.Series(codes, dtype="category"), pd.Series([i % 4 for i in range(ROWS)], dtype="category")):
        assert columns_of(pd.DataFrame({"x": made}))["x"].dtype == object
    assert columns_of(pl.DataFrame({"x": pl.Series(codes, dtype=pl.Categorical)}))["x"].dtype == object
    assert columns_of(pl.DataFrame({"x": codes}))["x"].dtype == float


def test_digits_in_text_are_classes_of_a_target():
    table = pd.DataFrame({"x": np.arange(ROWS) ** 0.5, "y": [str(i % 4) for i in range(ROWS)]})
    assert prepare_data(table, "y").y.dtype == object
    assert prepare_data(table.assign(y=[f"{i / 8}" for i in range(ROWS)]), "y").y.dtype == float


@pytest.mark.parametrize("nested", [[1, 2], (1, 2), {"a": 1}, np.ones(2)])
def test_a_column_of_lists_is_refused_by_name(nested):
    with pytest.raises(ValueError, match=r"column 'x': .* in row 2, not one value a row"):
        columns_of(pd.DataFrame({"x": [None, nested], "z": [1.0, 2.0]}))
    with pytest.raises(ValueError, match=r"column 'x': List\(Int64\), not one value a row"):
        columns_of(pl.DataFrame({"x": [[1], [2, 3]]}))
    assert list(table_of(pl.DataFrame({"x": [[1], [2, 3]], "z": [1, 2]}), without=["x"]).columns) == ["z"]


@pytest.mark.parametrize("role", ["X", "y", "sample_weight", "groups", "time"])
def test_what_lies_under_a_mask_is_used_nowhere(role):
    given = {"X": np.arange(2.0 * ROWS).reshape(ROWS, 2) ** 2, "y": np.arange(ROWS) * 1.0}
    given |= {name: np.arange(ROWS) * 1.0 + 1.0 for name in ("sample_weight", "groups", "time")}
    mask = np.zeros(given[role].shape, bool)
    mask[3] = True
    masked = np.ma.masked_array(given[role], mask)
    masked.data[3] = 1e9
    if role in ("X", "y"):
        data = prepare_data(**{**given, role: masked})
        assert not any((values == 1e9).any() for values in (*data.columns.values(), data.y))
        assert data.missing == (role == "y")
        return
    with pytest.raises(ValueError, match=f"{role} is missing in row 4"):
        prepare_data(**{**given, role: masked})
