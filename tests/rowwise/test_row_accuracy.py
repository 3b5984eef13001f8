"""The accuracy rule for rows: the committed table of worst errors, and a part of it measured anew.

``make reference`` writes ``tests/reference/rows.json``.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import mpmath
import numpy as np
import pytest
from mpmath import mp
from tests.support.kernels import ROW_EVALUATORS
from tests.support.places import REFERENCE
from tests.support.rows import layout

from lossary.backends.cpu.specs.rows import NARROWEST_WIDE
from lossary.backends.reference import DIGITS
from lossary.discovery import record, row_records
from lossary.primitives import log
from lossary.proof.accuracy import DTYPES, ULPS
from lossary.proof.error_tables import read
from lossary.proof.rows import error_tables
from lossary.proof.rows.accuracy import MOST, Judge, worst
from lossary.proof.rows.cases import Case, rounded
from lossary.proof.rows.edge_cases import wide
from lossary.proof.rows.error_tables import COLUMNS, ROWS, WIDE, cases, limit
from lossary.proof.rows.evaluators import on_numpy
from lossary.proof.rows.exact_loss import ExactRowLoss
from lossary.rowwise import ROW_QUANTITIES, RowLoss

TABLE = read(REFERENCE / ROWS)
EACH = pytest.mark.parametrize("loss", row_records(), ids=lambda loss: loss.name)
CROSS_ENTROPY = record("softmax_cross_entropy")


def some(loss: RowLoss, dtype: str, broad: bool, indexed: bool, rows: int) -> list[Case]:
    """Of the rows that the table is measured on those that go through one kernel; the first few, of all kinds."""
    fitting = [
        case
        for case in cases(loss, DTYPES[dtype])
        if (len(case.f) >= NARROWEST_WIDE) == broad and isinstance(case.y, int) == indexed
    ]
    return fitting[:rows]


@EACH
def test_rows_keep_the_rule_and_their_record(loss: RowLoss) -> None:
    dtype, *rest = layout(loss)
    where = some(loss, dtype, *rest)
    assert len(where) >= 3
    for quantity in ROW_QUANTITIES:
        for backend, evaluate in ROW_EVALUATORS.items():
            column = f"{backend} {dtype}"
            recorded = TABLE[loss.name][quantity][column]
            most = limit(column, recorded)
            found = worst(loss, quantity, DTYPES[dtype], evaluate, where, most)
            assert found.ulps <= most <= ULPS, (
                f"{loss.name} {quantity} on {column} was {recorded} ulp, is {found}; "
                "if that is meant, `make reference` records it, and CHANGELOG.md says why under Numerics"
            )


def test_the_table_is_complete() -> None:
    assert {name: list(entry) for name, entry in TABLE.items()} == {
        loss.name: list(ROW_QUANTITIES) for loss in row_records()
    }, "run `make reference`"
    assert all(list(errors) == COLUMNS for entry in TABLE.values() for errors in entry.values())
    assert {column.split()[0] for column in COLUMNS} == {"numpy", "cpu"}


def test_the_committed_table_keeps_the_rule() -> None:
    beyond = {
        f"{name} {quantity} {column}": ulps
        for name, entry in TABLE.items()
        for quantity, errors in entry.items()
        for column, ulps in errors.items()
        if not 0.0 <= ulps <= ULPS
    }
    assert not beyond


def test_the_table_is_measured_on_rows_of_both_layouts_and_of_every_kind() -> None:
    for dtype in DTYPES.values():
        where = cases(CROSS_ENTROPY, dtype)
        kinds = {case.kind.split(";")[0] for case in where if len(case.f) < NARROWEST_WIDE}
        assert kinds == {case.kind.split(";")[0] for case in where if len(case.f) == WIDE}
        assert any(-math.inf in case.f for case in where)
        assert any(min(case.f) > 9e3 for case in where)
        assert {isinstance(case.y, int) for case in where if len(case.f) == WIDE} == {True, False}


# The rule itself.


def test_what_the_scores_cannot_resolve_is_forgiven_and_no_more() -> None:
    judge = Judge(CROSS_ENTROPY, Case(1, (1024.0, 0.0), (0.0,)), np.float64)
    # The value is 1024; an ulp of the first score moves it by 2**-42, which is an ulp of the value too.
    ulp = 2.0**-42
    assert judge.error(("value", 0), 1024.0) == 0.0
    assert judge.error(("value", 0), 1024.0 + 6.0 * ulp) <= ULPS
    assert judge.error(("value", 0), 1024.0 + 7.0 * ulp) > ULPS


def test_a_long_row_is_forgiven_what_all_its_inputs_do_together() -> None:
    # Scores of 4096 and -4096 by turns, none of which is right: a logistic of 4096 moves by as much as its score does,
    # one of -4096 by nothing.
    k = 2 * MOST
    f = tuple(4096.0 if i % 2 else -4096.0 for i in range(k))
    judge = Judge(record("one_vs_rest_logistic"), Case(tuple([0.0] * k), f), np.float64)
    with mp.workdps(DIGITS):
        alone = judge.allowance(("value", 0), mpmath.mpf(0))
        together = judge.allowance(("value", 0), mpmath.inf)
    ulp = 2.0**-40
    assert alone == 0.0
    assert float(together) == pytest.approx(2.0 * (k / 2) * ulp, rel=0.01)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_digit_lost_is_found(dtype: str) -> None:
    def sloppy(loss: RowLoss, quantity: str, y: np.ndarray, f: np.ndarray, given: tuple, kind: type) -> np.ndarray:
        return on_numpy(loss, quantity, y, f, given, kind) * kind(1 + 64 * np.finfo(kind).eps)

    where = some(CROSS_ENTROPY, dtype, False, True, 12)
    for quantity in ROW_QUANTITIES:
        assert worst(CROSS_ENTROPY, quantity, DTYPES[dtype], on_numpy, where).ulps <= ULPS
        assert worst(CROSS_ENTROPY, quantity, DTYPES[dtype], sloppy, where).ulps > ULPS


def test_the_textbook_log_of_a_sum_is_found_out() -> None:
    naive = replace(CROSS_ENTROPY, value=lambda gap, mass, rest: mass * log(1.0 + rest) + gap)
    for evaluate in ROW_EVALUATORS.values():
        assert worst(naive, "value", np.float64, evaluate, some(naive, "float64", False, True, 40)).ulps > ULPS


def test_running_sums_of_many_classes_keep_their_digits() -> None:
    loss = record("ranked_probability_score")
    f = rounded(np.full(300, 1.0 / 300.0), np.float64)
    where = [Case(0, f), Case(299, f), *wide(loss, np.float64, 300)[:2]]
    for quantity in ROW_QUANTITIES:
        assert worst(loss, quantity, np.float64, on_numpy, where).ulps <= ULPS


def test_losses_are_judged_at_every_parameter_setting() -> None:
    assert {case.parameters[0] for case in cases(CROSS_ENTROPY, np.float64)} >= {0.0, 0.5}
    with mp.workdps(DIGITS):
        for case in cases(CROSS_ENTROPY, np.float32)[::20]:
            assert ExactRowLoss(CROSS_ENTROPY, case.parameters).takes(case.weights(CROSS_ENTROPY), case.f)


def test_one_loss_is_measured_anew_and_the_others_lines_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {**TABLE, "softmax_cross_entropy": {}}
    (tmp_path / ROWS).write_text(json.dumps(known))
    monkeypatch.setattr(error_tables, "cases", lambda loss, dtype: some(loss, "float64", False, True, 3))
    monkeypatch.setattr(error_tables, "EVALUATORS", {"numpy": on_numpy})
    monkeypatch.setattr(error_tables, "COLUMNS", [f"numpy {dtype}" for dtype in DTYPES])
    said = list(error_tables.write_rows(tmp_path, ["softmax_cross_entropy"]))
    assert len(said) == 1
    written = read(tmp_path / ROWS)
    assert list(written) == list(TABLE)
    assert set(written["softmax_cross_entropy"]) == set(ROW_QUANTITIES)
    assert written["focal_softmax"] == TABLE["focal_softmax"]
