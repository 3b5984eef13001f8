"""AutoGluon's tabular predictor: it wants older libraries than ours, so it has an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from bench.real.asked import Asked, Trial
from bench.real.encoding import tidy
from bench.real.rivals.answers import of_probabilities, of_quantiles

PYTHON = Path("build/autogluon/bin/python")
"""What ``make autogluon`` builds; where it is missing AutoGluon does not take part."""

CHILD = Path(__file__).with_name("autogluon_child.py")
SLACK = 600.0
"""Seconds beyond its limit after which it is stopped: its limit is no promise."""


def installed() -> bool:
    return PYTHON.exists()


def search(trial: Trial, seconds: float) -> np.ndarray:
    """What AutoGluon's default settings find in so many seconds."""
    question = trial.question
    train, test = tidy(trial.train.features, trial.test)
    # Names of columns may hold anything, but must not be the target's.
    names = {name: f"x{j}" for j, name in enumerate(train.columns)}
    categories = [names[name] for name in train.columns if train[name].dtype != np.float64]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        train.rename(columns=names).assign(target=trial.y).to_csv(folder / "train.csv", index=False)
        test.rename(columns=names).to_csv(folder / "test.csv", index=False)
        task = {**_task(question), "categories": categories, "seconds": seconds}
        (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
        _run(folder, seconds + SLACK)
        found = pd.read_csv(folder / "answer.csv").to_numpy(dtype=np.float64)
    if question.of_classes:
        return of_probabilities(question, found)
    return of_quantiles(list(found.T))


def _task(question: Asked) -> dict[str, object]:
    if question.levels:
        return {"problem": "quantile", "metric": "pinball_loss", "levels": list(question.levels)}
    if not question.of_classes:
        return {"problem": "regression", "metric": "root_mean_squared_error", "levels": []}
    metric = "accuracy" if question.functional == "label" and question.costs is None else "log_loss"
    return {"problem": "binary" if len(question.classes) == 2 else "multiclass", "metric": metric, "levels": []}


def _run(folder: Path, limit: float) -> None:
    # Our own packages must not be found by the other Python.
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    command = [str(PYTHON.absolute()), str(CHILD), str(folder)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=limit, check=False, cwd=folder
    )
    if done.returncode:
        raise RuntimeError(f"AutoGluon ended with {done.returncode}: {done.stderr.strip()[-400:]}")
