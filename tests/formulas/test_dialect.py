"""Formulas keep to the dialect that every back end understands; each rule is shown to refuse what breaks it."""

from __future__ import annotations

import ast
import inspect

import pytest
from tests.support.dialect import BAD, offences, parsed

from lossary.formula import QUANTITIES, Loss


def test_formulas_keep_to_the_dialect(each_loss: Loss) -> None:
    for quantity in QUANTITIES:
        formula = getattr(each_loss, quantity)
        if formula is not None:
            found = list(offences(parsed(formula)))
            assert not found, f"{each_loss.name}.{quantity}: {found[0]}"


def test_formulas_take_target_prediction_and_the_parameters_in_order(each_loss: Loss) -> None:
    expected = ["y", "f", *(p.name for p in each_loss.parameters)]
    for quantity in QUANTITIES:
        formula = getattr(each_loss, quantity)
        if formula is not None:
            assert list(inspect.signature(formula).parameters) == expected, f"{each_loss.name}.{quantity}"


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_breaks_the_dialect_is_refused(body: str) -> None:
    (function,) = ast.parse(f"def value(y, f):\n    {body}\n").body
    assert isinstance(function, ast.FunctionDef)
    assert list(offences(function))


@pytest.mark.parametrize("signature", ["y, f, *rest", "y, f=0.0", "y, *, f", "y, f, **rest"])
def test_odd_arguments_are_refused(signature: str) -> None:
    (function,) = ast.parse(f"def value({signature}):\n    return f - y\n").body
    assert isinstance(function, ast.FunctionDef)
    assert list(offences(function))
