"""scikit-learn's histogram boosting under every loss that it can take, at the size from which it stops early."""

from __future__ import annotations

import numpy as np
import pytest

import lossary
from lossary.boosting.checking import made_targets
from lossary.formula import LABELS, UNIT

ensemble = pytest.importorskip("sklearn.ensemble")

ROWS, NO_BOTTOM = 20_000, {"perceptron"}


def test_every_loss_trains_with_early_stopping(each_loss):
    """From 10,001 rows on scikit-learn holds rows out; a regression's targets are no classes to draw them by."""
    loss = lossary.get(each_loss.name)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 3)).astype(np.float32)
    y = made_targets(loss, X, rng).astype(np.float64)
    ours = lossary.sklearn.hist_gradient_boosting.loss(loss)
    kind = "HistGradientBoostingClassifier" if loss.target in (LABELS, UNIT) else "HistGradientBoostingRegressor"
    model = getattr(ensemble, kind)(loss=ours, max_iter=3, max_leaf_nodes=8).fit(X, y)
    assert model.do_early_stopping_
    assert hasattr(ours, "predict_proba") == (loss.target in (LABELS, UNIT))
    predicted, costs = model.predict(X[:100]), -model.train_score_
    assert predicted.shape == (100,)
    assert np.isfinite(predicted).all()
    if kind == "HistGradientBoostingClassifier":
        assert set(predicted) <= {0.0, 1.0}
        np.testing.assert_allclose(model.predict_proba(X[:100]).sum(axis=1), 1.0)
    if loss.name not in NO_BOTTOM:  # whose start is a minimum
        assert np.all(np.diff(costs) <= 1e-6 * max(abs(costs[0]), float(np.ptp(costs))))
        assert costs[-1] < costs[0]
