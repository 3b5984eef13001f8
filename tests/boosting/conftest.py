"""What the tests of the boosters share: small data, and each booster that is installed behind one face."""

from __future__ import annotations

import importlib
import zlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from tests.support.catalogue import TYPICAL, TYPICAL_ROWS

HOSTS = [name for name in ("lightgbm", "xgboost", "catboost") if find_spec(name)]
collect_ignore_glob = [] if HOSTS and find_spec("scipy") else ["test_*.py"]

QUIET = {
    "lightgbm": {"verbosity": -1, "num_threads": 1, "num_leaves": 8},
    "xgboost": {"nthread": 1, "max_depth": 3, "eta": 0.1},
    "catboost": {"thread_count": 1, "depth": 3, "allow_writing_files": False, "logging_level": "Silent"},
}


IN_TURN = "tests/boosting/test_monotone.py::test_the_training_cost_never_rises_in_any_unit"


@pytest.hookimpl(tryfirst=True)  # before those that are slow are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test marked ``in_turn`` trains each loss in one booster, and a typical one in all; with ``--all`` each in all.

    What differs between boosters is how scores and labels come and go, which does not depend on a loss's formula.
    """
    for item in items:
        if item.get_closest_marker("in_turn") and not _has_its_turn(item.callspec.params):
            item.add_marker(pytest.mark.slow(IN_TURN))


def _has_its_turn(given: dict[str, Any]) -> bool:
    loss = given.get("each_loss") or given["each_row_loss"]
    turn = zlib.crc32(loss.name.encode()) % len(HOSTS)  # the same whatever losses come and go
    return loss.name in TYPICAL | TYPICAL_ROWS or given["host"] == HOSTS[turn]


@dataclass(frozen=True)
class Host:
    """A booster: its adapter, quiet parameters, and how it wraps a data set."""

    name: str
    adapter: Any

    @property
    def params(self) -> dict[str, Any]:
        return dict(QUIET[self.name])

    def data(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> Any:
        module = importlib.import_module(self.name)
        make = {"lightgbm": "Dataset", "xgboost": "DMatrix", "catboost": "Pool"}[self.name]
        return getattr(module, make)(X, y, weight=weight)

    def staged(self, model: Any, X: np.ndarray, rounds: int) -> np.ndarray:
        """The model's scores after so many rounds."""
        until = {"lightgbm": {"num_iteration": rounds}, "catboost": {"ntree_end": rounds}}
        return model.predict(X, raw=True, **until.get(self.name, {"iteration_range": (0, rounds)}))

    def rows(self, count: int) -> dict[str, int]:
        return {"classes_count" if self.name == "catboost" else "num_class": count}


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest) -> Host:
    return Host(request.param, importlib.import_module(f"lossary.{request.param}"))


@dataclass(frozen=True)
class Made:
    """Features, and targets of each kind that depend on them."""

    X: np.ndarray
    values: np.ndarray
    counts: np.ndarray
    labels: np.ndarray
    classes: np.ndarray


@pytest.fixture(scope="session")
def made() -> Made:
    rng = np.random.default_rng(7)
    X = rng.normal(size=(400, 4))
    signal = np.sin(2.0 * X[:, 0]) + X[:, 1]
    return Made(
        X,
        signal + 0.3 * rng.standard_t(2.0, size=400),
        rng.poisson(np.exp(signal)).astype(float),
        (signal + 0.3 * rng.logistic(size=400) > 0.0).astype(float),
        np.digitize(signal + 0.2 * rng.logistic(size=400), [-0.7, 0.7]),
    )
