"""Out-of-fold predictions on disk, one file for each candidate and fold, so that a run that was cut short goes on.

A file's name is a digest of all that its numbers depend on: the data, the question, the rows of the fold, the recipe,
and the versions of the libraries that train. So a stale file is never found, and none is ever overwritten.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lossary.choosing.comparison.study import Fold
from lossary.choosing.scheduling.identity import recipe_identity
from lossary.choosing.training.fold_fit import Outcome
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Recipe

TRAINERS = ("lossary", "numpy", "scipy", "scikit-learn", "lightgbm", "torch")

FOLDER = "predictions"
"""Where in the folder of results outcomes are kept."""


def digest_of(*values: Any) -> str:
    """A digest of arrays and plain data."""
    digest = hashlib.blake2b(digest_size=12)
    for value in values:
        if isinstance(value, np.ndarray):
            digest.update(f"{value.shape}{value.dtype}".encode())
            digest.update(np.ascontiguousarray(value).data)
        else:
            digest.update(json.dumps(value, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def kept_fits(folder: Path) -> int:
    """How many outcomes a folder of results holds, whatever they are of."""
    return sum(1 for _ in (folder / FOLDER).glob("*.npz"))


class Store:
    """A folder of outcomes; without a folder it keeps nothing, and nothing of an estimator that may do other things."""

    def __init__(self, folder: Path | None, problem: Problem) -> None:
        self.folder = None if folder is None else folder / FOLDER
        self._problem = problem.key or problem_key(problem)

    def find(self, recipe: Recipe, fold: Fold) -> Outcome | None:
        """The outcome of an earlier run, if there is one that can be read."""
        path = self._path(recipe, fold)
        if path is None or not path.exists():
            return None
        try:
            # Opened here: a damaged file would be left open by NumPy.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                return Outcome(saved["predictions"], float(saved["seconds"]), str(saved["remark"]))
        except (OSError, KeyError, ValueError, zipfile.BadZipFile):
            return None

    def count(self, recipes: Sequence[Recipe], folds: Sequence[Fold]) -> int:
        """How many of these fits an earlier run has left."""
        return sum(self.find(recipe, fold) is not None for fold in folds for recipe in recipes)

    def keep(self, recipe: Recipe, fold: Fold, outcome: Outcome) -> None:
        """Write an outcome; its file is written whole or not at all."""
        path = self._path(recipe, fold)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, predictions=outcome.predictions, seconds=outcome.seconds, remark=outcome.remark)
        part.replace(path)

    def _path(self, recipe: Recipe, fold: Fold) -> Path | None:
        if self.folder is None:
            return None
        identity = recipe_identity(recipe)
        if identity is None:
            return None
        return self.folder / f"{digest_of(self._problem, identity, fold.train, fold.test)}.npz"


def problem_key(problem: Problem) -> str:
    """A digest of a problem and of what would train it."""
    features = problem.features
    question = (problem.classes, asdict(problem.want), problem.ordered, problem.seed)
    settings = (features.names, features.kinds, *question, asdict(problem.trees))
    arrays = [a for a in (features.matrix, problem.y, problem.weight, problem.groups) if a is not None]
    return digest_of(settings, versions(), *arrays)


def versions() -> dict[str, str]:
    """The versions of the libraries that train, of those installed."""
    installed = {}
    for name in TRAINERS:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed
