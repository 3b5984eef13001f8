"""What a loss says of itself where people work: ``help``, a notebook's output, the names that are offered."""

from __future__ import annotations

import doctest
import inspect
import pydoc
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from tests.support.processes import run_python

import lossary
from lossary.evaluate.notebook import curves_of
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import catalogue
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import POSITIVE, Parameter

LOSSES = catalogue()
TRIED = ("huber", "quantile", "logistic", "gamma_deviance", "softmax_cross_entropy", "multiclass_brier")
"""Losses of each structure, whose examples are run."""


def named(losses):
    return [pytest.param(loss, id=loss.name) for loss in losses]


@pytest.mark.parametrize("loss", named(LOSSES))
def test_help_explains_the_loss_and_not_its_class(loss):
    text = pydoc.render_doc(loss, renderer=pydoc.plaintext)
    for told in (str(loss), loss.prose.splitlines()[0], "Formula", "value :", "y_true :", "Examples", *loss.aliases):
        assert told in text
    for parameter in loss.parameters:
        assert f"{parameter.name} : float in {parameter.within}, default {parameter.default:g}" in text
    assert inspect.getdoc(type(loss)) not in text


@pytest.mark.parametrize("name", TRIED)
def test_the_examples_of_help_are_true(name):
    text = lossary.get(name).__doc__
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    test = parser.get_doctest(text, {}, name, None, 0)
    assert len(test.examples) == 3
    assert runner.run(test).failed == 0


def test_a_wrong_example_would_be_seen(capsys):
    text = re.sub(r"array\(\[0\.125", "array([0.126", lossary.huber.__doc__)
    test = doctest.DocTestParser().get_doctest(text, {}, "huber", None, 0)
    assert doctest.DocTestRunner().run(test).failed == 1


def test_classes_of_losses_keep_their_own_docstrings():
    assert LossFunction.__doc__.startswith("A loss and its parameters.")
    assert RowLossFunction.__doc__.startswith("A rowwise loss and its parameters.")


def test_help_tells_the_parameters_that_were_given():
    assert lossary.huber.using(delta=2.0).__doc__.startswith("huber(delta=2)")


def mine(value=lambda y, f, c=1.0: ((f - y) / c) ** 4, **facts):
    return lossary.define(value, **facts)


def test_a_user_s_own_loss_explains_itself():
    loss = mine(name="mine")
    assert "value : (f - y)^4 / c^4" in loss.__doc__
    assert "<polyline" in loss._repr_html_()


# Notebooks


@pytest.mark.parametrize("loss", named(LOSSES))
def test_a_notebook_shows_formula_and_curves(loss):
    card = loss._repr_html_()
    root = ElementTree.fromstring(card.replace("<br>", "<br/>"))  # closed and nested as it should be
    kinds = {line.get("class") for line in root.iter("polyline")}
    assert kinds == {"value", "gradient"}
    points = [pair for line in root.iter("polyline") for pair in line.get("points").split()]
    assert all(re.fullmatch(r"-?\d+\.\d,-?\d+\.\d", pair) for pair in points)
    assert loss.brief in "".join(root.itertext())
    assert "value: " in "".join(root.itertext())
    assert len(card) < 20_000


@pytest.mark.parametrize("name", ["huber", "quantile", "poisson"])
def test_the_curves_are_the_loss(name):
    loss = lossary.get(name)
    curves = curves_of(loss)
    y = float(curves.about.rpartition("= ")[2])
    there = np.isfinite(curves.f)
    f = curves.f[there][::40]
    np.testing.assert_allclose(curves.value[there][::40], loss(np.full(f.shape, y), f), rtol=1e-12)
    np.testing.assert_allclose(curves.gradient[there][::40], loss.gradient(np.full(f.shape, y), f), rtol=1e-12)


def test_the_curves_of_a_row_are_the_loss():
    loss = lossary.softmax_cross_entropy
    curves = curves_of(loss)
    rows = np.column_stack([curves.f, np.zeros(curves.f.size)])
    target = np.zeros(curves.f.size, dtype=np.int64)
    np.testing.assert_allclose(curves.value, loss(target, rows), rtol=1e-12)
    np.testing.assert_allclose(curves.gradient, loss.gradient(target, rows)[:, 0], rtol=1e-12)


def test_a_user_s_words_are_no_markup():
    card = mine(parameters=[Parameter("c", 1.0, POSITIVE, "<script>alert(1)</script>")])._repr_html_()
    assert "<script" not in card
    assert "&lt;script" in card


def test_a_loss_without_a_curve_is_shown_without():
    card = lossary.huber.using(delta=np.ones(3))._repr_html_()
    assert "<svg" not in card
    assert "value: " in card


# Names


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("hubr", "did you mean huber"),
        ("Huber", "did you mean huber"),
        ("softmax_crossentropy", "softmax_cross_entropy"),
        ("pinball", "lossary.get('pinball') is lossary.quantile"),
        ("chose", "did you mean choose"),
        ("tourch", "did you mean torch"),
        ("nothing_like_it", "`lossary list` shows the losses"),
    ],
)
def test_a_name_that_is_not_there_names_the_nearest(asked, told):
    with pytest.raises(AttributeError) as refusal:
        getattr(lossary, asked)
    assert told in str(refusal.value)


def test_a_private_name_is_refused_without_a_search():
    answer = run_python(
        "import lossary, sys; hasattr(lossary, '_repr_x_'); print('lossary.losses.robust' in sys.modules)"
    )
    assert answer.stdout == "False\n"


def test_completion_offers_what_is_wanted():
    offered = dir(lossary)
    assert {loss.name for loss in LOSSES} | {"torch", "choose", "get"} <= set(offered)
    assert not {"importlib", "Any", "annotations", "TYPE_CHECKING"} & set(offered)


def test_importing_takes_less_than_150_ms():
    timed = "import time; begun = time.process_time(); import lossary; print(time.process_time() - begun)"
    assert min(float(run_python(timed).stdout) for _ in range(3)) < 0.15
