"""Formulas of rowwise losses keep to the dialect, and take only what there is where they run; each rule can refuse."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from tests.support.dialect import BAD, idle, offences, parsed, strangers

from lossary.discovery import record, row_records
from lossary.formula import Formula
from lossary.primitives import log1p
from lossary.proof.findings import failures
from lossary.proof.rows.derivatives import derivatives
from lossary.rowwise import Outer, RowLoss, Statistic

EACH = pytest.mark.parametrize("loss", row_records(), ids=lambda loss: loss.name)


@EACH
def test_formulas_keep_to_the_dialect(loss: RowLoss) -> None:
    for name, formula in loss.formulas().items():
        found = list(offences(parsed(formula)))
        assert not found, f"{loss.name}.{name}: {found[0]}"


@EACH
def test_formulas_take_what_there_is(loss: RowLoss) -> None:
    assert not list(strangers(loss))


@EACH
def test_every_statistic_and_parameter_is_used(loss: RowLoss) -> None:
    assert not idle(loss)


# The rules can refuse.


def power(e, inverse):
    return (e * inverse) ** 2.0


def chosen(e, rest):
    return e if rest > 1.0 else 0.0


def inexact(f):
    return 0.1 * f


@pytest.mark.parametrize("formula", [power, chosen, inexact])
def test_a_formula_off_the_dialect_is_refused(formula: Formula) -> None:
    planted = replace(record("softmax_cross_entropy"), hess=formula)
    assert [name for name, f in planted.formulas().items() if list(offences(parsed(f)))] == ["hess"]


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_breaks_the_dialect_is_refused_under_row_names(body: str) -> None:
    source = f"def grad(y, f, t, rank, before, after):\n    {body}\n"
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert list(offences(function))


def of_score(f):
    return f


def of_target(t):
    return t


def of_nobody(f, stranger):
    return f + stranger


def of_row(k):
    return k


CROSSED = replace(record("softmax_cross_entropy"), outers=(), cross=lambda e_i, e_j, inverse: -e_i * e_j * inverse)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ({"value": of_score}, "value takes f"),
        ({"grad": of_nobody}, "grad takes stranger"),
        ({"outers": (Outer(of_score, of_row),)}, "outer0.scale takes f"),
        ({"outers": (Outer(of_row, of_nobody),)}, "outer0 takes stranger"),
        ({"cross": of_score}, "cross takes f"),
        ({"cross": of_row}, "stated twice"),
        ({"statistics": (Statistic("a", "row", of_score),)}, "a takes f"),
        ({"statistics": (Statistic("a", "expect", of_target),)}, "depends on the target"),
        ({"statistics": (Statistic("a", "keep", of_target), Statistic("b", "expect", lambda a: a))}, "b expects"),
        ({"statistics": (Statistic("a", "keep", lambda b: b), Statistic("b", "keep", of_score))}, "a takes b"),
        ({"statistics": (Statistic("z_loss", "sum", of_score),)}, "z_loss is a name already"),
        ({"statistics": (Statistic("exp", "sum", of_score),)}, "exp is a name already"),
        ({"statistics": (Statistic("rank", "sum", of_score),)}, "rank is a name already"),
        ({"statistics": (Statistic("a", "mean", of_score),)}, "of kind mean"),
        ({"statistics": (Statistic("a", "threshold", of_row),)}, "of kind threshold"),
        ({"statistics": (Statistic("a", "threshold", of_row, (), of_score),)}, "a.step takes f"),
        ({"statistics": (Statistic("a", "threshold", of_row, (("s", of_nobody),), of_row),)}, "a.s takes stranger"),
    ],
)
def test_a_formula_that_takes_what_is_not_there_is_refused(planted: dict, said: str) -> None:
    assert any(said in found for found in strangers(replace(record("softmax_cross_entropy"), **planted)))


def test_formulas_of_two_scores_take_them_by_their_suffixes() -> None:
    assert not list(strangers(CROSSED))
    assert not failures(derivatives(replace(CROSSED, parameters=(), **unweighted()), 4))


def unweighted() -> dict:
    """Softmax cross-entropy without z_loss, so that its Hessian is the plainest."""
    loss = record("softmax_cross_entropy")
    dropped = ("log_total", "pull", "push")
    return {
        "statistics": tuple(s for s in loss.statistics if s.name not in dropped),
        "value": lambda gap, mass, rest: mass * log1p(rest) + gap,
        "grad": lambda e, t, mass, inverse: mass * e * inverse - t,
        "hess": lambda e, mass, inverse: mass * e * inverse * (1.0 - e * inverse),
        "cross": lambda e_i, e_j, mass, inverse: -mass * e_i * inverse * e_j * inverse,
    }


@pytest.mark.parametrize("extra", [Statistic("a", "sum", of_score), Statistic("a", "keep", of_score)])
def test_a_statistic_that_nobody_uses_is_found(extra: Statistic) -> None:
    loss = record("softmax_cross_entropy")
    assert idle(replace(loss, statistics=(*loss.statistics, extra))) == {"a"}
