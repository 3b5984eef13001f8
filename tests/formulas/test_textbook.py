"""A loss's textbook form is its value to forty digits, and prints as a textbook has it; each check is shown to fail."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import mpmath
import numpy as np
import pytest

from lossary import discovery, textbook
from lossary.backends import trace
from lossary.backends.numpy_rows import Rows
from lossary.backends.reference_textbook import textbook_values
from lossary.formula import Loss
from lossary.primitives import INFINITY, absolute, exp, log, softplus, xlogy
from lossary.proof.findings import failures
from lossary.proof.pointwise.textbook import textbook as pointwise_attack
from lossary.proof.rows.cases import generic, settings
from lossary.proof.rows.textbook import textbook as row_attack
from lossary.rowwise import RowLoss
from lossary.textbook import largest, softmax, threshold, total

NUMERICS = re.compile(r"\b(peak|ties|rest|below|tied|afloat|lost|claim|odds|mass|err)\b")
"""Names of statistics that stand in no textbook."""
LOSSES = [loss for loss in discovery.every_record() if loss.textbook is not None]
EACH = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)


def attacked(loss: Loss | RowLoss) -> list:
    return list(pointwise_attack(loss) if isinstance(loss, Loss) else row_attack(loss))


@EACH
def test_the_textbook_form_is_the_value(loss: Loss | RowLoss) -> None:
    findings = attacked(loss)
    assert findings
    assert not failures(findings)


def test_every_row_loss_has_a_textbook_form(each_row_loss: RowLoss) -> None:
    assert each_row_loss.textbook is not None


@EACH
def test_it_prints_as_a_textbook_has_it(loss: Loss | RowLoss) -> None:
    text, latex = trace.textbook_text(loss), trace.textbook_latex(loss)
    assert not NUMERICS.search(text), text
    assert latex.count("{") == latex.count("}")
    assert ("sum_" in text or "max_" in text) == isinstance(loss, RowLoss)
    for parameter in loss.parameters:
        assert parameter.name in text, text


def test_the_best_known_of_all() -> None:
    loss = discovery.record("categorical_cross_entropy")
    assert trace.textbook_text(loss) == "-sum_j y_j log(f_j)"
    assert trace.textbook_latex(loss) == r"-\sum_{j} \, y_{j} \, \log(f_{j})"
    softmax_loss = replace(discovery.record("softmax_cross_entropy"), textbook=lambda y, f, z_loss: of_scores(y, f))
    with pytest.raises(NotImplementedError, match="of_scores"):
        trace.textbook_text(softmax_loss)


def of_scores(y, f):
    return -total(xlogy(y, softmax(f)))


# It can fail.


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("huber", lambda y, f, delta: absolute(f - y) * delta),
        ("logistic", lambda y, f, pos_weight, label_smoothing: pos_weight * y * softplus(-f) + (1 - y) * softplus(f)),
        ("squared_log_error", lambda y, f: (log(1.0000000000000002 + f) - log(1 + y)) ** 2),
        ("softmax_brier", lambda y, f: total((softmax(f) - y) ** 2) / 2),
        ("sparsemax", lambda y, f: total(threshold(f, 2.0) * (f - y))),
        ("multiclass_hinge", lambda y, f, margin: largest(f) - total(y * f)),
        ("listwise_softmax", lambda y, f: log(total(exp(f))) - total(y * f)),
    ],
)
def test_another_form_is_found_out(name: str, wrong) -> None:
    finding, *_ = attacked(replace(discovery.record(name), textbook=wrong))
    assert failures([finding])
    assert "by the textbook form" in finding.detail


def test_a_form_is_not_proved_by_points_that_cannot_be_told() -> None:
    loss = replace(discovery.record("huber"), value=_infinite, textbook=_infinite)
    (finding,) = attacked(loss)
    assert not finding.passed


def _infinite(y, f, delta):
    return INFINITY


def test_a_row_outside_of_a_sum_is_refused() -> None:
    loss = replace(discovery.record("softmax_brier"), textbook=lambda y, f: f - y)
    with pytest.raises(ValueError, match="row outside of total"):
        trace.textbook_text(loss)


def test_a_loss_without_one_says_so() -> None:
    with pytest.raises(ValueError, match="squared_error has no textbook form of its value"):
        trace.textbook_latex(discovery.record("squared_error"))


# The words: as they stand they are for NumPy, and mean what the referee's mean.


@pytest.mark.parametrize("loss", [x for x in LOSSES if isinstance(x, RowLoss)], ids=lambda loss: loss.name)
def test_a_form_runs_as_it_stands(loss: RowLoss) -> None:
    for case in generic(loss, settings(loss)[0], 4):
        t, f = np.array(case.weights(loss)), np.array(case.f)
        with np.errstate(all="ignore"):
            got = float(loss.textbook(t, f, *case.parameters))
        value = float(Rows(loss, t[np.newaxis], f[np.newaxis], case.given(loss)).value[0])
        if math.isfinite(value):
            assert got == pytest.approx(value, rel=1e-9, abs=1e-12)


def test_every_word_means_something_to_all_who_read_it() -> None:
    assert all(hasattr(textbook, word) for word in textbook.WORDS)
    (value,) = textbook_values(lambda y, f: threshold(f, 2.0), (1.0,), (0.3, 0.1, -2.0))
    over = [max(mpmath.mpf(x) - value, 0) ** 2 for x in (0.3, 0.1, -2.0)]
    assert abs(mpmath.fsum(over) - 1) < 1e-50
