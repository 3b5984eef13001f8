"""The best constants on the pages of losses: no constant beside them costs less."""

from __future__ import annotations

import numpy as np
import pytest

import lossary
from lossary.backends.numpy import evaluate
from lossary.evaluate.pointwise.function import LossFunction
from lossary_site.best import CLASSES, best, sample
from lossary_site.snippets import examples

POINTWISE = [loss for loss in lossary.catalogue() if isinstance(loss, LossFunction)]


@pytest.mark.parametrize("loss", POINTWISE, ids=str)
def test_no_constant_beside_it_costs_less(loss: LossFunction) -> None:
    y = np.array(sample(loss), dtype=np.float64)
    constant = float(loss.optimal_constant(y))
    beside = [f for f in constant + np.linspace(-0.5, 0.5, 41) if f in loss.record.prediction]
    cost, *costs = (np.mean(evaluate(loss.record.value, y, f, *loss.given.values())) for f in (constant, *beside))
    assert len(beside) > 10
    assert cost <= min(costs) + 1e-12
    assert f"is {constant + 0.0:.3g}" in best(loss)


def test_proper_losses_of_rows_have_their_shares() -> None:
    assert "[0.6, 0.2, 0.2]" in best(lossary.get("multiclass_brier"))
    assert "probabilities 0.6, 0.2 and 0.2" in best(lossary.get("softmax_cross_entropy"))
    assert best(lossary.get("multiclass_hinge")) == ""


def test_log_probabilities_have_a_best_constant_too() -> None:
    loss = lossary.get("kl_target_prediction_log_probabilities")
    np.testing.assert_allclose(np.exp(loss.optimal_constant(CLASSES, classes=3)), [0.6, 0.2, 0.2], rtol=1e-15)


def test_every_page_s_code_has_examples() -> None:
    bare = [loss.name for loss in lossary.catalogue() if not examples(loss.record)[0]]
    assert bare == []
