"""Data for fits: published sets, and seeded samples for each kind of target."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.places import DATA

PUBLISHED = Path(__file__).parent / "data"
ENGEL = DATA / "engel.csv"
BIKESHARE = DATA / "bikeshare.csv"


def table(path: Path) -> dict[str, np.ndarray]:
    """The columns of a small file of numbers."""
    names = path.read_text().splitlines()[0].split(",")
    numbers = np.loadtxt(path, delimiter=",", skiprows=1)
    return {name.strip('"'): numbers[:, j] for j, name in enumerate(names)}


def engel() -> tuple[np.ndarray, np.ndarray]:
    found = table(ENGEL)
    return found["income"][:, None], found["foodexp"]


def stackloss() -> tuple[np.ndarray, np.ndarray]:
    found = table(PUBLISHED / "stackloss.csv")
    return np.column_stack([found["airflow"], found["watertemp"], found["acidconc"]]), found["stackloss"]


def phones() -> tuple[np.ndarray, np.ndarray]:
    found = table(PUBLISHED / "phones.csv")
    return found["year"][:, None], found["calls"]


def features(rows: int = 80, count: int = 3, seed: int = 0) -> np.ndarray:
    """Features of different sizes and far from zero."""
    draw = np.random.default_rng(seed)
    return draw.normal(size=(rows, count)) * 10.0 ** np.arange(count) + np.arange(count) * 50.0


def targets(X: np.ndarray, kind: str, seed: int = 1) -> np.ndarray:
    """Targets that depend on the features: "numbers", "signs", "labels", "counts" or "classes"."""
    draw = np.random.default_rng(seed)
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    score = 0.5 + standard @ np.linspace(0.6, -0.4, X.shape[1])
    if kind == "numbers":
        return score + 0.5 * draw.standard_t(2, size=len(X))
    if kind == "counts":
        return draw.poisson(np.exp(score)).astype(float)
    if kind == "classes":
        scores = np.column_stack([score, -score, 0.3 * standard[:, 0]])
        return (scores + draw.gumbel(size=scores.shape)).argmax(axis=1)
    ones = score + draw.logistic(size=len(X)) > 0.0
    return np.where(ones, 1.0, -1.0) if kind == "signs" else ones.astype(float)


KINDS = {
    "{-1, 1}": "signs",
    "[0, 1]": "labels",
    "[0, inf)": "counts",
    "the finite numbers": "numbers",
}
