"""Code on the pages of losses runs as it stands there, and every host that a page leaves out refuses the loss."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import lossary
import lossary_site  # noqa: F401  it says on which back end Keras runs, before Keras is imported
from lossary.formula import Loss
from lossary.rowwise import RowLoss

pytest.importorskip("torch")
pytest.importorskip("keras")
pytest.importorskip("jax")

from lossary_site.snippets import Snippet, examples, is_of_labels, snippets

EXACT = ("NumPy", "PyTorch", "JAX")
EVERY = "tests/site/test_snippets.py::test_every_loss_has_code_for_every_host_or_takes_no_table"
BOOSTERS = ("XGBoost", "LightGBM", "CatBoost")


def table_of(record: Loss | RowLoss) -> dict[str, Any]:
    """Features and targets of forty rows, in the loss's domain."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(40, 2))
    pull = X @ [1.0, -0.5] + rng.normal(size=40)
    if isinstance(record, RowLoss):
        return {"X": X, "labels": np.digitize(pull, [-0.7, 0.7])}
    if is_of_labels(record):
        return {"X": X, "labels": (pull > 0).astype(int)}
    return {"X": X, "y": pull if record.target.low < 0 else np.round(np.exp(pull)) + 1.0}


def run(snippet: Snippet, record: Loss | RowLoss) -> dict[str, Any]:
    names: dict[str, Any] = {**table_of(record), "model": Compiled()}
    exec(snippet.code, names)
    return names


class Compiled:
    """What stands for a Keras model: it keeps the loss."""

    def compile(self, loss: Any) -> None:
        self.loss = loss


def costs(names: dict[str, Any], host: str) -> np.ndarray:
    if host == "PyTorch":
        return np.asarray(names["prediction"].grad)
    return np.asarray(names["gradient"])


@pytest.mark.sampled(EVERY)
def test_code_for_each_host_runs_and_agrees(each_loss: Loss) -> None:
    agree(each_loss)


@pytest.mark.sampled(EVERY)
def test_code_for_each_host_of_a_row_runs_and_agrees(each_row_loss: RowLoss) -> None:
    agree(each_row_loss)


def agree(record: Loss | RowLoss) -> None:
    made = {
        each.host: run(each, record) for each in snippets(lossary.get(record.name)) if each.host in (*EXACT, "Keras")
    }
    exact = costs(made["NumPy"], "NumPy")
    assert np.isfinite(exact).all()
    for host in EXACT[1:]:
        np.testing.assert_allclose(costs(made[host], host), exact, rtol=2e-5, atol=1e-6)
    y, f = examples(record)
    loss = made["Keras"]["model"].loss
    value = float(loss(np.array(y), np.array(f, np.float32)))
    # Keras takes the mean of a batch itself, and no root of it.
    power = 2 if getattr(record, "cost_root", False) else 1
    np.testing.assert_allclose(value, made["NumPy"]["cost"] ** power, rtol=1e-4)


@pytest.mark.parametrize("name", ["huber", "poisson", "logistic", "hinge", "softmax_cross_entropy", "cumulative_logit"])
def test_code_of_models_predicts(name: str) -> None:
    record = lossary.get(name).record
    for snippet in snippets(lossary.get(name)):
        if snippet.host in ("scikit-learn", "LightGBM"):
            names = run(snippet, record)
            assert np.isfinite(np.asarray(names["model"].predict(names["X"]), float)).all()


def test_every_loss_has_code_for_every_host_or_takes_no_table() -> None:
    for loss in lossary.catalogue():
        hosts = {each.host for each in snippets(loss)}
        for each in snippets(loss):
            compile(each.code, f"{loss.name} in {each.host}", "exec")
        assert {*EXACT, "Keras"} <= hosts, loss.name
        without = loss.name == "distillation"  # compares two rows of scores: no column of a table holds one
        assert ({"scikit-learn", *BOOSTERS} <= hosts) is not without, loss.name


@pytest.mark.slow("tests/site/test_snippets.py::test_code_of_models_predicts")
@pytest.mark.parametrize("loss", lossary.catalogue(), ids=lambda loss: loss.name)
def test_code_of_every_model_of_every_loss_predicts(loss: Any) -> None:
    with warnings.catch_warnings():
        # What a fit warns of (a scale far from the data's, classes that can be told apart) is no fault of the code.
        warnings.simplefilter("ignore")
        for snippet in snippets(loss):
            if snippet.host in ("scikit-learn", *BOOSTERS):
                names = run(snippet, loss.record)
                assert len(names["model"].predict(names["X"])) == 40
