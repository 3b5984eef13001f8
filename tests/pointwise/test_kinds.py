"""What all kinds of loss do alike stands once: shown keywords, pickles, refusals."""

from __future__ import annotations

import inspect
import pickle

import numpy as np
import pytest

import lossary
from lossary.evaluate.base import BaseLossFunction
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import restored
from lossary.evaluate.rows.function import RowLossFunction

CURVED = ("hessian", "gradient_and_hessian")
SHARED = (*CURVED, "__call__", "gradient", "quantity", "cost", "cost_and_gradient", "parts")


@pytest.mark.parametrize("method", SHARED)
def test_a_shared_method_is_the_base_s_and_shows_the_kind_s_keywords(method: str) -> None:
    base, pointwise, rows = (getattr(kind, method) for kind in (BaseLossFunction, LossFunction, RowLossFunction))
    assert base is rows
    assert pointwise.__code__ is base.__code__
    assert pointwise.__doc__ == base.__doc__
    shown = inspect.signature(pointwise).parameters
    assert [name for name in inspect.signature(base).parameters if name != "options"] == [
        name for name in shown if name not in ("curvature", "broadcast", "missing", "parameters")
    ]
    assert ("curvature" in shown) == (method in CURVED)
    assert shown["broadcast"].default is False
    assert shown["missing"].default == "error"


def test_the_keywords_that_are_shown_are_taken() -> None:
    y, f = np.array([0.0, np.nan]), np.array([3.0, 3.0])
    for method in SHARED:
        first = ("value",) if method == "quantity" else ()
        keywords = {"broadcast": True, "missing": "nan", "delta": 2.0}
        if method in CURVED:
            keywords["curvature"] = "majorizer"
        getattr(lossary.huber, method)(*first, y, f, **keywords)
    with pytest.raises(TypeError, match="no parameter or option 'curvature'"):
        lossary.softmax_cross_entropy.cost([0], [[0.0, 0.0]], curvature="exact")


@pytest.mark.parametrize("name", ["huber", "focal_softmax"])
def test_a_pickle_of_version_0_1_0_is_still_read(name: str) -> None:
    loss = lossary.get(name)
    pickled = b"clossary.evaluate.registry\nrestored\n(V" + name.encode() + b"\n(dtR."
    assert pickle.loads(pickled) is loss
    assert restored(name, {loss.parameters[0].name: 0.5}).given[loss.parameters[0].name] == 0.5


def test_a_place_that_cannot_hold_the_gradient_is_refused_even_where_it_overlaps() -> None:
    y, f, weight = np.zeros(4), np.ones(4), np.ones(4)
    for arguments in ((y, f), (y, f, weight)):
        with pytest.raises(ValueError, match=r"out must be an array of shape \(4,\)"):
            lossary.huber.cost_and_gradient(*arguments, out=f[:2])
