"""Gradients and Hessians of rowwise losses against the derivatives of the value; a planted slip is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lossary.discovery import record, row_records
from lossary.primitives import log1p, where
from lossary.proof.findings import failures
from lossary.proof.rows.cases import Case, far, generic, settings
from lossary.proof.rows.derivatives import CROSSED, DIAGONAL, GRADIENT, derivatives
from lossary.proof.rows.edge_cases import BEYOND, PREDICTIONS, edge_cases, sweep
from lossary.proof.rows.exact_loss import ExactRowLoss
from lossary.rowwise import Outer, RowLoss

EACH = pytest.mark.parametrize("loss", row_records(), ids=lambda loss: loss.name)


def seven(k):
    return 7.0


def score(f):
    return f


def found(loss: RowLoss, rows: int = 2) -> str:
    return "\n".join(map(str, failures(derivatives(loss, rows))))


@EACH
def test_formulas_are_derivatives(loss: RowLoss) -> None:
    assert not failures(derivatives(loss))


@EACH
def test_a_wrong_gradient_is_found(loss: RowLoss) -> None:
    assert GRADIENT in found(loss.with_quantities(grad=loss.value))


@EACH
def test_a_wrong_diagonal_is_found(loss: RowLoss) -> None:
    assert DIAGONAL in found(loss.with_quantities(hess=loss.grad))


@EACH
def test_a_wrong_entry_off_the_diagonal_is_found(loss: RowLoss) -> None:
    if loss.cross is None:
        planted = replace(loss, outers=(*loss.outers, Outer(seven, score)))
    else:
        planted = replace(loss, cross=lambda f_i, f_j: f_i * f_j)
    said = found(planted)
    assert CROSSED in said
    assert DIAGONAL not in said


CROSS_ENTROPY = record("softmax_cross_entropy")


def test_a_slip_in_one_parameter_setting_is_found() -> None:
    # Right at the default z_loss=0 only.
    planted = CROSS_ENTROPY.with_quantities(value=lambda mass, rest, gap: mass * log1p(rest) + gap)
    said = found(planted)
    assert GRADIENT in said
    assert "z_loss=0 " not in said


def test_a_slip_at_the_top_only_is_found() -> None:
    planted = CROSS_ENTROPY.with_quantities(grad=lambda e, t, pull: where(e == 1.0, 0.0, pull * e - t))
    assert GRADIENT in found(planted)


def test_a_slip_in_confident_rows_only_is_found() -> None:
    planted = CROSS_ENTROPY.with_quantities(grad=lambda f, e, t, pull, peak: where(f < peak - 10.0, 0.0, pull * e - t))
    assert "(far" in found(planted, 8)


def test_a_formula_that_cannot_run_is_found() -> None:
    planted = CROSS_ENTROPY.with_quantities(grad=lambda e, below: e / (below - below))
    assert "cannot be computed" in found(planted)


# The rows.


def all_cases(loss: RowLoss, dtype: type) -> list[Case]:
    made = list(sweep(loss, dtype))
    for parameters in settings(loss)[:2]:
        made += edge_cases(loss, parameters, dtype, (2, 3), beyond=True)
    return made


@EACH
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_hard_rows_are_valid_and_exact_in_their_dtype(loss: RowLoss, dtype: type) -> None:
    for case in all_cases(loss, dtype):
        row = np.array(case.f)
        stated = () if isinstance(case.y, int) else case.y
        assert np.array_equal(row.astype(dtype).astype(float), row)
        assert np.array_equal(np.array(stated, dtype).astype(float), np.array(stated, float))
        t = case.weights(loss)
        assert ExactRowLoss(loss, case.parameters).takes(t, case.f), case.said(loss)
        if loss.prediction == "scores" and loss.targets != "scores":
            assert not any(x == -np.inf and w > 0.0 for x, w in zip(case.f, t, strict=False)), case.said(loss)


@EACH
def test_generic_rows_are_valid_and_without_ties(loss: RowLoss) -> None:
    for parameters in settings(loss):
        for case in [*generic(loss, parameters, 12), *far(loss, parameters)]:
            assert ExactRowLoss(loss, case.parameters).takes(case.weights(loss), case.f), case.said(loss)
            assert len(set(case.f)) == len(case.f)


def test_every_kind_of_row_is_swept() -> None:
    made = list(sweep(CROSS_ENTROPY, np.float64))
    kinds = {case.kind.split(";")[0] for case in made}
    chosen = np.random.default_rng(0)
    assert kinds >= {what for what, _ in PREDICTIONS["scores"](3, np.float64, chosen)}
    assert not kinds & {what for what, _ in BEYOND["scores"](3, np.float64, chosen)}
    assert {len(case.f) for case in made} >= {2, 3, 5, 10}
    assert {type(case.y) for case in made} == {int, tuple}
    assert made == list(sweep(CROSS_ENTROPY, np.float64))
