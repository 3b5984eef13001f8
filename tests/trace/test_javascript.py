"""Formulas printed as JavaScript keep the accuracy rule that our own back ends keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from tests.support.places import REFERENCE
from tests.support.scripts import computed

from lossary import discovery, primitives
from lossary.backends import trace
from lossary.formula import Loss
from lossary.proof.accuracy import ULPS, quantities, worst, worst_plain
from lossary.proof.error_tables import PRIMITIVES, read
from lossary.proof.points import sweep
from lossary.proof.primitive_accuracy import ARGUMENTS, EXACT, Draws, _wrapped, points
from lossary.proof.rows.accuracy import judge
from lossary.proof.rows.cases import Case
from lossary.proof.rows.edge_cases import sweep as row_sweep
from lossary.rowwise import ROW_QUANTITIES, RowLoss

SIZE = 200
LOSSES = discovery.records()
BASICS = read(REFERENCE / PRIMITIVES)
ENGINE_ULPS = 4.0
"""What an engine's ``Math`` may add to the worst error that NumPy's functions leave a primitive."""


def printed(loss: Loss, quantity: str) -> str:
    names = ["y", "f", *(p.name for p in loss.parameters)]
    return trace.arrow(trace.trace(loss.quantity(quantity), names), names)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[float]]:
    """Every quantity of every loss over the sweep, from one run of the engine."""
    asked = [(loss, quantity) for loss in LOSSES for quantity in quantities(loss)]
    return computed(
        trace.primitives_script(),
        {f"{loss.name} {quantity}": printed(loss, quantity) for loss, quantity in asked},
        {f"{loss.name} {quantity}": list(sweep(loss, np.float64, SIZE)) for loss, quantity in asked},
        tmp_path_factory.mktemp("node"),
    )


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_every_formula_keeps_the_accuracy_rule(loss: Loss, answers: Mapping[str, list[float]]) -> None:
    for quantity in quantities(loss):
        got = np.array(answers[f"{loss.name} {quantity}"])
        found = worst(loss, quantity, np.float64, lambda *_, got=got: got, sweep(loss, np.float64, SIZE))
        assert found.ulps <= ULPS, f"{loss.name} {quantity}: {found}"


def test_a_wrong_formula_would_be_seen(answers: Mapping[str, list[float]]) -> None:
    loss = discovery.record("cauchy")
    assert isinstance(loss, Loss)
    off = np.array(answers["cauchy value"]) * (1.0 + 1e-12)
    assert worst(loss, "value", np.float64, lambda *_: off, sweep(loss, np.float64, SIZE)).ulps > ULPS


@pytest.fixture(scope="module")
def of_primitives(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[float]]:
    drawn = {name: points(name, np.float64) for name in ARGUMENTS}
    calls = {name: [(f, y, *rest)[: count(name)] for y, f, *rest in drawn[name]] for name in drawn}
    return computed(trace.primitives_script(), {name: name for name in drawn}, calls, tmp_path_factory.mktemp("node"))


def count(name: str) -> int:
    return len(ARGUMENTS[name](Draws(np.float64, 0)))


@pytest.mark.parametrize("name", ARGUMENTS)
def test_every_primitive_is_as_exact_as_on_numpy(name: str, of_primitives: Mapping[str, list[float]]) -> None:
    got = np.array(of_primitives[name])
    found = worst_plain(_wrapped(name, count(name)), "value", np.float64, lambda *_: got, points(name, np.float64))
    assert found.ulps <= BASICS[name]["numpy float64"] + ENGINE_ULPS, f"{name}: {found}"


def test_primitives_that_round_nothing_are_exact(tmp_path) -> None:
    numbers = [(-2.5,), (0.0,), (1e-300,), (3.0,)]
    pairs = [(a, b) for a in (-2.5, 0.0, 3.0) for b in (-1e300, 0.1, 3.0)]
    functions = {"product_error": "product_error", "minimum": "minimum", "maximum": "maximum"}
    got = computed(trace.primitives_script(), functions, dict.fromkeys(functions, pairs), tmp_path)
    assert got["minimum"] == [min(pair) for pair in pairs]
    assert got["maximum"] == [max(pair) for pair in pairs]
    with np.errstate(all="ignore"):
        wanted = [float(primitives.product_error(np.float64(a), np.float64(b))) for a, b in pairs]
    np.testing.assert_array_equal(got["product_error"], wanted)
    functions = {"sign": "sign", "absolute": "absolute"}
    got = computed(trace.primitives_script(), functions, dict.fromkeys(functions, numbers), tmp_path)
    assert got["sign"] == [float(np.sign(x)) for (x,) in numbers]
    assert got["absolute"] == [abs(x) for (x,) in numbers]


def test_every_primitive_has_its_script() -> None:
    assert trace.lacking_script() == []
    assert set(primitives.NAMES) == {*ARGUMENTS, *EXACT, *primitives.CONSTANTS}


# Rows of scores.

ROW_LOSSES = discovery.row_records()
FEW = 16


def some_rows(loss: RowLoss) -> list[Case]:
    """Edge cases of all settings, a few of each kind."""
    cases = [case for case in row_sweep(loss, np.float64, FEW) if len(case.f) <= 6]
    return cases[:: max(len(cases) // FEW, 1)]


@pytest.fixture(scope="module")
def of_rows(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Any]]:
    asked = [(loss, quantity) for loss in ROW_LOSSES for quantity in ROW_QUANTITIES]
    return computed(
        trace.primitives_script(),
        {f"{loss.name} {q}": f"(...row) => ({trace.row_script(loss)})(...row).{q}" for loss, q in asked},
        {
            f"{loss.name} {q}": [(case.f, case.weights(loss), *case.parameters) for case in some_rows(loss)]
            for loss, q in asked
        },
        tmp_path_factory.mktemp("node"),
    )


@pytest.mark.parametrize("loss", ROW_LOSSES, ids=lambda loss: loss.name)
def test_every_loss_of_a_row_keeps_the_accuracy_rule(loss: RowLoss, of_rows: Mapping[str, list[Any]]) -> None:
    cases = some_rows(loss)
    assert len(cases) >= 10
    for quantity in ROW_QUANTITIES:
        for case, got in zip(cases, of_rows[f"{loss.name} {quantity}"], strict=True):
            referee = judge(loss, case, np.float64)
            for j in [0] if quantity == "value" else referee.scores:
                number = got if quantity == "value" else got[j]
                ulps = referee.error((quantity, j), number, ULPS)
                assert ulps <= ULPS, f"{quantity} of score {j} at {case.said(loss)}: {ulps} ulp, {number}"


def test_a_wrong_number_of_a_row_would_be_seen(of_rows: Mapping[str, list[Any]]) -> None:
    loss = discovery.record("softmax_brier")
    assert isinstance(loss, RowLoss)
    off = [
        judge(loss, case, np.float64).error(("value", 0), number * (1.0 + 1e-11), ULPS)
        for case, number in zip(some_rows(loss), of_rows["softmax_brier value"], strict=True)
    ]
    assert max(off) > ULPS
