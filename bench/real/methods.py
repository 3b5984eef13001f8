"""Everyone who takes part, in the order in which they are run: the quick ones first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.real import following, store
from bench.real.asked import Trial
from bench.real.question import RealSet
from bench.real.rivals import autogluon_search, conformal, flaml_search, histograms, lightgbm_trees, lines, usual
from bench.real.trial import HeldOut, Method, Prediction

FLAML_SECONDS, LEAST_SECONDS = 20.0, 10.0
AUTOGLUON_SECONDS = 30.0
EQUAL_TIME = "FLAML, as long as choose"


@dataclass(frozen=True)
class Rival:
    """A function of the trial alone."""

    name: str
    predict: Callable[[Trial], np.ndarray]
    functionals: tuple[str, ...] = ("mean", "median", "quantile", "interval", "probability", "label")

    @property
    def answers(self) -> Sequence[str]:
        return (self.name,)

    def enters(self, chosen: RealSet) -> bool:
        return chosen.functional in self.functionals

    def answer(self, case: HeldOut, chosen: RealSet, repeat: int, folder: Path) -> list[Prediction]:
        return [Prediction(self.name, self.predict(case.trial))]


@dataclass(frozen=True)
class EqualTime:
    """FLAML, given the seconds that ``choose`` took on the same split."""

    answers: Sequence[str] = (EQUAL_TIME,)

    def enters(self, chosen: RealSet) -> bool:
        return True

    def answer(self, case: HeldOut, chosen: RealSet, repeat: int, folder: Path) -> list[Prediction]:
        own = store.find(folder, chosen.name, following.RECOMMENDED, repeat)
        if own is None:
            raise LookupError(f"{following.RECOMMENDED} has no result yet whose time could be given: run it first")
        seconds = max(LEAST_SECONDS, own.seconds)
        return [Prediction(EQUAL_TIME, flaml_search.search(case.trial, seconds), {"allowed": seconds})]


def _flaml(trial: Trial) -> np.ndarray:
    return flaml_search.search(trial, FLAML_SECONDS)


@dataclass(frozen=True)
class AutoGluon(Rival):
    """Takes part where it is installed."""

    def enters(self, chosen: RealSet) -> bool:
        return autogluon_search.installed()


def _autogluon(trial: Trial) -> np.ndarray:
    return autogluon_search.search(trial, AUTOGLUON_SECONDS)


METHODS: Sequence[Method] = (
    Rival("linear, scikit-learn", lines.tuned),
    Rival("histogram trees, scikit-learn", histograms.default),
    Rival("LightGBM, default", lightgbm_trees.default),
    Rival("LightGBM, early stopped, refit", lightgbm_trees.early_stopped),
    Rival("the usual loss, best model", usual.best_model),
    Rival("conformalised quantiles", conformal.conformalised, ("median", "quantile", "interval")),
    following.Following(),
    Rival(f"FLAML, {FLAML_SECONDS:g} s", _flaml),
    EqualTime(),
    AutoGluon(f"AutoGluon, {AUTOGLUON_SECONDS:g} s", _autogluon),
)
