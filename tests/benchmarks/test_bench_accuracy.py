"""The accuracy table's own machinery: a wrong peer is flagged, a right one passes, and a better one is a lost field."""

import json
import math

import numpy as np
import pytest
from bench.accuracy import numerics, tables
from bench.accuracy.judge import Cell, Shot, judged
from bench.accuracy.own import COMPILED, LIBRARIES
from bench.accuracy.peer import Function, Library
from bench.accuracy.rows import PROBES, ROWS, Row
from bench.accuracy.verdicts import lost

from lossary.proof.accuracy import exact_at

ROW = Row("log_cosh")


def naive(y, f):
    r = f - y
    return np.log(np.cosh(r)), np.tanh(r)


def careful(y, f):
    points = [(a, b) for a, b in zip(y.tolist(), f.tolist(), strict=True)]
    value, grad = ([float(exact_at(ROW.loss.quantity(q), p)) for p in points] for q in ("value", "grad"))
    return np.array(value), np.array(grad)


def library(compute, name="fake", **more):
    return Library(name, "fake 1.0", {ROW.label: Function("fake.log_cosh", compute, **more)})


def cells(made, dtype="float64"):
    return {cell.quantity: cell for cell in judged(made, ROW, dtype, ROW.points(dtype, 100))}


def test_a_wrong_peer_is_flagged_and_a_right_one_passes():
    wrong, right = cells(library(naive)), cells(library(careful))
    assert wrong["value"].broken > 0
    assert math.isinf(wrong["value"].worst.ulps)
    assert wrong["grad"].broken == 0
    assert right["value"].broken == 0 == right["grad"].broken
    assert tables.worst(wrong["value"]).startswith("lost (")
    assert float(tables.worst(right["value"])) <= 4.0


def test_the_failure_shown_is_at_numbers_of_ordinary_size():
    shot = cells(library(naive))["value"].telling
    assert shot is not None
    assert shot.ordinary
    assert not shot.kept


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_our_own_columns_keep_the_rule(dtype):
    for own in LIBRARIES:
        assert all(cell.broken_of_all == 0 for cell in judged(own, ROW, dtype, ROW.points(dtype, 60)))


def test_a_missing_quantity_dtype_or_loss_is_no_cell():
    assert set(cells(library(lambda y, f: (naive(y, f)[0], None)))) == {"value"}
    assert not cells(library(naive, dtypes=("float64",)), "float32")
    assert not list(judged(library(naive), Row("huber"), "float64", Row("huber").points("float64", 20)))


def test_only_the_points_a_peer_takes_are_asked_and_compared():
    made = cells(library(careful, takes=lambda y, f: y == 0.0))["value"]
    assert {shot.point[0] for shot in made.shots} == {0.0}


def _cell(name, errors):
    points = [(0.0, float(k)) for k in range(1, 1 + len(errors))]
    return Cell(ROW, name, "value", "float64", tuple(Shot(p, 1.0, 1.0, e) for p, e in zip(points, errors, strict=True)))


def test_a_better_peer_is_a_lost_field_at_its_own_points():
    ours = _cell(COMPILED, [0.5, 2.0, 5.0])
    assert not lost([ours, _cell("peer", [0.5, 2.0, 5.0])])
    assert not lost([ours, _cell("peer", [0.5])])
    assert [each.by_rule for each in lost([ours, _cell("peer", [0.5, 1.0])])] == [False]
    assert [each.by_rule for each in lost([ours, _cell("peer", [0.5, 2.0, 3.0])])] == [True]


def test_subnormal_points_are_set_apart():
    shots = (Shot((0.0, 5e-324), 0.0, 5e-324, 1e9), Shot((1.0, 2.0), 1.0, 1.0, 1.0))
    cell = Cell(ROW, "peer", "value", "float64", shots)
    assert (cell.broken, cell.broken_of_all, len(cell.normal)) == (0, 1, 1)


def test_numbers_are_shown_so_that_they_differ_and_shares_so_that_they_are_not_flattered():
    assert tables.apart(1.00000000502e-8, 1e-8) == ("1.000000005e-08", "1e-08")
    assert tables.failing(1, 1000) == "<1%"
    assert tables.passing(99999, 100000) == "99.99%"
    assert tables.ulps(4.0, "float64") == "4.0"
    assert tables.ulps(359.0, "float64") == "4e2"
    assert tables.ulps(math.inf, "float32") == "lost"


def test_every_row_and_probe_is_of_a_loss_we_have():
    labels = {row.label for row in ROWS}
    assert len(labels) == len(ROWS)
    assert {probe.row for probe in PROBES} <= labels
    assert all(row.loss.name == row.name for row in ROWS)


def test_the_page_of_numerics_takes_its_table(tmp_path):
    page, errors = tmp_path / "page.md", tmp_path / "errors.json"
    page.write_text(f"before\n{numerics.BEGIN}\nold\n{numerics.END}\nafter\n")
    errors.write_text(json.dumps({"exp": dict.fromkeys(numerics.COLUMNS, 0.77)}))
    for _ in range(2):
        numerics.main(page, errors)
    written = page.read_text()
    assert written.count("| `exp` | 0.77 | 0.77 | 0.77 | 0.77 |") == 1
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "old" not in written
