"""AutoGluon's side: run by the Python of its own environment, with a folder; imports nothing of ours.

The folder holds ``train.csv`` (with a column ``target``), ``test.csv`` and ``task.json``; ``answer.csv`` is written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from autogluon.tabular import TabularPredictor


def main(folder: Path) -> None:
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    train, test = (_frame(folder / name, task["categories"]) for name in ("train.csv", "test.csv"))
    options: dict[str, Any] = {"quantile_levels": task["levels"]} if task["levels"] else {}
    predictor = TabularPredictor(
        "target",
        problem_type=task["problem"],
        eval_metric=task["metric"],
        path=str(folder / "models"),
        verbosity=0,
        **options,
    )
    predictor.fit(train, time_limit=task["seconds"], num_cpus=1, num_gpus=0)
    of_classes = task["problem"] in ("binary", "multiclass")
    found = predictor.predict_proba(test) if of_classes else predictor.predict(test)
    if of_classes:
        found = found[sorted(found.columns)]
    pd.DataFrame(found).to_csv(folder / "answer.csv", index=False)


def _frame(path: Path, categories: list[str]) -> pd.DataFrame:
    return pd.read_csv(path, dtype=dict.fromkeys(categories, "category"), keep_default_na=False, na_values=[""])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
