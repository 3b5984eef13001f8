"""The accuracy rule for every formula, back end and dtype, and the tables of worst errors that may only shrink.

``make reference`` writes ``tests/reference/accuracy.json`` and ``primitives.json``.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
from tests.support.kernels import EVALUATORS
from tests.support.places import REFERENCE

from lossary import discovery, primitives
from lossary.discovery import record
from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import QUANTITIES, REALS, Claims, Loss, Parameter
from lossary.primitives import exp, log, product_error
from lossary.proof.accuracy import DTYPES, ULPS, error, plain_error, quantities, slack, spacing, worst, worst_plain
from lossary.proof.error_tables import (
    ACCURACY,
    COLUMNS,
    PRIMITIVES,
    limit,
    read,
    rounded_up,
    write,
)
from lossary.proof.points import sweep
from lossary.proof.pointwise.evaluators import on_numpy
from lossary.proof.primitive_accuracy import ARGUMENTS, EXACT, Draws, _wrapped, points

LOSSES = read(REFERENCE / ACCURACY)
BASICS = read(REFERENCE / PRIMITIVES)
PRIMITIVE_NAMES = list(ARGUMENTS)
FORMULAS = [(loss, quantity) for loss in discovery.records() for quantity in quantities(loss)]


@pytest.mark.parametrize(("loss", "quantity"), FORMULAS, ids=[f"{loss.name}-{quantity}" for loss, quantity in FORMULAS])
def test_formulas_keep_the_rule_and_their_record(loss: Loss, quantity: str) -> None:
    recorded = LOSSES[loss.name][quantity]
    for dtype, backend in itertools.product(DTYPES, EVALUATORS):
        column = f"{backend} {dtype}"
        found = worst(loss, quantity, DTYPES[dtype], EVALUATORS[backend])
        assert found.ulps <= ULPS, f"{loss.name} {quantity} on {column}: {found}"
        assert found.ulps <= limit(column, recorded[column]), (
            f"{loss.name} {quantity} on {column} was {recorded[column]} ulp, is {found}; "
            "if that is meant, `make reference` records it, and CHANGELOG.md says why under Numerics"
        )


@functools.cache
def five_primitives(first: int) -> Loss:
    """A loss whose formulas are primitives, so that five take one kernel a dtype, and not each its own."""
    chosen = [_wrapped(name, len(ARGUMENTS[name](Draws(np.float64, 0)))) for name in PRIMITIVE_NAMES[first : first + 5]]
    formulas = dict(zip(QUANTITIES, itertools.cycle(each.value for each in chosen), strict=False))
    return replace(chosen[0], name=f"primitives_from_{first}", **formulas)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_primitives_keep_their_record(name: str) -> None:
    recorded = BASICS[name]
    group, place = divmod(PRIMITIVE_NAMES.index(name), 5)
    holder, quantity = five_primitives(5 * group), QUANTITIES[place]
    for dtype, backend in itertools.product(DTYPES, EVALUATORS):
        column, tested = f"{backend} {dtype}", points(name, DTYPES[dtype])
        found = worst_plain(holder, quantity, DTYPES[dtype], EVALUATORS[backend], tested)
        assert found.ulps <= limit(column, recorded[column]), (
            f"{name} on {column} was {recorded[column]} ulp, is {found}"
        )


def test_the_tables_are_complete() -> None:
    have = {name: list(entry) for name, entry in LOSSES.items()}
    assert have == {loss.name: quantities(loss) for loss in discovery.records()}, "run `make reference`"
    assert all(list(errors) == COLUMNS for entry in LOSSES.values() for errors in entry.values())
    assert list(BASICS) == list(ARGUMENTS)
    assert {*ARGUMENTS, *EXACT, *primitives.CONSTANTS} == set(primitives.NAMES)


def test_the_committed_tables_keep_the_rule() -> None:
    beyond = {
        f"{name} {quantity} {column}": ulps
        for name, entry in LOSSES.items()
        for quantity, errors in entry.items()
        for column, ulps in errors.items()
        if ulps > ULPS
    }
    assert not beyond


# The rule itself.


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_errors_are_counted_in_units_of_the_last_place(dtype: type) -> None:
    eps = float(np.finfo(dtype).eps)
    with mpmath.workdps(40):
        assert plain_error(1 + mpmath.mpf(eps) / 4, 1.0, dtype) == 0.25
    assert plain_error(mpmath.mpf(3), 3.0 + 4 * eps, dtype) == 2.0
    tiny = float(np.finfo(dtype).smallest_subnormal)
    assert plain_error(mpmath.mpf(tiny), 0.0, dtype) == 1.0
    assert spacing(mpmath.mpf(float(np.finfo(dtype).max)), dtype) > 0.0


def test_infinities_and_nans_are_right_or_wrong() -> None:
    inf, nan = math.inf, math.nan
    assert plain_error(mpmath.mpf("1e400"), inf, np.float64) == 0.0
    assert plain_error(mpmath.inf, 1e308, np.float64) == inf
    assert plain_error(mpmath.mpf(1), nan, np.float64) == inf
    assert plain_error(mpmath.mpf("-1e400"), inf, np.float64) == inf
    assert plain_error(mpmath.nan, nan, np.float64) == 0.0
    assert plain_error(mpmath.mpf("1e39"), inf, np.float32) == 0.0
    assert plain_error(mpmath.mpf("1e38"), inf, np.float32) == inf


def test_only_what_the_inputs_cannot_resolve_is_forgiven() -> None:
    value = record("exponential").value
    assert error(value, (-1.0, 700.0), float(mpmath.exp(700)) * (1 + 1e-13), np.float64) <= ULPS
    assert error(value, (-1.0, 0.5), float(mpmath.exp(0.5)) * (1 + 2e-15), np.float64) > ULPS
    assert slack(value, (-1.0, 700.0), np.float64) > 100 * spacing(mpmath.exp(700), np.float64)


def test_a_digit_lost_on_a_back_end_is_found(each_loss: Loss) -> None:
    def sloppy(loss: Loss, quantity: str, points: list, dtype: type) -> np.ndarray:
        with np.errstate(over="ignore"):
            return on_numpy(loss, quantity, points, dtype) * dtype(1 + 64 * np.finfo(dtype).eps)

    assert worst(each_loss, "value", np.float64, sloppy, list(sweep(each_loss, np.float64, 200))).ulps > ULPS


def test_the_textbook_log_cosh_is_found_out() -> None:
    naive = record("log_cosh").with_quantities(value=lambda y, f: log(0.5 * (exp(f - y) + exp(y - f))))
    for evaluate in EVALUATORS.values():
        assert worst(naive, "value", np.float64, evaluate).ulps == math.inf


def test_recorded_errors_may_only_shrink() -> None:
    assert rounded_up(1.231) == 1.24
    assert limit("cpu float64", 1.0) < 1.02
    assert limit("numpy float64", 1.0) == ULPS


def test_tables_survive_writing(tmp_path: Path) -> None:
    table = {"a": {"value": {"cpu float64": 0.5}}, "b": {"cpu float64": 1.0}}
    write(tmp_path / "new" / "table.json", table)
    assert read(tmp_path / "new" / "table.json") == table
    assert read(tmp_path / "none.json") == {}


def lost_digits(y, f, a):
    return product_error(f, a)


@pytest.mark.parametrize("backend", EVALUATORS)
def test_the_error_of_a_product_is_exact(backend: str) -> None:
    chosen = np.random.default_rng(1857)
    factors = np.ldexp(chosen.uniform(-1.0, 1.0, (2, 200)), chosen.integers(-200, 200, (2, 200)))
    holder = Loss(
        "lost_digits",
        lost_digits,
        lost_digits,
        lost_digits,
        Claims(),
        "none",
        (),
        (),
        parameters=(Parameter("a", 1.0, REALS, ""),),
    )
    for x, a in factors.T.tolist():
        if backend == "numpy":
            got = float(on_numpy(holder, "value", [(0.0, x, a)], np.float64)[0])
        else:
            got = float(LossFunction(holder, {"a": a})([0.0], [x])[0])
        assert Fraction(x) * Fraction(a) - Fraction(x * a) == Fraction(got), f"{x!r} * {a!r}"
