"""What the tests of ``lossary.torch`` share: random arguments within the domain of each loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lossary import discovery
from lossary.formula import Choice, Domain, Interval, Loss
from lossary.rowwise import RowLoss

Arguments = tuple[np.ndarray, np.ndarray]


def _numbers(rng: np.random.Generator, domain: Domain, size: int) -> np.ndarray:
    """Numbers well inside a domain: differences must not lead out of it."""
    if isinstance(domain, Choice):
        return rng.choice(domain.values, size)
    low, high = max(domain.low, -3.0), min(domain.high, 3.0)
    if domain == Interval():
        return rng.normal(size=size) * 1.5
    return rng.uniform(low + 0.05 * (high - low), high - 0.05 * (high - low), size)


def pointwise_arguments(loss: Loss, size: int = 12, seed: int = 0) -> Arguments:
    """Targets and predictions, no prediction nearer than 0.01 to a kink."""
    rng = np.random.default_rng(seed)
    y, f = _numbers(rng, loss.target, size), _numbers(rng, loss.prediction, size)
    if loss.kinks is not None:
        for i in range(size):
            while any(abs(f[i] - kink) < 1e-2 for kink in loss.kinks(y[i], *loss.defaults())):
                f[i] = _numbers(rng, loss.prediction, 1)[0]
    return y, f


def _simplex(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    rows = rng.uniform(0.2, 1.0, shape)
    return rows / rows.sum(axis=1, keepdims=True)


def row_arguments(loss: RowLoss, n: int = 5, k: int = 4, seed: int = 0) -> Arguments:
    """Target weights and rows of predictions."""
    rng = np.random.default_rng(seed)
    classes = k + loss.more_classes
    if loss.targets == "scores":
        y = rng.normal(size=(n, classes))
    elif loss.targets == "labels":
        y = rng.uniform(0.1, 0.9, (n, classes))
    else:
        y = _simplex(rng, (n, classes))
    match loss.prediction:
        case "probabilities":
            f = _simplex(rng, (n, k))
        case "independent_probabilities":
            f = rng.uniform(0.1, 0.9, (n, k))
        case "log_probabilities":
            f = np.log(_simplex(rng, (n, k)))
        case "increasing":
            f = np.cumsum(rng.uniform(0.2, 1.0, (n, k)), axis=1) - 1.0
        case _:
            f = rng.normal(size=(n, k)) * 1.5
    return y, f


def row_indices(loss: RowLoss, n: int = 5, k: int = 4, seed: int = 0) -> np.ndarray:
    """Class indices."""
    return np.random.default_rng(seed).integers(0, k + loss.more_classes, n)


@pytest.fixture(scope="session")
def pointwise_sample() -> Callable[..., Arguments]:
    return pointwise_arguments


@pytest.fixture(scope="session")
def row_sample() -> Callable[..., Arguments]:
    return row_arguments


@pytest.fixture(scope="session")
def index_sample() -> Callable[..., np.ndarray]:
    return row_indices


@pytest.fixture
def no_kernels(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function after whose call tensors are treated as if they lay on another device."""

    def forbid() -> None:
        # Where torch is missing, all of these tests are skipped.
        from lossary.torch.execution import fast_path  # noqa: PLC0415
        from lossary.torch.tensors import kernels  # noqa: PLC0415

        monkeypatch.setattr(kernels, "takes", lambda *tensors: False)
        monkeypatch.setattr(fast_path, "_plain", lambda *arguments: False)

    return forbid


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with an argument ``each_row_loss`` runs once for every rowwise loss."""
    if "each_row_loss" in metafunc.fixturenames:
        records = discovery.row_records()
        metafunc.parametrize("each_row_loss", records, ids=[record.name for record in records])
