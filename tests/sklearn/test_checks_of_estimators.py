"""Scikit-learn's own checks, for every estimator that the package exports: none fails."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("sklearn")

from sklearn.base import BaseEstimator
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import check_estimator

from lossary.fit import FitWarning
from lossary.sklearn import LinearRegressor

PACKAGES = ("sklearn", "xgboost", "lightgbm", "catboost")
WANTED = {"sklearn": 4, "xgboost": 2, "lightgbm": 2, "catboost": 2}

NETWORK = {"hidden": (8,), "max_epochs": 40, "learning_rate": 0.03}
SETTINGS: dict[str, dict[str, Any]] = {
    "sklearn.MLPRegressor": NETWORK,
    "sklearn.MLPClassifier": NETWORK,
    "xgboost": {"n_estimators": 10, "params": {"nthread": 1}},
    "lightgbm": {
        "n_estimators": 10,
        "params": {"num_threads": 1, "verbosity": -1, "min_data_in_leaf": 1, "min_data_in_bin": 1},
    },
    "catboost": {
        "n_estimators": 10,
        "params": {"thread_count": 1, "depth": 3, "allow_writing_files": False, "logging_level": "Silent"},
    },
}
"""Of a class, or of all in a package: small models, of few rows as the checks have them."""

DENSE, SPARSE = (f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse"))
BY_ROWS = "bins and smallest leaves, batches and rows held out are by rows, whatever they weigh"
EXPECTED = {
    "sklearn.MLPRegressor": (DENSE,),
    "sklearn.MLPClassifier": (DENSE,),
    "lightgbm.LossClassifier": (DENSE, SPARSE),
    "catboost": (DENSE, SPARSE),
}
"""That a weight of two is a row twice is no claim of those who count rows."""


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def exported(name: str) -> list[type[BaseEstimator]]:
    """The estimators that a package of ours offers under its own name, wherever they are written."""
    package = importlib.import_module(f"lossary.{name}")
    classes = {
        each
        for module in _modules(package)
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, BaseEstimator) and each.__module__.startswith(package.__name__)
    }
    return sorted((each for each in classes if getattr(package, each.__name__, None) is each), key=lambda c: c.__name__)


def _names() -> Iterator[str]:
    for package in PACKAGES:
        needed = ("torch",) if package == "sklearn" else (package, "scipy")
        if all(importlib.util.find_spec(each) for each in needed):
            yield from (f"{package}.{each.__name__}" for each in exported(package))


@pytest.mark.parametrize("name", list(_names()))
def test_none_fails(name: str) -> None:
    package, kind = name.split(".")
    chosen = getattr(importlib.import_module(f"lossary.{package}"), kind)
    estimator = chosen(**SETTINGS.get(name, SETTINGS.get(package, {})))
    reasons = dict.fromkeys(EXPECTED.get(name, EXPECTED.get(package, ())), BY_ROWS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)  # the checks fit what has too few rows, too
        warnings.simplefilter("ignore", SkipTestWarning)
        found = check_estimator(estimator, on_fail=None, expected_failed_checks=reasons)
    assert len(found) > 50
    assert [(each["check_name"], each["exception"]) for each in found if each["status"] == "failed"] == []
    assert {each["check_name"] for each in found if each["status"] == "xfail"} == set(reasons)


@pytest.mark.parametrize("package", PACKAGES)
def test_all_are_found(package: str) -> None:
    pytest.importorskip("torch" if package == "sklearn" else package)
    assert len(exported(package)) == WANTED[package]


def test_a_check_that_fails_is_seen() -> None:
    class Broken(LinearRegressor):
        def predict(self, X: Any) -> Any:
            return super().predict(X)[:-1]

    found = check_estimator(Broken(alpha=1e-3), on_fail=None, on_skip=None)
    assert any(each["status"] == "failed" for each in found)
