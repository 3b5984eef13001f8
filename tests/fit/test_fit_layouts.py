"""A fit does not depend on how its data lie in memory, and reads nothing that lies between them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.layouts import unlike

import lossary
from lossary.fit import linear


def arguments(loss: str) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(40, 3))
    y = x @ [1.0, -2.0, 0.5] + rng.normal(size=40)
    given = {
        "X": x,
        "y": rng.integers(0, 3, 40) if loss == "softmax_cross_entropy" else y,
        "sample_weight": rng.integers(0, 4, 40).astype(np.float64),
    }
    return given if loss == "softmax_cross_entropy" else {**given, "offset": rng.normal(size=40)}


@pytest.mark.parametrize("loss", ["huber", "softmax_cross_entropy", "absolute_error"])
def test_no_argument_of_a_fit_depends_on_its_layout(loss: str) -> None:
    def fitted(**laid: np.ndarray) -> tuple[object, object]:
        found = linear(laid.pop("X"), laid.pop("y"), loss, alpha=0.1, **laid)
        return np.asarray(found.intercept), found.coef

    given = arguments(loss)
    assert unlike(fitted, given) == []
    # Rows of weight zero are dropped, and with them how the weights lay.
    assert unlike(fitted, {**given, "sample_weight": given["sample_weight"] + 1.0}) == []


@pytest.mark.parametrize("argument", ["X", "y", "sample_weight", "offset"])
def test_a_masked_array_is_refused(argument: str) -> None:
    given: dict[str, object] = dict(arguments("huber"))
    given[argument] = np.ma.masked_less(given[argument], 0.5)
    with pytest.raises(TypeError, match=f"{argument} is a masked array"):
        linear(given.pop("X"), given.pop("y"), lossary.huber, **given)
